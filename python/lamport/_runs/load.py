"""Logs as runs."""

from collections.abc import Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any, Literal

from lamport._model.public import public
from lamport._model.rules import Rules
from lamport._runs.align import best_offsets, corrected
from lamport._runs.apart import is_apart, read_apart, told
from lamport._runs.declaration import Declaration
from lamport._runs.directory import read_record
from lamport._runs.files import Found, find, home_of
from lamport._runs.foreign import foreign_run, name_pattern, plan
from lamport._runs.recipe import Recipe, read_again
from lamport._runs.run import Run

__all__ = ["by_id", "load", "load_declared"]


@public
def load(
    path: str | PathLike[str] | Iterable[str | PathLike[str]],
    *,
    format: Literal["jsonl", "csv", "parquet", "shiviz", "tsviz", "govector"] | None = None,  # noqa: A002
    columns: Mapping[str, str | None] | None = None,
    events: Mapping[str, str | tuple[str, str] | None] | None = None,
    file_pattern: str | None = None,
    time_format: str | None = None,
    time_unit: Literal["s", "ms", "us", "ns"] | None = None,
    queue_len: Literal["after", "before"] = "after",
    multicast: Literal["rows"] | None = None,
    execution: str | int | None = None,
    rules: Rules | None = None,
    errors: Literal["raise", "skip"] = "raise",
    offsets: Mapping[int | str, float] | Literal["align"] | None = None,
) -> Run:
    r"""Read the logs of one run.

    Logs of this package need no options: JSON lines with at least ``event``, ``system_time``,
    ``machine_id``, ``old_clock`` and ``new_clock``, in any grouping (several machines in one file, one
    machine in several: what the lines say decides their order, not the names of files). Nor do tables in CSV
    or Parquet with our names of columns, logs for ShiViz and TSViz, and logs of GoVector. Of other logs say
    by options how they differ; `read_text` reads text of any form.

    Parameters
    ----------
    path : path, glob or list of them
        A directory is searched for ``machine_*.log``, plain or compressed by gzip or zstd (``.log.gz``,
        ``.log.zst``), rotated ones (``.log.1``) too, and where it has none, the directories below are, but
        not through links; where these have none either, all files in it are taken that end in ``.log``,
        ``.jsonl`` or ``.ndjson``, compressed or not. If anything is declared, the files in it are taken,
        those below are not. A ``run.json`` beside the logs is read too, other files are left aside and noted.
        A file that grows or shrinks meanwhile is read up to where its end was met. Blank lines are left
        aside. ``-`` is the standard input, ``~`` the home.
    format : {"jsonl", "csv", "parquet", "shiviz", "tsviz", "govector"}, optional
        The form of the files. If None the first and the last line tell, which must agree; `Run.notes` says
        what they were taken for.
    columns : mapping of str to str, optional
        Their names of columns, keys or groups to ours, or to None for one to leave aside, as in
        ``{"lc": "new_clock", "node": "machine_id"}``; ours are those of `from_events`.
    events : mapping of str to str, optional
        Their words for events to SEND, RECEIVE or INTERNAL, to ("RECEIVE", "SEND") for both at once, or to
        None for lines to leave aside. Usual words are known.
    file_pattern : str, optional
        A regular expression whose group ``machine`` is found in the name of a file, where its lines do not
        tell the machine, as in ``r"machine_(?<machine>\d+)"``. Without one it is the last number of the name
        without its ending, else the name less what those of all files have in common.
    time_format : str, optional
        How times are written, as in ``datetime.strptime``; ISO 8601 is known.
    time_unit : {"s", "ms", "us", "ns"}, optional
        What numbers that are times are: seconds if None, unless they cannot be.
    queue_len : {"after", "before"}
        Whether a receipt tells how many messages waited after its own was taken, or before.
    multicast : "rows", optional
        Consecutive SENDs of one clock to different machines are one event.
    execution : str or int, optional
        Which execution to read, by name or by number from 1, where there are several: of our own logs the
        name is the run's id.
    rules : Rules, optional
        What is taken for true of the program, for everything that follows from the run.
    errors : {"raise", "skip"}
        Whether a line that cannot be read is an error, or left aside and noted.
    offsets : mapping of machine to float, optional
        Seconds to add to the times of a machine's log, to correct its host's clock; an int is an id, a text a
        name. With "align" those that `Run.align` finds best. If None, those of a run over several hosts (its
        ``run.json`` names them, see `run_hosts`) are found so, one for each host where that fits; ``{}``
        leaves times as they were logged.

    Returns
    -------
    Run
        The run, with `Run.notes` on what its tables leave out.

    Raises
    ------
    FileNotFoundError
        There is no such file, or no log in the directory.
    ValueError
        The directory holds the logs of several runs, a log both plain and compressed, files of several forms,
        or an option is not what it takes.
    LogError
        A line is malformed (a torn last line is a note, not an error), a file is empty, an archive, an image,
        or of a form that is not known.

    Examples
    --------
    >>> import lamport
    >>> run = lamport.load("logs/run_2026-11-21_14-00-00")  # doctest: +SKIP
    >>> run = lamport.load("collected/host*/*.log", offsets={2: 0.013})  # doctest: +SKIP
    >>> run = lamport.load("theirs.jsonl", columns={"lc": "clock", "node": "machine"})  # doctest: +SKIP
    """
    declared = Declaration(
        format=format,
        columns=columns,
        events=events,
        file_pattern=file_pattern,
        time_format=time_format,
        time_unit=time_unit,
        queue_len=queue_len,
        multicast=multicast,
        execution=execution,
        rules=rules,
        errors=errors,
        offsets=offsets,
    )
    return load_declared(path, declared)


