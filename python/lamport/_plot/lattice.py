"""The lattice of consistent cuts, drawn."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from lamport._plot.axes import as_axes
from lamport._plot.lattice_layout import Lattice, places
from lamport._plot.legend import put_legend
from lamport._plot.look import DARK, LIGHT, look_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D
    from numpy.typing import NDArray

__all__ = ["Marks", "plot_lattice"]

HOLDS = (LIGHT[0], DARK[0])
"""Cuts where a predicate holds."""
PATH = (LIGHT[1], DARK[1])
STEP = 0.32
"""Inches of one event, while there is room."""
BESIDE, BELOW = 3.6, 1.3
"""Inches for what stands around it."""
SMALLEST, WIDEST, TALLEST = 2.6, 10.0, 8.0
"""Inches of a figure."""
LETTER, LINE = 4.0, 10.0
"""Points of a letter of a label, and of a line."""
CLOSE = 1e-6
"""How far a place may be from a whole number that it means."""
MOST_LABELS = 100
"""Cuts, at most, that have labels."""


class Marks(NamedTuple):
    """What is shown of a lattice beside its cuts, by their rows.

    Attributes
    ----------
    holds : array of bool, optional
        Where a predicate holds.
    cut : int, optional
        A cut.
    path : array of int
        A sequence of cuts, each of one event more.
    words : tuple of str
        What the cut and the path are.
    """

    holds: "NDArray[np.bool_] | None" = None
    cut: int | None = None
    path: "NDArray[np.int64]" = np.empty(0, dtype=np.int64)
    words: tuple[str, str] = ("the cut", "the path")


def plot_lattice(lattice: Lattice, marks: Marks, notes: "Sequence[str]", ax: "Axes | None") -> "Axes":
    """Draw what `Causality.plot_lattice` describes."""
    x, y = places(lattice)
    axes = as_axes("ax", ax) if ax is not None else _axes(lattice, x, y)
    _frame(axes, x, y)
    _draw_edges(axes, lattice, x, y)
    keys: list[Artist] = [
        *_draw_cuts(axes, lattice, marks, x, y),
        *_draw_path(axes, marks, x, y),
    ]
    _dress(axes, lattice, keys, notes)
    _label(axes, lattice, x, y)
    return axes


def _axes(lattice: Lattice, x: "NDArray[np.float64]", y: "NDArray[np.float64]") -> "Axes":
    import matplotlib.pyplot as plt

    counts = np.ptp(lattice.cuts, axis=0)
    levels = np.unique(lattice.levels, return_counts=True)[1]
    wide, tall = STEP * (
        np.array([len(levels) - 1, levels.max() - 1]) if lattice.grid is None else counts[lattice.grid]
    )
    if texts := _texts(lattice):
        wide = max(wide, 1.2 * LETTER * max(map(len, texts)) * (len(levels) - 1) / 72)
        tall = max(tall, 1.8 * LINE * np.ptp(y) / _closest(x, y) / 72)
    size = (
        float(np.clip(BESIDE + wide, SMALLEST + BESIDE, WIDEST)),
        float(np.clip(BELOW + tall, SMALLEST, TALLEST)),
    )
    _, axes = plt.subplots(figsize=size, layout="constrained")
    return axes


def _frame(axes: "Axes", x: "NDArray[np.float64]", y: "NDArray[np.float64]") -> None:
    for values, limit in ((x, axes.set_xlim), (y, axes.set_ylim)):
        low, high = float(values.min()), float(values.max())
        room = max(0.5, 0.06 * (high - low))
        limit(low - room, high + room)


def _draw_edges(axes: "Axes", lattice: Lattice, x: "NDArray[np.float64]", y: "NDArray[np.float64]") -> None:
    from matplotlib.collections import LineCollection

    look = look_of(axes)
    lines: Any = np.stack([x[lattice.edges], y[lattice.edges]], axis=-1)
    is_open = lattice.is_open[lattice.edges].any(axis=1)
    for some, gid, dashes in ((~is_open, "events", "solid"), (is_open, "open events", (0, (3, 1.5)))):
        if some.any():
            style: dict[str, Any] = {"linewidths": 0.8, "linestyles": dashes, "zorder": 1, "gid": gid}
            axes.add_collection(LineCollection(lines[some], colors=look.grey(0.6), **style), autolim=False)


def _draw_cuts(
    axes: "Axes", lattice: Lattice, marks: Marks, x: "NDArray[np.float64]", y: "NDArray[np.float64]"
) -> "list[Line2D]":
    look, size = look_of(axes), _mark_size(axes, x, y)
    has = np.zeros(len(x), dtype=np.bool_) if marks.holds is None else marks.holds
    keys = []
    for holds, is_open, name in (
        (False, False, "consistent cut"),
        (False, True, "consistent or not: the logs leave it open"),
        (True, False, "the predicate holds"),
        (True, True, "it holds, if this is consistent"),
    ):
        some = (has == holds) & (lattice.is_open == is_open)
        if not some.any():
            continue
        color, mark = (look.of(HOLDS), "s") if holds else (look.grey(0.4), "o")
        face = look.paper if is_open else color
        # Where a predicate holds is seen first.
        area = (size if holds or marks.holds is None else 0.6 * size) ** 2
        style: dict[str, Any] = {"facecolors": [face], "edgecolors": color, "linewidths": 0.9, "zorder": 3}
        axes.scatter(x[some], y[some], s=area, marker=mark, gid=name, **style)
        sample = {"marker": mark, "markerfacecolor": face, "linestyle": ""}
        keys.append(_key(f"{name} ({some.sum():,})", color=color, **sample))
    return keys


def _draw_path(
    axes: "Axes", marks: Marks, x: "NDArray[np.float64]", y: "NDArray[np.float64]"
) -> "list[Line2D]":
    look, keys = look_of(axes), []
    of_cut, of_path = marks.words
    if len(marks.path):
        style: dict[str, Any] = {"color": look.of(PATH), "linewidth": 2.4, "solid_joinstyle": "round"}
        axes.plot(x[marks.path], y[marks.path], zorder=2, gid="path", **style)
        keys.append(_key(of_path, **style))
    if marks.cut is not None:
        ring: dict[str, Any] = {"facecolors": "none", "edgecolors": look.ink, "linewidths": 1.6, "zorder": 4}
        axes.scatter(x[[marks.cut]], y[[marks.cut]], s=120, marker="o", gid="cut", **ring)
        hole = {"marker": "o", "markersize": 10, "markerfacecolor": "none", "markeredgewidth": 1.6}
        keys.append(_key(of_cut, color=look.ink, linestyle="", **hole))
    return keys


def _dress(axes: "Axes", lattice: Lattice, keys: "list[Artist]", notes: "Sequence[str]") -> None:
    from matplotlib.ticker import MaxNLocator

    look = look_of(axes)
    axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True, steps=[1, 2, 5, 10]))
    if lattice.grid is not None:
        axes.yaxis.set_major_locator(MaxNLocator("auto", integer=True, steps=[1, 2, 5, 10]))
        for axis, machine in zip((axes.xaxis, axes.yaxis), lattice.grid.tolist(), strict=True):
            axis.set_label_text(f"{lattice.names[machine]}: clock of its last event in the cut")
            axis.set_major_formatter(_clock_of(lattice.cuts[:, machine], lattice.clocks[:, machine]))
    else:
        axes.set_xlabel("events in the cut")
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
    axes.grid(visible=True, axis="x", color=look.grey(0.93), linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title("Lattice of consistent cuts", loc="left", pad=20 if notes else None)
    if notes:
        grey = look_of(axes, outside=True).grey(0.35)
        place: dict[str, Any] = {"color": grey, "xycoords": "axes fraction", "textcoords": "offset points"}
        axes.annotate("; ".join(notes), (0, 1), (0, 6), fontsize="small", gid="notes", **place)
    put_legend(axes, keys, ncols=1)


def _clock_of(counts: "NDArray[np.int64]", clocks: "NDArray[np.int64]") -> Any:
    """Return what writes the clock of the last of so many events."""
    known = dict(zip(counts.tolist(), clocks.tolist(), strict=True))

    def text(place: float, _: object) -> str:
        count = round(place)
        if abs(place - count) > CLOSE or count not in known:
            return ""
        return str(known[count]) if count else "none"

    return text


def _texts(lattice: Lattice) -> list[str]:
    """Return what is written beside each cut: by machine the clock of its last event, 0 where it has none."""
    moved = lattice.moved()
    if lattice.grid is not None or len(lattice.cuts) > MOST_LABELS or not len(moved):
        return []
    rows = lattice.clocks[:, moved].tolist()
    return [str(tuple(row)) if len(row) > 1 else str(row[0]) for row in rows]


def _label(axes: "Axes", lattice: Lattice, x: "NDArray[np.float64]", y: "NDArray[np.float64]") -> None:
    """Write the clocks of each cut beside it, where all have room."""
    texts, (wide, tall) = _texts(lattice), _room(axes, x, y)
    if not texts or wide < LETTER * max(map(len, texts)) or tall < LINE:
        return
    from matplotlib.patheffects import withStroke

    look = look_of(axes)
    around = [withStroke(linewidth=2, foreground=look.paper)]
    style: dict[str, Any] = {"fontsize": 7, "ha": "center", "color": look.grey(0.2), "path_effects": around}
    for text, across, up in zip(texts, x.tolist(), y.tolist(), strict=True):
        axes.annotate(
            text, (across, up), (0, 6), textcoords="offset points", zorder=3.5, gid="clocks", **style
        )
    whose = ", ".join(lattice.names[machine] for machine in lattice.moved())
    axes.set_xlabel(f"events in the cut; beside it the clocks of {whose}")


def _closest(x: "NDArray[np.float64]", y: "NDArray[np.float64]") -> float:
    """Return how near to each other the cuts of a level come."""
    order = np.lexsort((y, x))
    steps = np.diff(y[order])[np.diff(x[order]) == 0]
    return float(steps.min(initial=np.inf))


def _room(axes: "Axes", x: "NDArray[np.float64]", y: "NDArray[np.float64]") -> tuple[float, float]:
    """Return how far cuts are apart, in points: levels, and those of a level."""
    figure = axes.figure.figure  # the whole one, of a subfigure too
    if (engine := figure.get_layout_engine()) is not None:
        engine.execute(figure)
    origin, unit = axes.transData.transform([(0.0, 0.0), (1.0, 1.0)])
    wide, tall = (unit - origin) * 72 / axes.figure.dpi
    return float(wide), float(tall * _closest(x, y))


def _mark_size(axes: "Axes", x: "NDArray[np.float64]", y: "NDArray[np.float64]") -> float:
    wide, tall = _room(axes, x, y)
    return float(np.clip(0.6 * min(wide, tall), 2.5, 7.0))


def _key(name: str, **style: Any) -> "Line2D":
    from matplotlib.lines import Line2D

    return Line2D([], [], label=name, **style)
