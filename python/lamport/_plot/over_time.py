"""Clock, queue length and jumps against time."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lamport._plot.axes import as_axes
from lamport._plot.faults import draw_on_plot
from lamport._plot.machines import colors, label
from lamport._runs.names import Names, numbers
from lamport._runs.tables import floats

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from lamport._runs.recorded import Recorded

__all__ = [
    "LEGEND_ROWS",
    "MOST_MACHINES",
    "SIZE",
    "choose",
    "dress",
    "layout",
    "plot",
    "queue_over_time",
    "thin",
]

SIZE = (9.0, 8.5)
MOST_MACHINES = 20
LEGEND_ROWS = 12
MOST_POINTS = 4000
"""The most points drawn of one machine on one Axes: more would not be seen."""


def plot(
    run: "Recorded",
    *,
    machines: int | str | Iterable[int | str] | None,
    predict: bool,
    axes: "Sequence[Axes] | None",
) -> "NDArray[np.object_]":
    """Draw what `Run.plot` describes."""
    table = run._machines
    shown, note = choose(table.index.tolist(), machines, run.names)
    if axes is None:
        import matplotlib.pyplot as plt

        panels = layout(plt.figure(figsize=SIZE, layout="constrained"))
    else:
        panels = np.asarray(axes, dtype=object).ravel()
        for panel in panels:
            as_axes("axes", panel)
        if len(panels) != 3:
            raise ValueError(f"axes holds {len(panels)} Axes: give three, for clock, queue length and jumps")
    palette = colors(table.index.tolist())
    events = run._events
    ids = events["machine_id"].to_numpy()
    first, end = (float(events["time"].iloc[place]) if len(events) else 0.0 for place in (0, -1))
    left = dict(zip(table.index, floats(table["final_queue_len"]), strict=True))
    for machine in shown:
        last = (end, left[machine])
        _draw(panels, events[ids == machine], last, label(machine, table), palette[machine])
    if predict:
        _draw_prediction(panels[1], (first, end), table.loc[shown], palette)
    _dress(panels, run, note)
    if run.faults:
        draw_on_plot(list(panels), run, shown, palette)
    return panels


def layout(figure: "Figure") -> "NDArray[np.object_]":
    """Give a figure three Axes, one above the other, with one axis of time."""
    panels: NDArray[np.object_] = figure.subplots(3, 1, sharex=True, height_ratios=(1.25, 1, 1))
    return panels


def choose(known: list[int], wanted: object, names: Names) -> tuple[list[int], str]:
    """Return the machines to draw, and a note if they are not all. Of many, some are spread over them."""
    if wanted is not None:
        return numbers("machines", wanted, names, known), ""
    if len(known) <= MOST_MACHINES:
        return known, ""
    places = np.linspace(0, len(known) - 1, MOST_MACHINES).round().astype(int)
    return [known[place] for place in places], f"{MOST_MACHINES} of {len(known)} machines"


def _draw(
    panels: "NDArray[np.object_]", events: "pd.DataFrame", last: tuple[float, float], label: str, color: Any
) -> None:
    time, after = events["time"].to_numpy(), events["new_clock"].to_numpy()
    style = {"color": color, "label": label}
    panels[0].plot(*thin(time, after), drawstyle="steps-post", linewidth=1.6, **style)
    if len(queue := queue_over_time(events, last)):
        panels[1].plot(*thin(*queue), drawstyle="steps-post", linewidth=1.4, **style)
    jumps = after - events["old_clock"].to_numpy()
    panels[2].plot(*thin(time, jumps), linestyle="", marker="o", markersize=3, alpha=0.65, mew=0, **style)


def queue_over_time(events: "pd.DataFrame", last: tuple[float, float]) -> "NDArray[Any]":
    """Return times and lengths of a machine's queue, up to a last time and length; nothing if unknown."""
    # A tick that sends or does nothing found the queue empty.
    queue = floats(events["queue_len"])
    queue = np.where((events["event"] == "RECEIVE").to_numpy(), queue, 0.0)
    if np.isnan(last[1]) and not events["queue_len"].notna().any():
        return np.empty(0)
    points = np.array([np.append(events["time"].to_numpy(), last[0]), np.append(queue, last[1])])
    return points[:, ~np.isnan(points[1])]


def thin(time: "NDArray[Any]", values: "NDArray[Any]") -> "tuple[NDArray[Any], NDArray[Any]]":
    """Keep the largest value of each stretch, and the last: no peak is lost."""
    if len(time) <= MOST_POINTS:
        return time, values
    starts = np.linspace(0, len(time), MOST_POINTS, endpoint=False).astype(np.int64)
    highest = np.maximum.reduceat(values, starts)
    return np.append(time[starts], time[-1]), np.append(highest, values[-1])


def _draw_prediction(
    axes: "Axes", span: tuple[float, float], table: "pd.DataFrame", palette: dict[int, Any]
) -> None:
    from matplotlib.lines import Line2D

    growing = table["queue_growth_predicted"].loc[lambda growth: growth > 0]
    for machine, growth in zip(growing.index.tolist(), growing.tolist(), strict=True):
        line = [0.0, growth * (span[1] - span[0])]
        axes.plot(span, line, linestyle="--", linewidth=1.2, color=palette[machine])
    if len(growing):
        key = Line2D([], [], linestyle="--", color="0.4", linewidth=1.2)
        axes.legend([key], ["predicted"], loc="upper left", frameon=False, fontsize="small")


def _dress(panels: "NDArray[np.object_]", run: "Recorded", note: str) -> None:
    clock, queue, jumps = panels
    clock.set_ylabel("logical clock")
    queue.set_ylabel("queue length (messages)")
    jumps.set_ylabel("jump of the clock (per event)")
    jumps.set_xlabel("time (s)")
    part = run._part
    whose = f"Part of a run, {part}" if part else "Logical clocks"
    drift = "" if part and len(run._machines) == 1 else f": drift {run.drift}"
    clock.set_title(whose + drift + (f" ({note} shown)" if note else ""), loc="left")
    dress(panels, whole=(queue, jumps))
    if not queue.lines:
        where = {"transform": queue.transAxes, "ha": "center", "va": "center", "color": "0.4"}
        queue.text(0.5, 0.5, "the logs hold no queue lengths", **where)


def dress(panels: "Sequence[Axes] | NDArray[np.object_]", whole: "Sequence[Axes]") -> None:
    """Give Axes one above the other their look, and the first a legend; some count whole numbers."""
    for axes in panels:
        axes.set_ylim(bottom=0)
        axes.margins(x=0.01)
        axes.grid(visible=True, color="0.9", linewidth=0.8)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
    for axes in whole:
        locator: Any = axes.yaxis.get_major_locator()
        locator.set_params(integer=True)
    handles, labels = panels[0].get_legend_handles_labels()
    if handles:
        columns = -(-len(labels) // LEGEND_ROWS)
        place: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (1.01, 1.0), "ncols": columns}
        panels[0].legend(handles, labels, frameon=False, fontsize="small", columnspacing=1.2, **place)
