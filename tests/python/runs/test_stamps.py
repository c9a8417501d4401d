"""What other clocks would have said, against brute force on random runs of every kind."""

import random

import numpy as np
import pandas as pd
import pytest
import told_clocks
from told_clocks import Told

import lamport

CLOCK = lamport.Physical(offset=(-0.4, 0.4), ppm=(-3e5, 3e5), resolution=0.05, sync=(1.5, 0.3), slew=False)


def simulated(random):
    machines = random.randint(1, 5)
    shape = random.choice(["full", "ring", "star", "line"])
    return lamport.simulate(
        machines,
        12 / machines,
        rates=[random.randint(1, 5) for _ in range(machines)],
        topology=shape if machines > 2 else "full",
        internal_probability=random.random() * 0.6,
        latency=random.choice([0.0005, 0.3, lamport.Exponential(0.4)]),
        faults=[lamport.Crash(1, 1.0, 0.5)] if random.random() < 0.3 and machines > 1 else [],
        seed=random.getrandbits(32),
    )


def algorithm(random):
    return lamport.simulate(
        3,
        3,
        algorithm=random.choice([lamport.algorithms.Gossip, lamport.algorithms.LamportMutex]),
        latency=lamport.Uniform(0.01, 0.4),
        seed=random.getrandbits(32),
    )


def table(random, machines=4, moves=40):
    """A history of others: messages taken in any order, some twice or by hand, ids with gaps."""
    ids = [3, 7, 8, 50_000][:machines]
    clocks, waiting, rows = [0] * machines, [], []
    for step in range(random.randint(0, moves)):
        machine, action = random.randrange(machines), random.randrange(10)
        row = {"machine_id": ids[machine], "event": "INTERNAL", "time": step * 0.1}
        old = clocks[machine]
        if action < 4:
            row["event"] = "SEND"
        elif action < 8 and waiting:
            sender, sent = waiting.pop(random.randrange(len(waiting)))
            clocks[machine] = max(old, sent)
            row |= {"event": "RECEIVE", "sender": sender, "sent_clock": sent}
        elif action == 8:
            row |= {"event": "RECEIVE", "sent_clock": random.randrange(4), "by_hand": True}
            clocks[machine] = max(old, row["sent_clock"])
        clocks[machine] += 1
        row |= {"old_clock": old, "new_clock": clocks[machine]}
        if row["event"] == "SEND":
            waiting.append((ids[machine], clocks[machine]))
        rows.append(row)
    columns = ["machine_id", "event", "time", "old_clock", "new_clock", "sender", "sent_clock", "by_hand"]
    made = pd.DataFrame(rows, columns=columns)
    return made.assign(by_hand=made["by_hand"].eq(True))


def foreign(random):
    """The same, where receipts do not all say what they received, and rows are gone."""
    made = table(random)
    hidden = [random.random() < 0.3 for _ in range(len(made))]
    made.loc[hidden, ["sender", "sent_clock"]] = None
    kept = [random.random() < 0.95 for _ in range(len(made))]
    return lamport.from_events(made[np.array(kept, dtype=bool)].drop(columns=["old_clock"]))


def runs(count):
    for seed in range(count):
        source = random.Random(seed)
        make = [simulated, foreign, simulated, lambda source: lamport.from_events(table(source)), algorithm]
        yield make[seed % 5](source)


def values(table):
    return table.to_numpy().tolist()


def by_machine(told, rows):
    return [[rows[row][machine] for machine in told.machines] for row in told.rows]


