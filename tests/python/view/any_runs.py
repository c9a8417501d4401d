"""Runs of any kind, drawn anew for each number: what a page may have to show."""

import json
import random

import numpy as np
import pandas as pd

import lamport

NAMES = ("anna", "ben", "Zoë", "machine-10", "x y", "7b", "{{DATA}}", "d", "e", "f", "g", "h")
RULES = ("max + 1", "max(clock + 1, T)", "max(clock, T)")


def any_run(number, home):
    """A run, and in words what it is."""
    chance = random.Random(number)
    run, said = _simulated(chance)
    kind = chance.choice(KINDS) if number >= len(KINDS) else KINDS[number]
    made = kind(chance, run, home / str(number))
    return (run, said) if made is None else (made, f"{said}, {kind.__name__[1:]}")


def _simulated(chance):
    machines = chance.randint(1, 12)
    rates = [chance.choice([1, 2, 5, 50]) for _ in range(machines)]
    events = chance.choice([60, 150, 250])
    duration = min(60.0, events / sum(rates))
    options = {
        "latency": chance.choice(
            [
                0.0005,
                lamport.Exponential(duration / 8),
                lamport.Uniform(0, duration / 2),
                lamport.LogNormal(0.05, 1.5),
            ]
        ),
        "broadcast_share": chance.choice([0, 1 / 3, 1]),
        "internal_probability": chance.choice([0.1, 0.5, 0.7]),
        "draw_after_receive": chance.random() < 0.2,
    }
    if chance.random() < 0.3:
        # Receipts that leave the clock as it is name no event: `causality` refuses most such logs.
        receive = chance.choice(RULES if chance.random() < 0.3 else RULES[:2])
        options |= {"receive": receive, "stamp": chance.choice(["after", "before"])}
    if machines > 2 and chance.random() < 0.4:
        options["faults"] = _faults(chance, machines, duration)
    run = lamport.simulate(rates=rates, duration=duration, seed=chance.randrange(1000), **options)
    return run, f"{machines} machines, {duration:g} s, {options}"


def _faults(chance, machines, duration):
    ids = list(range(1, machines + 1))
    chance.shuffle(ids)
    at, lasts = duration * chance.uniform(0.1, 0.5), duration * chance.uniform(0.1, 0.4)
    return [
        chance.choice(
            [
                lamport.Crash(ids[0], at, down_for=lasts),
                lamport.Partition([ids[:1], ids[1:]], at=at, duration=lasts),
                lamport.Delay(ids[0], ids[1], lamport.Constant(10 * duration), at=at, duration=lasts),
            ]
        )
    ]


def _some(chance, table, share):
    return np.array([chance.random() < share for _ in range(len(table))])


def _as_it_is(chance, run, home):
    return None


def _table(run):
    return run.events.drop(columns=["system_time", "arrived"])


def _hosts_apart(chance, run, home):
    table = _table(run)
    apart = {machine: chance.uniform(-5, 5) for machine in range(1, 13)}
    table["time"] += table["machine_id"].map(apart)
    return lamport.from_events(table)


def _named(table):
    names = dict(enumerate(NAMES, 1))
    table["machine_id"] = table["machine_id"].map(names)
    if "sender" in table:
        table["sender"] = table["sender"].map(names, na_action="ignore").astype(object)
    table["recipients"] = table["recipients"].map(lambda ids: ids and tuple(names[each] for each in ids))
    return table


def _of_others(chance, run, home):
    return lamport.from_events(_named(_table(run)))


def _without_machines(chance, run, home):
    table = _table(run)
    absent = chance.sample(range(1, 13), chance.randint(1, 6))
    kept = table[~table["machine_id"].isin(absent)]
    return lamport.from_events(kept) if len(kept) else None


def _without_rows(chance, run, home):
    table = _table(run)
    kept = table[_some(chance, table, 0.85)]
    return lamport.from_events(kept, rules=_rules(chance)) if len(kept) else None


def _without_stamps(chance, run, home):
    table = _table(run)
    table = table.drop(columns=chance.choice([["sent_clock"], ["sender"], ["sender", "sent_clock"]]))
    if chance.random() < 0.5:
        table = table.drop(columns=["recipients"])
    return lamport.from_events(table, rules=_rules(chance))


