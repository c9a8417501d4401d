"""The time of verification against the number of events, as a plot.

cargo bench --no-default-features --bench verify > verify.txt
python benches/verify_plot.py verify.txt verify.png
"""

import sys
from pathlib import Path

import matplotlib as mpl

mpl.use("agg")
from matplotlib import pyplot as plt


def main():
    rows = [line.split() for line in Path(sys.argv[1]).read_text(encoding="ascii").splitlines()]
    rows = [list(map(float, row)) for row in rows if len(row) == 7 and row[0].isdigit()]
    figure, ax = plt.subplots(layout="constrained")
    for machines in sorted({row[0] for row in rows}):
        events, seconds = zip(*((row[1], row[5]) for row in rows if row[0] == machines), strict=True)
        ax.loglog(events, seconds, "o-", label=f"{machines:.0f} machines")
        slowest = max(time / count for time, count in zip(seconds, events, strict=True))
        fastest = min(time / count for time, count in zip(seconds, events, strict=True))
        print(f"{machines:.0f} machines: {fastest * 1e9:.0f} to {slowest * 1e9:.0f} ns an event")
    ax.loglog([1e5, 1e7], [0.1 / 3, 10 / 3], "k:", label="linear, 3 M events/s")
    ax.set(xlabel="events", ylabel="seconds, reading included")
    ax.legend()
    figure.savefig(sys.argv[2])


if __name__ == "__main__":
    main()