def load_declared(path: str | PathLike[str] | Iterable[str | PathLike[str]], declared: Declaration) -> Run:
    """Read the logs of one run by what is declared of them."""
    files = find(path, foreign=declared.is_foreign, pattern=name_pattern(declared))
    layouts = plan(files, declared)
    if layouts[0].kind != "own":
        return foreign_run(files, layouts, declared)
    return _own_run(files, declared)


def _run_of_hosts(files: Found, declared: Declaration, home: Path, record: dict[str, Any]) -> Run:
    """Read the logs of several hosts, their clocks aligned."""
    skip, rules, execution = declared.errors == "skip", declared.rules, declared.execution
    logs, known, notes = read_apart(
        lambda offsets: read_again(files, offsets, skip, rules, execution), record
    )
    again = [file.absolute() for file in files]
    return Run(
        logs,
        parameters=record | told(logs, known, record),
        log_dir=home,
        interrupted=record.get("interrupted") is True,
        recipe=Recipe(read_again, (again, known or None, skip, rules, execution)),
        rules=rules,
        notes=[*files.notes, *notes],
    )


def by_id(offsets: Mapping[int | str, float]) -> dict[int, float]:
    """Return offsets by the ids of machines that have no names."""
    if strange := [name for name in offsets if isinstance(name, str) and not name.isdecimal()]:
        raise ValueError(f"offsets: no machine is called {strange[0]!r}: these have ids, as in {{2: 0.013}}")
    return {int(machine): offset for machine, offset in offsets.items()}


def _own_run(files: Found, declared: Declaration) -> Run:
    home = home_of(files)
    record = read_record(home)
    known = None
    skip = declared.errors == "skip"
    if declared.offsets is None and is_apart(record):
        return _run_of_hosts(files, declared, home, record)
    if declared.offsets == "align":
        known = best_offsets(read_again(files, None, skip, declared.rules, declared.execution))
    elif declared.offsets is not None:
        known = by_id(declared.offsets)
    if known is not None:
        record |= corrected(known, aligned=declared.offsets == "align")
    logs = read_again(files, known, skip, declared.rules, declared.execution)
    if logs.began is not None and "began" in record:
        record["began"] = logs.began  # with the offsets
    again = [file.absolute() for file in files]
    return Run(
        logs,
        parameters=record,
        log_dir=home,
        interrupted=record.get("interrupted") is True,
        recipe=Recipe(read_again, (again, known, skip, declared.rules, declared.execution)),
        rules=declared.rules,
        notes=files.notes,
    )
