"""The faults of a run, drawn into its plots."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lamport._model.fault import AnyFault, Crash, Delay, Disconnect, Partition, Pause
from lamport._plot.legend import put_legend
from lamport._plot.look import look_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

    from lamport._plot.spacetime_layout import Spacetime
    from lamport._runs.recorded import Recorded

__all__ = ["draw_on_plot", "draw_on_spacetime"]

HATCHES = {"crash": "xxx", "pause": "///"}
WALL = ("0.5", "0.75")
FAINTEST = 0.04
STRONGEST = 0.16
BAR = 0.03
"""Height of a delay's bar at the top of a plot, as a share of the plot."""
ROW = 0.33
"""Half the height of a crash in a space-time diagram, in distances of two machines."""
LOST = {"crash": ("#b2182b", "#ff6b6b"), "pause": ("#e66101", "#ffa24d")}
SLOW = ("#2166ac", "#7db7f0")
"""On light paper, and on dark."""


@dataclass(frozen=True)
class Strike:
    """A fault on the run's own axis of time."""

    fault: AnyFault
    name: str
    start: float
    stop: float


def strikes(run: "Recorded") -> list[Strike]:
    """Return the faults of a run, up to its end. They count from the same beginning as all times."""
    faults = run.faults
    events = run._events
    if not faults or events.empty:
        return []
    end = float(events["time"].iloc[-1])
    found = []
    for fault in faults:
        start = fault.at
        lasts = getattr(fault, "duration", 0.0) if not isinstance(fault, Crash) else fault.down_for
        stop = math.inf if lasts is None else start + lasts
        if start <= end:
            found.append(Strike(fault, type(fault).__name__.lower(), start, min(stop, end)))
    return found


def draw_on_plot(panels: "Sequence[Axes]", run: "Recorded", palette: dict[int, Any]) -> None:
    """Draw faults into the Axes of `Run.plot`: those of machines with a colour, and all partitions."""
    found = [strike for strike in strikes(run) if _machines(strike.fault) & set(palette)]
    if not found:
        return
    spans = sum(strike.name in {"crash", "pause", "partition"} for strike in found)
    faint = float(np.clip(1.5 / max(spans, 1), FAINTEST, STRONGEST))
    for axes in panels:
        for strike in found:
            _draw_on_panel(axes, strike, palette, faint)
    names = dict.fromkeys(strike.name for strike in sorted(found, key=lambda strike: _ORDER[strike.name]))
    keys = [_key(name, look_of(panels[2]).grey(0.35), marker="v") for name in names]
    put_legend(panels[2], keys, title="faults")


def _draw_on_panel(axes: "Axes", strike: Strike, palette: dict[int, Any], faint: float) -> None:
    fault, stretch = strike.fault, [(strike.start, strike.stop - strike.start)]
    across, wall = axes.get_xaxis_transform(), look_of(axes).of(WALL)
    style: dict[str, Any] = {"transform": across, "gid": strike.name, "zorder": 0.5, "linewidth": 0}
    if isinstance(fault, Crash | Pause):
        color = palette[fault.machine_id]
        axes.broken_barh(stretch, (0, 1), facecolor=(*_rgb(color), faint), **style)
        lines = (*_rgb(color), min(1.0, 3 * faint))
        axes.broken_barh(
            stretch, (0, 1), facecolor="none", edgecolor=lines, hatch=HATCHES[strike.name], **style
        )
    elif isinstance(fault, Partition):
        axes.broken_barh(stretch, (0, 1), facecolor=wall, alpha=faint, **style)
        for edge in (strike.start, strike.stop):
            axes.axvline(edge, color=wall, linestyle="--", linewidth=0.8, zorder=0.6)
    elif isinstance(fault, Delay):
        axes.broken_barh(stretch, (1 - BAR, BAR), facecolor=palette.get(fault.sender, wall), **style)
    else:
        color = palette.get(fault.sender, wall)
        axes.plot(strike.start, 1, marker="v", color=color, transform=across, clip_on=False, gid=strike.name)


