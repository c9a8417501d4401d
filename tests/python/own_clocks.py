"""Logical clocks as people write them: right ones, and each with its mistake."""

import operator


class Lamport:
    def __init__(self):
        self.now = 0

    def tick(self):
        self.now += 1
        return self.now

    send = tick

    def receive(self, stamp):
        self.now = max(self.now, stamp)
        return self.tick()


class Vector:
    def __init__(self, machine, machines):
        self.own = machine - 1
        self.counts = (0,) * machines

    def tick(self):
        counts = list(self.counts)
        counts[self.own] += 1
        self.counts = tuple(counts)
        return self.counts

    send = tick

    def receive(self, stamp):
        self.counts = tuple(map(max, self.counts, stamp))
        return self.tick()

    @staticmethod
    def before(a, b):
        return a != b and all(map(operator.le, a, b))


class Hybrid:
    """Kulkarni, Demirbas, Madappa, Avva and Leone 2014, figure 5."""

    def __init__(self, now):
        self.now = now
        self.stamp = (0, 0)

    def tick(self):
        latest, counter = self.stamp
        time = max(latest, self.now())
        self.stamp = (time, counter + 1 if time == latest else 0)

    send = tick

    def receive(self, stamp):
        time = max(self.stamp[0], stamp[0], self.now())
        counters = [counter for latest, counter in (self.stamp, stamp) if latest == time]
        self.stamp = (time, max(counters) + 1 if counters else 0)


class Matrix:
    """What each machine knows that each other knows; its own row is a vector clock."""

    def __init__(self, machine, machines):
        self.own = machine - 1
        self.rows = [[0] * machines for _ in range(machines)]

    @property
    def stamp(self):
        return self.own, [list(row) for row in self.rows]

    def tick(self):
        self.rows[self.own][self.own] += 1

    send = tick

    def receive(self, stamp):
        sender, rows = stamp
        for mine, theirs in zip(self.rows, rows, strict=True):
            mine[:] = map(max, mine, theirs)
        self.rows[self.own] = list(map(max, self.rows[self.own], rows[sender]))
        self.tick()

    @staticmethod
    def before(a, b):
        one, other = a[1][a[0]], b[1][b[0]]
        return one != other and all(map(operator.le, one, other))


class Plausible(Vector):
    """A vector folded to two entries (Torres-Rojas and Ahamad 1999): sound, not complete."""

    def __init__(self, machine):
        super().__init__(machine % 2 + 1, 2)


def node(low, left, right):
    """An event tree in its normal form."""
    if isinstance(left, int) and left == right:
        return low + left
    sink = min(least(left), least(right))
    return (low + sink, lift(left, -sink), lift(right, -sink))


def lift(tree, by):
    return tree + by if isinstance(tree, int) else (tree[0] + by, tree[1], tree[2])


def least(tree):
    return tree if isinstance(tree, int) else tree[0] + min(least(tree[1]), least(tree[2]))


def most(tree):
    return tree if isinstance(tree, int) else tree[0] + max(most(tree[1]), most(tree[2]))


def spread(tree):
    return (tree, 0, 0) if isinstance(tree, int) else tree


def joined(a, b):
    if isinstance(a, int) and isinstance(b, int):
        return max(a, b)
    (low, *ours), (high, *theirs) = sorted((spread(a), spread(b)), key=operator.itemgetter(0))
    return node(low, *(joined(one, lift(other, high - low)) for one, other in zip(ours, theirs, strict=True)))


def at_most(a, b, above=0):
    """Whether a, lifted, is nowhere more than b."""
    if isinstance(a, int):
        return a + above <= least(b)
    if isinstance(b, int):
        return most(a) + above <= b
    return all(at_most(one, other, above + a[0] - b[0]) for one, other in zip(a[1:], b[1:], strict=True))


