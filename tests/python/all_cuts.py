"""All consistent cuts of small runs, enumerated plainly, and what of them a question comes to."""

import random
from collections import defaultdict, deque
from functools import cached_property

import numpy as np
import pandas as pd
from rows import internal, receive, send

import lamport


class AllCuts:
    """The consistent cuts of a run, each by machine how many of its events are in it.

    `causes`: by row of `run.events`, rows that happened before it, at least those from which all follow.
    """

    def __init__(self, run, causes):
        self.ids = run.machines.index.tolist()
        events = run.events
        machine = events["machine_id"].to_numpy()
        self.rows = [np.flatnonzero(machine == each).tolist() for each in self.ids]
        self.clocks = [events["new_clock"].to_numpy()[rows].tolist() for rows in self.rows]
        self.times = events["time"].to_numpy()
        place = {row: (m, k) for m, rows in enumerate(self.rows) for k, row in enumerate(rows)}
        self.needs = [[[] for _ in rows] for rows in self.rows]
        for row, those in causes.items():
            m, k = place[row]
            self.needs[m][k] = [place[cause] for cause in those]
        self.first = tuple(0 for _ in self.ids)
        self.last = tuple(map(len, self.rows))

    def is_consistent(self, cut):
        return all(
            cut[other] > at
            for m, count in enumerate(cut)
            for needs in self.needs[m][:count]
            for other, at in needs
        )

    def after(self, cut):
        """The consistent cuts of one event more."""
        for m, count in enumerate(cut):
            if count < self.last[m] and all(cut[other] > at for other, at in self.needs[m][count]):
                yield (*cut[:m], count + 1, *cut[m + 1 :])

    @cached_property
    def all(self):
        """Every consistent cut; none is left out, as each has one of one event less."""
        found, waiting = {self.first}, deque([self.first])
        while waiting:
            for cut in self.after(waiting.popleft()):
                if cut not in found:
                    found.add(cut)
                    waiting.append(cut)
        return found

    def before(self, time):
        """The largest consistent cut without an event at or after a time: all such together."""
        early = [
            cut
            for cut in self.all
            if all(
                self.times[row] < time
                for rows, count in zip(self.rows, cut, strict=True)
                for row in rows[:count]
            )
        ]
        return tuple(map(max, zip(*early, strict=True)))

    def between(self, first, last):
        return {
            cut
            for cut in self.all
            if all(a <= each <= b for a, each, b in zip(first, cut, last, strict=True))
        }

    def possibly(self, holds, first, last):
        return any(map(holds, self.between(first, last)))

    def definitely(self, holds, first, last):
        """Whether every path from one cut to another passes one where it holds."""
        if holds(first):
            return True
        inside, found, waiting = self.between(first, last), {first}, [first]
        while waiting:
            for cut in self.after(waiting.pop()):
                if cut in inside and cut not in found and not holds(cut):
                    found.add(cut)
                    waiting.append(cut)
        return last not in found

    def named(self, cut):
        """A cut as lamport has it: by machine the clock of its last event."""
        return {
            machine: clocks[count - 1] if count else 0
            for machine, clocks, count in zip(self.ids, self.clocks, cut, strict=True)
        }

    def counted(self, cut):
        """The counts of a cut as lamport has it; of clocks that are each of one event only."""
        return tuple(
            clocks.index(cut[machine]) + 1 if cut[machine] else 0
            for machine, clocks in zip(self.ids, self.clocks, strict=True)
        )


def by_messages(run):
    """The cuts of a run of whose receipts each tells its message: what the tables say, and nothing else."""
    events = run.events
    sends = {}
    for row, (kind, machine, clock) in enumerate(
        zip(events["event"], events["machine_id"], events["new_clock"], strict=True)
    ):
        if kind == "SEND":
            sends[machine, clock] = row
    causes = defaultdict(list)
    told = events[["event", "sender", "sent_clock"]].itertuples(index=False)
    for row, (kind, sender, clock) in enumerate(told):
        if kind == "RECEIVE" and pd.notna(sender) and (sender, clock) in sends:
            causes[row].append(sends[sender, clock])
    return AllCuts(run, causes)