def _rules(chance):
    return chance.choice(
        [
            None,
            lamport.Rules(machines="more"),
            lamport.Rules(channel=("unordered", "lossy")),
            lamport.Rules(channel="duplicating"),
            lamport.Rules(step="any"),
            lamport.Rules(receive=chance.choice(RULES)),
        ]
    )


def _by_hand(chance, run, home):
    table = _table(run)
    given = (table["event"] == "RECEIVE") & _some(chance, table, 0.3)
    table["by_hand"] |= given
    return lamport.from_events(table)


def _back_in_time(chance, run, home):
    """Logs whose clocks are set back and on while they are written."""

    def line(told, text):
        moved = told["system_time"] + chance.choice([0, 0, 0, -0.7, 2.5])
        return text.replace(f'"system_time": {told["system_time"]:.6f}', f'"system_time": {moved:.6f}', 1)

    return _written_anew(run, home, line)


def _logs_of_hosts_apart(chance, run, home):
    """Our own logs, of hosts whose clocks are seconds apart."""
    apart = {machine: chance.uniform(-5, 5) for machine in range(1, 13)}

    def line(told, text):
        moved = told["system_time"] + apart[told["machine_id"]]
        return text.replace(f'"system_time": {told["system_time"]:.6f}', f'"system_time": {moved:.6f}', 1)

    return _written_anew(run, home, line)


def _torn(chance, run, home):
    """Our own logs, of which lines are missing, and whole files."""
    made = _written_anew(run, home, lambda _, text: text if chance.random() < 0.9 else None)
    files = sorted((home / "logs").glob("*.log"))
    for path in chance.sample(files, min(len(files) - 1, chance.randint(0, 3))):
        path.unlink()
    return lamport.load(home / "logs") if made else None


def _written_anew(run, home, line):
    home.mkdir()
    run.save(home / "logs")
    for path in (home / "logs").glob("*.log"):
        lines = path.read_text().splitlines()
        told = [line(json.loads(each), each) for each in lines]
        path.write_text("".join(f"{each}\n" for each in told if each))
    return lamport.load(home / "logs")


def _with_vectors(chance, run, home):
    try:
        clock = run.causality.vector_clock
        told = [clock(each) for each in run.events[["machine_id", "new_clock"]].itertuples(index=False)]
    except (lamport.LamportError, ValueError):
        return None
    table = _table(run).drop(columns=["sender", "sent_clock"])
    table["vector_clock"] = [
        {NAMES[machine - 1]: count for machine, count in each.items() if count} for each in told
    ]
    table = _named(table)
    if chance.random() < 0.5:
        table = table.drop(columns=["recipients"])
    if chance.random() < 0.5:
        table = table.drop(columns=["old_clock", "new_clock"])
    if chance.random() < 0.5:
        table = table[_some(chance, table, 0.8)]
    if chance.random() < 0.3:
        table["vector_clock"] = [each if chance.random() < 0.7 else None for each in table["vector_clock"]]
    return lamport.from_events(table) if len(table) else None


def _twice_received(chance, run, home):
    table = _table(run)
    again = table[(table["event"] == "RECEIVE") & _some(chance, table, 0.3)].copy()
    if again.empty:
        return None
    # What was received comes once more at the end, and moves the clock by one.
    last = table.groupby("machine_id")["new_clock"].max()
    again["old_clock"] = again["machine_id"].map(last) + again.groupby("machine_id").cumcount()
    again["new_clock"] = again["old_clock"] + 1
    again["time"] = table["time"].max() + 1
    return lamport.from_events(pd.concat([table, again]), rules=lamport.Rules(channel="duplicating"))


def _without_times(chance, run, home):
    return lamport.from_events(_table(run).drop(columns=["time"]))


KINDS = [
    _as_it_is,
    _hosts_apart,
    _of_others,
    _without_machines,
    _without_rows,
    _without_stamps,
    _by_hand,
    _back_in_time,
    _torn,
    _logs_of_hosts_apart,
    _with_vectors,
    _twice_received,
    _without_times,
]
