"""The written summary of a run, and its figure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any
from warnings import catch_warnings, filterwarnings

import numpy as np
import pandas as pd

from lamport._lamport import EVENT_KINDS
from lamport._model.check import path
from lamport._model.setting import BEHAVIOR, SETTING
from lamport._plot.machines import called
from lamport._runs.names import in_markdown
from lamport._runs.part import file_name

if TYPE_CHECKING:
    from lamport._runs.recorded import Recorded

__all__ = ["FIGURE", "SUMMARY", "fidelity", "markdown", "report"]

FIGURE = "subplots.png"
SUMMARY = "summary.md"
"""How the names of the files end: what is before says whether they are of a whole run."""

QUEUES = """\
Messages per second that a queue gained: measured (the final length by the time) and predicted. A load
above 1 means that more messages arrive than the machine has ticks to read them. The maximum queue length
above is of the messages that still waited just after a RECEIVE took one, or at the end."""


CLOCKS = """\
Clock values per second: measured (the final clock by the time), predicted (a fitted value), and the bounds
that are proved. Drift grows by the largest less the smallest of them."""


def report(run: "Recorded", directory: str | PathLike[str] | None) -> list[Path]:
    """Write what `Run.report` describes."""
    if directory is None and run.log_dir is None:
        raise ValueError("this run has no directory of its own: give the directory to write to")
    home = Path(run.log_dir or "." if directory is None else path("directory", directory))
    figure, summary = (home / file_name(run._numbers, run._absent, end) for end in (FIGURE, SUMMARY))
    text, _ = _write(run), run._events  # what a run cannot give is told before anything is made
    home.mkdir(parents=True, exist_ok=True)
    _draw(run, figure)
    summary.write_text(text, encoding="utf-8")
    return [figure, summary]


def _draw(run: "Recorded", path: Path) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from lamport._plot.over_time import layout, plot, size

    figure = Figure(figsize=size(4), layout="constrained")
    FigureCanvasAgg(figure)
    plot(run, machines=None, predict=True, axes=list(layout(figure, 4)))
    with catch_warnings():
        # A name may have letters that the font has not: each is a box then.
        filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(path, dpi=150)


def _write(run: "Recorded") -> str:
    table = run._machines
    part, figure = run._part, file_name(run._numbers, run._absent, FIGURE)
    sections = [
        f"# Summary of part of a run: {part}" if part else "# Summary of the run",
        _facts(run),
        "## Summary Table",
        _summary(table),
        "## Final Drift",
        _drift(run, table),
        "## Tick Fidelity",
        "Ticks that happened against those due, and how late they were.",
        fidelity(run, table),
        "## Queue Growth",
        QUEUES,
        _growth(table),
        "## Clock Growth",
        CLOCKS,
        _clocks(run, table),
        "## Figure",
        f"![Clock, queue length, jumps and drift against time]({figure})",
    ]
    if run.notes:
        notes = run.notes if not run.names else map(in_markdown, run.notes)
        sections += ["## Notes", "\n".join(f"- {note}" for note in notes)]
    return "\n\n".join(sections) + "\n"


def _facts(run: "Recorded") -> str:
    known = run.parameters
    names = ("machines", "duration", *BEHAVIOR, "seed", "run_id", "started", "version")
    units = {name: f" {SETTING[name].unit}".rstrip() for name in names if name in SETTING}
    lines = [
        f"- {name.replace('_', ' ')}: {_plain(known[name])}{units.get(name, '')}"
        for name in names
        if name in known
    ]
    if part := run._part:
        lines.insert(0, f"- here: {part}")
    if run.faults:
        kinds = Counter(type(fault).__name__.lower() for fault in run.faults)
        lines.append("- faults: " + ", ".join(f"{count} {kind}" for kind, count in kinds.items()))
    if run.interrupted:
        lines.append("- ended early")
    return "\n".join(lines)


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_plain, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _summary(table: "pd.DataFrame") -> str:
    columns = {
        "Machine": _names(table),
        "Clock rate (ticks/s)": _numbers(table["clock_rate"], "g"),
        "Final clock": _whole(table["final_clock"]),
        "Average jump": _numbers(table["mean_jump"], ".2f"),
        "Maximum jump": _whole(table["max_jump"]),
        "Maximum queue length": _whole(table["max_queue_len"]),
        **{kind: _whole(table[f"{kind.lower()}s"]) for kind in EVENT_KINDS},
    }
    return markdown(columns)


def _drift(run: "Recorded", table: "pd.DataFrame") -> str:
    if table.empty:
        return "There are no machines."
    if run._absent and len(table) == 1:
        return "Unknown: of the run there is one machine here."
    final = table["final_clock"].to_numpy()
    first, last = int(final.argmax()), int(final.argmin())
    names = [in_markdown(called(machine, table)) for machine in table.index]
    return (
        f"**{run.drift}**: from {names[last]} at {final[last]} to {names[first]} at {final[first]} "
        "(the largest final clock less the smallest)."
        + _slope(table)
        + (f" This is of {part} only." if (part := run._part) else "")
    )


def _slope(table: "pd.DataFrame") -> str:
    growth = table["clock_growth_predicted"].to_numpy()
    if np.isnan(growth).any():
        return ""
    return f" It is expected to grow by {growth.max() - growth.min():.3f} per second."


def fidelity(run: "Recorded", table: "pd.DataFrame") -> str:
    """Return the table of ticks that happened and ticks that were due, blank where nobody can say."""
    due = (table["clock_rate"] * _durations(run)).round(1)
    # Of others chance, time or an algorithm says how many there are.
    ticking = run._logs.machines()["ticking"]
    due = due.where([word in {"", "jitter"} for word in ticking])
    columns = {
        "Machine": _names(table),
        "Ticks": _whole(table["ticks"]),
        "Due": _numbers(due, ".10g"),
        "Lateness p50 (ms)": _numbers(table["lateness_p50"] * 1e3, ".3f"),
        "p99 (ms)": _numbers(table["lateness_p99"] * 1e3, ".3f"),
        "Maximum (ms)": _numbers(table["lateness_max"] * 1e3, ".3f"),
    }
    return markdown(columns)


def _durations(run: "Recorded") -> Any:
    """Seconds of ticking: those in which a machine was up, but for its end, in which it does not tick."""
    lasted, planned = run.durations.to_numpy(), run.parameters.get("duration")
    if planned is None:
        return lasted
    return np.minimum(lasted, planned - run._logs.machines()["down"])


def _growth(table: "pd.DataFrame") -> str:
    columns = {
        "Machine": _names(table),
        "Final queue length": _whole(table["final_queue_len"]),
        "Measured (1/s)": _numbers(table["queue_growth"], ".3f"),
        "Predicted (1/s)": _numbers(table["queue_growth_predicted"], ".3f"),
        "Predicted load": _numbers(table["load_predicted"], ".3f"),
    }
    return markdown(columns)


def _clocks(run: "Recorded", table: "pd.DataFrame") -> str:
    lasted = np.asarray(_durations(run), dtype=np.float64)
    final = table["final_clock"].to_numpy(dtype=np.float64)
    measured = np.divide(final, lasted, out=np.full(len(final), np.nan), where=lasted > 0)
    columns = {
        "Machine": _names(table),
        "Measured (1/s)": _numbers(measured, ".3f"),
        "Predicted (1/s)": _numbers(table["clock_growth_predicted"], ".3f"),
        "At least": _numbers(table["clock_growth_low"], ".3f"),
        "At most": _numbers(table["clock_growth_high"], ".3f"),
    }
    return markdown(columns)


def _names(table: "pd.DataFrame") -> list[str]:
    """Name the machines, by their numbers if they have no names."""
    if "name" not in table:
        return _whole(table.index)
    return [in_markdown(called(machine, table)) for machine in table.index]


def _whole(values: Iterable[Any]) -> list[str]:
    return ["-" if pd.isna(value) else f"{value:.0f}" for value in values]


def _numbers(values: Iterable[Any], form: str) -> list[str]:
    return ["-" if np.isnan(value) else f"{value:{form}}" for value in values]


def markdown(columns: Mapping[str, Sequence[str]]) -> str:
    """Set a table of text in Markdown, numbers to the right.

    Examples
    --------
    >>> print(markdown({"Machine": ["1", "2"], "Clock": ["10", "7"]}))
    | Machine | Clock |
    | ------: | ----: |
    |       1 |    10 |
    |       2 |     7 |
    """
    widths = {name: max(map(len, [name, *cells])) for name, cells in columns.items()}
    head = [name.rjust(width) for name, width in widths.items()]
    rule = ["-" * (width - 1) + ":" for width in widths.values()]
    rows = zip(
        *([cell.rjust(widths[name]) for cell in cells] for name, cells in columns.items()), strict=True
    )
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, rule, *rows])
