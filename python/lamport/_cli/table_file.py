"""The file that a command writes a table to."""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from lamport._cli.standard_output import check_terminal, is_standard, placed

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["add_format", "file_format", "write_table"]

FORMATS = ("csv", "parquet")


def add_format(parser: argparse.ArgumentParser) -> None:
    """Add the option that names the format of the table."""
    parser.add_argument("--format", choices=FORMATS, help="default: by the ending of FILE")


def file_format(
    args: argparse.Namespace,
    formats: Sequence[str] = FORMATS,
    endings: Mapping[str, str] = MappingProxyType({}),
) -> str | None:
    """Find the format of the output and make its directory, before any work; None without an output.

    `endings` are those that are not the name of their format.

    Raises
    ------
    ValueError
        The format is not known, or there is one without a file.
    """
    if args.output is None:
        if args.format is not None:
            raise ValueError(f"--format {args.format} goes with --output FILE")
        return None
    ending = Path(args.output).suffix.removeprefix(".").lower()
    form = args.format or endings.get(ending, ending)
    if form not in formats:
        raise ValueError(
            f"--output {args.output}: its ending is not one of {', '.join(formats)}: give --format"
        )
    check_terminal(args, str(form))
    Path(args.output).absolute().parent.mkdir(parents=True, exist_ok=True)
    return str(form)


def write_table(args: argparse.Namespace, table: "pd.DataFrame", form: str | None) -> list[Path]:
    """Write a table without its index, if it is asked for; return the file, but not standard output."""
    from lamport._runs import export

    if form is None:
        return []
    with placed(args, form) as path:
        export.write_table(table, path, form)
    return [] if is_standard(args) else [path]
