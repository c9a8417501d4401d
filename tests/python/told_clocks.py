"""Other clocks told by brute force: from what happened before what, by networkx, event by event."""

import ast
import math
from functools import cached_property

import networkx as nx

MASK = 2**64 - 1


class Told:
    """The events of a run as a graph: nodes are rows of `Run.events`."""

    def __init__(self, run):
        self.run = run
        self.machine = run.events["machine_id"].tolist()
        self.machines = run.machines.index.tolist()
        self.rows = range(len(self.machine))
        self.lanes = {machine: [] for machine in self.machines}
        for row, machine in enumerate(self.machine):
            self.lanes[machine].append(row)
        self.number = {row: place for lane in self.lanes.values() for place, row in enumerate(lane, 1)}
        self.graph = nx.DiGraph()
        self.graph.add_nodes_from(self.rows)
        for lane in self.lanes.values():
            nx.add_path(self.graph, lane)
        self.sent = {}
        """By receipt, the row of its send."""
        at = {(machine, clock): row for row, (machine, clock) in enumerate(self.names)}
        messages = run.messages
        known = messages[messages["matched"].isin(["exact", "unique", "fifo"])]
        for message in known[known["received_clock"].notna()].itertuples():
            receipt = at[message.recipient, message.received_clock]
            self.sent[receipt] = at[message.sender, message.sent_clock]
        self.graph.add_edges_from((send, receipt) for receipt, send in self.sent.items())

    @property
    def names(self):
        return zip(self.machine, self.run.events["new_clock"].tolist(), strict=True)

    @cached_property
    def order(self):
        return list(nx.topological_sort(self.graph))

    @cached_property
    def before(self):
        """By row, the rows that happened before it."""
        return {row: nx.ancestors(self.graph, row) for row in self.rows}

    @cached_property
    def vectors(self):
        count = lambda rows: {m: sum(self.machine[row] == m for row in rows) for m in self.machines}  # noqa: E731
        return {row: count(self.before[row] | {row}) for row in self.rows}

    def lamport(self):
        clocks = {}
        for row in self.order:
            clocks[row] = 1 + max((clocks[other] for other in self.before[row]), default=0)
        return clocks

    def matrices(self):
        nothing = dict.fromkeys(self.machines, 0)
        found = {}
        for row in self.rows:
            last = {m: self.lanes[m][count - 1] if count else None for m, count in self.vectors[row].items()}
            found[row] = {m: nothing if of is None else self.vectors[of] for m, of in last.items()}
        return found

    def direct(self):
        found = {}
        for row in self.rows:
            own = self.lanes[self.machine[row]][: self.number[row]]
            found[row] = dict.fromkeys(self.machines, 0)
            for send in (self.sent[receipt] for receipt in own if receipt in self.sent):
                of = self.machine[send]
                found[row][of] = max(found[row][of], self.number[send])
            found[row][self.machine[row]] = self.number[row]
        return found

    def hybrid(self, physical):
        """(l, c): the largest time known of, and the longest chain of events that know of no other."""
        found = {}
        for row in self.order:
            known = self.before[row] | {row}
            latest = max(physical[other] for other in known)
            same = [found[other][1] + 1 for other in self.before[row] if found[other][0] == latest]
            found[row] = latest, max(same, default=0)
        return found

    def counters(self, size, cells):
        """Counters that take the larger of each, and then one more for each of an event's cells."""
        found = {}
        for row in self.order:
            known = [found[other] for other in self.graph.predecessors(row)]
            mine = [max(column) for column in zip(*known, strict=True)] if known else [0] * size
            for cell in cells(row):
                mine[cell] += 1
            found[row] = mine
        return found

    def plausible(self, entries):
        return self.counters(entries, lambda row: [self.machines.index(self.machine[row]) % entries])

    def bloom(self, size, hashes):
        def cells(row):
            word = mix(self.machine[row]) ^ self.number[row]
            for _ in range(hashes):
                word = mix(word)
                yield word % size

        return self.counters(size, cells)


