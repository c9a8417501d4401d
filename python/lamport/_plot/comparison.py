"""The written comparison of several runs, and its figure."""

from os import PathLike
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np

from lamport._plot.legend import put_legend
from lamport._plot.look import look_of
from lamport._plot.machines import Drawn, drawn
from lamport._plot.over_time import as_line, choose, dress, layout, queue_over_time, size, thin
from lamport._plot.report import markdown
from lamport._runs.comparison import Comparison, Group
from lamport._runs.tables import floats

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lamport._runs.run import Run

__all__ = ["report"]

FIGURE = "subplots.png"
SUMMARY = "summary.md"
LONGEST_NAME = 100
"""Characters of a file name that lists runs."""
LEGEND_LETTERS = 28
"""Letters of a line of the legend."""
POINTS = 500
"""How many times a mean over runs is drawn at."""

MEANS = """\
Means over runs, and their 95 % confidence intervals, Student's. They are right for what varies about normally
from run to run; of few runs of something skewed, as of a queue that seldom fills, they cover less. A figure
without one was the same in all runs."""


def report(comparison: Comparison, directory: str | PathLike[str], *, part: str | None = None) -> list[Path]:
    """Write the summary and the figure of several runs into a directory, which is made if needed.

    A comparison of some of the runs there has their name, and leaves that of all alone.
    """
    home = Path(directory)
    figure, summary = (home / _file_name(part, end) for end in (FIGURE, SUMMARY))
    text = _write(comparison, figure.name)
    home.mkdir(parents=True, exist_ok=True)
    _draw(comparison, figure)
    summary.write_text(text, encoding="utf-8")
    return [figure, summary]


def _file_name(part: str | None, end: str) -> str:
    """Name a file of a comparison.

    Examples
    --------
    >>> _file_name(None, "summary.md"), _file_name("run_1_run_3", "summary.md")
    ('comparison_summary.md', 'comparison_run_1_run_3_summary.md')
    """
    if part is None:
        return f"comparison_{end}"
    if len(part) > LONGEST_NAME:
        part = f"of_some_{crc32(part.encode()):08x}"
    return f"comparison_{part}_{end}"


def _write(comparison: Comparison, figure: str) -> str:
    runs = comparison.runs
    facts = [f"- {name}: {value}" for name, value in comparison.facts().items()]
    sections = [
        f"# Comparison of {len(runs)} runs" if len(runs) != 1 else "# One run",
        comparison.verdict,
        "\n".join(facts),
        "## Runs",
        markdown(comparison.table()),
    ]
    means = [part for group in comparison.groups for part in _means(comparison, group)]
    if drawn := comparison.means_of_drawn():
        means += ["Of whole runs, over rates that the seeds drew:", markdown(drawn)]
    if means:
        sections += ["## Means", MEANS, *means]
    sections += ["## Figure", f"![Clocks, queue lengths and drift of all runs against time]({figure})"]
    notes = [f"- {name}: {note}" for name, run in runs.items() for note in run.notes]
    if notes:
        sections += ["## Notes", "\n".join(notes)]
    return "\n\n".join(section for section in sections if section) + "\n"


def _means(comparison: Comparison, group: Group) -> list[str]:
    of_machines, of_runs = comparison.means(group), comparison.whole_means(group)
    if of_machines is None or of_runs is None:
        return []
    title = [f"### {group.name}"] if len(comparison.groups) > 1 else []
    return [*title, markdown(of_machines), markdown(of_runs)]


def _draw(comparison: Comparison, path: Path) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=size(3), layout="constrained")
    FigureCanvasAgg(figure)
    panels = layout(figure)
    groups = comparison.groups
    if len(groups) == 1:
        _draw_alike(panels, groups[0])
    else:
        _draw_unlike(panels, groups)
    clock, queue, drift = panels
    clock.set_ylabel("logical clock")
    queue.set_ylabel("queue length (messages)")
    drift.set_ylabel("drift (clock values)")
    drift.set_xlabel("time (s)")
    dress(panels, whole=(queue,))
    if any(len(group.finished) > 1 for group in groups):
        grey = look_of(drift).grey(0.35)
        drift.plot([], [], color=grey, linewidth=2.4, label="mean over runs alike")
        drift.plot([], [], color=grey, linewidth=0.8, label="a run")
        put_legend(drift, drift.get_legend_handles_labels()[0])
    figure.savefig(path, dpi=150)


