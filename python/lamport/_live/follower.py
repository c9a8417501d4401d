"""What is new in the logs of a run that goes on, and what its ``run.json`` tells of it."""

import json
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from lamport import _lamport
from lamport._lamport import LogError
from lamport._model.fault import as_faults
from lamport._runs.directory import RECORD, read_record
from lamport._runs.spelled import spelled
from lamport._view.faults import faults_of_page

__all__ = ["Follower"]

LIMIT = 5000
"""Events a second above which some are left out."""
MOST = 10**6
"""More machines than any run has are none."""
LONGEST = 20_000
"""The most bytes of what is said of faults."""


class Follower:
    """Follows the logs of a directory, or files, while they are written.

    Parameters
    ----------
    place : path or sequence of path
        A directory, which need not be there yet, or files.
    limit : int
        Events a second above which some are left out, whole messages at a time.
    title : str, optional
        What the run is called; if None, as its directory or its one file.
    """

    def __init__(
        self,
        place: str | PathLike[str] | Sequence[str | PathLike[str]],
        limit: int = LIMIT,
        *,
        title: str | None = None,
    ) -> None:
        self._native = _lamport.Follower(place, limit=limit)
        self._directory: Path | None = None
        only: str | PathLike[str]
        if isinstance(place, str | PathLike):
            only = self._directory = Path(place)
        else:
            only = place[0] if len(place) == 1 else "logs"
        # Names of files may be no text.
        self.title = spelled(Path(only).absolute().name if title is None else title)
        self._seen: object = ()
        self._describe({})

    @property
    def is_behind(self) -> bool:
        """Whether there is more to be read at once."""
        return self._native.is_behind

    def poll(self) -> list[str]:
        """Return what is new, as JSON texts; none if nothing happened."""
        self._look()
        return self._native.poll()

    def _look(self) -> None:
        """Read the record of the run, if there is one that is new."""
        if self._directory is None:
            return
        try:
            state = (self._directory / RECORD).stat()
        except OSError:
            return
        seen = (state.st_mtime_ns, state.st_size, state.st_ino)
        if seen == self._seen:
            return
        self._seen = seen
        try:
            self._describe(read_record(self._directory))
        except (OSError, LogError, ValueError, RecursionError):
            # It is a help: without it the logs tell.
            self._describe({})

    def _describe(self, record: dict[str, Any]) -> None:
        faults = faults_of_page(as_faults(record.get("faults") or ()))
        machines = record.get("machines")
        expected = machines if isinstance(machines, int) and 0 <= machines <= MOST else 0
        while len(json.dumps(faults)) > LONGEST:
            faults = faults[: len(faults) // 2]
        head = {"title": self.title, "faults": faults}
        self._native.describe(json.dumps(head), expected)
