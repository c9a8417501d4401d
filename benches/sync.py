"""What sync costs: ticks that happen and how late they are, with and without.

``python benches/sync.py [DIRECTORY [SECONDS]]``: two machines at 6, 1,000 and 1,000,000 ticks a second, their
logs in DIRECTORY (the current one; it must be on a real file system), the median of three. Needs a release
build.
"""

import statistics
import sys
import tempfile
from pathlib import Path

import lamport

RATES = (6, 1_000, 1_000_000)
TURNS = 3


def measure(directory, seconds, rate, sync):
    """Run two machines. Give ticks a second of a machine, and the median and 99th percentile of lateness."""
    with tempfile.TemporaryDirectory(dir=directory) as place:
        run = lamport.run_local(
            duration=seconds,
            rates=[rate, rate],
            seed=1,
            sync=sync,
            log_dir=Path(place, "run"),
            progress=False,
            **MORE,
        )
        table = run.machines
        lasted = max(seconds, run.events["time"].max() - run.events["time"].min())
        return table["ticks"].mean() / lasted, table["lateness_p50"].max(), table["lateness_p99"].max()


MORE = {"limits": False} if "limits" in lamport.run_local.__kwdefaults__ else {}


def main(directory=".", seconds="3"):
    print("ticks/s | sync | ticks/s done | late p50 | late p99 | ratio of ticks")
    for rate in RATES:
        plain = None
        for sync in (False, True):
            turns = [measure(directory, float(seconds), rate, sync) for _ in range(TURNS)]
            done, median, late = map(statistics.median, zip(*turns, strict=True))
            plain = plain or done
            lateness = f"{median * 1e3:.2f} ms | {late * 1e3:.2f} ms"
            print(f"{rate:,} | {sync} | {done:,.0f} | {lateness} | {done / plain:.3f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
