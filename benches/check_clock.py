"""`lamport.check_clock` at length: right clocks in 10,000 runs, wrong ones in ten seeds, packages, and times.

    python benches/check_clock.py [RUNS]

Needs the extra `test` (clocks of packages).
"""

import re
import statistics
import sys
import time
from pathlib import Path

import lamport

HOME = Path(__file__).parents[1]
sys.path.insert(0, str(HOME / "tests" / "python"))

from own_clocks import COMPLETE, RIGHT, WRONG  # noqa: E402


def timed(make, runs, **more):
    began = time.perf_counter()
    report = lamport.check_clock(make, runs, **more)
    return report, time.perf_counter() - began


def main(runs):
    print(f"right clocks, {runs:,} runs; seconds of 1,000 runs, median of 5")
    for clock in RIGHT:
        complete = clock in COMPLETE
        for fifo in (True, False):
            report, seconds = timed(clock, runs, seed=1, fifo=fifo, complete=complete)
            assert report, report
        thousand = statistics.median(timed(clock, 1000, seed=seed)[1] for seed in range(5))
        print(f"  {clock.__name__:14} {report.events:9,} events {report.pairs:11,} pairs  {thousand:.2f} s")
    print("wrong clocks, 200 runs, 10 seeds")
    for clock, (verdict, size) in WRONG.items():
        reports = [lamport.check_clock(clock, 200, seed) for seed in range(10)]
        found = [report.counterexamples[verdict] for report in reports]
        assert {len(each.steps) for each in found} == {size}
        latest = max(each.number for each in found)
        print(f"  {clock.__name__:20} {verdict:12} {size:3} steps, found in run {latest} at the latest")
    print("clocks of packages, 1,000 runs")
    page = (HOME / "docs" / "how-to" / "check-your-clock.md").read_text(encoding="utf-8")
    known = {"__name__": "page"}
    for block in re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL):
        exec(re.sub(r"^(assert|print|wrong).*\n", "", block, flags=re.MULTILINE), known)
    for name in ("OfVectorclock", "OfTibet", "OfHlcpy", "OfPyitc"):
        report, seconds = timed(known[name], 1000, complete=name != "OfHlcpy")
        assert report, report
        print(f"  {name:14} {seconds:.2f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
