"""The run on which a clock is wrong, drawn."""

from textwrap import fill
from typing import TYPE_CHECKING

from lamport._plot.look import look_of
from lamport._runs.names import escaped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from lamport._runs.run import Run

__all__ = ["draw_counterexample"]

RING = ("#c0392b", "#ff8a75")
LETTERS = 90
"""Letters of a line of the title."""


def draw_counterexample(
    run: "Run", verdict: str, message: str, places: "Sequence[int]", ax: "Axes | None"
) -> "Axes":
    """Draw what `ClockCounterexample.plot_spacetime` describes."""
    from matplotlib.ticker import MaxNLocator

    axes = run.plot_spacetime(labels="body", ax=ax)
    events = run.events
    machines = sorted(events["machine_id"].unique().tolist())
    chosen = events.iloc[[place - 1 for place in places]]
    axes.scatter(
        chosen["time"],
        [machines.index(machine) for machine in chosen["machine_id"]],
        s=130,
        facecolors="none",
        edgecolors=look_of(axes).of(RING),
        linewidths=1.8,
        zorder=6,
        gid="wrong",
    )
    axes.set_title(escaped(fill(f"{verdict}: {message}", LETTERS)), loc="left", fontsize="medium")
    axes.set_xlabel("step")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    return axes
