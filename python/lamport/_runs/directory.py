"""The directory of a run: its name, its logs and its ``run.json``."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

__all__ = [
    "DRAFT",
    "FAULTS",
    "KEY",
    "LATENCY",
    "RECORD",
    "is_log",
    "log_files",
    "log_name",
    "make_directory",
    "read_record",
    "read_record_file",
    "record_text",
    "run_directories",
    "write_record",
]

RECORD = "run.json"
DRAFT = "run.json.part"
LOG = re.compile(r"machine_(.*?)\.log((?:[.-]\d+)*)(\.gz|\.zst)?")
FAULTS = "faults.json"
"""What goes wrong, for machines that are processes of their own."""
KEY = "run.key"
"""The key of a run that has not ended in order."""
LATENCY = "latency.json"
"""How long messages take, for the same where a list of delays is too long for a command line."""


def make_directory(parent: str | Path = "logs", word: str = "run") -> Path:
    """Make ``run_YYYY-mm-dd_HH-MM-SS`` below `parent`, with a suffix where that exists."""
    name = datetime.now().strftime(f"{word}_%Y-%m-%d_%H-%M-%S")
    attempt = 1
    while True:
        directory = Path(parent, name if attempt == 1 else f"{name}_{attempt}").absolute()
        try:
            directory.mkdir(parents=True)
        except FileExistsError:
            if not Path(parent).is_dir():
                raise
            attempt += 1
        else:
            return directory


def is_log(name: str) -> bool:
    """Whether a file is called as our logs are: also those that were rotated or compressed."""
    return LOG.fullmatch(name) is not None


def log_files(directory: Path) -> list[Path]:
    """List the ``machine_*.log`` of a directory, rotated ones too, plain or compressed (``.gz``, ``.zst``).

    Raises
    ------
    ValueError
        A log is there twice, plain and compressed.
    """
    files = [file for file in directory.glob("machine_*.log*") if is_log(file.name) and _may_hold(file)]
    files.sort(key=_number)
    for file, other in pairwise(files):
        if log_name(file) == log_name(other):
            raise ValueError(
                f"{file} and {other.name} are the same machine's log: keep one, or name the files to load"
            )
    return files


def _may_hold(file: Path) -> bool:
    """Whether this is a file, or a link to nothing, of which is said so when it is read."""
    return file.is_file() or not file.exists()


def run_directories(path: Path) -> list[Path]:
    """Return a directory, if a run is in it, or those in it that hold a run, in the order of their numbers.

    Raises
    ------
    FileNotFoundError
        There is none.
    """
    if not path.is_dir():
        raise FileNotFoundError(f"{path} is not a directory: give that of a run, or one that holds several")
    if _holds_run(path):
        return [path]
    found = [entry for entry in path.iterdir() if entry.is_dir() and _holds_run(entry)]
    if not found:
        raise FileNotFoundError(f"{path}: no run in it, nor in the directories below")
    return sorted(found, key=_in_order)


def _holds_run(directory: Path) -> bool:
    return (directory / RECORD).exists() or any(directory.glob("machine_*.log*"))


def _in_order(path: Path) -> list[tuple[int, str]]:
    """Sort numbers in names by their value: run_2 before run_10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", path.name)]


def log_name(file: Path) -> str:
    """Return the name of a log without the ending of its compression."""
    return file.name.removesuffix(".gz").removesuffix(".zst")


def write_record(directory: Path, parameters: Mapping[str, Any]) -> None:
    """Write ``run.json``: whole or not at all, should the process die."""
    draft = directory / DRAFT
    try:
        draft.write_text(record_text(parameters), encoding="utf-8")
        draft.replace(directory / RECORD)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


def record_text(parameters: Mapping[str, Any]) -> str:
    """Return what is in ``run.json``."""
    lines = [f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in parameters.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def read_record(directory: Path) -> dict[str, Any]:
    """Read ``run.json``; empty where there is none.

    Raises
    ------
    LogError
        The file is not a JSON object.
    """
    try:
        return read_record_file(directory / RECORD)
    except FileNotFoundError:
        return {}


def read_record_file(path: Path) -> dict[str, Any]:
    """Read a file like ``run.json``.

    Raises
    ------
    FileNotFoundError
        It does not exist.
    LogError
        It is not a JSON object.
    """
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise _bad(path, str(error)) from error
    if not isinstance(record, dict):
        raise _bad(path, f"a JSON {type(record).__name__}")
    return record


def _bad(path: Path, why: str) -> Exception:
    from lamport._lamport import LogError

    return LogError(f"{path}: {why}; the parameters of a run are one JSON object")


def _number(path: Path) -> tuple[int, str, str]:
    found = LOG.fullmatch(path.name)
    number = int(found[1]) if found and found[1].isdecimal() else 0
    return (number, log_name(path), path.name)
