"""Snapshots of Chandy and Lamport's algorithm at length, held against `Run.causality`.

    python benches/snapshots.py [RUNS [FIRST]]

Makes RUNS (10,000) simulated runs of two to six machines, half of them under faults, from the seed FIRST (0)
on, and looks at each snapshot that is complete at all machines: whether its cut is consistent, lies between
those of `Causality.snapshot` when it began and when it was complete, and has in its channels what the log
says was under way. Prints what is not so, with its seed, and how much: 0 is right. Then it counts in how many
of 100 runs each mistake is found. The runs stand in tests/python/algorithms/snapshots.py; test_snapshots.py
there is the short version.
"""

import sys
from importlib import import_module
from pathlib import Path

MUTANT_RUNS = 100


def main():
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "python" / "algorithms"))
    snapshots = import_module("snapshots")
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    broken = looked_at = faults = events = 0
    for seed in range(first, first + runs):
        run = snapshots.random_run(seed)
        said, complete = snapshots.differences(run)
        broken, looked_at = broken + bool(said), looked_at + complete
        faults, events = faults + len(run.faults), events + len(run.events)
        for each in said:
            print(f"seed {seed}: {each}", flush=True)
    print(
        f"{runs:,} runs, {faults:,} faults, {events:,} events, {looked_at:,} snapshots, {broken} runs broken"
    )
    for mutant, words in snapshots.MUTANTS.items():
        said = [snapshots.differences(snapshots.random_run(seed, mutant))[0] for seed in range(MUTANT_RUNS)]
        found = sum(any(words in one for one in each) for each in said)
        print(f"{mutant.__name__}: {found} of {MUTANT_RUNS} runs")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
