"""Which of a run's machines have no log among those that were read."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

from lamport._runs.directory import log_files

if TYPE_CHECKING:
    from lamport._runs.recorded import Recorded

__all__ = ["absent", "describe", "file_name", "note"]

LISTED = 10
"""The most machines that a text names one by one."""
LONGEST_NAME = 60
"""Characters of a file name that list machines."""


def absent(run: "Recorded") -> list[int]:
    """List the machines of the run that no log here is of.

    They follow from ``run.json``, from the peers that STARTUP, CONNECT and SEND lines name, and from logs
    that lie beside those read. A table of events and a simulation in memory are whole.
    """
    files = run._read_files
    if not files:
        return []
    here = set(run._logs.machines()["machine_id"].tolist())
    count = run._parameters.get("machines")
    if isinstance(count, int):
        known = range(1, count + 1)
        return [machine for machine in known if machine not in here]
    peers = run._logs.peers()
    beside = {number for home in {file.parent for file in files} for number in _siblings(home)}
    return sorted({*beside, *(peer for row in peers.values() for peer in row)} - here)


def describe(run: "Recorded") -> str:
    """Name the machines of a part of a run, as ``machine 1 of 3``; empty for a whole run.

    Examples
    --------
    >>> _words([1, 3], 5)
    'machines 1 and 3 of 5'
    """
    missing = run._absent
    return _words(run._numbers, len(run._numbers) + len(missing)) if missing else ""


def note(run: "Recorded") -> str:
    """Say what a reader of the tables of a part should know."""
    return (
        f"this is part of a run, {describe(run)}: there is no log of {_list(run._absent)}, and drift is of "
        "the machines here"
    )


def file_name(run: "Recorded", end: str) -> str:
    """Name a file of a run's analysis: that of a part says of which machines.

    Examples
    --------
    >>> _ranges([1, 2, 3, 7, 9, 10])
    '1-3_7_9-10'
    """
    numbers = run._numbers
    if not run._absent:
        return f"analysis_{end}"
    if len(numbers) == 1:
        return f"analysis_machine_{numbers[0]}_{end}"
    named = _ranges(numbers)
    if len(named) > LONGEST_NAME:
        named = f"{len(numbers)}_of_them_{crc32(named.encode()):08x}"
    return f"analysis_machines_{named}_{end}"


def _words(numbers: Sequence[int], total: int) -> str:
    return f"{_list(numbers)} of {total:,}"


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
