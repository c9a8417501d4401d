"""What stands beside the events of a space-time diagram where there is room: clocks, vectors or bodies."""

import json
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from lamport._plot.look import look_of
from lamport._runs.names import escaped
from lamport._runs.spelled import spelled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from lamport._plot.spacetime_layout import Spacetime
    from lamport._runs.recorded import Recorded

__all__ = ["LABELS", "Labels", "as_labels", "draw_labels"]

LABELS = ("clock", "vector", "body")
MOST_UNASKED = 60
"""Above so many events clocks are drawn only if they are asked for."""
LETTERS = 24
"""Letters of a label."""
LETTERS_OF_VECTORS = 48
"""The same of a vector clock: those of some ten machines are told whole."""
LONGEST_READ = 2000
"""Letters of a text that is read as JSON, and not just cut."""
SIZE = 7.0
GAP = 3.0
"""Points between two labels."""
EARLIER = 2.0
"""Points from an event back to where its label begins."""


class Labels(NamedTuple):
    """The texts beside events, not yet made: only those that have room are.

    Attributes
    ----------
    rows : array of int
        The events that have a text, as places in the events of the diagram.
    text : callable
        Gives the text of such an event.
    is_whole : bool
        Whether none is drawn unless all have room.
    notes : list of str
        What the logs lack.
    """

    rows: "NDArray[np.int64]"
    text: Callable[[int], str]
    is_whole: bool
    notes: list[str]


def as_labels(run: "Recorded", diagram: "Spacetime", labels: str | None) -> Labels:
    """Return the texts that `Run.plot_spacetime` draws beside events."""
    events = diagram.events
    every = np.arange(len(events))
    if labels is None:
        every = every if len(every) <= MOST_UNASKED else every[:0]
        return Labels(every, lambda row: str(events["new_clock"].iloc[row]), is_whole=True, notes=[])
    if labels not in LABELS:
        raise ValueError(f"labels={labels!r} is not known: it is one of {', '.join(map(repr, LABELS))}")
    if labels == "clock":
        return Labels(every, lambda row: str(events["new_clock"].iloc[row]), is_whole=False, notes=[])
    if labels == "vector":
        causality = run.causality
        notes = [] if causality.is_certain else ["vectors count what is certain"]

        def vector(row: int) -> str:
            event = (int(events["machine_id"].iloc[row]), int(events["new_clock"].iloc[row]))
            counts = causality.vector_clock(event).iloc[:LETTERS_OF_VECTORS]
            return spelled(f"({', '.join(map(str, counts))})", LETTERS_OF_VECTORS)

        return Labels(every, vector, is_whole=False, notes=notes)
    texts = _bodies(run, events["row"].to_numpy(dtype=np.int64))
    rows = np.array(sorted(texts), dtype=np.int64)
    notes = [] if texts else ["there are no bodies or states here"]
    return Labels(rows, texts.__getitem__, is_whole=False, notes=notes)


def _bodies(run: "Recorded", rows: "NDArray[np.int64]") -> dict[int, str]:
    """Return what messages say, and the states that were declared, by place among these rows."""
    import pandas as pd

    from lamport._runs import tables

    found: dict[int, list[str]] = {}
    told = run._logs.bodies()
    if told is not None:
        for place, row in enumerate(rows.tolist()):
            if told[row] is not None:
                found[place] = [_value(told[row])]
    else:  # a column of others
        extra = tables.with_extra(pd.DataFrame(index=run._events.index), run._logs, run._extra)
        column = extra["body"].iloc[rows] if "body" in extra else pd.Series([], dtype=object)
        for place in np.flatnonzero(column.notna()).tolist():
            found[place] = [str(column.iloc[place])]
    at, states = run._logs.states()
    order = np.argsort(rows, kind="stable")
    places = np.searchsorted(rows, at, sorter=order)
    for number in np.flatnonzero(np.isin(at, rows)).tolist():
        found.setdefault(int(order[places[number]]), []).append(_state(states[number]))
    return {place: text for place, parts in found.items() if (text := _cut("; ".join(filter(None, parts))))}


def _value(body: str) -> str:
    """Say a body: a text as it is, else as JSON."""
    value = _read(body)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _state(state: str) -> str:
    """Say a state by its names and values."""
    values = _read(state)
    if not isinstance(values, dict):
        return str(values)
    return ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in values.items())


def _read(text: str) -> Any:
    """Read JSON; what is too long, or is none, is a text."""
    if len(text) > LONGEST_READ:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _cut(text: str) -> str:
    return spelled(text, LETTERS)


