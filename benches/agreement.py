"""Virtual time against reality, at length: distributions of nine metrics over many short runs.

    python benches/agreement.py [RUNS]

RUNS (400) real runs of three machines for 1 s at each of three internal probabilities, against 4,000
simulated ones each, at an equal added latency. Prints the two-sample Kolmogorov-Smirnov distance of each
metric, in units of what a level of 0.001 allows after Bonferroni's correction for all comparisons: above 1
they differ. The last column is the distance to simulated runs at another internal probability, which the
test must tell apart. It takes about 40 s per probability. The short version is a test,
tests/python/drive/test_agreement.py.
"""

import os
import sys
import tempfile
from importlib import import_module
from pathlib import Path

PROBABILITIES = (0.2, 0.4, 0.7)
OTHER = 0.2
"""How far away the internal probability is that must be told apart."""


def main():
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "python" / "drive"))
    agreement = import_module("test_agreement")
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    worst = 0.0
    with tempfile.TemporaryDirectory() as home:
        os.chdir(home)
        for probability in PROBABILITIES:
            seen = agreement.real(probability, runs)
            expected = agreement.simulated(probability)
            elsewhere = probability + OTHER
            other = agreement.simulated(elsewhere)
            print(f"internal probability {probability}, {runs} real runs: distance, and to {elsewhere:g}")
            for name, values in seen.items():
                comparisons = len(seen) * len(PROBABILITIES)
                gaps = [agreement.distance(values, sample[name], comparisons) for sample in (expected, other)]
                print(f"    {name:22} {gaps[0]:6.2f} {gaps[1]:6.2f}", flush=True)
                worst = max(worst, gaps[0])
    print(f"the largest distance is {worst:.2f}: {'they agree' if worst < 1 else 'they differ'}")
    return int(worst >= 1)


if __name__ == "__main__":
    sys.exit(main())