def by_past(run, *, possible):
    """The cuts of a run by what certainly happened before what, or by what may have."""
    events = run.events
    causes = {}
    for row, event in enumerate(
        zip(events["machine_id"].tolist(), events["new_clock"].tolist(), strict=True)
    ):
        causes[row] = np.flatnonzero(run.causality.past(event, possible=possible)).tolist()
    return AllCuts(run, causes)


class Asked:
    """A predicate as `lamport` takes it, and whether it holds in a cut of counts."""

    def __init__(self, run, cuts, chance):
        self.cuts = cuts
        self.ids = cuts.ids
        self.is_mapping = chance.random() < 0.6
        if self.is_mapping:
            self._draw_mapping(run, chance)
        else:
            self._draw_callable(chance)

    def _draw_mapping(self, run, chance):
        share = chance.choice([0.15, 0.4, 0.6, 0.9])
        named = [machine for machine in self.ids if chance.random() < 0.8]
        machine = run.events["machine_id"]
        draws = pd.Series(
            [chance.random() < share for _ in range(len(machine))], index=run.events.index, dtype=bool
        )
        self.given = {each: draws[machine == each] for each in named}
        self.initial = chance.choice([False, False, True, {each: chance.random() < 0.5 for each in named}])
        values = {each: series.tolist() for each, series in self.given.items()}

        def holds(cut):
            counts = dict(zip(self.ids, cut, strict=True))
            begun = self.initial if isinstance(self.initial, dict) else dict.fromkeys(named, self.initial)
            return all(values[each][counts[each] - 1] if counts[each] else begun[each] for each in named)

        self.holds = holds
        self.options = {} if self.initial is False else {"initial": self.initial}

    def _draw_callable(self, chance):
        salt, one_of = chance.randrange(1000), chance.choice([2, 3, 8, 30])

        def value(clocks):
            return hash((salt, *clocks)) % one_of == 0

        def given(*rows):
            return value([-1 if row is None else int(row.new_clock) for row in rows])

        def holds(cut):
            return value([self.cuts.clocks[m][count - 1] if count else -1 for m, count in enumerate(cut)])

        self.given, self.holds, self.options = given, holds, {}


def small_run(chance):
    """A run of one to five machines with a few events, some machines without any, with faults or without."""
    machines = chance.randint(1, 5)
    rates = [chance.choice([1, 2, 3, 4, 5, 0.001]) for _ in range(machines)]
    duration = {1: 8, 2: 5, 3: 2.2, 4: 1.3, 5: 0.9}[machines]
    faults = []
    if machines > 1 and chance.random() < 0.3:
        ids = list(range(1, machines + 1))
        chance.shuffle(ids)
        at = duration * chance.uniform(0.1, 0.5)
        faults = [
            chance.choice(
                [
                    lamport.Crash(ids[0], at, down_for=duration / 4),
                    lamport.Pause(ids[0], at, duration=duration / 4),
                    lamport.Partition([ids[:1], ids[1:]], at=at, duration=duration / 3),
                    lamport.Delay(
                        ids[0], ids[1], lamport.Constant(duration / 5), at=at, duration=duration / 3
                    ),
                ]
            )
        ]
    return lamport.simulate(
        machines,
        duration,
        rates=rates,
        internal_probability=chance.choice([0.0, 0.2, 0.5]),
        latency=chance.choice([0.0005, lamport.Uniform(0, duration / 3), lamport.Exponential(duration / 10)]),
        faults=faults,
        seed=chance.randrange(10**6),
    )


