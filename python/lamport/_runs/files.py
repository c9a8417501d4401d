"""Which files a path, a glob or a list of them names, and what is left aside."""

import os
import re
import stat
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from glob import glob, has_magic
from os import PathLike
from pathlib import Path
from typing import BinaryIO, cast

from lamport._model.check import path
from lamport._runs.directory import RECORD, log_files, log_name

__all__ = ["Found", "find", "home_of"]

ENDINGS = (".log", ".jsonl", ".ndjson")
"""How the names of logs of others end that look like ours."""
FOREIGN = (*ENDINGS, ".txt", ".csv", ".tsv", ".json", ".parquet", ".shiviz", ".tsviz", ".out", ".trace")
"""The same of logs whose form is declared."""
ROTATED = re.compile(r"(\.\d+|[.-]\d{8}([T_-]?\d+)?)$")
SHOWN = 5
LISTED = 10
INPUT = "-"


class Found(list[Path]):
    """The files, in order; `notes` says what else there is."""

    notes: list[str]

    def __init__(self, files: Iterable[Path] = (), notes: Iterable[str] = ()) -> None:
        super().__init__(dict.fromkeys(files))
        self.notes = list(notes)


def find(
    source: str | PathLike[str] | Iterable[str | PathLike[str]],
    *,
    foreign: bool = False,
    pattern: re.Pattern[str] | None = None,
) -> Found:
    """Find the log files that a path, a glob or a list of them names.

    Parameters
    ----------
    source : path, glob or list of them
        ``~`` is the home, ``-`` the standard input.
    foreign : bool
        Whether the form of the logs is declared: a directory is then looked into, but not below.
    pattern : compiled expression, optional
        What the names of files in a directory must match.
    """
    sources = _listed([source] if isinstance(source, (str, PathLike)) else source)
    if not sources:
        raise ValueError("no logs to load: the list is empty")
    found = [_files(entry, foreign, pattern) for entry in sources]
    return Found(
        (file for each in found for file in each),
        (note for each in found for note in each.notes),
    )


def home_of(files: Iterable[Path]) -> Path:
    """Return the directory that all files are in or below."""
    parents = {file.parent for file in files}
    if len(parents) == 1:
        return parents.pop()
    return Path(os.path.commonpath([parent.absolute() for parent in parents]))


def _listed(source: object) -> list[str | PathLike[str]]:
    """Take a list of paths."""
    known = (
        isinstance(source, Iterable)
        and not isinstance(source, (bytes, Mapping))
        and not hasattr(source, "columns")
    )
    found: list[str | PathLike[str]] = []
    for entry in cast("Iterable[object]", source) if known else [source]:
        path("logs", entry)
        found.append(cast("str | PathLike[str]", entry))
    return found


def _files(source: str | PathLike[str], foreign: bool, pattern: re.Pattern[str] | None) -> Found:
    text = os.fspath(source)
    if text == INPUT:
        return Found([_spooled()])
    path = Path(source).expanduser() if text.startswith("~") else Path(source)
    if path.is_dir():
        return _declared(path, pattern) if foreign else _search(path)
    if path.exists():
        if not path.is_file():
            return Found([_piped(path)])
        if path.name == RECORD:
            raise ValueError(
                f"{path} says how a run was made and is no log: give its directory, {path.parent}"
            )
        return Found([path])
    matches = sorted(glob(os.fspath(path), recursive=True)) if has_magic(text) else []  # noqa: PTH207 - patterns may be absolute
    if not matches:
        raise FileNotFoundError(f"{text}: there is no such file, directory or match")
    each = [
        Found([Path(match)])
        if Path(match).is_file() or not Path(match).exists()
        else _files(match, foreign, pattern)
        for match in matches
    ]
    return Found((file for files in each for file in files), (note for files in each for note in files.notes))


def _spooled() -> Path:
    """Copy the standard input to a file."""
    if sys.stdin is None:
        raise ValueError("-: there is no standard input")
    return _copied(sys.stdin.buffer, "standard_input")


def _piped(path: Path) -> Path:
    """Copy what comes out of a pipe or a terminal to a file; nothing else that is no file holds logs."""
    mode = path.stat().st_mode
    if not stat.S_ISFIFO(mode) and not _is_terminal(path, mode):
        what = "a socket" if stat.S_ISSOCK(mode) else "a device"
        raise ValueError(f"{path} is {what}, not a file with logs")
    with path.open("rb") as pipe:
        return _copied(pipe, path.name)


def _is_terminal(path: Path, mode: int) -> bool:
    if not stat.S_ISCHR(mode):
        return False
    with path.open("rb", buffering=0) as opened:
        return opened.isatty()


