"""A run, shown: printed, or as a document."""

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from lamport._cli.document import tell
from lamport._cli.near import near
from lamport._cli.run_document import run_document
from lamport._cli.say import Say

if TYPE_CHECKING:
    import pandas as pd

    from lamport._runs.recorded import Recorded

__all__ = ["show_run"]

SHOWN = ("clock_rate", "ticks", "final_clock", "mean_jump", "max_jump", "max_queue_len", "queue_growth")
MOST_SHOWN = 40
"""The most machines of which each has a row."""


def show_run(args: argparse.Namespace, run: "Recorded", paths: Iterable[Path] = ()) -> None:
    """Print the table of a run and the paths of what was written, or write a document of these."""
    if args.json:
        tell(args, "run", run_document(run, paths))
    else:
        _print(run, args.say, paths)


def _print(run: "Recorded", say: Say, paths: Iterable[Path]) -> None:
    if say.is_quiet:
        return
    import pandas as pd

    with pd.option_context("display.width", None, "display.max_columns", None, "display.max_rows", None):
        say(_table(run).to_string(float_format="{:.4g}".format))
    if not run._absent or len(run._machines) > 1:
        say(f"drift {run.drift}")
    if (seed := run.parameters.get("seed")) is not None:
        say(f"seed {seed}")
    if run.interrupted:
        say("interrupted: it ended early, in order")
    for note in run.notes:
        say(f"note: {note}")
    if run.log_dir is not None:
        say(f"logs: {near(run.log_dir)}")
    for path in paths:
        say(f"wrote {near(path)}")


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
