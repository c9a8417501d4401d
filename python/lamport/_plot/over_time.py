"""Clock, queue length, jumps and drift against time."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, SupportsIndex

import numpy as np

from lamport._plot.axes import as_axes
from lamport._plot.faults import draw_on_plot
from lamport._plot.legend import put_legend
from lamport._plot.look import Look, look_of
from lamport._plot.machines import Drawn, drawn
from lamport._plot.prediction import draw_prediction
from lamport._runs.clocks import clocks_at
from lamport._runs.names import Names, numbers
from lamport._runs.tables import floats

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from lamport._runs.recorded import Recorded

__all__ = [
    "MOST_MACHINES",
    "as_line",
    "choose",
    "dress",
    "layout",
    "plot",
    "queue_over_time",
    "size",
    "thin",
]

WIDTH = 9.0
HEIGHTS = (3.2, 2.6, 2.6, 2.6)
"""Of the panels."""
MOST_MACHINES = 20
MOST_POINTS = 4000
"""The most points drawn of one machine on one Axes: more would not be seen."""
MOST_VALUES = 2**23
"""The most clocks of which medians are taken."""
MARKED = 0.16
"""How far apart the marks of a line are, as a share of the Axes."""
FEW = 8
"""The most points of a line that are all marked."""


def plot(
    run: "Recorded",
    *,
    machines: SupportsIndex | str | Iterable[SupportsIndex | str] | None,
    predict: bool,
    axes: "Sequence[Axes] | None",
) -> "NDArray[np.object_]":
    """Draw what `Run.plot` describes."""
    table = run._machines
    shown, note = choose(table.index.tolist(), machines, run.names)
    if axes is None:
        import matplotlib.pyplot as plt

        panels = layout(plt.figure(figsize=size(4), layout="constrained"), 4)
    else:
        panels = np.asarray(axes, dtype=object).ravel()
        for panel in panels:
            as_axes("axes", panel)
        if len(panels) not in {3, 4}:
            raise ValueError(
                f"axes holds {len(panels)} Axes: give three, for clock, queue length and jumps, or four, "
                "with the clock less the median clock"
            )
    look = look_of(panels[0])
    looks = drawn(table, shown, look)
    events = run._events
    ids = events["machine_id"].to_numpy()
    first, end = (float(events["time"].iloc[place]) if len(events) else 0.0 for place in (0, -1))
    left = dict(zip(table.index, floats(table["final_queue_len"]), strict=True))
    for place, (machine, how) in enumerate(looks.items()):
        _draw(panels, events[ids == machine], (end, left[machine]), how, place)
    if len(panels) == 4:
        _draw_apart(panels[3], run, looks, look)
    if predict:
        draw_prediction(panels, (first, end), table, looks, look)
    _dress(panels, run, note)
    if run.faults:
        draw_on_plot(list(panels), run, {machine: each.style.color for machine, each in looks.items()})
    return panels


def size(panels: int) -> tuple[float, float]:
    """Return width and height of a figure of so many panels."""
    return WIDTH, sum(HEIGHTS[:panels])


def layout(figure: "Figure", count: int = 3) -> "NDArray[np.object_]":
    """Give a figure so many Axes, one above the other, with one axis of time."""
    panels: NDArray[np.object_] = figure.subplots(count, 1, sharex=True, height_ratios=HEIGHTS[:count])
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
    panels: "NDArray[np.object_]",
    events: "pd.DataFrame",
    last: tuple[float, float],
    how: Drawn,
    place: int,
) -> None:
    time, after = events["time"].to_numpy(), events["new_clock"].to_numpy()
    line = as_line(how, place, len(time))
    panels[0].plot(*thin(time, after), drawstyle="steps-post", linewidth=1.6, **line)
    if len(queue := queue_over_time(events, last)):
        panels[1].plot(*thin(*queue), drawstyle="steps-post", linewidth=1.4, **line)
    jumps = after - events["old_clock"].to_numpy()
    marks: dict[str, Any] = {"color": how.style.color, "marker": how.style.marker, "label": how.entry}
    panels[2].plot(*thin(time, jumps), linestyle="", markersize=3.5, alpha=0.65, mew=0, **marks)


def as_line(how: Drawn, place: int, points: int) -> dict[str, Any]:
    """Say how a line of so many points looks. Its marks stand beside those of other lines."""
    style = how.style
    where = None if points <= FEW else ((0.02 + 0.025 * place) % MARKED, MARKED)
    marks = {"marker": style.marker, "markersize": 5, "markevery": where}
    return {"color": style.color, "linestyle": style.dashes, "label": how.entry, **marks}


def _draw_apart(axes: "Axes", run: "Recorded", looks: dict[int, Drawn], look: Look) -> None:
    """Draw clocks less the median clock of all machines of the run, here or not."""
    known = run._machines.index.tolist()
    times = np.unique(run._events["time"].to_numpy())
    if not len(times):
        return
    most = max(2, min(MOST_POINTS, MOST_VALUES // len(known)))
    if len(times) > most:
        times = times[np.linspace(0, len(times) - 1, most).round().astype(np.int64)]
    clocks = clocks_at(run._events, known, times)
    median = np.median(clocks, axis=1)
    for place, (machine, how) in enumerate(looks.items()):
        apart = clocks[:, known.index(machine)] - median
        axes.plot(times, apart, drawstyle="steps-post", linewidth=1.4, **as_line(how, place, len(times)))
    axes.axhline(0, color=look.grey(0.5), linewidth=0.8, zorder=1)


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


def _dress(panels: "NDArray[np.object_]", run: "Recorded", note: str) -> None:
    clock, queue, jumps = panels[:3]
    clock.set_ylabel("logical clock")
    queue.set_ylabel("queue length (messages)")
    jumps.set_ylabel("jump of the clock (per event)")
    for apart in panels[3:]:
        apart.set_ylabel("clock less median clock")
    panels[-1].set_xlabel("time (s)")
    part = run._part
    whose = f"Part of a run, {part}" if part else "Logical clocks"
    drift = "" if part and len(run._machines) == 1 else f": drift {run.drift}"
    clock.set_title(whose + drift + (f" ({note} shown)" if note else ""), loc="left")
    dress(panels, whole=(queue, jumps), below=panels[3:])
    if not any(line.get_gid() != "predicted" for line in queue.lines):
        where = {"transform": queue.transAxes, "ha": "center", "va": "center"}
        queue.text(0.5, 0.5, "the logs hold no queue lengths", color=look_of(queue).grey(0.4), **where)


def dress(
    panels: "Sequence[Axes] | NDArray[np.object_]",
    whole: "Sequence[Axes]",
    below: "Sequence[Axes] | NDArray[np.object_]" = (),
) -> None:
    """Give Axes their look, and the first a legend; some count whole numbers, some go below 0."""
    for axes in panels:
        if axes not in below:
            axes.set_ylim(bottom=0)
        axes.margins(x=0.01)
        axes.grid(visible=True, color=look_of(axes).grey(0.9), linewidth=0.8)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
    for axes in whole:
        locator: Any = axes.yaxis.get_major_locator()
        locator.set_params(integer=True)
    put_legend(panels[0], panels[0].get_legend_handles_labels()[0])
