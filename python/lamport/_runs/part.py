"""Which of a run's machines have no log among those that were read."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

from lamport._runs.directory import log_files

if TYPE_CHECKING:
    from lamport._lamport import Logs

__all__ = ["absent", "describe", "file_name", "note"]

LISTED = 10
"""The most machines that a text names one by one."""
LONGEST_NAME = 60
"""Characters of a file name that list machines."""


def absent(logs: "Logs", machines: object) -> list[int]:
    """List the machines of the run that no log here is of.

    They follow from how many there are, else from the peers that STARTUP, CONNECT and SEND lines name, and
    from logs that lie beside those read.
    """
    columns = logs.machines()
    here = set(columns["machine_id"].tolist())
    if isinstance(machines, int):
        return [machine for machine in range(1, machines + 1) if machine not in here]
    homes = {Path(name).parent for name in logs.files}
    beside = {number for home in homes for number in _siblings(home)}
    return sorted({*beside, *(peer for row in logs.peers().values() for peer in row)} - here)


def describe(here: Sequence[int], missing: Sequence[int]) -> str:
    """Name the machines of a part of a run; nothing of a whole one.

    Examples
    --------
    >>> describe([1, 3], [2, 4, 5])
    'machines 1 and 3 of 5'
    """
    return f"{_list(here)} of {len(here) + len(missing):,}" if missing else ""


def note(here: Sequence[int], missing: Sequence[int]) -> str:
    """Say what a reader of the tables of a part should know."""
    return (
        f"this is part of a run, {describe(here, missing)}: there is no log of {_list(missing)}, "
        "and drift is of the machines here"
    )


def file_name(here: Sequence[int], missing: Sequence[int], end: str) -> str:
    """Name a file of a run's analysis: that of a part says of which machines.

    Examples
    --------
    >>> file_name([1, 2, 3, 7, 9, 10], [4], "summary.md")
    'analysis_machines_1-3_7_9-10_summary.md'
    >>> file_name([1], [], "summary.md")
    'analysis_summary.md'
    """
    if not missing:
        return f"analysis_{end}"
    if len(here) == 1:
        return f"analysis_machine_{here[0]}_{end}"
    named = _ranges(here)
    if len(named) > LONGEST_NAME:
        named = f"{len(here)}_of_them_{crc32(named.encode()):08x}"
    return f"analysis_machines_{named}_{end}"


def _list(numbers: Sequence[int]) -> str:
    if len(numbers) == 1:
        return f"machine {numbers[0]}"
    if len(numbers) <= LISTED:
        return f"machines {', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"
    return f"machines {numbers[0]}, ..., {numbers[-1]} ({len(numbers):,})"


def _ranges(numbers: Iterable[int]) -> str:
    rows: list[list[int]] = []
    for number in sorted(numbers):
        if rows and number == rows[-1][1] + 1:
            rows[-1][1] = number
        else:
            rows.append([number, number])
    return "_".join(str(first) if first == last else f"{first}-{last}" for first, last in rows)


def _siblings(home: Path) -> list[int]:
    """List the machines that have a log in a directory."""
    try:
        files = log_files(home)
    except ValueError:  # one is there twice: whoever reads the directory is told
        return []
    names = (re.match(r"machine_(\d+)\.log", file.name) for file in files)
    return [int(name[1]) for name in names if name]
