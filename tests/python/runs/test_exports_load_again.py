"""What `export` wrote, whole or a window, loads again as the same run, and is accused of nothing.

``LAMPORT_RUNS`` says of how many runs it is shown: 200 are the long form.
"""

import os
import random
import re

import numpy as np
import pytest

import lamport

RUNS = int(os.environ.get("LAMPORT_RUNS", "20"))
TIMES = {"time", "system_time", "arrived", "sent", "received"}
START, STOP = 3.3, 11.1
EXTRA = {"mood", "number"}
NAMES = ["alice", "bob", "Zoë", "d 4", "m_5"]
EXACT = ["sender", "sent_clock", "recipient", "sent", "received", "received_clock"]


def simulated(chance, seed):
    """A run in memory: any number of machines, topology, delays, faults and ways to write the program."""
    machines = chance.randint(1, 5)
    faults = []
    if chance.random() < 0.5 and machines > 1:
        faults.append(lamport.Crash(chance.randint(1, machines), at=5, down_for=chance.choice([2, None])))
        if chance.random() < 0.5:
            faults.append(lamport.Partition([[1], list(range(2, machines + 1))], at=9, duration=3))
    return lamport.simulate(
        machines,
        duration=15,
        seed=seed,
        progress=False,
        internal_probability=chance.choice([0, 0.3, 0.7]),
        topology=chance.choice(["full", "ring", "star", "line"]),
        faults=faults,
        latency=chance.choice([0.0005, 0.3, lamport.Exponential(0.2)]),
    )


def as_table(run, chance):
    """The events of a run as a table of another program: some by hand, columns missing, others beside."""
    table = run.events.copy()
    is_named = chance.random() < 0.6
    name = NAMES.__getitem__ if is_named else lambda place: place + 1
    receives = table.index[table["event"] == "RECEIVE"]
    sender = table["sender"].map(lambda machine: name(int(machine) - 1), na_action="ignore").astype(object)
    table["machine_id"] = [name(machine - 1) for machine in table["machine_id"]]
    known = [ids if isinstance(ids, tuple) else () for ids in table["recipients"]]
    table["recipients"] = [[name(machine - 1) for machine in ids] or None for ids in known]
    if chance.random() < 0.5:
        # In nobody's name, or in that of one who has no log.
        for row in receives[: chance.randint(0, 3)]:
            table.loc[row, ["manual", "by_hand"]] = True
            sender[row] = None
        table.loc[table["by_hand"], "arrived"] = table["time"]
        if is_named:
            for row in receives[3:5]:
                sender[row] = "ghost"
    table["sender"] = sender
    table["mood"] = [chance.choice(["good", "so, so", ""]) for _ in table.index]
    table = table.drop(columns=["system_time", "queue_len"])
    optional = ["arrived", "sender", "sent_clock", "old_clock", "recipients"]
    return table.drop(columns=[column for column in optional if chance.random() < 0.3])


def as_text(run, chance):
    """The events of a run as lines of text, with names, in no columns of ours."""
    lines = []
    for event in run.events.itertuples():
        who = NAMES[event.machine_id - 1].replace(" ", "_")
        more = ""
        if event.event == "SEND":
            more = " to " + ", ".join(NAMES[machine - 1].replace(" ", "_") for machine in event.recipients)
        elif event.event == "RECEIVE":
            more = f" from {NAMES[event.sender - 1].replace(' ', '_')} stamped {event.sent_clock}"
        lines.append(f"[{event.time:.6f}] {who} {event.event} L={event.new_clock}{more} #{len(lines)}\n")
    return "".join(lines)


PATTERN = (
    r"\[(?<time>\S+)\] (?<machine>\S+) (?<event>\S+) L=(?<clock>\d+)"
    r"(?: to (?<recipients>.+)| from (?<sender>\S+) stamped (?<sent_clock>\d+))? #(?<number>\d+)"
)


def make(seed, tmp_path):
    """A run: simulated, of a table, or read from text."""
    chance = random.Random(seed)
    run = simulated(chance, seed)
    kind = ["simulated", "table", "text"][seed % 3]
    if kind == "table":
        return lamport.from_events(as_table(run, chance))
    if kind == "text":
        (tmp_path / "theirs.txt").write_text(as_text(run, chance))
        return lamport.read_text(tmp_path / "theirs.txt", PATTERN)
    return run


def called(run, table, names):
    """The table with machines by name, as numbers may differ where one is gone."""
    table = table.reset_index()
    if not run.names:
        return table
    known = run.names
    for name in {"machine_id", "sender", "recipient"} & set(names):
        table[name] = table[name].map(known, na_action="ignore")
    if "recipients" in names:
        lists = [
            tuple(known.get(machine) for machine in ids) if isinstance(ids, tuple) else None
            for ids in table["recipients"]
        ]
        table["recipients"] = lists
    return table


