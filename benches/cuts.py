"""Predicates over consistent cuts: how long they take, and at length whether they are right.

    python benches/cuts.py [ROUNDS]
    python benches/cuts.py truth [RUNS [FIRST]]

Without `truth`, medians of ROUNDS (5), in s of CPU: conjunctions on a million events of 3 and 30 machines,
whose conditions hold at the end, or in stretches of a few events; 10^7 cuts of 3, 16 and 70 machines that are
counted, asked about by a callable, and gone through for a path. It takes about 4 GB and a minute a round.

With `truth`, RUNS (10,000) small simulated runs from the seed FIRST (0) on, every other of which hides the
messages of half of its receipts: snapshots are consistent and what is in channels is what the times say;
conjunctions, as mapping and as callable, are what an enumeration in Python of the whole run says (or None
where something is hidden), their cuts hold and their paths avoid. Prints what is not so, with its seed; 0 is
right. tests/causality/cuts.rs and tests/python/runs/test_predicates.py are the short version.
"""

import itertools
import sys
import time
from statistics import median

import numpy as np
import pandas as pd

import lamport

MANY = 10**7
EVENTS = 10**6


def stretches(run, seed, share=0.5, length=6):
    """Conditions of all machines that hold in stretches of a few events."""
    chance = np.random.default_rng(seed)
    conditions = {}
    for machine in run.machines.index:
        index = run.events.index[run.events["machine_id"] == machine]
        holds = np.repeat(chance.random(len(index) // length + 1) < share, length)[: len(index)]
        conditions[machine] = pd.Series(holds, index)
    return conditions


def never(*_states):
    return False


def timed(rounds, what, ask):
    times, answer = [], None
    for _ in range(rounds):
        start = time.process_time()
        answer = ask()
        times.append(time.process_time() - start)
    told = f"{answer.value}, visited {answer.visited:,}"
    print(f"{what:<64} {median(times):8.3f} s ({min(times):.3f}-{max(times):.3f})  {told}", flush=True)


def speed(rounds):
    for machines in (3, 30):
        rates = [1 + place % 7 for place in range(machines)]
        run = lamport.simulate(machines, EVENTS / sum(rates), rates=rates, seed=1)
        causality = run.causality
        short = stretches(run, 1)
        late = {each: run.events.index[run.events["machine_id"] == each] for each in short}
        late = {each: pd.Series(index > 0.99 * EVENTS, index) for each, index in late.items()}
        what = f"{len(run.events):,} events, {machines} machines"
        timed(rounds, f"{what}, possibly, at the end", lambda c=causality, p=late: c.possibly(p))
        timed(rounds, f"{what}, possibly, in stretches", lambda c=causality, p=short: c.possibly(p))
        timed(rounds, f"{what}, definitely, at the end", lambda c=causality, p=late: c.definitely(p))
        timed(rounds, f"{what}, definitely, in stretches", lambda c=causality, p=short: c.definitely(p))
        del run, causality, short, late
    for machines, duration in ((3, 20_000), (16, 600), (70, 600)):
        run = lamport.simulate(machines, duration, rates=[2] * machines, seed=1, internal_probability=0.9)
        causality = run.causality
        what = f"10^7 cuts, {machines} machines"
        timed(rounds, f"{what}, counted", lambda c=causality: c.count_cuts(limit=MANY))
        timed(rounds, f"{what}, possibly by a callable", lambda c=causality: c.possibly(never, limit=MANY))
        timed(
            rounds, f"{what}, definitely by a callable", lambda c=causality: c.definitely(never, limit=MANY)
        )
    return 0


def cuts_of(run):
    """All consistent cuts, level by level, by trying each next event of each: counts of events."""
    ids = run.machines.index.tolist()
    rows = {each: run.events[run.events["machine_id"] == each] for each in ids}
    number = {}
    for each in ids:
        number |= {(each, clock): at + 1 for at, clock in enumerate(rows[each]["new_clock"].tolist())}
    waits = {}
    for row in run.events.itertuples():
        if row.event == "RECEIVE" and row.sender is not pd.NA:
            sent = number[row.sender, row.sent_clock]
            waits[row.machine_id, number[row.machine_id, row.new_clock]] = (ids.index(row.sender), sent)
    level, levels, after = {(0,) * len(ids)}, [], {}
    while level:
        levels.append(level)
        for cut in level:
            nexts = []
            for place, machine in enumerate(ids):
                wait = waits.get((machine, cut[place] + 1), (place, 0))
                if cut[place] < len(rows[machine]) and cut[wait[0]] >= wait[1]:
                    nexts.append((*cut[:place], cut[place] + 1, *cut[place + 1 :]))
            after[cut] = nexts
        level = set(itertools.chain.from_iterable(after[cut] for cut in level))
    return levels, after


def expected(levels, after, holds):
    possibly = any(holds(cut) for level in levels for cut in level)
    avoiding = {cut for cut in levels[0] if not holds(cut)}
    for _ in levels[1:]:
        reached = set(itertools.chain.from_iterable(after[cut] for cut in avoiding))
        avoiding = {cut for cut in reached if not holds(cut)}
    return {"possibly": possibly, "definitely": not avoiding}


def hidden(run, chance):
    """The same run, where half of the receipts do not tell their message."""
    table = run.events.copy()
    is_hidden = table["event"].eq("RECEIVE") & (chance.random(len(table)) < 0.5)
    for column in ("sender", "sent_clock") if chance.random() < 0.5 else ("sender",):
        table[column] = table[column].mask(is_hidden)
    return lamport.from_events(table.drop(columns=["arrived"]))


def differences(seed):
    """What is wrong in a run, and how many verdicts of how many are none."""
    chance = np.random.default_rng(seed)
    machines = int(chance.integers(2, 4))
    rates = chance.uniform(0.8, 2, machines).tolist()
    whole = lamport.simulate(machines, 4, rates=rates, seed=seed, internal_probability=0.3)
    told = hidden(whole, chance) if seed % 2 else whole
    wrong = []
    when = float(chance.uniform(0, 5))
    taken = told.causality.snapshot(when)
    if whole.causality.cut_is_consistent(taken) is not True:
        wrong.append(f"the snapshot at {when} is not consistent")
    if told is whole:
        messages = whole.messages
        is_under_way = (messages["sent"] < when) & ~(messages["received"] < when)
        if not taken.channels.equals(messages[is_under_way]):
            wrong.append(f"channels of the snapshot at {when}")
    ids = whole.machines.index.tolist()
    named = [each for each in ids if chance.random() < 0.8]
    initial = {each: bool(chance.random() < 0.5) for each in named}
    conditions = {}
    for each in named:
        index = whole.events.index[whole.events["machine_id"] == each]
        conditions[each] = pd.Series(chance.random(len(index)) < 0.6, index)
    values = {each: [initial[each], *conditions[each]] for each in named}

    def holds(cut):
        return all(values[each][count] for each, count in zip(ids, cut, strict=True) if each in values)

    place = {}
    for each in ids:
        clocks = whole.events.loc[whole.events["machine_id"] == each, "new_clock"].tolist()
        place |= {(each, clock): at + 1 for at, clock in enumerate(clocks)} | {(each, 0): 0}

    def counts(cut):
        return tuple(place[each, cut[each]] for each in ids)

    def of_states(*states):
        return holds([0 if each is None else place[each.machine_id, each.new_clock] for each in states])

    levels, after = cuts_of(whole)
    everything = set(itertools.chain.from_iterable(levels))
    count = told.causality.count_cuts()
    if not count.low <= len(everything) <= count.high or (told is whole and count.value != len(everything)):
        wrong.append(f"{len(everything)} cuts are counted as {count}")
    undecided = 0
    for question, truth in expected(levels, after, holds).items():
        ask = getattr(told.causality, question)
        for answer in (ask(conditions, initial=initial), ask(of_states)):
            undecided += answer.value is None
            is_right = answer.value is truth or (answer.value is None and told is not whole)
            cut = None if answer.cut is None else counts(answer.cut)
            if answer.value:
                is_right &= cut is None or (cut in everything and holds(cut))
            if answer.path is not None:
                path = [counts(each) for each in answer.path]
                is_right &= path[0] in levels[0] and path[-1] in levels[-1]
                is_right &= all(later in after[cut] for cut, later in itertools.pairwise(path))
                is_right &= not any(map(holds, path))
            elif answer.value is False and question == "definitely":
                is_right &= told is not whole
            if not is_right:
                wrong.append(f"{question} is {truth}, told {answer}")
    return wrong, undecided


def truth(runs, first):
    broken = undecided = 0
    for seed in range(first, first + runs):
        wrong, none = differences(seed)
        broken, undecided = broken + bool(wrong), undecided + none
        for each in wrong:
            print(f"seed {seed}: {each}", flush=True)
    hidden_runs = sum(seed % 2 for seed in range(first, first + runs))
    verdicts = f"{undecided:,} of {4 * hidden_runs:,} verdicts on hidden ones are None"
    print(f"{runs:,} runs, {broken} broken; {verdicts}")
    return 1 if broken else 0


if __name__ == "__main__":
    words = sys.argv[1:]
    if words[:1] == ["truth"]:
        numbers = [int(word) for word in words[1:]]
        sys.exit(truth(*(numbers + [10_000, 0][len(numbers) :])))
    sys.exit(speed(int(words[0]) if words else 5))