def filled(own, tree):
    if own == 0 or isinstance(tree, int):
        return tree
    if own == 1:
        return most(tree)
    low, left, right = tree
    if own[0] == 1:
        right = filled(own[1], right)
        return node(low, max(most(left), least(right)), right)
    if own[1] == 1:
        left = filled(own[0], left)
        return node(low, left, max(most(right), least(left)))
    return node(low, filled(own[0], left), filled(own[1], right))


def grown(own, tree):
    """A tree with one more event, and what that costs."""
    if own == 1 and isinstance(tree, int):
        return tree + 1, 0
    if isinstance(tree, int):
        made, cost = grown(own, (tree, 0, 0))
        return made, cost + 1000
    low, left, right = tree
    ways = []
    if own[0] != 0:
        made, cost = grown(own[0], left)
        ways.append((cost + 1, (low, made, right)))
    if own[1] != 0:
        made, cost = grown(own[1], right)
        ways.append((cost + 1, (low, left, made)))
    cost, made = min(ways, key=operator.itemgetter(0))
    return made, cost


class IntervalTree:
    """Almeida, Baquero and Fonte 2008: identities are parts of an interval, events heights over it."""

    def __init__(self, own):
        self.own, self.stamp = own, 0

    @classmethod
    def all(cls, machines):
        own = [1]
        while len(own) < machines:
            first = own.pop(0)
            own += [cls.half(first, 0), cls.half(first, 1)]
        return [cls(each) for each in own]

    @classmethod
    def half(cls, own, which):
        if own == 1:
            return (1, 0) if which == 0 else (0, 1)
        return tuple(0 if side == 0 else cls.half(side, which) for side in own)

    def tick(self):
        inflated = filled(self.own, self.stamp)
        self.stamp = inflated if inflated != self.stamp else grown(self.own, self.stamp)[0]

    send = tick

    def receive(self, stamp):
        self.stamp = joined(self.stamp, stamp)
        self.tick()

    @staticmethod
    def before(a, b):
        return a != b and at_most(a, b)


RIGHT = [Lamport, Vector, Hybrid, Matrix, Plausible, IntervalTree]
COMPLETE = [Vector, Matrix, IntervalTree]


class NoIncrement(Lamport):
    """A send does not count."""

    def send(self):
        return self.now


class StampBeforeTick(Lamport):
    def send(self):
        stamp = self.now
        self.tick()
        return stamp


class MaxWithoutOne(Lamport):
    def receive(self, stamp):
        self.now = max(self.now, stamp)
        return self.now


class IgnoresMessages(Lamport):
    def receive(self, stamp):
        return self.tick()


class TakesTheirs(Lamport):
    """No maximum: a clock that goes back."""

    def receive(self, stamp):
        self.now = stamp
        return self.tick()


class WrapsAt16(Lamport):
    def tick(self):
        self.now = (self.now + 1) % 16
        return self.now

    send = tick


class WrapsAt256(Lamport):
    def tick(self):
        self.now = (self.now + 1) % 256
        return self.now

    send = tick


class ComparesText(Lamport):
    @staticmethod
    def before(a, b):
        return str(a) < str(b)


class BeforeItself(Lamport):
    before = staticmethod(operator.le)


class EachBeforeTheOther(Lamport):
    before = staticmethod(operator.ne)


class MergeWithoutTick(Vector):
    def receive(self, stamp):
        self.counts = tuple(map(max, self.counts, stamp))
        return self.counts


class TickWithoutMerge(Vector):
    def receive(self, stamp):
        return self.tick()


class OverwritesTheSender(Vector):
    """Takes what comes for all but its own entry."""

    def receive(self, stamp):
        own = self.counts[self.own]
        self.counts = (*stamp[: self.own], own, *stamp[self.own + 1 :])
        return self.tick()


class SomeEntryLess(Vector):
    """Says before where one entry is less, whatever the others are."""

    @staticmethod
    def before(a, b):
        return any(map(operator.lt, a, b))


class ZipsTooShort(Vector):
    """Merges all entries but the last."""

    def receive(self, stamp):
        self.counts = (*map(max, self.counts[:-1], stamp), self.counts[-1])
        return self.tick()


