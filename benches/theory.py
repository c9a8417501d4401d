"""What theory says of clocks against simulation, at length.

    python benches/theory.py [SETTINGS] [SECONDS]
    python benches/theory.py --figure PATH
    python benches/theory.py --phases

Draws SETTINGS (50) settings of 2 to 10 machines (all topologies, random digraphs, internal probability 0 to
0.95, broadcast share 0 to 1, rates 1 to 12) and simulates each for SECONDS (20,000). Prints for each the
largest error of clock growth over its machines, and that as a share of what is allowed (7 % + 5 / sqrt(a T));
the drift slope predicted and measured, and its error as a share of max(slope, 0.05); and by how much the
growth of a clock is outside of what is proved, at most. Then the worst of each, and how long predictions
take. About a minute. The short form is a test, tests/python/model/test_growth.py.

With --figure the same is drawn: growth over the fastest rate and drift, measured against predicted. With
--phases: how much the growth of machines whose rates are equal, or have a simple ratio, depends on the seed.
"""

import argparse
import statistics
import sys
import time
from importlib import import_module
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import lamport

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "python" / "model"))
growth = import_module("test_growth")


def table(settings, duration):
    print(
        f"{settings} settings, {duration:,} s each; growth: %, and of what is allowed; drift: slopes, error"
    )
    rows = []
    for seed in range(settings):
        kind, measured, told = growth.compare(seed, duration)
        errors = told["clock_growth"] / measured - 1
        share = (abs(errors) / growth.allowed(told, duration)).max()
        drift = told.attrs["drift_growth"], measured.max() - measured.min()
        worst = errors[abs(errors).idxmax()]
        off = growth.slope_error(measured, told)
        outside = growth.outside(measured, told, duration)
        rows.append((abs(worst), share, off, outside))
        print(
            f"{seed:4} {kind:9} {len(told):3} machines  growth {worst:+7.2%} {share:6.2f}   "
            f"drift {drift[0]:8.3f} {drift[1]:8.3f} {off:7.2%}   outside {outside:9.4f}",
            flush=True,
        )
    errors, shares, offs, outside = (np.array(column) for column in zip(*rows, strict=True))
    print(f"growth: mean error {errors.mean():.2%}, worst {errors.max():.2%}")
    print(f"of what is allowed: {shares.max():.2f}")
    print(f"drift: mean error {offs.mean():.2%}, worst {offs.max():.2%}, {sum(offs > 0.1)} above 10 %")
    print(f"outside of what is proved: {sum(outside > 0)}")


def speed():
    chance = np.random.default_rng(0)
    halves = {one: [two for two in range(1, 21) if two % 2 != one % 2] for one in range(1, 21)}
    uneven, equal = [1 + one * 7 % 20 / 40 for one in range(20)], [1] * 20
    always = {"internal_probability": 0, "broadcast_share": 1}
    for name, rates, told in [
        ("3 machines", [1, 3, 6], {}),
        ("20 open machines in halves, uneven rates", uneven, {"topology": halves} | always),
        ("20 open machines in halves, equal rates", equal, {"topology": halves} | always),
        ("20 open machines in a ring, equal rates", equal, {"topology": "ring"} | always),
        ("a ring of 10^5, rates 1 to 6", chance.integers(1, 7, 100_000).tolist(), {"topology": "ring"}),
        ("a ring of 10^5, any rates", chance.uniform(1, 6, 100_000).tolist(), {"topology": "ring"}),
        ("a full mesh of 10^5, any rates", chance.uniform(1, 6, 100_000).tolist(), {}),
    ]:
        times = []
        for _ in range(5):
            begin = time.perf_counter()
            found = lamport.predict(rates, **told).attrs
            times.append(time.perf_counter() - begin)
        count = len(found["solutions"])
        print(f"{name}: {statistics.median(times):.4f} s, {found['fixed_point']} ({count})", flush=True)


def phases():
    circle = {1: [2], 2: [3], 3: [1]}
    of_four = {1: [2], 2: [3], 3: [4], 4: [1]}
    print("growth of the fastest clock over 3,000 s, least and most of 40 seeds; predicted, bounds")
    for rates, topology, p, b in [
        ([6, 6, 6], circle, 0, 0),
        ([6, 6, 6], "full", 0.7, 1 / 3),
        ([6] * 6, "ring", 0.7, 1 / 3),
        ([5, 5, 5, 6], of_four, 0.3, 0),
        ([5.01, 4.97, 5.03, 6.02], of_four, 0.3, 0),
        ([5, 6, 5], circle, 0, 0),
        ([5, 6], "full", 0.3, 1 / 3),
        ([5.01, 6.02], "full", 0.3, 1 / 3),
        ([1, 3, 6], "full", 0.7, 1 / 3),
    ]:
        told = {"rates": rates, "topology": topology, "internal_probability": p, "broadcast_share": b}
        runs = [lamport.simulate(duration=3_000, seed=seed, record=False, **told) for seed in range(40)]
        found = [run.machines["final_clock"].max() / 3_000 for run in runs]
        table = lamport.predict(**told)
        names = ["clock_growth", "clock_growth_low", "clock_growth_high"]
        value, low, high = (table[name].max() for name in names)
        where = topology if isinstance(topology, str) else "circle"
        print(
            f"{rates!s:24} {where:7} p {p:.1f} b {b:.2f}  {min(found):6.3f} {max(found):6.3f}   "
            f"{value:6.3f} {low:6.2f} {high:6.2f}",
            flush=True,
        )


def draw(path):
    duration = 5_000
    pairs = [growth.compare(seed, duration)[1:] for seed in range(150)]
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4.2), layout="constrained")
    fastest = [told["clock_growth_low"].max() for _, told in pairs]
    grown = [
        (told["clock_growth"].max() / most, measured.max() / most)
        for (measured, told), most in zip(pairs, fastest, strict=True)
    ]
    drifts = [(told.attrs["drift_growth"], measured.max() - measured.min()) for measured, told in pairs]
    titles = "growth of the fastest clock / largest rate", "drift (clock values per second)"
    for axes, points, title in zip((left, right), (grown, drifts), titles, strict=True):
        axes.plot(*zip(*points, strict=True), "o", markersize=4, alpha=0.6, mew=0)
        low, high = min(map(min, points)), max(map(max, points))
        axes.plot([low, high], [low, high], color="0.4", linewidth=1)
        axes.set(title=title, xlabel="predicted", ylabel=f"measured over {duration:,} s")
        axes.grid(color="0.9")
        axes.set_axisbelow(True)
    figure.savefig(path, dpi=150)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("settings", nargs="?", type=int, default=50)
    parser.add_argument("seconds", nargs="?", type=int, default=20_000)
    parser.add_argument("--figure")
    parser.add_argument("--phases", action="store_true")
    given = parser.parse_args()
    if given.phases:
        phases()
        return
    if given.figure:
        draw(given.figure)
        return
    table(given.settings, given.seconds)
    speed()


if __name__ == "__main__":
    main()