def thinned(run, chance):
    """The events of a run as another log may have them: without some columns, heads and tails."""
    columns = ["old_clock", "sender", "sent_clock", "recipients", "queue_len", "arrived"]
    table = run.events.drop(columns=["system_time", *chance.sample(columns, chance.randint(0, len(columns)))])
    for machine in table["machine_id"].unique():
        rows = table.index[table["machine_id"] == machine]
        head = chance.choice([0, 0, 0, len(rows) // 3])
        tail = chance.choice([0, 0, len(rows) // 4])
        table = table.drop(index=[*rows[:head], *rows[len(rows) - tail :]])
    if len(table["machine_id"].unique()) > 1 and chance.random() < 0.3:
        table = table[table["machine_id"] != chance.choice(table["machine_id"].unique().tolist())]
    return table


def a_seed(number):
    return random.Random(f"cuts {number}")


def open_history(chance):
    """Rows of senders and one machine that took some of their messages, and all ways in which it may have.

    The receipts do not tell whose messages they took. A way is the rows of the causes of receipts, by row.
    """
    senders = chance.randint(2, 3)
    rows, sends = [], []
    for machine in range(1, senders + 1):
        for clock in range(1, chance.randint(2, 4) + 1):
            is_send = chance.random() < 0.7
            rows.append(send(machine, clock, [0]) if is_send else internal(machine, clock))
            if is_send:
                sends.append((machine, clock, len(rows) - 1))
    waiting, clock, receipts = list(sends), 0, []
    for _ in range(chance.randint(1, 5)):
        fronts = [
            min((each for each in waiting if each[0] == m), default=None) for m in range(1, senders + 1)
        ]
        fronts = [each for each in fronts if each]
        if not fronts or chance.random() < 0.25:
            clock += 1
            rows.append(internal(0, clock))
            continue
        taken = chance.choice(fronts)
        waiting.remove(taken)
        before, clock = clock, max(clock, taken[1]) + 1
        rows.append(receive(0, clock))
        receipts.append((len(rows) - 1, before, clock))
    return rows, [dict(way) for way in _ways(receipts, sends, senders)]


def _ways(receipts, sends, senders):
    """Every way in which receipts, given with the clock before and after, take messages in order."""
    if not receipts:
        yield {}
        return
    (row, before, after), rest = receipts[0], receipts[1:]
    for machine in range(1, senders + 1):
        front = min((each for each in sends if each[0] == machine), default=None)
        if front is not None and max(before, front[1]) + 1 == after:
            for way in _ways(rest, [each for each in sends if each != front], senders):
                yield {row: [front[2]]} | way


def stretch(run, chance):
    """A stretch of time, most often the whole run."""
    times = run.events["time"].tolist()
    if chance.random() < 0.5 or len(times) < 2:
        return {}
    start, stop = sorted(chance.sample([*times, times[0] - 1, times[-1] + 1], 2))
    ends = {"start": start, "stop": stop} if start < stop else {}
    return {name: value for name, value in ends.items() if chance.random() < 0.7}


def ends_of(cuts, given):
    """The first cut and the last of a stretch of time."""
    first = cuts.before(given["start"]) if "start" in given else cuts.first
    last = cuts.before(given["stop"]) if "stop" in given else cuts.last
    return first, tuple(map(max, first, last))


def standing_clocks():
    """A run whose receipts may leave the clock as it is, and a cut right before one that does."""
    receive = "max(clock, T)"
    made = lamport.simulate(3, 3, rates=[2, 3, 2], seed=1, receive=receive)
    run = lamport.from_events(made.events.drop(columns=["system_time"]), rules=lamport.Rules(receive=receive))
    again = run.events.duplicated(["machine_id", "new_clock"])
    receipt = again[again & (run.events["event"] == "RECEIVE")].index[0]
    cut = run.causality.snapshot(float(run.events["time"][receipt]))
    machine = int(run.events["machine_id"][receipt])
    assert cut.cut[machine] == run.events["new_clock"][receipt]
    return run, machine, receipt, cut
