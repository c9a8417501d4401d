"""The file that a command writes a table to."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["add_format", "file_format", "save_table"]

FORMATS = ("csv", "parquet")


def add_format(parser: argparse.ArgumentParser) -> None:
    """Add the option that names the format of the table."""
    parser.add_argument("--format", choices=FORMATS, help="default: by the ending of FILE")


def file_format(args: argparse.Namespace) -> str:
    """Find the format of the output and make its directory, before any work."""
    form = args.format or Path(args.output).suffix.removeprefix(".").lower()
    if form not in FORMATS:
        raise ValueError(f"the ending of {args.output!r} is not one of {', '.join(FORMATS)}: give --format")
    Path(args.output).absolute().parent.mkdir(parents=True, exist_ok=True)
    return str(form)


def save_table(table: "pd.DataFrame", path: Path, form: str) -> None:
    """Write a table, without its index."""
    from lamport._runs.export import write_table

    write_table(table, path, form)
