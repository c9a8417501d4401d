"""Tables in files: CSV and Parquet."""

import csv
import io
import re
import warnings
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from lamport._runs.declaration import Declaration

if TYPE_CHECKING:
    from lamport._lamport import Logs

__all__ = ["BadRow", "TableFile", "join_tables", "read_table", "without_bad_rows"]

TEXTS = {
    "machine_id",
    "machine",
    "host",
    "sender",
    "recipient",
    "recipients",
    "recipient_ids",
    "event",
    "vector_clock",
    "message",
}
"""Columns of text: what looks like a number there may be a name."""
SKIPPED = re.compile(r"Skipping line (\d+): (.*)")
TOO_MANY = re.compile(r"Expected (\d+) fields in line (\d+), saw (\d+)")
UNCLOSED = re.compile(r"EOF inside string starting at row (\d+)")
ROW = re.compile(r"row (\d+): (.*)", re.DOTALL)
IN_ROW = re.compile(r"\brow (\d+)\b")
MOST = 1_000
"""So many rows at most are left aside one by one."""
NOTED = 5

BadRow = tuple[str, int, str, int, int, int]
"""A row that cannot be read: file, line, what is wrong, the row of the table that follows, and the rows of
the file: the first, and the first behind."""


@dataclass
class TableFile:
    """The table in a file."""

    file: str
    frame: pd.DataFrame
    skipped: list[tuple[int, str]]
    """The lines that are no rows of the table, and why."""
    lines: Sequence[int]
    """The line of each row, or its number in a file without lines."""
    is_text: bool

    def place(self, row: int) -> str:
        """Say where a row stands."""
        return f"{self.file}:{self.lines[row]}" if self.is_text else f"{self.file}: row {row}"


def read_table(file: Path, *, separator: str | None, machine: str | None, declared: Declaration) -> TableFile:
    """Read the table in a file; `machine` is whose it is, where no column tells. Parquet has no separator.

    Raises
    ------
    LogError
        It is no such table.
    """
    from lamport._lamport import LogError

    known = dict(declared.columns or {})
    try:
        found = _parquet(file) if separator is None else _csv(file, separator, known, declared)
    except LogError:
        raise
    except (ValueError, OSError) as error:
        if isinstance(error, OSError) and error.strerror:
            raise
        raise LogError(f"{file}:{_plain(error)}") from None
    ours = {known.get(name) or name for name in found.frame.columns}
    if ours.isdisjoint({"machine_id", "machine"}) and machine is not None:
        found.frame.insert(0, "machine_id", machine)
    return found


def _csv(file: Path, separator: str, known: dict[str, str | None], declared: Declaration) -> TableFile:
    from lamport._lamport import read_bytes

    held = read_bytes(str(file))
    text = _text(file, held)
    names = pd.read_csv(io.BytesIO(held), sep=separator, nrows=0, skipinitialspace=True).columns
    first = _too_long(text, separator, len(names))
    if first and declared.errors != "skip":
        raise ValueError(f"Expected {len(names)} fields in line {first[0][0]}, saw {first[0][1]}")
    skipped = [(line, f"expected {len(names)} fields, saw {saw}") for line, saw in first]
    types = {name: "str" for name in names if (known.get(name) or name) in TEXTS}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        table = pd.read_csv(
            io.BytesIO(held),
            sep=separator,
            dtype=types,
            keep_default_na=False,
            na_values={
                name: [""] if name in types else ["", "NaN", "nan", "NA", "<NA>", "None", "null"]
                for name in names
            },
            dtype_backend="numpy_nullable",
            skipinitialspace=True,
            index_col=False,
            skiprows=[line - 1 for line, _ in first],
            on_bad_lines="warn" if declared.errors == "skip" else "error",
        )
    for warning in caught:
        skipped += [(int(line), why) for line, why in SKIPPED.findall(str(warning.message))]
    lines = _lines(held, separator, {line for line, _ in skipped}) if skipped else range(2, len(table) + 2)
    return TableFile(str(file), table, skipped, lines, is_text=True)


def _lines(held: bytes, separator: str, skipped: set[int]) -> list[int]:
    """Return the line of each row, where some lines are none."""
    rows = csv.reader(io.StringIO(held.decode("utf-8", "replace"), newline=""), delimiter=separator)
    next(rows, None)
    return [rows.line_num for row in rows if row and rows.line_num not in skipped]


