"""Lamport's space-time diagram, drawn."""

from typing import TYPE_CHECKING, Any, SupportsFloat, SupportsIndex
from warnings import catch_warnings, filterwarnings

import numpy as np

from lamport._plot.axes import as_axes
from lamport._plot.legend import put_legend
from lamport._plot.look import Look, look_of
from lamport._plot.machines import label
from lamport._plot.spacetime_cut import check_cut, draw_cut
from lamport._plot.spacetime_heads import draw_heads
from lamport._plot.spacetime_labels import as_labels, draw_labels
from lamport._plot.spacetime_layout import MOST_MACHINES, RELATIONS, Spacetime, spacetime
from lamport._runs.names import Names, in_figure, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D
    from numpy.typing import NDArray

    from lamport._runs.answer import Answer
    from lamport._runs.recorded import Recorded

__all__ = ["plot_spacetime", "size"]

WIDTH = 10.0
AXES = {
    "real": "time (s)",
    "lamport": "logical clock",
    "step": "place in the total order (clock, machine)",
}
MARKS = {"SEND": "o", "RECEIVE": "s", "INTERNAL": "|"}
COLORS = {"SEND": "#1b7f5c", "RECEIVE": "#6a51a3", "INTERNAL": "0.45"}
DARK_COLORS = {"SEND": "#4fc796", "RECEIVE": "#c3aef5", "INTERNAL": "0.7"}
SHADES = {"concurrent": "0.78", "past": "#00508c", "future": "#e07000", "self": "black"}
DARK_SHADES = {"concurrent": "0.35", "past": "#9bd3ff", "future": "#e07000", "self": "white"}
LINE = "#e6d5a3"
DARK_LINE = "#5c5030"
MESSAGE = 0.35
"""The grey of messages."""
LOST = (0, (3, 1.5))
"""The dashes of messages that were never received."""
INFERRED = (0, (6, 1.2, 1, 1.2))
"""Those of messages whose receipt does not itself tell of which it is."""
THIN = 1.0
"""Points of a machine's line when its queue is empty."""
PER_MESSAGE = 1.5
"""Points more for each message that waits, while the longest queue fits."""
THICKEST = 0.6
"""The thickest line, as a share of the distance between two machines."""
SAMPLE = 10.0
"""Points of the thickest line that the legend has room for."""
EDGE = 0.6
"""Room above the first machine and below the last, in distances of two machines."""


def plot_spacetime(
    run: "Recorded",
    start: SupportsFloat | None,
    stop: SupportsFloat | None,
    *,
    time: str,
    highlight: tuple[SupportsIndex | str, SupportsIndex] | None,
    cut: "Mapping[int | str, int] | Answer | None",
    labels: str | None,
    ax: "Axes | None",
) -> "Axes":
    """Draw what `Run.plot_spacetime` describes."""
    diagram = spacetime(run, start, stop, time=time, highlight=highlight)
    texts = as_labels(run, diagram, labels)
    if cut is not None:
        check_cut(run, cut)  # what is no cut is told before anything is drawn
    axes = as_axes("ax", ax) if ax is not None else _axes(len(diagram.machines))
    _frame(axes, diagram, has_labels=labels is not None)
    keys: list[Artist] = [
        *_draw_lines(axes, diagram),
        *_draw_events(axes, diagram),
        *_draw_messages(axes, diagram),
    ]
    if highlight is not None:
        keys += _draw_highlight(axes, diagram, run.names)
    if cut is not None:
        keys += draw_cut(axes, run, diagram, cut)
    notes = diagram.notes + texts.notes
    if run.faults:
        from lamport._plot.faults import draw_on_spacetime

        more, missing = draw_on_spacetime(axes, run, diagram)
        keys, notes = keys + more, notes + missing
    _dress(axes, diagram, run, keys, notes)
    # What needs room has to know how much the legend leaves.
    figure = axes.figure.figure  # the whole one, of a subfigure too
    if (engine := figure.get_layout_engine()) is not None:
        with catch_warnings():
            filterwarnings("ignore", message="Glyph .* missing from font")
            engine.execute(figure)
    mark = _mark_size(axes, diagram)
    draw_heads(axes, diagram, _message_colors(axes, diagram), mark)
    draw_labels(axes, diagram, texts, mark)
    return axes


def _axes(machines: int) -> "Axes":
    import matplotlib.pyplot as plt

    _, axes = plt.subplots(figsize=size(machines), layout="constrained")
    return axes


def size(machines: int) -> tuple[float, float]:
    """Return width and height of a figure of so many machines, of which all that have a place are shown."""
    shown = min(machines, MOST_MACHINES)
    return WIDTH, min(2.2 + 0.45 * shown, 4.0 + 0.25 * shown)


