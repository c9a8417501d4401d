"""A directory that one run has for itself."""

from collections.abc import Mapping
from contextlib import suppress
from os import PathLike
from pathlib import Path
from typing import Any

from lamport._runs.directory import DRAFT, FAULTS, KEY, LATENCY, RECORD, make_directory, record_text

__all__ = ["Claim", "absent"]

OWN = ("machine_*.log", RECORD, DRAFT, FAULTS, KEY, LATENCY)
"""What a run writes."""


class Claim:
    """The directory of a run: whoever makes its ``run.json`` has it, and nobody else.

    Parameters
    ----------
    log_dir : path, optional
        Where it is, made if needed; a new one below ``logs`` if None.
    parameters : mapping of str to object
        What ``run.json`` says at first.

    Attributes
    ----------
    path : Path
        The directory, from the root: whoever changes to another one meanwhile does not lose the run.

    Raises
    ------
    FileExistsError
        It holds a run.
    """

    def __init__(self, log_dir: str | PathLike[str] | None, parameters: Mapping[str, Any]) -> None:
        self._absent = absent(Path("logs" if log_dir is None else log_dir).absolute())
        if log_dir is None:
            self.path = make_directory()
            self._absent.insert(0, self.path)
        else:
            self.path = Path(log_dir).absolute()
            self.path.mkdir(parents=True, exist_ok=True)
        self._before = self._files()
        try:
            with (self.path / RECORD).open("x", encoding="utf-8") as file:
                file.write(record_text(parameters))
        except FileExistsError:
            raise FileExistsError(
                f"{self.path / RECORD} exists: a run is kept there; give another log_dir"
            ) from None
        except BaseException:
            self.give_up()
            raise

    def give_up(self) -> None:
        """Remove what the run has written there, and the directory if it made it."""
        with suppress(OSError):
            for file in self._files() - self._before:
                file.unlink(missing_ok=True)
            for directory in self._absent:
                directory.rmdir()

    def _files(self) -> set[Path]:
        return {file for pattern in OWN for file in self.path.glob(pattern)}


def absent(directory: Path) -> list[Path]:
    """List the directory and those above it that are not there, the innermost first."""
    return [each for each in (directory, *directory.parents) if not each.exists()]