class AllEntriesLess(Vector):
    @staticmethod
    def before(a, b):
        return all(map(operator.lt, a, b))


class MutableStamp(Vector):
    def __init__(self, machine, machines):
        super().__init__(machine, machines)
        self.counts = [0] * machines

    def tick(self):
        self.counts[self.own] += 1
        return self.counts

    send = tick

    def receive(self, stamp):
        self.counts[:] = map(max, self.counts, stamp)
        return self.tick()


class KeepsHistory(Lamport):
    """Stamps name all that happened before: right, and ever longer."""

    def __init__(self, machine):
        self.machine, self.count, self.known = machine, 0, frozenset()

    def tick(self):
        self.count += 1
        self.known |= {(self.machine, self.count)}
        return self.known

    send = tick

    def receive(self, stamp):
        self.known |= stamp
        return self.tick()


class HybridWithoutMax(Hybrid):
    def receive(self, stamp):
        latest, counter = self.stamp
        time = max(latest, stamp[0], self.now())
        self.stamp = (time, counter + 1 if time == latest else 0)


class HybridNeverResets(Hybrid):
    """Right in what it says: only the counter grows and grows."""

    def tick(self):
        latest, counter = self.stamp
        self.stamp = (max(latest, self.now()), counter + 1)

    send = tick

    def receive(self, stamp):
        self.stamp = (max(self.stamp[0], stamp[0], self.now()), max(self.stamp[1], stamp[1]) + 1)


class PhysicalOnly:
    def __init__(self, now):
        self.tick = self.send = now

    def receive(self, stamp):
        return self.tick()


class SharedByAll(Lamport):
    """One counter for all machines, as an attribute of the class."""

    counter = 0

    def tick(self):
        SharedByAll.counter += 1
        return self.counter

    send = tick

    def receive(self, stamp):
        return self.tick()


class Raises(Lamport):
    def receive(self, stamp):
        if stamp < self.now:
            raise ValueError("a message from the past")
        return super().receive(stamp)


class NewestOfEachSender:
    """Keeps what each machine said last, which is most only where messages do not overtake each other."""

    def __init__(self, machine, machines):
        self.own = machine - 1
        self.count = 0
        self.heard = [(0,) * machines] * machines

    @property
    def stamp(self):
        merged = list(map(max, *self.heard, (0,) * len(self.heard)))
        merged[self.own] = self.count
        return self.own, tuple(merged)

    def tick(self):
        self.count += 1

    send = tick

    def receive(self, stamp):
        sender, counts = stamp
        self.heard[sender] = counts
        self.tick()

    @staticmethod
    def before(a, b):
        return Vector.before(a[1], b[1])


def counter(stamp):
    return stamp[1]


WRONG = {
    NoIncrement: ("sound", 2),
    StampBeforeTick: ("sound", 2),
    MaxWithoutOne: ("sound", 2),
    IgnoresMessages: ("sound", 2),
    TakesTheirs: ("sound", 4),
    WrapsAt16: ("sound", 16),
    WrapsAt256: ("sound", 256),
    ComparesText: ("sound", 10),
    BeforeItself: ("irreflexive", 1),
    EachBeforeTheOther: ("irreflexive", 2),
    MergeWithoutTick: ("sound", 2),
    TickWithoutMerge: ("sound", 2),
    OverwritesTheSender: ("sound", 4),
    SomeEntryLess: ("irreflexive", 2),
    ZipsTooShort: ("sound", 2),
    AllEntriesLess: ("sound", 2),
    MutableStamp: ("mutated", 2),
    KeepsHistory: ("bounded", 8),
    HybridWithoutMax: ("sound", 2),
    PhysicalOnly: ("sound", 2),
    SharedByAll: ("repeatable", 1),
    Raises: ("raised", 4),
}
"""By clock, what it gets wrong first, and of how many steps the smallest run is that shows it."""
