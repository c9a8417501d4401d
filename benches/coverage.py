"""How often the intervals of `lamport.summarize` hold what they are of.

    python benches/coverage.py [SWEEPS]

Of SWEEPS (4,000) sweeps of 5, 10, 20 and 100 runs each, the share whose 95 % interval holds the mean, the
median or the quantile 0.9 of 200,000 other runs, by metric: runs of three machines for 60 s, with rates given
and with rates drawn from 1 to 6; and the same of numbers from known distributions. It takes some minutes.
"""

import sys

import numpy as np
import pandas as pd

import lamport

CASES = {
    "rates 1, 3, 6": {"rates": [1, 3, 6], "internal_probability": 0.5},
    "rates drawn, p = 0.7": {"internal_probability": 0.7},
    "rates drawn, p = 0.3": {"internal_probability": 0.3},
}
WAYS = {
    "mean, student": {},
    "mean, bootstrap": {"interval": "bootstrap"},
    "median, order": {"statistic": "median"},
    "0.9, order": {"statistic": 0.9},
}
NUMBERS = (5, 10, 20, 100)
LONG = 200_000
KNOWN = {
    "normal": lambda chance, number: chance.normal(10, 1, number),
    "exponential": lambda chance, number: chance.exponential(1, number),
    "log-normal": lambda chance, number: chance.lognormal(0, 1, number),
    "dice": lambda chance, number: chance.integers(1, 7, number),
    "True, 1 in 10": lambda chance, number: chance.random(number) < 0.1,
}


def of_sweeps(sweeps):
    for case, setting in CASES.items():
        options = {"duration": 60, "progress": False, **setting}
        whole = lamport.sweep(runs=LONG, seed=1, **options)
        frames = {number: lamport.sweep(runs=sweeps * number, seed=2, **options) for number in NUMBERS}
        show(case, whole, frames)


def of_known(sweeps):
    for name, draw in KNOWN.items():
        chance = np.random.default_rng(1978)
        whole = made(name, draw(chance, LONG * 10))
        show(name, whole, {number: made(name, draw(chance, sweeps * number)) for number in NUMBERS})


def made(name, values):
    frame = pd.DataFrame({"run": range(len(values)), name: values})
    frame.attrs = {"grid": []}
    return frame


def show(case, whole, frames):
    print(f"{case}\n    {'':40}" + "".join(f"{number:>7}" for number in NUMBERS))
    for way, asked in WAYS.items():
        shares = {}
        statistic = {name: value for name, value in asked.items() if name == "statistic"}
        truth = lamport.summarize(whole, **statistic)
        for number, frame in frames.items():
            part = frame.assign(sweep=(frame["run"] // number).astype(str), run=frame["run"] % number)
            table = lamport.summarize(part, by="sweep", **asked)
            for name in [name for name in truth.columns.unique(0) if name != "runs"]:
                middle = truth[name].iloc[0, 0]
                slack = 1e-9 * abs(middle)
                low, high = table[name, "low"].fillna(-np.inf), table[name, "high"].fillna(np.inf)
                holds = (low <= middle + slack) & (middle <= high + slack)
                shares.setdefault(name, []).append(holds.mean())
        for name, row in shares.items():
            print(f"    {way + ', ' + name:40}" + "".join(f"{share:>7.3f}" for share in row), flush=True)


def main():
    sweeps = int(sys.argv[1]) if len(sys.argv) > 1 else 4_000
    of_known(sweeps)
    of_sweeps(sweeps)


if __name__ == "__main__":
    main()
