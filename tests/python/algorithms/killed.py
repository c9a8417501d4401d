"""The same algorithms in real processes that are killed by kill -9, and come back."""

from dataclasses import dataclass, field

from cases import CASES

import lamport

SETTLE = 3.2
"""Seconds without faults at the end, in which what is promised within 3 s has to happen."""


@dataclass(frozen=True)
class RealCase:
    """How a case is run where time is real, and short."""

    name: str
    arguments: dict = field(default_factory=dict)
    inputs: tuple = ()

    @property
    def case(self):
        return CASES[self.name]

    def faults(self, seed, duration, settle):
        machines = self.case.machines
        drawn = lamport.random_faults(
            seed, 1.5, machines=machines, duration=duration, kinds=["crash", "disconnect"],
            length=(0.1, 0.4), settle=settle,
        )  # fmt: skip
        if any(isinstance(fault, lamport.Crash) for fault in drawn):
            return drawn
        return [*drawn, lamport.Crash(seed % machines + 1, at=0.4 * duration, down_for=0.2)]

    def run(self, seed, log_dir, *, duration=5.0, settle=SETTLE):
        run = lamport.run_local(
            self.case.machines, duration, algorithm=self.case.algorithm, arguments=self.arguments,
            inputs=[(time * duration, machine, body) for time, machine, body in self.inputs],
            faults=self.faults(seed, duration, settle), processes=True, rates=100, seed=seed, log_dir=log_dir,
        )  # fmt: skip
        return lamport.load(run.log_dir)

    def judge(self, run, settle=SETTLE):
        """Return what is broken, nothing if all is as it should be."""
        said = self.case.promises(run, run.parameters["duration"] - settle)
        said = [each for each in said if each is not True]
        verification = run.verify()
        said += [str(verification)] * (not verification.ok)
        # Over its crashes too, each machine does once more what its log tells, state by state.
        replayed = lamport.replay(run)
        return said + [str(replayed)] * (not replayed["line"].isna().all())


REAL = [
    RealCase("LamportMutex", {"hold": 0.02, "pause": 0.2}),
    RealCase("RicartAgrawala", {"hold": 0.02, "pause": 0.2}),
    RealCase("TotalOrderMulticast", {"pause": 0.2}),
    RealCase("ChandyLamport", {"inner": "bank:Bank", "every": 0.5}),
    RealCase("ChangRoberts", {"within": 1.5}),
    RealCase("Gossip", {"every": 0.1}, tuple((0.1 * n, n % 5 + 1, f"rumour {n}") for n in range(6))),
]
