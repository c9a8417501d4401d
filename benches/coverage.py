"""How often the intervals of `lamport.summarize` hold the mean that they are for.

    python benches/coverage.py [SWEEPS]

Of SWEEPS (4,000) sweeps of 5, 10, 20 and 100 runs each, the share whose 95 % interval holds the mean of
200,000 other runs, by metric: runs of three machines for 60 s, with rates given and with rates drawn from 1
to 6. It takes about a minute.
"""

import sys

import lamport
from lamport._runs.summarize import METRICS

CASES = {
    "rates 1, 3, 6": {"rates": [1, 3, 6], "internal_probability": 0.5},
    "rates drawn, p = 0.7": {"internal_probability": 0.7},
    "rates drawn, p = 0.3": {"internal_probability": 0.3},
}
NUMBERS = (5, 10, 20, 100)
LONG = 200_000


def main():
    sweeps = int(sys.argv[1]) if len(sys.argv) > 1 else 4_000
    for case, setting in CASES.items():
        options = {"duration": 60, "progress": False, **setting}
        truth = lamport.summarize(lamport.sweep([{}], runs=LONG, seed=1, **options))
        print(f"{case}\n    {'':22}" + "".join(f"{number:>7}" for number in NUMBERS))
        shares = {name: [] for name in METRICS}
        for number in NUMBERS:
            frame = lamport.sweep([{}], runs=sweeps * number, seed=2, **options)
            frame["run"], frame["sweep"] = frame["run"] % number, frame["run"] // number
            table = lamport.summarize(frame, by="sweep")
            for name in METRICS:
                mean = truth[name, "mean"].iloc[0]
                slack = 1e-9 * abs(mean)
                holds = (table[name, "low"] <= mean + slack) & (mean <= table[name, "high"] + slack)
                shares[name].append(holds.mean())
        for name, row in shares.items():
            print(f"    {name:22}" + "".join(f"{share:>7.3f}" for share in row), flush=True)


if __name__ == "__main__":
    main()