def _frame(axes: "Axes", diagram: Spacetime, *, has_labels: bool) -> None:
    """Set the limits: the sizes of marks and lines follow from them."""
    low, high = diagram.span
    room = 0.015 * (high - low) or 0.5
    axes.set_xlim(low - room, high + (2.5 * room if has_labels else room))
    axes.set_ylim(len(diagram.machines) - 1 + EDGE, -EDGE)


def _draw_lines(axes: "Axes", diagram: Spacetime) -> "list[Line2D]":
    from matplotlib.collections import LineCollection

    lines, color = diagram.lines, look_of(axes).of((LINE, DARK_LINE))
    queue = lines["queue_len"].fillna(0.0).to_numpy()
    longest = float(queue.max(initial=0.0))
    room = THICKEST * _points(axes, axes.bbox.height) / (len(diagram.machines) - 1 + 2 * EDGE)
    each = min(PER_MESSAGE, max(room - THIN, 0.0) / longest) if longest else 0.0
    segments = _segments(lines["x0"], lines["y"], lines["x1"], lines["y"])
    axes.add_collection(
        LineCollection(
            segments, linewidths=THIN + each * queue, colors=color, capstyle="butt", zorder=1, gid="machines"
        ),
        autolim=False,
    )
    if not longest:
        return []
    sample = min(longest, max(1.0, (SAMPLE - THIN) // each)) if each else longest
    return [
        _key(f"queue of {sample:.0f}", color=color, linewidth=THIN + each * sample, solid_capstyle="butt")
    ]


def _draw_events(axes: "Axes", diagram: Spacetime) -> "list[Line2D]":
    size = _mark_size(axes, diagram)
    plain, look = diagram.highlight is None, look_of(axes)
    own, grey = look.of((COLORS, DARK_COLORS)), look.grey(0.45)
    keys = []
    for kind, mark in MARKS.items():
        events = _last_on_top(diagram.events[diagram.events["event"] == kind])
        if events.empty:
            continue
        bar = mark == "|"
        area = (1.5 * size if bar else size) ** 2
        color = own[kind] if plain else grey
        style: dict[str, Any] = {"s": area, "marker": mark, "zorder": 3 if bar else 4}
        for hollow, drawn in events.groupby("ambiguous", sort=True):
            colors = own[kind] if plain else _colors(drawn, look)
            if hollow:
                style |= {"facecolors": [look.paper], "edgecolors": colors, "linewidths": 0.9}
                hole = {"marker": mark, "markerfacecolor": look.paper, "linestyle": ""}
                keys.append(_key(f"{kind} of one of several messages", color=color, **hole))
                axes.scatter(drawn["x"], drawn["y"], gid=f"{kind} ambiguous", **style)
            else:
                keys.append(_key(kind, color=color, marker=mark, linestyle=""))
                width = max(0.8, 0.2 * size) if bar else 0
                axes.scatter(drawn["x"], drawn["y"], c=colors, linewidths=width, gid=kind, **style)
    return keys


def _draw_messages(axes: "Axes", diagram: Spacetime) -> "list[Line2D]":
    from matplotlib.collections import LineCollection

    keys = []
    messages, look = diagram.messages, look_of(axes)
    grey = look.grey(MESSAGE)
    width = 1.1 if len(messages) <= 400 else 0.7
    received, inferred = messages["received"], messages["inferred"]
    for some, name, dashes in (
        (received & ~inferred, "message", None),
        (received & inferred, "message, inferred", INFERRED),
        (~received, "never received", LOST),
    ):
        drawn = _last_on_top(messages[some])
        if drawn.empty:
            continue
        colors = grey if diagram.highlight is None else _colors(drawn, look)
        segments = _segments(*(drawn[end] for end in ("x0", "y0", "x1", "y1")))
        style: dict[str, Any] = {"linestyles": dashes or "solid", "linewidths": width, "zorder": 2}
        axes.add_collection(LineCollection(segments, colors=colors, gid=name, **style), autolim=False)
        shown: dict[str, Any] = {"linestyle": dashes} if dashes else {}
        if dashes == LOST:
            ends: dict[str, Any] = {"s": 16, "marker": "x", "linewidths": 0.9, "zorder": 2.5, "gid": "ends"}
            axes.scatter(drawn["x1"], drawn["y1"], c=colors, **ends)
            shown |= {"marker": "x", "markersize": 4}
        keys.append(_key(name, color=grey, linewidth=width, **shown))
    return keys + _draw_outside(axes, diagram)


def _draw_outside(axes: "Axes", diagram: Spacetime) -> "list[Line2D]":
    """Ring the ends of messages at events outside the window, where the axis is not that of the window."""
    messages = diagram.messages
    before = messages[~messages["sent_shown"]]
    after = messages[messages["received"] & ~messages["received_shown"]]
    x, y = np.concatenate([before[["x0", "y0"]], after[["x1", "y1"]]]).T
    low, high = axes.get_xlim()
    seen = (x >= low) & (x <= high)
    if diagram.time == "real" or not seen.any():
        return []
    look = look_of(axes)
    open_end: dict[str, Any] = {"facecolors": [look.paper], "edgecolors": look.grey(0.5), "linewidths": 0.8}
    axes.scatter(x[seen], y[seen], s=12, marker="o", zorder=3, gid="outside", **open_end)
    ring = {"marker": "o", "markersize": 4, "markerfacecolor": look.paper, "linestyle": ""}
    return [_key("outside the window", color=look.grey(0.5), **ring)]


def _draw_highlight(axes: "Axes", diagram: Spacetime, names: Names) -> "list[Line2D]":
    """Ring the event itself, and say what the colours mean."""
    shades = look_of(axes).of((SHADES, DARK_SHADES))
    event = diagram.events[diagram.events["relation"] == "self"]
    axes.scatter(
        event["x"],
        event["y"],
        s=110,
        facecolors="none",
        edgecolors=shades["self"],
        linewidths=1.4,
        zorder=5,
        gid="highlight",
    )
    ring = {"marker": "o", "markersize": 9, "markerfacecolor": "none", "linestyle": ""}
    machine, clock = diagram.highlight or (0, 0)
    who = in_figure(shown(names, machine)) if names else machine
    keys = [_key(f"event ({who}, {clock})", color=shades["self"], **ring)]
    relations = {"past": "its causal past", "future": "its causal future", "concurrent": "concurrent"}
    for relation, name in relations.items():
        keys.append(_key(name, color=shades[relation], linewidth=3))
    return keys


def _dress(axes: "Axes", diagram: Spacetime, run: "Recorded", keys: "list[Artist]", notes: list[str]) -> None:
    from matplotlib.ticker import MaxNLocator

    look = look_of(axes)
    labels = [label(machine, run._machines) for machine in diagram.machines]
    axes.set_yticks(range(len(labels)), labels)
    axes.tick_params(axis="y", length=0)
    if len(labels) > 12:
        axes.tick_params(axis="y", labelsize="small")
    axes.set_xlabel(AXES[diagram.time])
    if diagram.time != "real":
        axes.xaxis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 5, 10], integer=True))
    axes.grid(visible=True, axis="x", color=look.grey(0.93), linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.set_title("Space-time diagram", loc="left", pad=20 if notes else None)
    if notes:
        grey = look_of(axes, outside=True).grey(0.35)
        place: dict[str, Any] = {"color": grey, "xycoords": "axes fraction", "textcoords": "offset points"}
        axes.annotate("; ".join(notes), (0, 1), (0, 6), fontsize="small", gid="notes", **place)
    put_legend(axes, keys, ncols=1)


def _points(axes: "Axes", pixels: float) -> float:
    return pixels * 72 / axes.figure.dpi


def _mark_size(axes: "Axes", diagram: Spacetime) -> float:
    """Give marks a diameter in points that lets neighbours be told apart, as far as it goes."""
    crowd = float(diagram.events["y"].value_counts().max())
    return float(np.clip(0.75 * _points(axes, axes.bbox.width) / crowd, 3.0, 5.0))


def _last_on_top(table: "pd.DataFrame") -> "pd.DataFrame":
    """Sort what is drawn so that colours cover grey."""
    return table.sort_values("relation", kind="stable")


def _colors(table: "pd.DataFrame", look: Look) -> "NDArray[Any]":
    named = look.of((SHADES, DARK_SHADES))
    shades = np.array([named[name] for name in RELATIONS.categories])
    return shades[table["relation"].cat.codes]


def _message_colors(axes: "Axes", diagram: Spacetime) -> "NDArray[Any]":
    """Return the colour of each message."""
    look = look_of(axes)
    if diagram.highlight is None:
        return np.full(len(diagram.messages), look.grey(MESSAGE))
    return _colors(diagram.messages, look)


def _segments(*ends: "pd.Series[float]") -> Any:
    """Join columns x0, y0, x1, y1 to lines."""
    return np.column_stack(ends).astype(np.float64).reshape(-1, 2, 2)


def _key(name: str, **style: Any) -> "Line2D":
    from matplotlib.lines import Line2D

    return Line2D([], [], label=name, **style)
