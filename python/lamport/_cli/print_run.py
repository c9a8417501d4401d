"""A run, printed."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from lamport._cli.near import near

if TYPE_CHECKING:
    import pandas as pd

    from lamport._runs.recorded import Recorded

__all__ = ["print_run"]

SHOWN = ("clock_rate", "ticks", "final_clock", "mean_jump", "max_jump", "max_queue_len", "queue_growth")
MOST_SHOWN = 40
"""The most machines of which each has a row."""


def print_run(run: "Recorded", paths: Iterable[Path] = ()) -> None:
    """Print the table of a run and the paths of what was written."""
    import pandas as pd

    with pd.option_context("display.width", None, "display.max_columns", None, "display.max_rows", None):
        print(_table(run).to_string(float_format="{:.4g}".format))
    if not run._absent or len(run._machines) > 1:
        print(f"drift {run.drift}")
    if (seed := run.parameters.get("seed")) is not None:
        print(f"seed {seed}")
    if run.interrupted:
        print("interrupted: it ended early, in order")
    for note in run.notes:
        print(f"note: {note}")
    if run.log_dir is not None:
        print(f"logs: {near(run.log_dir)}")
    for path in paths:
        print(f"wrote {near(path)}")


def _table(run: "Recorded") -> "pd.DataFrame":
    """Return a row for each machine, or of many the least, the middle and the most."""
    import pandas as pd

    from lamport._runs.names import shown

    table = run._machines[list(SHOWN)]
    if len(table) <= MOST_SHOWN:
        if names := run.names:
            table.index = pd.Index([shown(names, machine) for machine in table.index], name="machine")
        return table
    rows = table.astype("float64").quantile([0, 0.5, 1])
    rows.index = [f"{word} of {len(table):,}" for word in ("least", "median", "most")]
    return rows