def same(run, one, again, other, names):
    one, other = called(run, one, names), called(again, other, names)
    assert len(one) == len(other)
    for name in names:
        if name in TIMES:
            np.testing.assert_allclose(
                one[name].astype(float), other[name].astype(float), atol=1.01e-6, err_msg=name
            )
        elif name in EXTRA:
            # No text and an empty one are the same in CSV.
            texts = [table[name].fillna("").astype("str").tolist() for table in (one, other)]
            assert texts[0] == texts[1], name
        else:
            assert one[name].astype("str").tolist() == other[name].astype("str").tolist(), name


def within(table):
    return table[(table["time"] >= START) & (table["time"] < STOP)]


def check(run, tmp_path, form):
    columns = list(run.events.columns)
    again = lamport.load(run.export(tmp_path / f"run.{form}"))
    same(run, run.events, again, again.events, columns)
    same(
        run, run.messages, again, again.messages, [*EXACT, "status", "arrived"] if form == "jsonl" else EXACT
    )
    done, judged = again.verify(), run.verify()
    assert done.ok == judged.ok, str(done)
    if form == "jsonl":
        machines = [*run.machines.columns, "machine_id"]
        same(run, run.machines, again, again.machines, machines)
        assert done.counts == judged.counts
        assert (done.received, done.matched) == (judged.received, judged.matched)
    else:
        machines = ["machine_id", "sends", "receives", "internals", "max_jump"]
        same(run, run.machines, again, again.machines, machines)
    if len(within(run.events)):
        some = lamport.load(run.export(tmp_path / f"some.{form}", start=START, stop=STOP))
        if not run._logs.has_recipients:
            columns.remove("recipients")  # what follows from the receipts of all
        same(run, within(run.events), some, some.events, columns)
        assert some.verify().ok or not judged.ok, str(some.verify())


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
@pytest.mark.parametrize("seed", range(RUNS))
def test_a_run(seed, form, tmp_path):
    check(make(seed, tmp_path), tmp_path, form)


def vectors(run, table, machines):
    """By event, how many events of each machine it knows of for certain, by name."""
    found = []
    for event in table:
        clock = run.causality.vector_clock(event)
        found.append([int(clock.get(machine, 0)) for machine in machines])
    return np.array(found).reshape(len(found), len(machines))


def check_order(run, tmp_path, form, **ends):
    again = lamport.load(run.export(tmp_path / f"run.{form}", **ends))
    assert again.verify().ok, str(again.verify())
    spelled = {re.sub(r"\W", "_", name): number for number, name in run.names.items()}
    numbers = {
        number: spelled.get(name, int(found[1]) if (found := re.fullmatch(r"machine_(\d+)", name)) else None)
        for number, name in again.names.items()
    }
    mine = list(zip(again.events["machine_id"], again.events["new_clock"], strict=True))
    clocks = [int(re.search(r"\d+", text)[0]) for text in again.events["event_text"]]
    theirs = [(numbers[machine], clock) for (machine, _), clock in zip(mine, clocks, strict=True)]
    assert len(set(theirs)) == len(theirs)
    found = vectors(again, mine, list(numbers))
    expected = vectors(run, theirs, list(numbers.values()))
    of = run.events.groupby("machine_id")["new_clock"]
    before = [
        int((of.get_group(number) < min(clock for machine, clock in theirs if machine == number)).sum())
        for number in numbers.values()
    ]
    np.testing.assert_array_equal(found, np.maximum(expected - before, 0))
    if not ends:
        assert len(theirs) == len(run.events)
    # What is answered is what the run says, or the run leaves it open.
    chance = random.Random(len(mine))
    for _ in range(100):
        a, b = chance.randrange(len(mine)), chance.randrange(len(mine))
        told = again.causality.happened_before(mine[a], mine[b])
        truth = run.causality.happened_before(theirs[a], theirs[b])
        assert told == truth or told is None or truth is None
        assert told is True or truth is not True


@pytest.mark.parametrize("form", ["shiviz", "tsviz"])
@pytest.mark.parametrize("seed", range(RUNS))
def test_what_happened_before(seed, form, tmp_path):
    run = make(seed, tmp_path)
    check_order(run, tmp_path, form)
    if len(within(run.events)):
        check_order(run, tmp_path, form, start=START, stop=STOP)


def test_a_run_in_real_time(tmp_path):
    run = lamport.run_local(3, duration=0.6, rates=[40, 80, 120], log_dir=tmp_path / "logs", progress=False)
    for form in ["jsonl", "csv", "parquet"]:
        again = lamport.load(run.export(tmp_path / f"run.{form}"))
        same(run, run.events, again, again.events, list(run.events.columns))
        same(run, run.messages, again, again.messages, EXACT)
        assert again.verify().ok, str(again.verify())
        some = lamport.load(run.export(tmp_path / f"some.{form}", start=0.2, stop=0.4))
        part = run.events[(run.events["time"] >= 0.2) & (run.events["time"] < 0.4)]
        same(run, part, some, some.events, [name for name in run.events.columns if name != "time"])
        assert some.verify().ok, str(some.verify())
    for form in ["shiviz", "tsviz"]:
        check_order(run, tmp_path, form)
        check_order(run, tmp_path, form, start=0.2, stop=0.4)