def mix(word):
    """SplitMix64."""
    word = (word + 0x9E3779B97F4A7C15) & MASK
    word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & MASK
    return word ^ (word >> 31)


def shown(clock, time):
    """What a clock that is never set shows at a time, both in ns."""
    resolution = round(clock.resolution * 1e9)
    raw = time + math.floor(clock.offset * 1e9 + clock.ppm * 1e-6 * time)
    return raw // resolution * resolution


def tree(text):
    """An event tree of an interval tree clock: a number, or a number and two of them."""
    return ast.literal_eval(text)


def within(a, b, more=0):
    """Whether an event tree has nowhere more than another (which has `more` everywhere)."""
    base, *halves = a if isinstance(a, tuple) else (a,)
    other, *others = b if isinstance(b, tuple) else (b,)
    other += more
    if base > other:
        return False
    if not halves:
        return True
    if not others:
        others = [0, 0]
    return all(within(half, beside, other - base) for half, beside in zip(halves, others, strict=True))


def base(of):
    return of[0] if isinstance(of, tuple) else of


def lifted(of, more):
    return (of[0] + more, *of[1:]) if isinstance(of, tuple) else of + more


def most(of):
    return of[0] + max(most(of[1]), most(of[2])) if isinstance(of, tuple) else of


def normal(number, left, right):
    if left == right and not isinstance(left, tuple):
        return number + left
    least = min(base(left), base(right))
    return number + least, lifted(left, -least), lifted(right, -least)


def join(a, b):
    """Both of two event trees (Almeida, Baquero and Fonte 2008, as all that follows)."""
    if not isinstance(a, tuple) and not isinstance(b, tuple):
        return max(a, b)
    a, b = ((*each, 0, 0)[:3] if isinstance(each, tuple) else (each, 0, 0) for each in (a, b))
    if a[0] > b[0]:
        a, b = b, a
    more = b[0] - a[0]
    return normal(a[0], join(a[1], lifted(b[1], more)), join(a[2], lifted(b[2], more)))


def fill(own, of):
    if own == 0 or not isinstance(of, tuple):
        return of
    if own == 1:
        return most(of)
    left, right = own
    number, low, high = of
    if left == 1:
        filled = fill(right, high)
        return normal(number, max(most(low), base(filled)), filled)
    if right == 1:
        filled = fill(left, low)
        return normal(number, filled, max(most(high), base(filled)))
    return normal(number, fill(left, low), fill(right, high))


def grow(own, of):
    """One event more, and what it costs."""
    if own == 1 and not isinstance(of, tuple):
        return of + 1, 0
    if not isinstance(of, tuple):
        grown, cost = grow(own, (of, 0, 0))
        return grown, cost + 10**6
    left, right = own
    number, low, high = of
    if left == 0:
        grown, cost = grow(right, high)
        return (number, low, grown), cost + 1
    if right == 0:
        grown, cost = grow(left, low)
        return (number, grown, high), cost + 1
    (lower, one), (higher, other) = grow(left, low), grow(right, high)
    return ((number, lower, high), one + 1) if one < other else ((number, low, higher), other + 1)


def event(own, of):
    filled = fill(own, of)
    return filled if filled != of else grow(own, of)[0]


def fork(machines):
    """Ids of so many machines, the first half of them in the left half."""
    if machines == 1:
        return [1]
    half = (machines + 1) // 2
    return [(own, 0) for own in fork(half)] + [(0, own) for own in fork(machines - half)]


def interval_trees(told):
    """The event tree after each event, by row, and the id of each machine."""
    ids = dict(zip(told.machines, fork(len(told.machines)), strict=True)) if told.machines else {}
    found = {}
    for row in told.order:
        mine = 0
        for other in told.graph.predecessors(row):
            mine = join(mine, found[other])
        found[row] = event(ids[told.machine[row]], mine)
    return found, ids
