"""The logs of a run in virtual time, as real machines tell them: their clocks, addresses and handshakes."""

import json

STAMPS = ("system_time", "arrival_time", "began")
"""The fields that are times of the machine's clock."""
SKEW = 0.0005
"""How far the clocks of two processes of a host may lie apart (s)."""


def as_real(awkward, chance, logs):
    """Tell the same run as real machines do: their clocks, addresses, handshakes."""
    hosts = chance.choice(["one", "names", "several"])
    ids = [log[0]["machine_id"] for log in logs]
    name = {"one": "127.0.0.1", "names": "localhost", "several": "10.0.0.{}"}[hosts]
    apart = chance.choice([0, 0.01, 3]) if hosts == "several" else SKEW
    if hosts == "several":
        awkward.uncertainty = chance.choice([None, apart])
    at = {machine: [name.format(machine), 5000 + machine] for machine in ids}
    began = 1_700_000_000 + chance.random() * 1e8
    skew = {machine: round(began + apart * (chance.random() - 0.5), 6) for machine in ids}
    history = {machine: log[0]["history"] for machine, log in zip(ids, logs, strict=True)}
    first = first_arrivals(logs)
    waits, tells = chance.choice([0, 0.3, 10]), chance.random() < 0.8
    for machine, log in zip(ids, logs, strict=True):
        peers = [peer[1] for peer in log[0]["peers"]]
        known = {peer: met(chance, log, first.get((machine, peer))) for peer in peers}
        lines = []
        for line in log:
            for peer, when in known.items():
                if when is not None and when == len(lines) - sum("peer_id" in other for other in lines):
                    lines.append(
                        {
                            "event": "CONNECT",
                            "system_time": (lines[-1] if lines else line)["system_time"],
                            "machine_id": machine,
                            "peer": at[peer],
                            "peer_id": peer,
                            "peer_history": history[peer],
                        }
                    )
            lines.append(told(line, at, {other["peer_id"] for other in lines if "peer_id" in other}, known))
        # It waited for its peers, and then began to tick at 0.
        lines[0]["system_time"] -= round(waits * chance.random(), 6)
        begun = next((line for line in lines if line["event"] not in {"STARTUP", "CONNECT"}), None)
        if begun is not None and tells:
            begun["began"] = 0.0
        for line in lines:
            for stamp in STAMPS:
                if line.get(stamp) is not None:
                    line[stamp] = round(line[stamp] + skew[machine], 6)
        log[:] = lines
    record = json.loads((awkward.home / "run.json").read_text())
    (awkward.home / "run.json").write_text(json.dumps(record | {"time": "real"}))
    awkward.said.append(f"as real machines on {hosts} host(s)")


def first_arrivals(logs):
    """By sender and recipient, the timestamp of the first message that came."""
    first = {}
    for log in logs:
        for line in log:
            if line["event"] in {"RECEIVE", "UNREAD"} and line.get("sender") is not None:
                pair = (line["sender"], line["machine_id"])
                first[pair] = min(first.get(pair, line["sent_clock"]), line["sent_clock"])
    return first


def met(chance, log, first):
    """Choose before which line a machine met a peer: before the first message was there, if one ever was."""
    last = next((number for number, line in enumerate(log) if line["event"] in {"UNREAD", "END"}), len(log))
    if first is None:
        return chance.choice([None, chance.randrange(1, last + 1)])
    sent = next(number for number, line in enumerate(log) if line.get("new_clock") == first)
    return chance.randrange(1, sent + 2)


def told(line, at, known, met):
    """Tell a line of virtual time as a real machine does that knows these peers so far."""
    if line["event"] == "STARTUP":
        listen = at[line["machine_id"]]
        return line | {"listen": listen, "peers": [at[peer] for _, peer in line["peers"]], "time": "real"}
    if line["event"] == "SEND":
        ids = line["recipient_ids"]
        named = [peer if peer in known else None for peer in ids]
        return line | {"recipients": [at[peer] for peer in ids], "recipient_ids": named}
    if line["event"] == "END":
        counts = [[peer if met.get(peer) is not None else None, count] for peer, count in line["undelivered"]]
        return line | {"undelivered": counts}
    return dict(line)