def _draw_alike(panels: "NDArray[np.object_]", group: Group) -> None:
    """Draw runs alike: machines have their colours, as in the figure of one run."""
    runs = list(group.runs.values())
    table = runs[0]._machines
    shown, note = choose(table.index.tolist(), None, {})
    looks = drawn(table, shown, look_of(panels[0]))
    for number, run in enumerate(runs):
        for place, (machine, how) in enumerate(looks.items()):
            once = how if number == 0 else how._replace(entry=None)
            _draw_machine(panels, run, machine, as_line(once, place, len(run._events)))
    _draw_drift(panels[2], group, {"color": look_of(panels[2]).grey(0.35)})
    many = f"{len(runs)} runs" if len(runs) > 1 else "one run"
    panels[0].set_title(f"{many} of machines alike" + (f" ({note} shown)" if note else ""), loc="left")


def _draw_unlike(panels: "NDArray[np.object_]", groups: list[Group]) -> None:
    """Draw runs that differ: each group has its colour."""
    styles = look_of(panels[0]).styles(len(groups))
    notes = set()
    for place, group in enumerate(groups):
        style, named = styles[place], False
        for run in group.runs.values():
            shown, note = choose(run._machines.index.tolist(), None, {})
            notes |= {note} - {""}
            for machine in shown:
                name = None if named else fill(group.name, LEGEND_LETTERS)
                _draw_machine(panels, run, machine, as_line(Drawn(style, name), place, len(run._events)))
                named = True
        _draw_drift(panels[2], group, {"color": style.color, "linestyle": style.dashes})
    panels[0].set_title(f"Runs that differ: {', '.join(sorted(notes)) or 'all machines'} shown", loc="left")


def _draw_machine(panels: "NDArray[np.object_]", run: "Run", machine: int, style: dict[str, Any]) -> None:
    events, table = run._events, run._machines
    if machine not in table.index:
        return
    end = float(events["time"].iloc[-1]) if len(events) else 0.0
    left = float(floats(table["final_queue_len"])[table.index.get_loc(machine)])
    own = events[events["machine_id"].to_numpy() == machine]
    thinner = {"drawstyle": "steps-post", "linewidth": 0.9, "alpha": 0.75}
    panels[0].plot(*thin(own["time"].to_numpy(), own["new_clock"].to_numpy()), **thinner, **style)
    if len(queue := queue_over_time(own, (end, left))):
        panels[1].plot(*thin(*queue), **thinner, **style)


def _draw_drift(axes: Any, group: Group, style: dict[str, Any]) -> None:
    """Draw the drift of each run of a group, and the mean over those that ended in order."""
    drifts = {name: run.drift_over_time() for name, run in group.runs.items() if len(run._events)}
    for drift in drifts.values():
        axes.plot(
            *thin(drift.index.to_numpy(), drift.to_numpy()),
            drawstyle="steps-post",
            linewidth=0.8,
            alpha=0.75,
            **style,
        )
    whole = [drift for name, drift in drifts.items() if group.runs[name] in group.finished]
    if len(whole) < 2:
        return
    times = np.linspace(0, min(float(drift.index[-1]) for drift in whole), POINTS)
    places = [np.searchsorted(drift.index.to_numpy(), times, "right") for drift in whole]
    values = [
        np.append(0.0, drift.to_numpy(dtype=np.float64))[place]
        for drift, place in zip(whole, places, strict=True)
    ]
    axes.plot(times, np.mean(values, axis=0), linewidth=2.4, **style)
