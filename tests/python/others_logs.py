"""Logs as programs of others write them, each of the same run."""

import json

import lamport

NAMES = {1: "anna", 2: "ben", 3: "cleo"}
START = 1_772_000_000


def simulated():
    return lamport.simulate(3, 60, rates=[2, 3, 5], seed=4)


def rows_of(run):
    """Return its events as mappings, with what a program knows beside."""
    rows = run.events.to_dict("records")
    counts = {machine: [0, 0, 0] for machine in NAMES}
    sent = {}
    for row in sorted(rows, key=lambda row: row["new_clock"]):
        own = counts[row["machine_id"]]
        row["to"] = [] if row["event"] != "SEND" else list(row["recipients"])
        if row["event"] == "RECEIVE":
            own[:] = map(max, own, sent[row["sender"], row["sent_clock"]])
        own[row["machine_id"] - 1] += 1
        row["counts"] = sent[row["machine_id"], row["new_clock"]] = tuple(own)
    return rows


def prose(row):
    """A line of Python's logging."""
    stamp = f"2026-02-25 06:{int(row['time'] // 60):02d}:{row['time'] % 60:06.3f}".replace(".", ",")
    clock = f"logical clock {row['new_clock']}"
    if row["event"] == "SEND":
        to = "both other machines" if len(row["to"]) > 1 else f"machine {row['to'][0]}"
        return f"{stamp} INFO Sent to {to}, {clock}"
    if row["event"] == "RECEIVE":
        return f"{stamp} INFO Received from machine {row['sender']}, {clock}, queue {row['queue_len'] + 1}"
    return f"{stamp} INFO Internal event, {clock}"


def block(row):
    """Several lines for an event."""
    lines = [f"{row['event']} message", f"at: {START + row['time']:.6f}", f"clock: {row['new_clock']}"]
    return "\n".join(lines + ([f"left: {row['queue_len']}"] if row["event"] == "RECEIVE" else [])) + "\n"


def short(row):
    """One letter for each kind, in fields."""
    to = "B" if len(row["to"]) > 1 else "".join(map(str, row["to"]))
    return f"{row['time']:.6f}\t{row['event'][0]}{to}\t{row['new_clock']}"


def counts(row):
    """A vector, and nanoseconds."""
    vector = ",".join(map(str, row["counts"]))
    return f"[{START * 10**9 + round(row['time'] * 1e9)}] | {vector} | {row['event']}"


def numbered(row):
    """One file of all, in which messages have numbers."""
    kind = {"SEND": "sending", "RECEIVE": "received"}.get(row["event"])
    if kind is None:
        return None
    sent = (row["machine_id"], row["new_clock"]) if kind == "sending" else (row["sender"], row["sent_clock"])
    return (
        f"log: {row['new_clock']} {NAMES[row['machine_id']]} {{{kind},{{hello,{100 * sent[1] + sent[0]}}}}}"
    )


def named(row):
    """A line of JSON with other names."""
    line = {
        "node": NAMES[row["machine_id"]],
        "what": {"RECEIVE": "processed"}.get(row["event"], row["event"]),
    }
    line |= {"ms": round(row["time"] * 1e3), "lc": row["new_clock"]}
    if row["to"]:
        line["dest"] = " and ".join(NAMES[to] for to in row["to"])
    if row["event"] == "RECEIVE":
        line["src"] = NAMES[row["sender"]]
    return json.dumps(line)


def write_others(home):
    """Write them all."""
    run = simulated()
    rows = rows_of(run)
    for name, form, head in (
        ("prose/machine_{}.log", prose, "2026-02-25 06:00:00,000 INFO clock rate {}\n"),
        ("blocks/vm{}.txt", block, "Began with {} ticks a second\n\n"),
        ("short/run7_m{}.txt", short, "R: received, S: sent, I: internal\n"),
        ("counts/run_2_process_{}.log", counts, "Process {} is up\n"),
    ):
        for machine in NAMES:
            file = home / name.format(machine)
            file.parent.mkdir(parents=True, exist_ok=True)
            own = [form(row) for row in rows if row["machine_id"] == machine]
            file.write_text(head.format(machine) + "".join(f"{line}\n" for line in own))
    lines = [line for line in map(numbered, rows) if line is not None]
    (home / "numbered.txt").write_text("".join(f"{line}\n" for line in lines))
    (home / "nodes.jsonl").write_text("".join(f"{named(row)}\n" for row in rows))
    table = run.events[["time", "machine_id", "event", "queue_len"]].rename(
        columns={"time": "at", "machine_id": "vm", "event": "kind", "queue_len": "len of queue"}
    )
    table["clock"] = run.events["old_clock"]
    table.to_csv(home / "table.csv", index=False)
    run.export(home / "vectors.shiviz")
    text = (home / "vectors.shiviz").read_text().split("\n", 2)[2]
    (home / "vectors.shiviz").unlink()
    (home / "vectors.log").write_text(f"=== first try ===\n{text}\n=== second try ===\n{text}")
