"""A run, printed."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lamport._runs.recorded import Recorded

__all__ = ["print_run"]

SHOWN = ("clock_rate", "ticks", "final_clock", "mean_jump", "max_jump", "max_queue_len", "queue_growth")


def print_run(run: "Recorded", paths: Iterable[Path] = ()) -> None:
    """Print the table of a run and the paths of what was written."""
    import pandas as pd

    with pd.option_context("display.width", None, "display.max_columns", None, "display.max_rows", None):
        print(run._machines[list(SHOWN)].to_string(float_format="{:.4g}".format))
    if not run._absent or len(run._machines) > 1:
        print(f"drift {run.drift}")
    for note in run.notes:
        print(f"note: {note}")
    if run.log_dir is not None:
        print(f"logs: {run.log_dir}")
    for path in paths:
        print(f"wrote {path}")
