"""Which of a run's machines have no log among those that were read."""

import re
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from zlib import crc32

from lamport._model.topology import machine_count
from lamport._runs.directory import log_files

if TYPE_CHECKING:
    from lamport._lamport import Logs

__all__ = ["Absent", "absent", "describe", "file_name", "note"]

LISTED = 10
"""The most machines that a text names one by one."""
LONGEST_NAME = 60
"""Characters of a file name that list machines."""


class Absent(NamedTuple):
    """Machines without a log; of many only the first and the last are kept: a file may say any number.

    Examples
    --------
    >>> str(Absent(2, (1, 3), 3))
    'machines 1 and 3'
    """

    total: int = 0
    first: tuple[int, ...] = ()
    last: int = 0

    def __bool__(self) -> bool:
        return self.total > 0

    def __str__(self) -> str:
        return _say(self.first, self.last, self.total)


def absent(logs: "Logs", machines: object) -> Absent:
    """Say which machines of the run no log here is of.

    They follow from how many there are, if that can be, else from the peers that STARTUP, CONNECT and SEND
    lines name, and from logs that lie beside those read.
    """
    here = set(logs.machines()["machine_id"].tolist())
    count = machine_count(machines)
    if count is not None:
        return _without(range(1, count + 1), here)
    homes = {Path(name).parent for name in logs.files}
    beside = {number for home in homes for number in _siblings(home)}
    return _without(sorted({*beside, *(peer for row in logs.peers().values() for peer in row)} - here), set())


def _without(all_of_them: Sequence[int], here: set[int]) -> Absent:
    """Say which of ascending numbers are not among these, without a look at each."""
    count = len(all_of_them) - sum(machine in all_of_them for machine in here)
    if not count:
        return Absent()
    first = islice((machine for machine in all_of_them if machine not in here), LISTED)
    last = next(machine for machine in reversed(all_of_them) if machine not in here)
    return Absent(count, tuple(first), last)


def describe(here: Sequence[int], missing: Absent) -> str:
    """Name the machines of a part of a run; nothing of a whole one.

    Examples
    --------
    >>> describe([1, 3], Absent(3, (2, 4, 5), 5))
    'machines 1 and 3 of 5'
    """
    return f"{_list(here)} of {len(here) + missing.total:,}" if missing else ""


def note(here: Sequence[int], missing: Absent) -> str:
    """Say what a reader of the tables of a part should know."""
    return (
        f"this is part of a run, {describe(here, missing)}: there is no log of {missing}, "
        "and drift is of the machines here"
    )


def file_name(here: Sequence[int], missing: Absent, end: str) -> str:
    """Name a file of a run's analysis: that of a part says of which machines.

    Examples
    --------
    >>> file_name([1, 2, 3, 7, 9, 10], Absent(1, (4,), 4), "summary.md")
    'analysis_machines_1-3_7_9-10_summary.md'
    >>> file_name([1], Absent(), "summary.md")
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
    return _say(numbers[:LISTED], numbers[-1], len(numbers))


def _say(first: Sequence[int], last: int, count: int) -> str:
    if count == 1:
        return f"machine {last}"
    if count <= LISTED:
        return f"machines {', '.join(map(str, first[:-1]))} and {last}"
    return f"machines {first[0]}, ..., {last} ({count:,})"


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
