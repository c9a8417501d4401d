"""Whether logs are a possible history."""

from collections.abc import Iterable, Mapping
from os import PathLike
from typing import TYPE_CHECKING, Any, cast

from lamport._model.public import public
from lamport._runs.load import find
from lamport._runs.run import Run
from lamport._runs.verification import Verification, verify_files, verify_recorded

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["verify"]


@public
def verify(
    logs: "str | PathLike[str] | Iterable[str | PathLike[str]] | Run | pd.DataFrame | Mapping[str, Any]",
    *,
    offsets: Mapping[int, float] | None = None,
    clock_uncertainty: float | None = None,
) -> Verification:
    """Check whether logs are a possible history.

    Parameters
    ----------
    logs : path, glob, list of them, Run, or table of events
        Damaged logs too, that `load` refuses; a table is what `from_events` takes.
    offsets : mapping of int to float, optional
        Seconds to add to the times of a machine's log; for paths only.
    clock_uncertainty : float, optional
        How far the clocks of two hosts may differ (s); times of different hosts are not
        compared if None.

    Returns
    -------
    Verification
        What breaks which rule, and what could not be checked.

    Raises
    ------
    FileNotFoundError
        There is no such file, or no log in the directory.
    LogError
        A line is not a line of a log.
    ValueError
        `clock_uncertainty` is negative, or `offsets` are given for what has no files.

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
    if isinstance(logs, Run):
        run = logs
    elif _is_table(logs):
        from lamport._runs.from_events import from_events

        run = from_events(cast("pd.DataFrame", logs))
    else:
        files = find(cast("str | PathLike[str] | list[str]", logs))
        return verify_files(files, offsets=offsets, clock_uncertainty=clock_uncertainty)
    if offsets is not None:
        raise ValueError("offsets go with log files: give them to load")
    return verify_recorded(run, clock_uncertainty)


def _is_table(logs: object) -> bool:
    return isinstance(logs, Mapping) or hasattr(logs, "columns") or hasattr(logs, "__arrow_c_stream__")
