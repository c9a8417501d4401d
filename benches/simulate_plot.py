"""Draw the cost of an event against the number of machines.

    cargo bench --no-default-features --bench simulate | python benches/simulate_plot.py cost.png

reads what the bench prints and draws its table "machines, ns an event".
"""

import sys

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt

TITLE = "machines, ns an event:"


def table(lines):
    """Give the rows under the title as two lists."""
    rows = []
    for line in lines:
        words = line.split()
        if rows or line.strip() == TITLE:
            rows.append(words)
    numbers = [(int(words[0]), float(words[1])) for words in rows[1:] if len(words) == 2]
    if not numbers:
        sys.exit(f"no table {TITLE!r} on standard input: pipe the output of the bench `simulate` here")
    return zip(*numbers, strict=True)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    machines, cost = table(sys.stdin)
    figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
    axes.loglog(machines, cost, "o-")
    for x, y in zip(machines, cost, strict=True):
        axes.annotate(f"{y:.0f}", (x, y), textcoords="offset points", xytext=(0, 6), ha="center")
    axes.set(
        xlabel="machines",
        ylabel="ns an event",
        title="Cost of an event in virtual time (full mesh, no broadcasts)",
        ylim=(min(cost) / 2, max(cost) * 2),
    )
    axes.grid(visible=True, which="both", alpha=0.3)
    figure.savefig(sys.argv[1], dpi=150)


if __name__ == "__main__":
    main()
