"""Algorithms of `lamport.algorithms` at length: each keeps its promises under random faults.

    python benches/algorithms.py [RUNS [FIRST]]

Makes RUNS (10,000) simulated runs, the same number of each algorithm, from the seed FIRST (0) on, each under
faults of its own, and judges each by what its algorithm promises and by `Run.verify`. Then it counts in how
many of 100 runs each mutant is found, and has `lamport.search` find and shrink each. Prints what is broken
with its seed, and how much: 0 is right. With RUNS = 0 only mutants are looked at. Algorithms, faults and
mutants stand in tests/python/algorithms; its tests are the short version. A run takes about 0.03 s.
"""

import sys
from importlib import import_module
from pathlib import Path

import lamport

MUTANT_RUNS = 100


def main():
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "python" / "algorithms"))
    cases, mutants = import_module("cases").CASES, import_module("mutants").MUTANTS
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    broken = 0
    for name, case in cases.items():
        count = -(-runs // len(cases))
        faults = events = 0
        for seed in range(first, first + count):
            run = case.run(seed)
            faults, events = faults + len(run.faults), events + len(run.events)
            said = case.judge(run) + [str(run.verify())] * (not run.verify().ok)
            broken += bool(said)
            for each in said:
                print(f"{name}, seed {seed}: {each}", flush=True)
        print(f"{name}: {count:,} runs, {faults:,} faults, {events:,} events", flush=True)
    for mutant in mutants:
        case = cases[mutant.case]
        said = [case.judge(case.run(seed, algorithm=mutant.algorithm)) for seed in range(MUTANT_RUNS)]
        found = [seed for seed, each in enumerate(said) if any(mutant.says in one for one in each)]
        free = sum(
            bool(case.judge(case.run(s, algorithm=mutant.algorithm, faults=[]))) for s in range(MUTANT_RUNS)
        )
        when = f"first by seed {found[0]}" if found else "never"
        print(
            f"{mutant.algorithm.__name__}: {len(found)} of {MUTANT_RUNS} runs, {when}; {free} without faults"
        )
    for mutant in mutants:
        broken += not shrunk(cases[mutant.case], mutant)
    print(f"{broken} broken")
    return 1 if broken else 0


def shrunk(case, mutant):
    """Find and shrink a mutant; say whether it is the mutant that is broken by what is left."""
    found = case.search(mutant.algorithm, runs=1000)
    name = mutant.algorithm.__name__
    if found is None:
        print(f"{name}: not found")
        return False
    told = []
    smallest = found.shrink(progress=told.append)
    was, left = (f"{len(each.faults)} faults, {each.events:,} events" for each in (found, smallest))
    end = "" if not smallest.interrupted else ", not to the end"
    print(
        f"{name}: run {found.number + 1} ({was}); after {max(told[:-1])} runs{end} {left}: {smallest.message}"
    )
    for fault in smallest.faults:
        print(f"    {fault}", flush=True)
    without = lamport.simulate(**smallest.parameters | {"algorithm": case.algorithm})
    return case.promised(without) is True


if __name__ == "__main__":
    sys.exit(main())
