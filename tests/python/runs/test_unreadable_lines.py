"""Lines of other programs' logs that cannot be read: each is told, and accuses nobody else."""

import csv
import io
import json
import random

import pandas as pd
import pytest

import lamport

COLUMNS = {
    "node": "machine",
    "what": "event",
    "at": "time",
    "lc": "clock",
    "was": "old_clock",
    "to": "recipients",
}
COLUMNS |= {"by": "sender", "stamp": "sent_clock"}


def as_row(event):
    """An event as another program logs it."""
    row = {"node": event.machine_id, "what": event.event, "at": round(event.time, 6), "lc": event.new_clock}
    row["was"] = event.old_clock
    if event.event == "SEND":
        row["to"] = ";".join(map(str, event.recipients))
    if event.event == "RECEIVE":
        row |= {"by": int(event.sender), "stamp": int(event.sent_clock)}
    return row


def written(rows, keys, form):
    """The lines of a file, which line each row is, and how to read it."""
    columns = {key: COLUMNS[key] for key in keys}
    if form == "json":
        return [json.dumps(row) + "\n" for row in rows], 1, {"columns": columns, "format": "jsonl"}
    file = io.StringIO()
    writer = csv.DictWriter(file, keys, delimiter="," if form == "csv" else " ", lineterminator="\n")
    writer.writerows(dict.fromkeys(keys, "-") | row for row in rows)
    lines = file.getvalue().splitlines(keepends=True)
    if form == "csv":
        lines = [line.replace("-", "") for line in lines]
        return [",".join(keys) + "\n", *lines], 2, {"columns": columns, "format": "csv"}
    pattern = " ".join(rf"(?<{COLUMNS[key]}>\S+)" for key in keys)
    return [line.replace(",", " ") for line in lines], 1, {"pattern": pattern}


def spoiled(line, form, chance):
    """The same line, but such as cannot be read."""
    if form == "json":
        cut = line[: chance.randrange(1, len(line) - 2)]
        return chance.choice([cut, "x" + line, '{"lc": 5}']).rstrip() + "\n"
    if form == "csv":
        return chance.choice([line.replace("\n", ",,,7\n"), line.replace(".", "x")])
    return line.replace(".", "x")


@pytest.mark.parametrize("form", ["json", "csv", "text"])
@pytest.mark.parametrize("seed", range(10))
def test_lines_that_cannot_be_read_are_told_and_nothing_else(form, seed, tmp_path):
    chance = random.Random(seed)
    run = lamport.simulate(3, 12, seed=seed, internal_probability=0.4, progress=False)
    rows = [as_row(event) for event in run.events.itertuples()]
    for key in ["was", "stamp", "by", "to"]:
        if chance.random() < 0.4:
            for row in rows:
                row.pop(key, None)
    keys = [key for key in COLUMNS if any(key in row for row in rows)]
    bad = []
    for machine in [1, 2, 3]:
        mine = [row for row in rows if row["node"] == machine]
        lines, first, options = written(mine, keys, form)
        file = tmp_path / f"node{machine}.txt"
        for at in sorted(chance.sample(range(len(mine)), chance.randrange(3))):
            lines[at + first - 1] = spoiled(lines[at + first - 1], form, chance)
            bad.append((str(file), at + first, machine))
        file.write_text("".join(lines))
    files = sorted(tmp_path.glob("node*.txt"))
    if form == "text":
        damaged = lamport.read_text(files, errors="skip", **options)
        done = damaged.verify()
    else:
        damaged = lamport.load(files, errors="skip", **options)
        done = lamport.verify(files, **options)
        assert damaged.verify().counts == done.counts
    found = done.violations
    assert found["rule"].unique().tolist() in ([], ["structure"]), str(done)
    assert list(zip(found["file"], found["line"], found["machine_id"], strict=True)) == bad
    # What was received is never matched with what was not sent.
    keys = ["recipient", "received_clock"]
    told = damaged.messages.dropna(subset=["received_clock"])
    told = told.merge(run.messages, on=keys, suffixes=("", "_true"))
    known = told[told["sent_clock"].notna() & told["sender"].notna()]
    assert (known["sender"] == known["sender_true"]).all()
    assert (known["sent_clock"] == known["sent_clock_true"]).all()
    with pytest.raises(lamport.LogError) if bad else pytest.MonkeyPatch.context():
        reading = lamport.read_text if form == "text" else lamport.load
        reading(files, **options)


def test_behind_a_row_that_cannot_be_read_nothing_is_known_of_the_clock_before(tmp_path):
    file = tmp_path / "x.csv"
    file.write_text("machine_id,event,new_clock\n1,INTERNAL,1\n1,INTERNAL,x\n1,INTERNAL,3\n1,INTERNAL,4\n")
    run = lamport.load(file, errors="skip")
    assert [None if pd.isna(old) else old for old in run.events["old_clock"]] == [0, None, 3]
    file.write_text("machine_id,event,new_clock\n1,INTERNAL,1\n1,INTERNAL,3\n1,INTERNAL,4\n")
    assert lamport.verify(file).counts["step"] == 1
