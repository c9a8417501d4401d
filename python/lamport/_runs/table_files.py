"""Tables in files: CSV and Parquet."""

import csv
import io
import re
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from lamport._runs.declaration import Declaration

if TYPE_CHECKING:
    from lamport._lamport import Logs

__all__ = ["Places", "join_tables", "read_table", "without_bad_rows"]

TEXTS = {"machine_id", "machine", "sender", "recipients", "recipient_ids", "event", "vector_clock", "message"}
"""Columns of text: what looks like a number there may be a name."""
SKIPPED = re.compile(r"Skipping line (\d+): (.*)")
TOO_MANY = re.compile(r"Expected (\d+) fields in line (\d+), saw (\d+)")
ROW = re.compile(r"row (\d+): (.*)", re.DOTALL)
IN_ROW = re.compile(r"\brow (\d+)\b")
MOST = 1_000
"""So many rows at most are left aside one by one."""
NOTED = 5

Places = Callable[[int], str]
"""Where the row of a table stands."""


def read_table(
    file: Path, *, separator: str | None, machine: str | None, declared: Declaration, notes: list[str]
) -> pd.DataFrame:
    """Read the table in a file; `machine` is whose it is, where no column tells. Parquet has no separator.

    Raises
    ------
    LogError
        It is no such table.
    """
    from lamport._lamport import LogError

    known = dict(declared.columns or {})
    try:
        table = _parquet(file) if separator is None else _csv(file, separator, known, declared, notes)
    except (ValueError, OSError) as error:
        if isinstance(error, OSError) and error.strerror:
            raise
        raise LogError(f"{file}:{_plain(error)}") from None
    ours = {known.get(name) or name for name in table.columns}
    if ours.isdisjoint({"machine_id", "machine"}) and machine is not None:
        table.insert(0, "machine_id", machine)
    return table


def _csv(
    file: Path, separator: str, known: dict[str, str | None], declared: Declaration, notes: list[str]
) -> pd.DataFrame:
    from lamport._lamport import read_bytes

    held = read_bytes(str(file))
    names = pd.read_csv(io.BytesIO(held), sep=separator, nrows=0, skipinitialspace=True).columns
    skipped = _too_long(held, separator, len(names))
    if skipped and declared.errors != "skip":
        raise ValueError(f"Expected {len(names)} fields in line {skipped[0][0]}, saw {skipped[0][1]}")
    for line, saw in skipped:
        notes.append(f"{file}:{line}: left aside: expected {len(names)} fields, saw {saw}")
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
            skiprows=[line - 1 for line, _ in skipped],
            on_bad_lines="warn" if declared.errors == "skip" else "error",
        )
    for warning in caught:
        notes += [f"{file}:{line}: left aside: {why}" for line, why in SKIPPED.findall(str(warning.message))]
    return table


def _too_long(held: bytes, separator: str, names: int) -> list[tuple[int, int]]:
    """Return the first lines behind the names of columns, as long as they have more fields, and how many.

    By these pandas would take the first fields for names of rows; of later lines it says that they are long.
    """
    found = []
    rows = csv.reader(io.StringIO(held.decode("utf-8", "replace"), newline=""), delimiter=separator)
    next(rows, None)
    for row in rows:
        if row:
            if len(row) <= names or not any(field.strip() for field in row[names:]):
                break
            found.append((rows.line_num, len(row)))
    return found


def _parquet(file: Path) -> pd.DataFrame:
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise ImportError("parquet files need pyarrow: pip install pyarrow") from error
    frame: pd.DataFrame = pyarrow.parquet.read_table(file).to_pandas()
    return frame


def _plain(error: Exception) -> str:
    """Say what is wrong with a table, with the line in front if there is one."""
    text = str(error).removeprefix("Error tokenizing data. C error: ").strip()
    if found := TOO_MANY.match(text):
        expected, line, saw = found.groups()
        return f"{line}: {saw} fields, but {expected} before: quote those that hold the separator"
    return f" it is not a table ({text})"


def join_tables(
    frames: Sequence[pd.DataFrame], files: Sequence[str], kind: str
) -> tuple[pd.DataFrame, Places]:
    """Put tables one below the other, and say where a row of that stands."""
    table = frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)
    lengths = [len(frame) for frame in frames]

    def place(row: int) -> str:
        for file, length in zip(files, lengths, strict=True):
            if row < length:
                return f"{file}:{row + 2}" if kind == "csv" else f"{file}: row {row}"
            row -= length
        return f"row {row}"

    return table, place


def without_bad_rows(
    table: pd.DataFrame,
    place: Places,
    declared: Declaration,
    notes: list[str],
    read: Callable[[pd.DataFrame, Declaration], "tuple[Logs, Any]"],
) -> "tuple[Logs, Any]":
    """Read a table; a row that cannot be is named where it stands, or left aside if it may be."""
    from lamport._lamport import LogError

    rows = list(range(len(table)))
    skipped: list[str] = []
    while True:
        try:
            found = read(table, declared)
        except LogError:
            raise
        except ValueError as error:
            bad = ROW.match(str(error))
            if bad is None or int(bad[1]) >= len(rows):
                said = IN_ROW.sub(lambda found: place(rows[int(found[1])]), str(error))
                raise type(error)(said) from None
            at = int(bad[1])
            said = f"{place(rows[at])}: {bad[2]}"
            if declared.errors != "skip" or len(skipped) >= MOST:
                raise LogError(said) from None
            skipped.append(said.replace(": ", ": left aside: ", 1))
            del rows[at]
            table = table.drop(index=table.index[at]).reset_index(drop=True)
        else:
            notes += skipped[:NOTED]
            if len(skipped) > NOTED:
                notes.append(f"{len(skipped) - NOTED} more rows cannot be read and are left aside")
            return found
