"""Cuts through a space-time diagram: what had happened by then, and whether it can have."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lamport._plot.look import look_of
from lamport._runs.answer import Answer, Cut, CutPath, cut_of
from lamport._runs.names import number

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from lamport._plot.spacetime_layout import Spacetime
    from lamport._runs.recorded import Recorded

__all__ = ["VERDICT", "check_cut", "draw_cut", "some_of_path"]

VERDICT = {True: "consistent", False: "not consistent", None: "consistent or not: the logs leave it open"}
AFTER = ("#b2182b", "#ff6b6b")
"""Messages that come from after the cut, on light paper and on dark."""
CLOSE = 0.012
"""How far behind an event the cut is at most, as a share of the diagram's width."""
ENDS = 0.5
"""How far the cut goes on above the first machine and below the last, in distances of two machines."""
MOST_OF_PATH = 12
"""Cuts of a path, of which each is still seen."""


def check_cut(run: "Recorded", cut: Mapping[int | str, int] | Answer) -> None:
    """Say of what is no cut of a run, nor an answer with a path of cuts, that it is none."""
    if not (isinstance(cut, Answer) and cut.cut is None and cut.path is not None):
        run.causality.cut_is_consistent(cut)


def draw_cut(
    axes: "Axes", run: "Recorded", diagram: "Spacetime", cut: Mapping[int | str, int] | Answer
) -> "list[Artist]":
    """Draw a cut, and the messages that break it; return entries of the legend, the verdict among them.

    Of an answer with a path some cuts of it are drawn.
    """
    keys: list[Artist] = []
    if isinstance(cut, Answer) and cut.path is not None:
        keys += _draw_path(axes, run, diagram, cut.path)
        if cut.cut is None:
            return keys
    return keys + _draw_one(axes, run, diagram, cut)


def some_of_path(run: "Recorded", path: Sequence[Cut]) -> "list[tuple[Cut, dict[int, int] | None]]":
    """Return cuts spread over a path, each with its numbers of events if they are known."""
    most = min(MOST_OF_PATH, len(path))
    drawn = np.linspace(0, len(path) - 1, most).round().astype(np.int64).tolist()
    if not isinstance(path, CutPath):
        return [(path[place], None) for place in drawn]
    machines = run._machines.index.tolist()
    numbers = [dict(zip(machines, path.counts_at(place).tolist(), strict=True)) for place in drawn]
    return [(path[place], own) for place, own in zip(drawn, numbers, strict=True)]


def _draw_path(axes: "Axes", run: "Recorded", diagram: "Spacetime", path: Sequence[Cut]) -> "list[Artist]":
    """Draw cuts of a path, the later the more they stand out."""
    from matplotlib.lines import Line2D

    drawn = some_of_path(run, path)
    colors = [style.color for style in look_of(axes).ordered(len(drawn))]
    for color, (cut, counts) in zip(colors, drawn, strict=True):
        x, y = _line(_places(run, diagram, cut, counts))
        axes.plot(x, y, color=color, linewidth=1.8, zorder=1.6, solid_joinstyle="round", gid="path")
    told = f"{len(drawn)} of {len(path):,} cuts of the path"
    return [
        Line2D([], [], color=color, linewidth=1.8, label=label)
        for color, label in ((colors[0], f"{told}, its first"), (colors[-1], "its last"))
    ]


def _draw_one(
    axes: "Axes", run: "Recorded", diagram: "Spacetime", cut: Mapping[int | str, int] | Answer
) -> "list[Artist]":
    """Draw a cut, and the messages that break it."""
    from matplotlib.collections import LineCollection
    from matplotlib.lines import Line2D

    verdict = run.causality.cut_is_consistent(cut)
    known = run._machines.index.tolist()
    given: Any = cut_of(cut)
    last = {number("cut", machine, run.names, known): int(clock) for machine, clock in given.items()}
    look = look_of(axes)
    x, y = _line(_places(run, diagram, last, cut.counts if isinstance(cut, Answer) else None))
    style: dict[str, Any] = {"color": look.grey(0.1), "linewidth": 2.0}
    axes.plot(x, y, zorder=4.6, gid="cut", solid_joinstyle="round", **style)
    keys: list[Artist] = [Line2D([], [], label=f"cut: {VERDICT[verdict]}", **style)]
    messages = diagram.messages
    limit = {machine: last.get(machine, 0) for machine in known}
    is_sent = messages["sent_clock"].to_numpy() <= messages["sender"].map(limit).to_numpy()
    is_received = messages["received_clock"] <= messages["recipient"].map(limit)
    back = messages[messages["received"] & is_received.fillna(value=False).astype(bool) & ~is_sent]
    if len(back) and verdict is not True:  # a receipt beyond the cut may have the clock of its last event
        lines: Any = back[["x0", "y0", "x1", "y1"]].to_numpy(dtype=np.float64).reshape(-1, 2, 2)
        look_of_them: dict[str, Any] = {"linewidths": 2.2, "zorder": 2.3, "gid": "after the cut"}
        axes.add_collection(LineCollection(lines, colors=look.of(AFTER), **look_of_them), autolim=False)
        keys.append(Line2D([], [], color=look.of(AFTER), linewidth=2.2, label="message from after the cut"))
    return keys


def _line(places: "NDArray[np.float64]") -> "tuple[NDArray[np.float64], NDArray[np.float64]]":
    """Return the line through places of each machine, which goes on above the first and below the last."""
    lanes = np.arange(len(places), dtype=np.float64)
    x = np.concatenate([places[:1], places, places[-1:]])
    return x, np.concatenate([[-ENDS], lanes, [lanes[-1] + ENDS]])


def _places(
    run: "Recorded", diagram: "Spacetime", last: Mapping[int, int], counts: Mapping[int, int] | None
) -> "NDArray[np.float64]":
    """Return where each machine's line is cut: right behind its last event in the cut.

    That is told by its clock, or by how many events there are where several may have the same.
    """
    events, (low, high) = diagram.events, diagram.span
    close = CLOSE * (high - low) or 0.25
    machine_id = run._events["machine_id"].to_numpy()
    found = []
    for place, machine in enumerate(diagram.machines.tolist()):
        own = events[events["y"] == place].sort_values("x", kind="stable")
        x = own["x"].to_numpy(dtype=np.float64)
        inside = int((own["new_clock"].to_numpy() <= last.get(machine, 0)).sum())
        if counts is not None:
            rows = np.flatnonzero(machine_id == machine)[: counts.get(machine, 0)]
            inside = int(np.isin(own["row"].to_numpy(), rows).sum())
        if inside:
            room = x[inside] - x[inside - 1] if inside < len(x) else np.inf
            found.append(x[inside - 1] + min(close, room / 2))
        else:
            found.append(x[0] - close if len(x) else low)
    return np.array(found)
