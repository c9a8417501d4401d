"""Clocks and drift of many runs, drawn over time."""

from typing import TYPE_CHECKING, Any

import pandas as pd

from lamport._model.public import public
from lamport._plot.axes import as_axes
from lamport._plot.legend import put_legend
from lamport._plot.look import look_of
from lamport._runs.frame import as_frame

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_series"]

UNITS = {"drift": "drift (clock values)", "clocks": "logical clock"}
BAND = 0.2
MOST_LINES = 20


@public
def plot_series(table: pd.DataFrame, y: str = "drift", ax: "Axes | None" = None) -> "Axes":
    """Draw clocks or drift of many runs against time: means or quantiles, with bands of confidence.

    Parameters
    ----------
    table : DataFrame
        What `series` returns.
    y : str
        ``"drift"``, ``"clocks"`` for those of all machines, or the clock of one, as ``"clock_1"``.
    ax : Axes, optional
        Where to draw; a new figure if None.

    Returns
    -------
    Axes
        Where it was drawn. Nothing is shown.

    Raises
    ------
    ValueError
        `table` is none that `series` returns, or `y` is not in it; there are more than 20 lines.

    Examples
    --------
    >>> import lamport
    >>> slow, fast = ([lamport.simulate(duration=60, rates=[1, 3, rate], seed=seed) for seed in range(10)]
    ...               for rate in (3, 6))
    >>> ax = lamport.plot_series(lamport.series({"3 ticks/s": slow, "6 ticks/s": fast}))
    >>> ax.get_ylabel(), [text.get_text() for text in ax.get_legend().get_texts()]
    ('drift (clock values)', ['3 ticks/s', '6 ticks/s'])
    """
    table = as_frame(table, "a table of series")
    if table.columns.nlevels != 2 or "drift" not in table or "time" not in table.index.names:
        raise ValueError("the table is none of lamport.series: it has no drift by time")
    clocks = [name for name in dict.fromkeys(table.columns.get_level_values(0)) if name.startswith("clock_")]
    if y not in ["drift", "clocks", *clocks]:
        raise ValueError(f"y={y!r} is not in the table: it has drift, clocks and {', '.join(clocks)}")
    names = clocks if y == "clocks" else [y]
    labels = table.index.unique("label").tolist() if "label" in table.index.names else [None]
    lines = [(label, name) for label in labels for name in names]
    if len(lines) > MOST_LINES:
        raise ValueError(
            f"{len(lines)} lines would not be told apart: choose rows of the table, or one clock"
        )
    axes = as_axes("ax", ax) if ax is not None else _axes()
    styles = look_of(axes).styles(len(lines))
    for place, (label, name) in enumerate(lines):
        part: Any = table if label is None else table.xs(label, level="label")
        told = [] if label is None else [str(label)]
        told += [name.replace("clock_", "machine ")] if len(names) > 1 else []
        style = styles[place]
        look = {"color": style.color, "linestyle": style.dashes, "label": ", ".join(told) or None}
        _draw(axes, part[name], look)
    axes.set_xlabel("time (s)")
    axes.set_ylabel(UNITS.get(y, y.replace("clock_", "logical clock of machine ")) + _said(table))
    axes.set_ylim(bottom=0)
    axes.margins(x=0.01)
    axes.grid(visible=True, color=look_of(axes).grey(0.9), linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    if len(lines) > 1:
        put_legend(axes, axes.get_legend_handles_labels()[0])
    return axes


def _draw(axes: "Axes", part: pd.DataFrame, style: dict[str, Any]) -> None:
    """Draw a line with its band."""
    (middle,) = (name for name in part.columns if name not in {"low", "high"})
    axes.plot(part.index, part[middle], linewidth=1.6, **style)
    axes.fill_between(part.index, part["low"], part["high"], color=style["color"], alpha=BAND, linewidth=0)


def _said(table: pd.DataFrame) -> str:
    """Name what is drawn, where it is not the mean."""
    (middle,) = (name for name in table["drift"].columns if name not in {"low", "high"})
    return "" if middle == "mean" else f", {middle}"


def _axes() -> "Axes":
    import matplotlib.pyplot as plt

    _, axes = plt.subplots(figsize=(8.0, 4.5), layout="constrained")
    return axes