def _text(file: Path, held: bytes) -> str:
    """Return the text of a file, which is UTF-8 without NUL."""
    from lamport._lamport import LogError

    if (zero := held.find(b"\0")) >= 0:
        line = held.count(b"\n", 0, zero) + 1
        raise LogError(f"{file}:{line}: not text: the file looks binary")
    try:
        return held.decode("utf-8")
    except UnicodeDecodeError as error:
        line = held.count(b"\n", 0, error.start) + 1
        byte = error.start - held.rfind(b"\n", 0, error.start)
        raise LogError(
            f"{file}:{line}: byte {byte} of the line is no UTF-8: save the file as UTF-8"
        ) from None


def _too_long(text: str, separator: str, names: int) -> list[tuple[int, int]]:
    """Return the first lines behind the names of columns, as long as they have more fields, and how many.

    By these pandas would take the first fields for names of rows; of later lines it says that they are long.
    """
    found = []
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    next(rows, None)
    for row in rows:
        if row:
            if len(row) <= names or not any(field.strip() for field in row[names:]):
                break
            found.append((rows.line_num, len(row)))
    return found


def _parquet(file: Path) -> TableFile:
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise ImportError("parquet files need pyarrow: pip install pyarrow") from error
    frame: pd.DataFrame = pyarrow.parquet.read_table(file).to_pandas()
    return TableFile(str(file), frame, [], range(len(frame)), is_text=False)


def _plain(error: Exception) -> str:
    """Say what is wrong with a table, with the line in front if there is one."""
    text = str(error).removeprefix("Error tokenizing data. C error: ").strip()
    if found := TOO_MANY.match(text):
        expected, line, saw = found.groups()
        return f"{line}: {saw} fields, but {expected} before: quote those that hold the separator"
    if found := UNCLOSED.search(text):
        return (
            f"{int(found[1]) + 1}: a quote is opened in this row and never closed: double those that are text"
        )
    return f" it is not a table ({text})"


def join_tables(files: Sequence[TableFile]) -> pd.DataFrame:
    """Put tables one below the other."""
    frames = [each.frame for each in files]
    return frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)


def without_bad_rows(
    files: Sequence[TableFile],
    declared: Declaration,
    notes: list[str],
    read: Callable[[pd.DataFrame, Declaration, list[BadRow]], "tuple[Logs, Any]"],
) -> "tuple[Logs, Any]":
    """Read tables as one; a row that cannot be is named where it stands, or left aside if it may be."""
    from lamport._lamport import LogError

    table = join_tables(files)
    starts = [0, *accumulate(len(each.frame) for each in files)]
    rows = list(range(len(table)))
    left: list[tuple[int, str]] = []

    def place(row: int) -> str:
        file = bisect_right(starts, row) - 1
        return files[file].place(row - starts[file]) if file < len(files) else f"row {row}"

    def bad_rows() -> list[BadRow]:
        """Return all in their order, by rows of what is left of the table."""
        found: list[BadRow] = []
        for file, start, end in zip(files, starts, starts[1:], strict=False):
            here = [(file.lines[row - start], why, row) for row, why in left if start <= row < end]
            here += [(line, why, start + bisect_left(file.lines, line)) for line, why in file.skipped]
            span = bisect_left(rows, start), bisect_left(rows, end)
            here.sort()
            found += [(file.file, line, why, bisect_left(rows, row), *span) for line, why, row in here]
        return found

    while True:
        try:
            found = read(table, declared, bad_rows())
        except LogError:
            raise
        except ValueError as error:
            bad = ROW.match(str(error))
            if bad is None or int(bad[1]) >= len(rows):
                said = IN_ROW.sub(lambda found: place(rows[int(found[1])]), str(error))
                raise type(error)(said) from None
            at = int(bad[1])
            said = f"{place(rows[at])}: {bad[2]}"
            if declared.errors != "skip" or len(left) >= MOST:
                raise LogError(said) from None
            left.append((rows[at], bad[2]))
            del rows[at]
            table = table.drop(index=table.index[at]).reset_index(drop=True)
        else:
            skipped = bad_rows()
            notes += [f"{file}:{line}: left aside: {why}" for file, line, why, *_ in skipped[:NOTED]]
            if len(skipped) > NOTED:
                notes.append(f"{len(skipped) - NOTED} more rows cannot be read and are left aside")
            return found
