"""The command ``lamport grade``."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lamport._cli.declared import add_reading, declared, in_words
from lamport._cli.document import add_json, tell
from lamport._cli.exit_status import DONE, FAILED, INTERRUPTED
from lamport._cli.grades_document import grades_document
from lamport._cli.options import reader
from lamport._cli.standard_output import TO_STANDARD, is_standard
from lamport._cli.table_file import add_format, file_format, write_table
from lamport._cli.words import as_options
from lamport._model import read
from lamport._runs.spelled import in_cell, spelled

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["add_grade", "run_grade"]


def add_grade(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``lamport grade``."""
    add = parser.add_argument
    add("submissions", nargs="+", metavar="SUBMISSION", help="directory, log file or glob of one submission")
    add(
        "-o",
        "--output",
        required=True,
        metavar="FILE",
        help=f"write a table with a row per submission; FILE is replaced if it exists; {TO_STANDARD}",
    )
    add_format(parser)
    add(
        "--pages",
        metavar="DIR",
        help="where a page of each submission goes, with where it breaks which rule (default: FILE without "
        "its ending; of standard output: none)",
    )
    add(
        "--clock-uncertainty",
        type=reader(read.real),
        metavar="S",
        help="how far the clocks of two hosts may differ",
    )
    add("--no-progress", action="store_true", help="show no progress bar")
    add_json(parser)
    add_reading(parser, form="--log-format")


def run_grade(args: argparse.Namespace) -> int:
    """Do what ``lamport grade`` says."""
    from lamport._drive.grade import grade
    from lamport._runs.grades import UNREADABLE

    form = str(file_format(args))
    path = Path(args.output)
    beside = None if is_standard(args) else path.with_suffix("") if path.suffix else f"{path}_pages"
    with in_words(args):
        table = grade(
            args.submissions,
            clock_uncertainty=args.clock_uncertainty,
            pages=args.pages or beside,
            progress=False if args.no_progress else None,
            **declared(args).given(),
        )
    interrupted = table.attrs["interrupted"]
    paths = write_table(args, _cells(table) if form == "csv" else table, form)
    if args.json:
        tell(args, "grades", grades_document(table, paths))
    else:
        _print(table, args)
        for each in paths:
            args.say(f"wrote {each}")
    if interrupted:
        return INTERRUPTED
    return FAILED if table["verdict"].eq(UNREADABLE).any() else DONE


def _cells(table: "pd.DataFrame") -> "pd.DataFrame":
    """Return the table with texts that no spreadsheet takes for formulas."""
    columns: dict[Any, Any] = {name: table[name].map(in_cell) for name in table}
    return table.assign(**columns)


def _print(table: "pd.DataFrame", args: argparse.Namespace) -> None:
    from lamport._runs.grades import UNREADABLE

    for row in table.to_dict("records"):
        why = as_options(row["remark"], args.parser) if row["verdict"] == UNREADABLE else ""
        more = row["diagnosis"] or why
        args.say(f"{spelled(row['submission'])}: {row['verdict']}{f': {spelled(more)}' if more else ''}")
