"""Whether logs are a possible history."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, SupportsFloat, cast

from lamport._model.check import flag
from lamport._model.public import public
from lamport._model.rules import Rules, as_rules
from lamport._runs.declaration import Declaration
from lamport._runs.directory import read_record
from lamport._runs.files import Found, find, home_of
from lamport._runs.foreign import foreign_run, name_pattern, plan
from lamport._runs.layout import Layout
from lamport._runs.load import by_id
from lamport._runs.run import Run
from lamport._runs.verification import UNKNOWN, Verification, is_aligned, verify_files, verify_recorded

if TYPE_CHECKING:
    from lamport._runs.frame import Table

__all__ = ["verify", "verify_declared"]


@public
def verify(
    logs: "str | PathLike[str] | Iterable[str | PathLike[str]] | Run | Table",
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
    offsets: Mapping[int | str, float] | Literal["align"] | None = None,
    clock_uncertainty: SupportsFloat | None = None,
    rules: Rules | None = None,
    strict: bool = False,
) -> Verification:
    """Check whether logs are a possible history.

    Parameters
    ----------
    logs : path, glob, list of them, Run, or table of events
        Damaged logs too, that `load` refuses; a ``run.json`` beside them says which machines take part. A
        table is what `from_events` takes.
    format, columns, events, file_pattern, time_format, time_unit, queue_len, multicast : optional
        How the logs are read, see `load` and, of tables, `from_events`; not for a Run. A line that cannot be
        read is a violation of ``structure``, and the rest is checked.
    execution, offsets : optional
        The same. With ``offsets="align"`` the times of different hosts are judged by whether any offsets of
        their clocks have every message arrive after it was sent, see `Run.align`; so are those of a run over
        several hosts, if nothing is said of its clocks.
    clock_uncertainty : float, optional
        How far the clocks of two hosts may differ (s); times of different hosts are not
        compared if None.
    rules : Rules, optional
        By what the logs are judged, if not by what they were read by.
    strict : bool, default False
        Whether logs only obey where everything could be checked.

    Returns
    -------
    Verification
        What breaks which rule, and what could not be checked.

    Raises
    ------
    FileNotFoundError
        There is no such file, or no log in the directory.
    LogError
        A file has no line of a log, or two are of one machine or of different runs.
    TypeError
        `logs` is none of these.
    ValueError
        `clock_uncertainty` is negative, `rules` are not rules, an option is not what `load` takes, or options
        are given for a Run.

    Examples
    --------
    >>> import lamport
    >>> done = lamport.verify({"machine_id": [1, 2], "event": ["SEND", "RECEIVE"], "old_clock": [0, 0],
    ...                        "new_clock": [1, 3], "sender": [None, 1], "sent_clock": [None, 1]})
    >>> done.ok
    False
    >>> done.violations["rule"].tolist()
    ['step', 'exactness']
    """
    rules, strict = as_rules(rules), flag("strict", strict)
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
        offsets=offsets,
    )
    if isinstance(logs, Iterator) and not _is_table(logs):
        logs = list(logs)
    if isinstance(logs, Run):
        run = logs
    elif _is_table(logs):
        from lamport._runs.frame import as_frame
        from lamport._runs.from_events import run_of_frame

        run = run_of_frame(as_frame(logs, "a table of events"), declared)
    else:
        return verify_declared(
            cast("str | PathLike[str] | list[str]", logs),
            declared,
            clock_uncertainty=clock_uncertainty,
            rules=rules,
            strict=strict,
        )
    if isinstance(logs, Run) and (given := [name for name in declared.given() if name != "offsets"]):
        raise ValueError(f"{given[0]}= goes with log files: give it to load")
    # What a table is read by was said to its reader.
    align = is_aligned(offsets) if isinstance(logs, Run) else offsets == "align"
    return verify_recorded(run, clock_uncertainty, rules, align, strict=strict)


def verify_declared(
    path: str | PathLike[str] | Iterable[str | PathLike[str]],
    declared: Declaration,
    *,
    clock_uncertainty: SupportsFloat | None,
    rules: Rules | None = None,
    strict: bool = False,
) -> Verification:
    """Check log files, by what is declared of them."""
    files = find(path, foreign=declared.is_foreign, pattern=name_pattern(declared))
    layouts = plan(files, declared)
    if layouts[0].kind != "own":
        run = _damaged(files, layouts, declared)
        align = declared.offsets == "align"
        return verify_recorded(run, clock_uncertainty, rules, align, strict=strict)
    offsets = by_id(declared.offsets) if isinstance(declared.offsets, Mapping) else None
    record, why = _record(files)
    done = verify_files(
        files,
        record=record,
        offsets=offsets,
        clock_uncertainty=clock_uncertainty,
        rules=declared.rules if rules is None else rules,
        align=declared.offsets == "align",
        strict=strict,
        execution=declared.execution,
    )
    done.unchecked += [f"{why}: {UNKNOWN}"] if why else []
    return done


def _damaged(files: Found, layouts: Sequence[Layout], declared: Declaration) -> Run:
    """Read logs of other programs, whatever lines cannot be read."""
    from lamport._lamport import LamportError

    try:
        return foreign_run(files, layouts, replace(declared, errors="skip"))
    except (LamportError, ValueError):
        # What is wrong with the first line says more than that nothing is left without such lines.
        return foreign_run(files, layouts, replace(declared, errors="raise"))


def _record(files: Sequence[Path]) -> tuple[dict[str, Any], str]:
    """Read what ``run.json`` says of the run, or why it cannot be read: the logs are judged all the same."""
    from lamport._lamport import LogError

    try:
        return read_record(home_of(files)), ""
    except (LogError, OSError) as error:
        return {}, str(error)


def _is_table(logs: object) -> bool:
    """Whether it is a table of events, and no path or several."""
    if isinstance(logs, str | PathLike):
        return False
    if isinstance(logs, Mapping) or hasattr(logs, "columns") or hasattr(logs, "__arrow_c_stream__"):
        return True
    if isinstance(logs, Sequence):
        return len(logs) > 0 and isinstance(logs[0], Mapping)
    return not isinstance(logs, Iterable)