def _copied(source: BinaryIO, name: str) -> Path:
    """Copy to a file that is there as long as this process: it is read more than once."""
    home = tempfile.TemporaryDirectory(prefix="lamport_")
    KEPT.append(home)
    target = Path(home.name, name)
    with target.open("wb") as file:
        while piece := source.read(1 << 20):
            file.write(piece)
    return target


KEPT: list[tempfile.TemporaryDirectory[str]] = []
"""Directories that are removed when the process ends."""


def _search(directory: Path) -> Found:
    """Find our own logs in a directory, or else below it."""
    if files := log_files(directory):
        return Found(files, _left_aside(directory, files))
    found = {home: files for home in _below(directory) if (files := log_files(home))}
    if not found:
        return _others(directory)
    files = [file for each in found.values() for file in each]
    names = [log_name(file) for file in files]
    records = [home for home in found if (home / RECORD).exists()]
    if len(set(names)) < len(names) or len(records) > 1:
        name = max(names, key=names.count)
        homes = [home for home, each in found.items() if name in map(log_name, each)]
        runs = records if len(records) > len(homes) else homes
        raise ValueError(
            f"{directory} holds {len(runs)} runs ({_several(runs, directory)}): load one of them"
        )
    return Found(files, (note for home, each in found.items() for note in _left_aside(home, each)))


def _below(directory: Path) -> Iterator[Path]:
    """Yield the directories below, whatever their depth, but for links."""
    for home, names, _ in os.walk(directory, followlinks=False):
        names[:] = sorted(name for name in names if not Path(home, name).is_symlink())
        if Path(home) != directory:
            yield Path(home)


def _several(paths: list[Path], directory: Path) -> str:
    names = [os.fspath(path.relative_to(directory)) for path in paths]
    if len(names) > LISTED:
        names[LISTED - 1 : -1] = ["..."]
    return ", ".join(names)


def _left_aside(directory: Path, files: list[Path]) -> list[str]:
    """Say which files of a directory look like logs and are not taken."""
    taken = set(files)
    others = [
        entry.name
        for entry in sorted(directory.iterdir())
        if entry not in taken
        and entry.name.startswith("machine_")
        and ".log" in entry.name
        and entry.is_file()
    ]
    return [f"{directory}: left aside are {', '.join(others)}"] if others else []


def _others(directory: Path) -> Found:
    """List the logs of a directory that have other names than ours."""
    files = sorted(entry for entry in directory.iterdir() if entry.is_file())
    logs = [file for file in files if Path(ROTATED.sub("", log_name(file))).suffix in ENDINGS]
    if logs:
        taken = set(logs)
        rest = [file.name for file in files if file not in taken and file.name != RECORD]
        return Found(logs, [f"{directory}: left aside are {_some(rest)}"] if rest else [])
    there = "it has no file"
    if files:
        seen = _some([file.name for file in files])
        there = f"it has {seen}: give the logs by name, or a pattern like {directory / '*.txt'}"
    raise FileNotFoundError(
        f"{directory}: no machine_*.log (or .log.gz, .log.zst) in it or in the directories below, and no "
        f"file that ends in {', '.join(ENDINGS)}; {there}"
    )


def _declared(directory: Path, pattern: re.Pattern[str] | None) -> Found:
    """List the files of a directory whose form is declared; if there is none, our own logs below it."""
    files = sorted(
        entry for entry in directory.iterdir() if entry.is_file() and not entry.name.startswith(".")
    )
    files = [file for file in files if file.name != RECORD]
    if pattern is not None:
        logs = [file for file in files if pattern.search(file.name)]
        why = f"whose name matches file_pattern={pattern.pattern!r}"
    else:
        logs = [file for file in files if Path(ROTATED.sub("", log_name(file))).suffix.lower() in FOREIGN]
        why = f"that ends in {', '.join(FOREIGN)}"
    taken = set(logs)
    rest = [file.name for file in files if file not in taken]
    if logs:
        return Found(logs, [f"{directory}: left aside are {_some(rest)}"] if rest else [])
    if pattern is None and any(log_files(home) for home in _below(directory)):
        return _search(directory)
    below = [entry.name for entry in sorted(directory.iterdir()) if entry.is_dir()]
    seen = f"it has {_some(rest)}" if rest else "it has no file"
    more = f", and the directories {_some(below)}" if below else ""
    raise FileNotFoundError(f"{directory}: no file {why}; {seen}{more}: give the logs by name")


def _some(names: list[str]) -> str:
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
