"""Algorithms of `lamport.algorithms` in real processes that are killed by kill -9, at length.

    python benches/killed.py [RUNS [FIRST [DURATION]]]

Makes RUNS (50) real runs of DURATION (10) seconds, the same number of each algorithm, from the seed FIRST (0)
on, each with crashes and disconnects drawn from its seed, a few at the same time. Judges each by what its
algorithm promises and by `Run.verify`, and prints what is broken with its seed, and how much: 0 is right. The
runs stand in tests/python/algorithms/killed.py; test_killed.py there is the short version.
"""

import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path

TOGETHER = 2
"""Runs at the same time."""


def main():
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "python" / "algorithms"))
    cases = import_module("killed").REAL
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    duration = float(sys.argv[3]) if len(sys.argv) > 3 else 10.0
    broken = crashes = events = 0
    with tempfile.TemporaryDirectory() as directory, ThreadPoolExecutor(TOGETHER) as threads:

        def run(number):
            case, seed = cases[number % len(cases)], first + number // len(cases)
            try:
                made = case.run(seed, Path(directory, str(number)), duration=duration)
            except Exception as error:
                return case.name, seed, 0, 0, [f"{type(error).__name__}: {error}"]
            lives = sum(log.read_text().count('"STARTUP"') for log in made.log_dir.glob("machine_*.log"))
            return case.name, seed, lives - case.case.machines, len(made.events), case.judge(made)

        for name, seed, killed, count, said in threads.map(run, range(runs)):
            crashes, events, broken = crashes + killed, events + count, broken + bool(said)
            for each in said:
                print(f"{name}, seed {seed}: {each}", flush=True)
    print(f"{runs} runs, {crashes} times kill -9, {events:,} events, {broken} broken")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
