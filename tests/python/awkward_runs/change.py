"""What becomes of logs: fewer fields, lines and files, other clocks. What is left is true."""

from awkward_runs.as_real import STAMPS

BASE = ("event", "system_time", "machine_id", "old_clock", "new_clock", "recipients")
EVENTS = {"SEND", "RECEIVE", "INTERNAL"}


def some(chance, logs):
    """Choose some of the logs, or all."""
    return logs if chance.random() < 0.4 else [log for log in logs if chance.random() < 0.5]


def base_fields(awkward, chance, logs):
    """Leave what every program logs."""
    for log in some(chance, logs):
        log[:] = [
            {name: line[name] for name in BASE if name in line} for line in log if line["event"] in EVENTS
        ]
    awkward.is_whole = False


def fewer_fields(awkward, chance, logs):
    """Leave out a field that not every program logs."""
    names = chance.sample(
        ["recipient_ids", "queue_len", "arrival_time", "sent_clock", "sender", "lateness"], 2
    )
    for log in some(chance, logs):
        for line in log:
            for name in names:
                if line["event"] in {*EVENTS, "END"} and not (line["event"] == "END" and name == "queue_len"):
                    line.pop(name, None)
    awkward.is_whole = False


def no_notes(awkward, chance, logs):
    """Leave out the fields of STARTUP that a log of another program has not."""
    for log in some(chance, logs):
        for line in log:
            if line["event"] == "STARTUP":
                for name in ("version", "history", "seed", "time", "listen"):
                    line.pop(name, None)
            line.pop("peer_history", None)
    awkward.is_whole = False


def killed(awkward, chance, logs):
    """Take the last lines of some: the machine was killed, or its log is older."""
    for log in filter(None, some(chance, logs)):
        del log[chance.randrange(1, len(log) + 1) :]
    awkward.is_whole = False


def without_end(awkward, chance, logs):
    """Take END and what was left unread."""
    for log in some(chance, logs):
        log[:] = [line for line in log if line["event"] not in {"END", "UNREAD"}]
    awkward.is_whole = False


def missing(awkward, chance, logs):
    """Take whole logs."""
    if not logs:
        return
    del logs[chance.randrange(1, len(logs) + 1) :]
    chance.shuffle(logs)
    awkward.is_whole = False


def no_record(awkward, chance, logs):
    """Take run.json."""
    (awkward.home / "run.json").unlink(missing_ok=True)


def set_clock(awkward, chance, logs):
    """Set the clock of a host wrong by hours, and say so."""
    if not logs or not any(logs):
        return
    log = chance.choice([log for log in logs if log])
    wrong = round(chance.uniform(-1e4, 1e4), 3)
    for line in log:
        for stamp in STAMPS:
            if line.get(stamp) is not None:
                line[stamp] = round(line[stamp] + wrong, 6)
    awkward.options["offsets"] = {log[0]["machine_id"]: -wrong}
    awkward.is_whole = False


def other_fields(awkward, chance, logs):
    """Add fields that nobody knows."""
    for log in some(chance, logs):
        for line in log:
            line["note"] = chance.choice(["tick", "", None, {"deep": [1, {}]}, "\u20ac \U0001f600"])


CHANGES = (
    base_fields,
    fewer_fields,
    no_notes,
    killed,
    without_end,
    missing,
    no_record,
    set_clock,
    other_fields,
)
