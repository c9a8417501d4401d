"""Runs a second that `lamport.search` looks at, on one core.

    python benches/search.py

Three machines for 60 s under `random_faults`: with an invariant, which is asked at each state, and with a
property, which looks at the table of states of each run. Prints medians of interleaved rounds, in CPU time.
"""

import os
import statistics
import time

import lamport
from lamport.algorithms import Gossip, LamportMutex

ROUNDS = 5
RUNS = 400


def is_exclusive(states):
    return sum(state.get("held", False) for state in states.values()) <= 1


def any_state(_states):
    return True


def has_states(run):
    return len(run.states) > 0


MODELS = {
    "mutex, at leisure": (LamportMutex, {"hold": 0.5, "pause": 6.0}, is_exclusive),
    "mutex, busy": (LamportMutex, {"hold": 0.05, "pause": 0.2}, is_exclusive),
    "gossip": (Gossip, {}, any_state),
}


def speed(algorithm, arguments, **judge):
    """Give runs per second of CPU time."""
    begin = time.process_time()
    found = lamport.search(
        runs=RUNS, machines=3, duration=60, rates=100, algorithm=algorithm, arguments=arguments,
        progress=False, **judge,
    )  # fmt: skip
    assert found is None, found
    return RUNS / (time.process_time() - begin)


def main():
    print("load", *os.getloadavg())
    found = {name: ([], []) for name in MODELS}
    for _ in range(ROUNDS):
        for name, (algorithm, arguments, invariant) in MODELS.items():
            found[name][0].append(speed(algorithm, arguments, invariant=invariant))
            found[name][1].append(speed(algorithm, arguments, property=has_states))
    for name, (algorithm, arguments, _) in MODELS.items():
        run = lamport.simulate(3, 60, rates=100, algorithm=algorithm, arguments=arguments, seed=1)
        by_invariant, by_property = map(statistics.median, found[name])
        print(
            f"{name:20} {len(run.events):6} events a run: {by_invariant:6.0f} runs/s with an invariant, "
            f"{by_property:6.0f} with run.states"
        )


if __name__ == "__main__":
    main()
