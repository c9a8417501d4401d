"""Logs of other programs, as runs."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from lamport._runs.align import best_offsets, corrected
from lamport._runs.declaration import Declaration, python_pattern
from lamport._runs.directory import is_log
from lamport._runs.file_machines import file_machines
from lamport._runs.files import Found, home_of
from lamport._runs.layout import Layout, layout_of
from lamport._runs.recipe import Recipe
from lamport._runs.run import Run

if TYPE_CHECKING:
    import pandas as pd

    from lamport._lamport import Logs

__all__ = ["foreign_run", "logs_again", "name_pattern", "plan", "tables_again"]

TABLES = {"csv", "parquet"}
SHOWN = 5

Given = list[tuple[str, str | None, int]]
"""Files, the machine of each if its lines do not tell, and how many lines in front are no events."""


def name_pattern(declared: Declaration) -> re.Pattern[str] | None:
    """Return what the names of files in a directory must match."""
    return None if declared.file_pattern is None else re.compile(python_pattern(declared.file_pattern))


def plan(files: Sequence[Path], declared: Declaration) -> list[Layout]:
    """Tell how each file is read; all of them are of one form.

    Raises
    ------
    ValueError
        They are not.
    """
    layouts = [_layout(file, declared) for file in files]
    for file, layout in zip(files, layouts, strict=True):
        first = layouts[0]
        if (layout.kind, layout.patterns) != (first.kind, first.patterns):
            raise ValueError(
                f"{files[0]} looks like {first.said}, but {file} like {layout.said}: load files of one form"
            )
    return layouts


def _layout(file: Path, declared: Declaration) -> Layout:
    layout = layout_of(file, declared)
    if layout.kind == "own" and declared.reads_fields:
        return replace(layout, kind="json", said="JSON lines")
    if layout.kind == "json" and is_log(file.name) and not declared.is_foreign:
        return replace(layout, kind="own")
    return layout


def foreign_run(files: Found, layouts: Sequence[Layout], declared: Declaration) -> Run:
    """Read logs of other programs."""
    first = layouts[0]
    notes = list(files.notes)
    if first.said:
        notes.append(f"{files[0]}: taken for {first.said}" + (", as the others" if len(files) > 1 else ""))
    names: list[str | None] = [None] * len(files)
    if declared.file_pattern is not None or not all(layout.tells_machine(declared) for layout in layouts):
        names = file_machines(files, declared.file_pattern)
        if declared.file_pattern is None and any(names):
            notes.append(_said(files, names))
    given = [
        (str(file), name, layout.header) for file, name, layout in zip(files, names, layouts, strict=True)
    ]
    if first.patterns:
        delimiter = first.delimiter if declared.delimiter is None else declared.delimiter
        declared = replace(declared, pattern=first.patterns, delimiter=delimiter)
    if first.is_tsviz and declared.time_unit is None and declared.time_format is None:
        declared = replace(declared, time_unit="ns")
    again = [(str(Path(file).absolute()), *rest) for file, *rest in given]
    separators = tuple(layout.separator for layout in layouts) if first.kind in TABLES else None
    parameters = {}
    if declared.offsets == "align":
        apart, *_ = _read(given, first.kind, separators, replace(declared, offsets=None))
        best: dict[int | str, float] = dict(best_offsets(apart).items())
        declared = replace(declared, offsets=best)
        parameters = corrected(best, aligned=True)
    logs, extra, spoken = _read(given, first.kind, separators, declared)
    recipe = Recipe(logs_again, (again, declared))
    if separators is not None:
        recipe = Recipe(tables_again, (again, first.kind, separators, declared))
    return Run(
        logs,
        parameters=parameters,
        log_dir=home_of(files),
        recipe=recipe,
        rules=declared.rules,
        extra=extra,
        notes=notes + spoken,
    )


def _read(
    files: Given, kind: str, separators: Sequence[str] | None, declared: Declaration
) -> "tuple[Logs, pd.DataFrame | None, list[str]]":
    if separators is None:
        return logs_again(files, declared), None, []
    return read_tables(files, kind, separators, declared)


def _said(files: Sequence[Path], names: Sequence[str | None]) -> str:
    pairs = zip(files[:SHOWN], names, strict=False)
    shown = ", ".join(f"{file.name} is of {name}" for file, name in pairs)
    more = ", ..." if len(files) > SHOWN else ""
    return f"machines are called by the names of their files: {shown}{more} (file_pattern= says otherwise)"


def logs_again(files: Given, declared: Declaration) -> "Logs":
    """Read text by patterns, or JSON lines where there is none."""
    from lamport._lamport import read_foreign

    return read_foreign(files, declared)


def tables_again(files: Given, kind: str, separators: Sequence[str], declared: Declaration) -> "Logs":
    """Read tables in files."""
    return read_tables(files, kind, separators, declared)[0]


def read_tables(
    files: Given, kind: str, separators: Sequence[str], declared: Declaration
) -> "tuple[Logs, pd.DataFrame, list[str]]":
    """Read tables in files as one: logs, the columns that mean nothing to us, and what was left aside."""
    from lamport._runs.from_events import logs_of_frame
    from lamport._runs.table_files import read_table, without_bad_rows

    notes: list[str] = []
    tables = [
        read_table(
            Path(file),
            separator=None if kind == "parquet" else separator,
            machine=machine,
            declared=declared,
        )
        for (file, machine, _), separator in zip(files, separators, strict=True)
    ]
    logs, extra = without_bad_rows(tables, declared, notes, logs_of_frame)
    return logs, extra, notes
