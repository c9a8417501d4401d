"""Logs as runs."""

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from glob import glob, has_magic
from os import PathLike
from pathlib import Path
from typing import Literal, cast

from lamport._model.check import path
from lamport._model.public import public
from lamport._runs.declaration import as_offsets
from lamport._runs.directory import RECORD, log_files, log_name, read_record
from lamport._runs.recipe import Recipe, read_again
from lamport._runs.run import Run

__all__ = ["by_id", "find", "home_of", "load"]

ENDINGS = (".log", ".jsonl", ".ndjson")
"""How the names of logs of others end."""
SHOWN = 5


@public
def load(
    source: str | PathLike[str] | Iterable[str | PathLike[str]],
    *,
    offsets: Mapping[int, float] | Literal["align"] | None = None,
) -> Run:
    """Read the logs of one run.

    Parameters
    ----------
    source : path, glob or list of them
        A directory is searched for ``machine_*.log``, plain or compressed by gzip or zstd (``.log.gz``,
        ``.log.zst``), and where it has none, the directories in it are; where these have none either, all
        files in it are taken that end in ``.log``, ``.jsonl`` or ``.ndjson``, compressed or not. A
        ``run.json`` beside the logs is read too, other files are not. A file that grows or shrinks meanwhile
        is read up to where its end was met. Blank lines are left aside.
    offsets : mapping of int to float or "align", optional
        Seconds to add to the times of a machine's log, to correct its host's clock; with "align" those that
        `Run.align` finds best.

    Returns
    -------
    Run
        The run, with `Run.notes` on what its tables leave out.

    Raises
    ------
    FileNotFoundError
        There is no such file, or no log in the directory.
    ValueError
        The directory holds the logs of several runs, or a log both plain and compressed.
    LogError
        A line is malformed (a torn last line is a note, not an error), or a file is empty or no log.

    Examples
    --------
    >>> import lamport
    >>> run = lamport.load("logs/run_2026-11-21_14-00-00")  # doctest: +SKIP
    >>> run = lamport.load("collected/host*/*.log", offsets={2: 0.013})  # doctest: +SKIP
    """
    files = find(source)
    home = home_of(files)
    record = read_record(home)
    if isinstance(offsets, str) and offsets == "align":
        from lamport._runs.align import best_offsets

        offsets = best_offsets(read_again(files, None))
        record["aligned"] = True
    if offsets is not None:
        offsets = by_id(as_offsets(offsets))
        record["offsets"] = {str(machine): offset for machine, offset in offsets.items()}
    known = None if offsets is None else dict(offsets)
    logs = read_again(files, known)
    if logs.began is not None and "began" in record:
        record["began"] = logs.began  # with the offsets
    return Run(
        logs,
        parameters=record,
        log_dir=home,
        interrupted=record.get("interrupted") is True,
        recipe=Recipe(read_again, ([file.absolute() for file in files], known)),
    )


def home_of(files: Iterable[Path]) -> Path:
    """Return the directory that all files are in or below."""
    parents = {file.parent for file in files}
    if len(parents) == 1:
        return parents.pop()
    return Path(os.path.commonpath([parent.absolute() for parent in parents]))


def by_id(offsets: Mapping[int | str, float]) -> dict[int, float]:
    """Return offsets by the ids of machines that have no names."""
    if strange := [name for name in offsets if isinstance(name, str)]:
        raise ValueError(f"offsets: no machine is called {strange[0]!r}: an id is a number, not a text")
    return {int(machine): offset for machine, offset in offsets.items()}


def find(source: str | PathLike[str] | Iterable[str | PathLike[str]]) -> list[Path]:
    """Find the log files that a path, a glob or a list of them names."""
    sources = _listed([source] if isinstance(source, (str, PathLike)) else source)
    if not sources:
        raise ValueError("no logs to load: the list is empty")
    return list(dict.fromkeys(file for entry in sources for file in _files(entry)))


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


def _files(source: str | PathLike[str]) -> list[Path]:
    path = Path(source)
    if path.is_dir():
        return _search(path)
    if path.exists():
        if path.name == RECORD:
            raise ValueError(
                f"{path} says how a run was made and is no log: give its directory, {path.parent}"
            )
        return [path]
    text = os.fspath(source)
    found = sorted(glob(text, recursive=True)) if has_magic(text) else []  # noqa: PTH207 - patterns may be absolute
    if not found:
        raise FileNotFoundError(f"{text}: there is no such file, directory or match")
    return [
        file for match in found for file in ([Path(match)] if Path(match).is_file() else _search(Path(match)))
    ]


def _search(directory: Path) -> list[Path]:
    if files := log_files(directory):
        return files
    below = sorted(entry for entry in directory.iterdir() if entry.is_dir())
    files = [file for entry in below for file in log_files(entry)]
    if not files:
        return _others(directory)
    name, times = Counter(map(log_name, files)).most_common(1)[0]
    if times > 1:
        runs = [file.parent.name for file in files if log_name(file) == name]
        raise ValueError(f"{directory} holds {times} runs ({runs[0]}, ..., {runs[-1]}): load one of them")
    return files


def _others(directory: Path) -> list[Path]:
    """List the logs of a directory that have other names than ours."""
    files = sorted(entry for entry in directory.iterdir() if entry.is_file())
    if logs := [file for file in files if Path(log_name(file)).suffix in ENDINGS]:
        return logs
    seen = ", ".join(file.name for file in files[:SHOWN]) + (", ..." if len(files) > SHOWN else "")
    there = "it has no file"
    if seen:
        there = f"it has {seen}: give the logs by name, or a pattern like {directory / '*.txt'}"
    raise FileNotFoundError(
        f"{directory}: no machine_*.log (or .log.gz, .log.zst) in it or in the directories below, and no "
        f"file that ends in {', '.join(ENDINGS)}; {there}"
    )
