"""Clean but awkward runs at length: no reader may raise an alarm.

    python benches/awkward.py [RUNS [FIRST]]

Makes RUNS (3,000) runs, from the seed FIRST (0) on, and looks at each in every way; one in ten is drawn and
reported too. Prints each alarm with its seed, and how many there were: 0 is right. What is made, and who
looks, stands in tests/python/awkward_runs; tests/python/test_awkward.py is the short version. A run takes
about 0.07 s, one that is drawn 0.6 s.
"""

import os
import random
import sys
import tempfile
import traceback
from importlib import import_module
from pathlib import Path

DRAWN = 10
"""One of as many runs is drawn."""


def main():
    os.environ.setdefault("MPLBACKEND", "Agg")
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "python"))
    make, look = (import_module(f"awkward_runs.{name}") for name in ("make", "look"))
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 3_000
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    alarms = 0
    for seed in range(first, first + runs):
        with tempfile.TemporaryDirectory() as home:
            said = []
            try:
                awkward = make.make(seed, Path(home) / "run")
                said = awkward.said
                look.look(awkward, random.Random(-seed), drawn=seed % DRAWN == 0)
            except Exception:
                alarms += 1
                print(f"seed {seed}: {'; '.join(said)}\n{traceback.format_exc(limit=-2)}", flush=True)
        if (seed + 1 - first) % 500 == 0:
            print(f"{seed + 1 - first} runs, {alarms} alarms", flush=True)
    print(f"{runs} runs, {alarms} alarms")
    return 1 if alarms else 0


if __name__ == "__main__":
    sys.exit(main())