def check_numbers(run, told):
    clocks = told.lamport()
    assert run.stamps("lamport")["lamport"].tolist() == [clocks[row] for row in told.rows]
    vectors = run.stamps("vector")
    assert values(vectors) == by_machine(told, told.vectors)
    assert vectors.columns.tolist() == told.machines
    assert vectors.index.equals(run.events.index)
    matrices = told.matrices()
    pairs = [(knows, of) for knows in told.machines for of in told.machines]
    expected = [[matrices[row][knows][of] for knows, of in pairs] for row in told.rows]
    matrix = run.stamps("matrix")
    assert values(matrix) == expected
    assert matrix.columns.tolist() == pairs
    assert values(run.stamps("direct")) == by_machine(told, told.direct())
    for entries in (1, 3):
        plausible = told.plausible(entries)
        assert values(run.stamps("plausible", entries=entries)) == [plausible[row] for row in told.rows]
    bloom = told.bloom(11, 2)
    assert values(run.stamps("bloom", size=11, hashes=2)) == [bloom[row] for row in told.rows]


def check_hybrid(run, told, seed):
    options = {"physical": CLOCK, "seed": seed, "on_top": True} if seed % 2 else {}
    physical = run.stamps("physical", **options)["physical"].tolist()
    hybrid = told.hybrid(physical)
    assert list(map(tuple, values(run.stamps("hlc", **options)))) == [hybrid[row] for row in told.rows]


def check_intervals(run, told):
    stamps = run.stamps("itc")
    trees = [told_clocks.tree(text) for text in stamps["event"]]
    expected, ids = told_clocks.interval_trees(told)
    assert trees == [expected[row] for row in told.rows]
    assert [told_clocks.tree(own) for own in stamps["id"]] == [ids[machine] for machine in told.machine]
    for b in told.rows:
        for a in told.rows:
            is_before = a in told.before[b]
            assert (told_clocks.within(trees[a], trees[b]) and a != b) == is_before


def check_changes(run, told):
    """What is sent is what has changed, and receivers that raise entries by it have the vectors.

    Return whether that was looked at, and whether receivers were, who have them if no message is missing.
    """
    if overtaken(told):
        with pytest.raises(lamport.LamportError, match="differences are for channels that keep the order"):
            run.stamps("vector_diff")
        return 0, 0
    sent = run.stamps("vector_diff")["sent"]
    misses = loses(told, sent)
    known = {machine: dict.fromkeys(told.machines, 0) for machine in told.machines}
    last = {}
    for row in told.order:
        mine = known[told.machine[row]]
        if row in told.sent:
            news = sent[told.sent[row]][told.machine[row]]
            mine |= {machine: max(mine[machine], count) for machine, count in news.items()}
        mine[told.machine[row]] += 1
        if not misses:
            assert mine == told.vectors[row]
        for recipient, news in (sent[row] or {}).items():
            before = told.vectors.get(last.get((told.machine[row], recipient)), {})
            vector = told.vectors[row]
            assert news == {m: count for m, count in vector.items() if count > before.get(m, 0)}
            last[told.machine[row], recipient] = row
    return 1, int(not misses and bool(told.sent))


def overtaken(told):
    """Whether messages of a channel were received in another order."""
    latest = {}
    for receipt in sorted(told.sent, key=lambda row: told.number[row]):
        send = told.sent[receipt]
        channel = told.machine[send], told.machine[receipt]
        if latest.get(channel, 0) > told.number[send]:
            return True
        latest[channel] = told.number[send]
    return False


def loses(told, sent):
    """Whether a message was not received before a later one of its channel was, as far as logs tell."""
    for sender in told.machines:
        for recipient in told.machines:
            messages = [row for row in told.lanes[sender] if sent[row] and recipient in sent[row]]
            received = {send for receipt, send in told.sent.items() if told.machine[receipt] == recipient}
            taken = [row in received for row in messages]
            if taken != sorted(taken, reverse=True):
                return True
    return False


@pytest.mark.parametrize("part", range(5))
def test_stamps_are_what_brute_force_says(part):
    sent = received = 0
    for seed, run in enumerate(runs(500)):
        if seed % 5 != part:
            continue
        told = Told(run)
        check_numbers(run, told)
        check_hybrid(run, told, seed)
        check_intervals(run, told)
        looked = check_changes(run, told)
        sent, received = sent + looked[0], received + looked[1]
    assert sent >= 80
    assert received >= 60
