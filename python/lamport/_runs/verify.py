"""Whether logs are a possible history."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    import pandas as pd

    from lamport._runs.run import Run

__all__ = ["Verification", "verify"]

COLUMNS = ("rule", "file", "line", "machine_id", "clock", "expected", "found")
SHOWN = 20


class Verification:
    """What a verification found.

    Parameters
    ----------
    found : mapping
        What the native module says, see `Logs.verify`.

    Attributes
    ----------
    ok : bool
        Whether no rule is broken.
    counts : dict
        By rule, how many violations there are, listed or not.
    checked : dict
        By rule, how many things were checked.
    unchecked : list of str
        What could not be checked, and why.
    """

    def __init__(self, found: Mapping[str, Any]) -> None:
        self._found = found
        self.ok: bool = found["ok"]
        self.counts: dict[str, int] = found["counts"]
        self.checked: dict[str, int] = found["checked"]
        self.unchecked: list[str] = found["unchecked"]

    @cached_property
    def violations(self) -> "pd.DataFrame":
        """One row per violation: rule, file, line, machine_id, clock, expected, found; the first 1,000."""
        import pandas as pd

        table = pd.DataFrame({name: self._found[name] for name in COLUMNS})
        return table.astype({"line": "int64", "machine_id": "int64", "clock": "Int64"})

    def __bool__(self) -> bool:
        return self.ok

    def __repr__(self) -> str:
        return f"<Verification: {self._verdict()}>"

    def __str__(self) -> str:
        lines = [self._verdict()]
        lines += [
            f"  {rule:<15} {self.checked[rule]:>10} checked {count:>10} violations"
            for rule, count in self.counts.items()
        ]
        found = self._found
        rows = list(zip(*(found[name] for name in COLUMNS), strict=True))
        for rule, file, line, machine, _, expected, got in rows[:SHOWN]:
            place = f"{file}:{line}" if file else f"row {line} (machine {machine})"
            lines.append(f"{place}: {rule}: expected {expected}, found {got}")
        total = sum(self.counts.values())
        if total > SHOWN:
            lines.append(f"... and {total - min(SHOWN, len(rows))} more")
        lines += [f"not checked: {text}" for text in self.unchecked]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        from html import escape

        notes = "".join(f"<li>{escape(text)}</li>" for text in self.unchecked)
        table = "" if self.ok else self.violations.head(SHOWN).to_html()
        return f"<p>{escape(self._verdict())}</p>\n{table}\n<ul>{notes}</ul>"

    def _verdict(self) -> str:
        if self.ok:
            return "the logs obey every rule that could be checked"
        broken = ", ".join(f"{rule} {count}" for rule, count in self.counts.items() if count)
        return f"these logs are not a possible history: {broken}"


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
    from lamport._lamport import verify_logs
    from lamport._runs.load import find
    from lamport._runs.run import Run

    run = None
    if isinstance(logs, Run):
        run = logs
    elif _is_table(logs):
        from lamport._runs.from_events import from_events

        run = from_events(cast("pd.DataFrame", logs))
    if run is not None:
        if offsets is not None:
            raise ValueError("offsets go with log files: give them to load")
        if not isinstance(run._source, (Path, Sequence)):
            return Verification(run._logs.verify(clock_uncertainty=clock_uncertainty))
        files = run.files
    else:
        files = find(cast("str | PathLike[str] | list[str]", logs))
    return Verification(
        verify_logs(
            [str(file) for file in files],
            offsets=None if offsets is None else dict(offsets),
            clock_uncertainty=clock_uncertainty,
        )
    )


def _is_table(logs: object) -> bool:
    return isinstance(logs, Mapping) or hasattr(logs, "columns") or hasattr(logs, "__arrow_c_stream__")
