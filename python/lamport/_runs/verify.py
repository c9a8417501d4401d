"""Whether logs are a possible history."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from lamport._model.check import flag
from lamport._model.public import public
from lamport._model.rules import Rules, as_rules
from lamport._runs.declaration import as_offsets
from lamport._runs.directory import read_record
from lamport._runs.load import by_id, find, home_of
from lamport._runs.run import Run
from lamport._runs.verification import UNKNOWN, Verification, is_aligned, verify_files, verify_recorded

if TYPE_CHECKING:
    import pandas as pd

    from lamport._runs.from_events import Arrow

__all__ = ["verify"]


@public
def verify(
    logs: (
        "str | PathLike[str] | Iterable[str | PathLike[str]] | Run | pd.DataFrame | Mapping[str, Any] | "
        "Sequence[Mapping[str, Any]] | Arrow"
    ),
    *,
    offsets: Mapping[int, float] | Literal["align"] | None = None,
    clock_uncertainty: float | None = None,
    rules: Rules | None = None,
    strict: bool = False,
) -> Verification:
    """Check whether logs are a possible history.

    Parameters
    ----------
    logs : path, glob, list of them, Run, or table of events
        Damaged logs too, that `load` refuses; a ``run.json`` beside them says which machines take part. A
        table is what `from_events` takes.
    offsets : mapping of int to float or "align", optional
        Seconds to add to the times of a machine's log; for paths only. With "align", the times of different
        hosts are judged by whether any offsets of their clocks have every message arrive after it was sent,
        see `Run.align`.
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
        `clock_uncertainty` is negative, `rules` are none, or `offsets` are given for what has no files.

    Examples
    --------
    >>> import lamport
    >>> done = lamport.verify({"machine_id": [1, 2], "event": ["SEND", "RECEIVE"], "new_clock": [1, 3],
    ...                        "sender": [None, 1], "sent_clock": [None, 1]})
    >>> done.ok
    False
    >>> done.violations["rule"].tolist()
    ['step', 'exactness']
    """
    rules, strict = as_rules(rules), flag("strict", strict)
    if isinstance(logs, Iterator) and not _is_table(logs):
        logs = list(logs)
    if isinstance(logs, Run):
        run = logs
    elif _is_table(logs):
        from lamport._runs.from_events import from_events

        run = from_events(cast("pd.DataFrame", logs))
    else:
        files = find(cast("str | PathLike[str] | list[str]", logs))
        align = isinstance(offsets, str) and offsets == "align"
        known = None if offsets is None or align else by_id(as_offsets(offsets))
        record, why = _record(files)
        done = verify_files(
            files,
            record=record,
            offsets=known,
            clock_uncertainty=clock_uncertainty,
            rules=rules,
            align=align,
            strict=strict,
        )
        done.unchecked += [f"{why}: {UNKNOWN}"] if why else []
        return done
    return verify_recorded(run, clock_uncertainty, rules, is_aligned(offsets), strict=strict)


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
