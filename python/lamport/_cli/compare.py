"""The command ``lamport compare``, and what is printed of several runs."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lamport._cli.comparison_document import comparison_document
from lamport._cli.document import add_json, tell
from lamport._cli.exit_status import DONE
from lamport._cli.say import Say
from lamport._cli.standard_output import check_directory

if TYPE_CHECKING:
    from lamport._runs.comparison import Comparison, Group
    from lamport._runs.run import Run

__all__ = ["add_compare", "compared", "run_compare"]

MOST_SHOWN = 40
"""The most rows that a table is printed with."""


def add_compare(parser: argparse.ArgumentParser) -> None:
    """Add the options of a comparison."""
    add = parser.add_argument
    add("runs", nargs="+", metavar="RUN", help="directory of a run, or of several")
    add(
        "-o",
        "--output",
        metavar="DIR",
        help="where to write figure and summary (default: the directory that the runs are in)",
    )
    add_json(parser)


def run_compare(args: argparse.Namespace) -> int:
    """Do what ``lamport compare`` says."""
    check_directory(args)
    from lamport._runs.compare import labels
    from lamport._runs.directory import run_directories
    from lamport._runs.load import load

    # A run counts once, however often it is given.
    homes = list(dict.fromkeys(home.resolve() for path in args.runs for home in run_directories(Path(path))))
    within = {home.parent for home in homes}
    if args.output is None and len(within) > 1:
        raise ValueError("the runs are in different directories: say with --output DIR where to write")
    runs = labels(load(home) for home in homes)
    home = args.output
    part = None
    if home is None:
        home = within.pop()
        if set(run_directories(home)) - {*homes, home}:
            part = "_".join(each.name for each in homes)
    document = compared(runs, home, args, part=part)
    if args.json:
        tell(args, "comparison", document)
    return DONE


def compared(
    runs: "Mapping[str, Run]",
    directory: str | Path | None,
    args: argparse.Namespace,
    *,
    part: str | None = None,
) -> dict[str, Any]:
    """Compare runs, and write figure and summary if a directory is given.

    Files of a part of the runs that are there have its name. What there is to say is printed, or with
    ``--json`` returned.
    """
    from lamport._plot.comparison import report
    from lamport._runs.comparison import Comparison

    comparison = Comparison(runs)
    if not (args.json or args.say.is_quiet):
        _print(comparison, args.say)
    paths = [] if directory is None else report(comparison, directory, part=part)
    if args.json:
        return comparison_document(comparison, paths)
    for path in paths:
        args.say(f"wrote {path}")
    return {}


def _print(comparison: "Comparison", say: Say) -> None:
    say(comparison.verdict)
    _print_table(comparison.table(), say)
    for group in comparison.groups:
        _print_means(comparison, group, say)
    if drawn := comparison.means_of_drawn():
        say("\nmeans of whole runs over rates that their seeds drew, and 95 % confidence intervals")
        _print_table(drawn, say)


def _print_means(comparison: "Comparison", group: "Group", say: Say) -> None:
    of_machines, of_runs = comparison.means(group), comparison.whole_means(group)
    if of_machines is not None and of_runs is not None:
        say(f"\nmeans over {len(group.finished)} runs, and 95 % confidence intervals")
        if len(comparison.groups) > 1:
            say(group.name)
        _print_table(of_machines, say)
        _print_table(of_runs, say)


def _print_table(columns: Mapping[str, list[str]], say: Say) -> None:
    import pandas as pd

    say(pd.DataFrame(columns).to_string(index=False, max_rows=MOST_SHOWN))
