"""What a verification of logs finds."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain, repeat
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, SupportsFloat

from lamport._model.check import some_real
from lamport._model.public import public
from lamport._model.rules import Rules
from lamport._model.topology import check_name, resolve
from lamport._runs.apart import apart_offsets, is_apart
from lamport._runs.declaration import Declaration
from lamport._runs.directory import RECORD
from lamport._runs.names import Names, in_words, plain
from lamport._runs.reading import Reading
from lamport._runs.spelled import spelled
from lamport._runs.violations import COLUMNS, violations

if TYPE_CHECKING:
    import pandas as pd

    from lamport._runs.recorded import Recorded

__all__ = ["UNKNOWN", "Verification", "is_aligned", "verify_files", "verify_recorded"]

SHOWN = 20
UNKNOWN = "which machines may take part is not checked"

Members = tuple[int, str | Sequence[Sequence[int]], str | None]


@public
class Verification:
    """What a verification found.

    Parameters
    ----------
    found : mapping
        What the native module says, see `Logs.verify`.
    names : mapping of int to str
        The names of machines that have one.
    strict : bool, optional
        Whether logs only obey where everything could be checked.

    Attributes
    ----------
    counts : dict
        By rule, how many violations there are, listed or not.
    checked : dict
        By rule, how many things were checked.
    unchecked : list of str
        What could not be checked, and why.
    diagnosis : list of Reading
        If a rule is broken, what the program may do that explains it; empty if nothing usual does.
    received, matched : int
        How many messages were received, and of how many the send was found.

    Examples
    --------
    >>> import lamport
    >>> done = lamport.simulate(duration=60, rates=[1, 3, 6], seed=1978, receive="max(clock, T)").verify()
    >>> done.ok, [rule for rule, count in done.counts.items() if count]
    (False, ['step', 'clock condition', 'exactness'])
    >>> print(done.diagnosis[0].words)
    receipts make the clock max(clock, T), without the step
    """

    def __init__(
        self, found: Mapping[str, Any], names: Names = MappingProxyType({}), *, strict: bool = False
    ) -> None:
        texts = ("expected", "found", "unchecked")
        found = {**found, **{key: [in_words(names, text) for text in found[key]] for key in texts}}
        self._found, self._names, self._strict = found, names, strict
        self.received: int = found["received"]
        self.matched: int = found["matched"]
        self.counts: dict[str, int] = found["counts"]
        self.checked: dict[str, int] = found["checked"]
        self.unchecked: list[str] = found["unchecked"]
        self.diagnosis: list[Reading] = [Reading._of(told) for told in found["readings"]]

    @property
    def ok(self) -> bool:
        """Whether no rule is broken, and with `strict` nothing is unchecked."""
        return bool(self._found["ok"]) and not (self._strict and self.unchecked)

    @cached_property
    def violations(self) -> "pd.DataFrame":
        """One row per violation: rule, file, line, machine_id, clock, expected, found; the first 1,000.

        Where machines have names, ``name`` is behind ``machine_id``.
        """
        table = violations(self._found)
        if self._names:
            called = [self._names.get(machine) for machine in self._found["machine_id"]]
            table.insert(COLUMNS.index("machine_id") + 1, "name", called)
        return table

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
            place = f"{file}:{line}" if file else in_words(self._names, f"row {line} (machine {machine})")
            lines.append(f"{place}: {rule}: expected {expected}, found {got}")
        total = sum(self.counts.values())
        if total > SHOWN:
            lines.append(f"... and {total - min(SHOWN, len(rows))} more")
        lines += [
            f"{start} {reading}" for start, reading in zip(self._starts(), self.diagnosis, strict=False)
        ]
        lines += [f"not checked: {text}" for text in self.unchecked]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        from html import escape

        notes = "".join(f"<li>{escape(text)}</li>" for text in self.unchecked)
        table = "" if self._found["ok"] else self._shown_violations().to_html()
        readings = "".join(
            f"<li>{escape(f'{start} {reading}')}</li>"
            for start, reading in zip(self._starts(), self.diagnosis, strict=False)
        )
        told = f"<ul>{readings}</ul>\n" if readings else ""
        return f"<p>{escape(self._verdict())}</p>\n{told}{table}\n<ul>{notes}</ul>"

    @staticmethod
    def _starts() -> Iterator[str]:
        """Yield what stands before each reading."""
        return chain(["diagnosis:"], repeat("or:"))

    def _shown_violations(self) -> "pd.DataFrame":
        """Return the first violations, names spelled out."""
        table = self.violations.head(SHOWN)
        if not self._names:
            return table
        return table.assign(name=table["name"].map(plain, na_action="ignore"))

    def _verdict(self) -> str:
        if self._found["ok"]:
            return f"{self._obedience()}; {self._matches()}"
        broken = ", ".join(f"{rule} {count}" for rule, count in self.counts.items() if count)
        return f"these logs are not a possible history: {broken}"

    def _obedience(self) -> str:
        if not self.unchecked:
            return "the logs obey every rule"
        if not self._strict:
            return "the logs obey every rule that could be checked"
        things = f"{len(self.unchecked)} thing{'s' if len(self.unchecked) > 1 else ''}"
        return f"no rule is broken, but {things} could not be checked"

    def _matches(self) -> str:
        if not self.received:
            return "no message was received"
        said = f"{self.matched:,} of {self.received:,} receipts could be matched"
        return said if self.matched else f"{said}, so nothing about causality was checked"


def verify_recorded(
    run: "Recorded",
    clock_uncertainty: SupportsFloat | None,
    rules: Rules | None = None,
    align: bool = False,
    *,
    strict: bool = False,
) -> Verification:
    """Check what `Run.verify` describes: the lines of its log files where there are any, else its events."""
    some_real("clock_uncertainty", clock_uncertainty)
    if isinstance(run._source, (Path, Sequence)):
        return verify_files(
            run.files,
            record=run._parameters,
            clock_uncertainty=clock_uncertainty,
            rules=rules,
            align=align,
            strict=strict,
        )
    members, why = _members(run._parameters)
    found = run._logs.verify(
        clock_uncertainty=clock_uncertainty,
        members=members,
        rules=rules,
        align=align or run._parameters.get("aligned") is True,
    )
    for told in found["readings"]:
        told["options"] = [(_called(run, what), how) for what, how in told["options"]]
    return _judged(found, why, run.names, strict=strict)


def _called(run: "Recorded", column: str) -> str:
    """Return what the logs call a column, as far as they were declared."""
    arguments = () if run._recipe is None else run._recipe.arguments
    for declared in arguments:
        if isinstance(declared, Declaration):
            named = [theirs for theirs, ours in (declared.columns or {}).items() if ours == column]
            return declared.group_of(column) if not named else named[0]
    return column


def verify_files(
    files: Iterable[Path],
    *,
    record: Mapping[str, Any],
    offsets: Mapping[int, float] | None = None,
    clock_uncertainty: SupportsFloat | None,
    rules: Rules | None = None,
    align: bool = False,
    strict: bool = False,
    execution: int | str | None = None,
) -> Verification:
    """Check log files, damaged ones too, by what ``run.json`` says of the run.

    Clocks of several hosts are apart: if nothing is said of them, they are judged by whether any offsets fit.
    """
    from lamport._lamport import read_logs, verify_logs

    names = [str(file) for file in files]
    if offsets is None and clock_uncertainty is None and is_apart(record):
        align = True
        offsets = apart_offsets(
            lambda known: read_logs(names, offsets=known, skip=True, execution=execution), record
        )

    some_real("clock_uncertainty", clock_uncertainty)

    members, why = _members(record)
    found = verify_logs(
        names,
        offsets=None if offsets is None else dict(offsets),
        clock_uncertainty=clock_uncertainty,
        members=members,
        rules=rules,
        align=align,
        execution=execution,
    )
    return _judged(found, why, strict=strict)


def is_aligned(offsets: object) -> bool:
    """Whether a run in memory is to be judged by whether any offsets fit."""
    if offsets is None or (isinstance(offsets, str) and offsets == "align"):
        return offsets is not None
    raise ValueError(
        f'offsets={offsets!r}: offsets in seconds go with log files, give them to load; here "align"'
    )


def _judged(
    found: dict[str, Any], why: str, names: Names = MappingProxyType({}), *, strict: bool
) -> Verification:
    more = [f"{RECORD}: {why}: {UNKNOWN}"] if why else []
    return Verification(found | {"unchecked": found["unchecked"] + more}, names, strict=strict)


def _members(record: Mapping[str, Any]) -> tuple[Members | None, str]:
    """Say which machines take part, if ``run.json`` tells: how many, who sends to whom, and which run.

    Else why not, where it says what cannot be, or others were free to join at ports that were given.
    """
    if record.get("machines") is None or "topology" not in record:
        return None, ""
    if port := record.get("base_port"):
        return None, f"base_port is {port}, others can join"
    run_id = record.get("run_id")
    try:
        machines, topology = resolve(record["machines"], None, record["topology"])
        if isinstance(topology, str):
            check_name(topology)
    except ValueError as error:  # edited by hand, say
        return None, spelled(str(error))
    return (machines, topology, run_id if isinstance(run_id, str) else None), ""