def draw_labels(axes: "Axes", diagram: "Spacetime", labels: Labels, mark: float) -> None:
    """Draw the labels that have room beside marks of a size: the first wins, and says how many it hides."""
    if not len(labels.rows):
        return
    events = diagram.events.iloc[labels.rows]
    scale = 72 / axes.figure.dpi
    x = axes.transData.transform(events[["x", "y"]].to_numpy(dtype=np.float64))[:, 0] * scale
    limit = axes.bbox.x1 * scale
    found = []
    for lane in range(len(diagram.machines)):
        own = np.flatnonzero(events["y"].to_numpy() == lane)
        own = own[np.argsort(x[own], kind="stable")]
        placed = _choose(x[own] - EARLIER, limit, partial(_text, labels, labels.rows[own]))
        if labels.is_whole and len(placed) < len(own):
            return
        found += [(int(labels.rows[own[place]]), shift, text) for place, shift, text in placed]
    _write(axes, diagram, found, mark)


def _text(labels: Labels, rows: "NDArray[np.int64]", place: int) -> str:
    return labels.text(int(rows[place]))


def _write(axes: "Axes", diagram: "Spacetime", found: list[tuple[int, float, str]], mark: float) -> None:
    """Write labels above their events, or below where messages come from above."""
    from matplotlib.patheffects import withStroke

    look = look_of(axes)
    style: dict[str, Any] = {"fontsize": SIZE, "color": look.grey(0.15), "zorder": 6, "gid": "label"}
    halo: Any = [withStroke(linewidth=2.0, foreground=look.paper)]
    x, y, below = diagram.events["x"].to_numpy(), diagram.events["y"].to_numpy(), _is_below(diagram)
    for row, shift, text in found:
        away = mark / 2 + 1
        at = (shift - EARLIER, -away if below[row] else away)
        place: dict[str, Any] = {"textcoords": "offset points", "va": "top" if below[row] else "bottom"}
        label = axes.annotate(escaped(text), (x[row], y[row]), at, **place, **style)
        label.set_path_effects(halo)
        label.set_in_layout(False)


def _is_below(diagram: "Spacetime") -> "NDArray[np.bool_]":
    """Return which events have messages to or from machines above, and none below."""
    import pandas as pd

    ends = diagram.messages[["x0", "y0", "x1", "y1"]].to_numpy(dtype=np.float64)
    one, other = np.concatenate([ends[:, :2], ends[:, 2:]]), np.concatenate([ends[:, 2:], ends[:, :2]])
    events = pd.MultiIndex.from_frame(diagram.events[["x", "y"]].astype(np.float64))
    is_above = other[:, 1] < one[:, 1]
    from_above, from_below = (
        events.isin(pd.MultiIndex.from_arrays([one[some, 0], one[some, 1]])) for some in (is_above, ~is_above)
    )
    below: NDArray[np.bool_] = from_above & ~from_below
    return below


def _choose(
    x: "NDArray[np.float64]", limit: float, text: Callable[[int], str]
) -> list[tuple[int, float, str]]:
    """Choose labels of a line from left to right; return each with its shift (points) and its text."""
    placed: list[tuple[int, float, str]] = []
    place, free = 0, -np.inf
    while place < len(x):
        said = text(place)
        begin = min(x[place], limit - _width(said))
        if begin < free:  # at the right end only
            break
        behind, whole = _behind(x, place, begin, said)
        placed.append((place, begin - x[place], whole))
        free = begin + _width(whole) + GAP
        place = behind
    if placed and place < len(x):
        last, shift, _ = placed[-1]
        placed[-1] = (last, shift, f"{text(last)} +{len(x) - last - 1}")
    return placed


def _behind(x: "NDArray[np.float64]", place: int, begin: float, said: str) -> tuple[int, str]:
    """Return the next event that has room behind a label, which says how many have none."""
    whole = said
    while True:
        behind = int(np.searchsorted(x, begin + _width(whole) + GAP))
        behind = max(behind, place + 1)
        told = f"{said} +{behind - place - 1}" if behind > place + 1 else said
        if len(told) <= len(whole):
            return behind, told if behind > place + 1 else whole
        whole = told


def _width(text: str) -> float:
    """Measure a text, in points."""
    from warnings import catch_warnings, simplefilter

    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    with catch_warnings():
        simplefilter("ignore")  # a letter that the font has not is a box
        width, _, _ = text_to_path.get_text_width_height_descent(
            text, FontProperties(size=SIZE), ismath=False
        )
    return float(width)