def draw_on_spacetime(
    axes: "Axes", run: "Recorded", diagram: "Spacetime"
) -> "tuple[list[Artist], list[str]]":
    """Draw faults into a space-time diagram; return the entries of its legend, and what is left out.

    On an axis of clocks or steps a crash or pause fills the gap between the machine's events around
    it; what happens to links has no place there.
    """
    low, high = diagram.span
    places = {machine: place for place, machine in enumerate(diagram.machines.tolist())}
    drawn: dict[str, None] = {}
    homeless = 0
    for strike in strikes(run):
        if diagram.time == "real":
            ends: tuple[float, float] | None = (max(strike.start, low), min(strike.stop, high))
            if strike.stop < low or strike.start > high:
                continue
        elif isinstance(strike.fault, Crash | Pause):
            ends = _gap(strike, run, diagram)
        else:
            homeless += 1
            continue
        if ends is not None and _draw_among(axes, strike, ends, places):
            drawn[strike.name] = None
    notes = [f"{homeless} faults of links have no place on this axis"] if homeless else []
    look = look_of(axes)
    lost = {name: look.of(pair) for name, pair in LOST.items()}
    colors = {**lost, "partition": look.of(WALL), "delay": look.of(SLOW), "disconnect": look.ink}
    return [_key(name, colors[name]) for name in sorted(drawn, key=_ORDER.__getitem__)], notes


def _draw_among(axes: "Axes", strike: Strike, ends: tuple[float, float], places: dict[int, int]) -> bool:
    """Draw a fault between two places in x, if its machines are shown."""
    fault, stretch = strike.fault, [(ends[0], ends[1] - ends[0])]
    style: dict[str, Any] = {"gid": strike.name, "linewidth": 0, "zorder": 0.5}
    look = look_of(axes)
    if isinstance(fault, Crash | Pause):
        if fault.machine_id not in places:
            return False
        rows = (places[fault.machine_id] - ROW, 2 * ROW)
        color = look.of(LOST[strike.name])
        axes.broken_barh(stretch, rows, facecolor=(*_rgb(color), 0.18), **style)
        lines = (*_rgb(color), 0.5)
        axes.broken_barh(
            stretch, rows, facecolor="none", edgecolor=lines, hatch=HATCHES[strike.name], **style
        )
        return True
    if isinstance(fault, Partition):
        axes.broken_barh(
            stretch,
            (0, 1),
            transform=axes.get_xaxis_transform(),
            facecolor=look.of(WALL),
            alpha=0.15,
            **style,
        )
        return True
    if fault.sender not in places or fault.recipient not in places:
        return False
    near, far = sorted((places[fault.sender], places[fault.recipient]))
    if isinstance(fault, Delay):
        axes.broken_barh(stretch, (near, far - near), facecolor=look.of(SLOW), alpha=0.15, **style)
    else:
        x = [ends[0], ends[0]]
        axes.plot(x, [near, far], color=look.ink, linestyle=":", linewidth=1.0, zorder=2.2, gid=strike.name)
        axes.plot(x[:1], [(near + far) / 2], marker="x", color=look.ink, markersize=7, zorder=4.5)
    return True


def _gap(strike: Strike, run: "Recorded", diagram: "Spacetime") -> tuple[float, float] | None:
    """Find a machine's events around its fault; None if they are not shown."""
    shown: pd.DataFrame = diagram.events
    machine = strike.fault.machine_id  # type: ignore[union-attr]
    own = shown[shown["machine_id"] == machine]
    times = run._events["time"].to_numpy()[own["row"]]
    order = np.argsort(times, kind="stable")
    x, times = own["x"].to_numpy()[order], times[order]
    after = int(np.searchsorted(times, strike.start, "right"))
    if after == 0:
        return None
    return float(x[after - 1]), float(x[after] if after < len(x) else diagram.span[1])


_ORDER = {"crash": 0, "pause": 1, "partition": 2, "delay": 3, "disconnect": 4}


def _machines(fault: AnyFault) -> set[int]:
    if isinstance(fault, Crash | Pause):
        return {fault.machine_id}
    if isinstance(fault, Delay | Disconnect):
        return {fault.sender, fault.recipient}
    return {machine for row in fault.groups or fault.pairs or () for machine in row}


def _rgb(color: Any) -> tuple[float, float, float]:
    from matplotlib.colors import to_rgb

    return to_rgb(color)


def _key(name: str, color: Any, *, marker: str = "x") -> "Artist":
    """Return the entry of a legend. That of a disconnect is a mark, in plots at the top."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    if name == "disconnect":
        return Line2D([], [], color=color, marker=marker, linestyle="", label=name)
    if name in HATCHES:
        return Patch(
            facecolor=(*_rgb(color), 0.15),
            edgecolor=(*_rgb(color), 0.6),
            hatch=HATCHES[name],
            linewidth=0,
            label=name,
        )
    return Patch(facecolor=color, alpha=0.9 if name == "delay" and marker == "v" else 0.2, label=name)
