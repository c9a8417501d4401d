"""The command ``lamport compare``, and what is printed of several runs."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from lamport._cli.exit_status import DONE

if TYPE_CHECKING:
    from lamport._runs.comparison import Comparison, Group
    from lamport._runs.run import Run

__all__ = ["add_compare", "print_comparison", "run_compare"]

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


def run_compare(args: argparse.Namespace) -> int:
    """Do what ``lamport compare`` says."""
    from lamport._runs.compare import labels
    from lamport._runs.directory import run_directories
    from lamport._runs.load import load

    # A run counts once, however often it is given.
    homes = list(dict.fromkeys(home.resolve() for path in args.runs for home in run_directories(Path(path))))
    within = {home.parent for home in homes}
    if args.output is None and len(within) > 1:
        raise ValueError("the runs are in different directories: say with --output DIR where to write")
    runs = labels(load(home) for home in homes)
    if args.output is not None:
        print_comparison(runs, args.output)
        return DONE
    home = within.pop()
    left = set(run_directories(home)) - {*homes, home}
    print_comparison(runs, home, part="_".join(each.name for each in homes) if left else None)
    return DONE


def print_comparison(
    runs: "Mapping[str, Run]", directory: str | Path | None, *, part: str | None = None
) -> None:
    """Print a comparison of runs, and write its figure and summary if a directory is given.

    Files of a part of the runs that are there have its name.
    """
    from lamport._runs.comparison import Comparison

    comparison = Comparison(runs)
    print(comparison.verdict)
    _print_table(comparison.table())
    for group in comparison.groups:
        _print_means(comparison, group)
    if drawn := comparison.means_of_drawn():
        print("\nmeans of whole runs over rates that their seeds drew, and 95 % confidence intervals")
        _print_table(drawn)
    if directory is not None:
        from lamport._plot.comparison import report

        for path in report(comparison, directory, part=part):
            print(f"wrote {path}")


def _print_means(comparison: "Comparison", group: "Group") -> None:
    of_machines, of_runs = comparison.means(group), comparison.whole_means(group)
    if of_machines is not None and of_runs is not None:
        print(f"\nmeans over {len(group.finished)} runs, and 95 % confidence intervals")
        if len(comparison.groups) > 1:
            print(group.name)
        _print_table(of_machines)
        _print_table(of_runs)


def _print_table(columns: Mapping[str, list[str]]) -> None:
    import pandas as pd

    print(pd.DataFrame(columns).to_string(index=False, max_rows=MOST_SHOWN))
