"""Each algorithm with the runs that it is tried in, and what it promises of them."""

from collections.abc import Callable
from dataclasses import dataclass, field

from bank import FIRST, Bank

import lamport
from lamport import algorithms

SETTLE = 10.0
"""For so many seconds at the end of each run there is no fault: what is late then is not late by one."""


@dataclass(frozen=True)
class Case:
    algorithm: type
    promises: Callable
    arguments: dict = field(default_factory=dict)
    machines: int = 4
    duration: float = 25.0
    inputs: tuple = ()
    begun: float = 0.0
    """What is promised of times is from here on, faults or not."""

    def faults(self, seed, **options):
        return lamport.random_faults(
            seed, 0.6, machines=self.machines, duration=self.duration, settle=SETTLE, **options
        )

    def run(self, seed, *, algorithm=None, faults=None, **options):
        return lamport.simulate(
            self.machines,
            self.duration,
            algorithm=self.algorithm if algorithm is None else algorithm,
            arguments=self.arguments,
            inputs=self.inputs,
            rates=100,
            seed=seed,
            faults=self.faults(seed) if faults is None else faults,
            **options,
        )

    def search(self, algorithm, **options):
        """Look for a run in which another algorithm breaks a promise."""
        given = {"machines": self.machines, "duration": self.duration, "inputs": self.inputs}
        return lamport.search(
            self.promised, algorithm=algorithm, arguments=self.arguments, rates=100, faults=self.faults,
            **given | options,
        )  # fmt: skip

    def judge(self, run):
        """Return what is broken, nothing if all promises are kept."""
        said = self.promises(run, self.duration - SETTLE)
        return [each[0] if isinstance(each, tuple) else each for each in said if each is not True]

    def promised(self, run):
        """Say whether all promises are kept from the last fault on, as a property of `lamport.search`."""
        after = max([self.begun, *map(end_of, run.faults)])
        return next((each for each in self.promises(run, after) if each is not True), True)


def end_of(fault):
    return fault.at + (getattr(fault, "duration", 0.0) or getattr(fault, "down_for", 0.0) or 0.0)


def conserved(run):
    """Whether the money of each snapshot, on machines and on its way, is what there was."""
    found = run.states.dropna(subset="snapshot").drop_duplicates(["machine_id", "snapshots"])["snapshot"]
    sums, parts = {}, {}
    for each in {(one["number"], one["clock"]): one for one in found}.values():
        on_way = sum(sum(channel) for channel in each["channels"].values())
        sums[each["number"]] = sums.get(each["number"], 0) + each["state"]["balance"] + on_way
        parts[each["number"]] = parts.get(each["number"], 0) + 1
    machines = run.states["machine_id"].nunique()
    wrong = {
        number: total
        for number, total in sums.items()
        if parts[number] == machines and total != machines * FIRST
    }
    return not wrong or f"money of snapshots: {wrong}, not {machines * FIRST}"


def of_mutex(run, after):
    return algorithms.mutual_exclusion(run), algorithms.served(run, 3, after)


def of_order(run, after):
    return algorithms.same_order(run), algorithms.taken_by_all(run, 1, after)


def of_snapshots(run, after):
    return algorithms.consistent_cuts(run), conserved(run), algorithms.snapshots_end(run, 1, after)


def of_election(run, after):
    return algorithms.one_leader(run), algorithms.elected(run, 1, after)


def of_gossip(run, after):
    return (algorithms.all_know(run, 4, after),)


CASES = {
    "LamportMutex": Case(algorithms.LamportMutex, of_mutex),
    "RicartAgrawala": Case(algorithms.RicartAgrawala, of_mutex),
    "TotalOrderMulticast": Case(algorithms.TotalOrderMulticast, of_order),
    "ChandyLamport": Case(
        algorithms.ChandyLamport, of_snapshots, {"inner": f"{Bank.__module__}:Bank", "every": 3}
    ),
    # They begin late enough for faults to strike before.
    "ChangRoberts": Case(algorithms.ChangRoberts, of_election, {"within": 10.0}, machines=6, begun=10.0),
    "Gossip": Case(
        algorithms.Gossip, of_gossip, {"every": 0.25}, machines=5,
        inputs=tuple((3.0 * number + 0.5, number % 5 + 1, f"rumour {number}") for number in range(8)),
    ),
}  # fmt: skip
