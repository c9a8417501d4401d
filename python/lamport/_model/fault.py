"""What goes wrong in a run, and when: faults as data."""

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cache, wraps
from numbers import Integral, Real
from operator import attrgetter
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, SupportsFloat, SupportsIndex, TypeAlias, TypeVar

from lamport._model.latency import Latency, one_latency, to_json
from lamport._model.public import public

__all__ = [
    "AnyFault",
    "Crash",
    "Delay",
    "Disconnect",
    "Fault",
    "Partition",
    "Pause",
    "as_faults",
    "faults_json",
    "faults_text",
    "read_faults",
]


OLD_NAMES = {"machine": "machine_id", "src": "sender", "dst": "recipient"}
"""What fields were called before. Keywords, attributes and JSON of these names are still understood."""

Kind = TypeVar("Kind")


def _with_old_names(kind: type[Kind]) -> type[Kind]:
    """Let a kind of fault take and tell its fields by the names they had before."""
    make: Callable[..., None] = kind.__init__
    known = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    old = {name: new for name, new in OLD_NAMES.items() if new in known}

    @wraps(make)
    def make_renamed(self: Kind, *args: Any, **given: Any) -> None:
        make(self, *args, **(_renamed(given, old) if given else {}))

    kind.__init__ = make_renamed  # type: ignore[assignment, method-assign]
    for name, new in old.items():
        told = f"The same as `{new}`, by the name that it had before."
        setattr(kind, name, property(attrgetter(new), doc=told))
    return kind


def _renamed(given: Mapping[str, Any], old: Mapping[str, str] = OLD_NAMES) -> dict[str, Any]:
    names = [old.get(name, name) for name in given]
    if len(set(names)) < len(names):
        raise ValueError(f"{dict(given)!r} gives a field twice, by its name and by the one it had before")
    return dict(zip(names, given.values(), strict=True))


@public
class Fault:
    """What goes wrong in a run: the base of `Crash`, `Pause`, `Partition`, `Delay` and `Disconnect`.

    It is for annotations and ``isinstance``. There are no kinds of faults but these five.

    Attributes
    ----------
    at : float
        Start, in seconds from the first tick.

    Examples
    --------
    >>> import lamport
    >>> run = lamport.simulate(3, 20, faults=[lamport.Crash(1, at=5, down_for=2)], seed=1)
    >>> isinstance(run.faults[0], lamport.Fault), run.faults[0].at
    (True, 5.0)
    """

    if TYPE_CHECKING:

        @property
        def at(self) -> float: ...


@public
@_with_old_names
@dataclass(frozen=True)
class Crash(Fault):
    """A machine dies, and comes back with its log.

    What its log holds survives; its queue and its connections do not, so its peers send again what
    it had not logged. Ticks due while it is down do not happen.

    Parameters
    ----------
    machine_id : int
        Id of the machine, from 1.
    at : float
        Start, in seconds from the first tick.
    down_for : float, optional
        Seconds until it comes back. If None, or if the run is over by then, it stays down and its log
        has no END.

    Raises
    ------
    ValueError
        A parameter is not a number, or not finite, or a machine is below 1.

    Examples
    --------
    >>> import lamport
    >>> run = lamport.simulate(3, 20, rates=2, faults=[lamport.Crash(1, at=5, down_for=10)], seed=1)
    >>> run.durations.tolist()
    [9.504369, 20.0, 20.0]
    """

    machine_id: int
    at: float
    down_for: float | None = None

    if TYPE_CHECKING:

        def __init__(
            self, machine_id: SupportsIndex, at: SupportsFloat, down_for: SupportsFloat | None = None
        ) -> None: ...

    def __post_init__(self) -> None:
        _check(self)


@public
@_with_old_names
@dataclass(frozen=True)
class Pause(Fault):
    """A machine stands still: it neither ticks nor sends nor takes messages.

    Its late ticks happen when it goes on.

    Parameters
    ----------
    machine_id : int
        Id of the machine, from 1.
    at : float
        Start, in seconds from the first tick.
    duration : float
        Length, in seconds.

    Raises
    ------
    ValueError
        A parameter is not a number, or not finite, or a machine is below 1.

    Examples
    --------
    >>> import lamport
    >>> lamport.Pause(2, at=10, duration=5)
    Pause(machine_id=2, at=10.0, duration=5.0)
    """

    machine_id: int
    at: float
    duration: float

    if TYPE_CHECKING:

        def __init__(self, machine_id: SupportsIndex, at: SupportsFloat, duration: SupportsFloat) -> None: ...

    def __post_init__(self) -> None:
        _check(self)


@public
@dataclass(frozen=True)
class Partition(Fault):
    """Messages between some machines do not get through; they wait until it is over.

    Parameters
    ----------
    groups : iterable of iterables of int, optional
        Machines of different groups are cut off from each other; those in none form one more group.
    at : float
        Start, in seconds from the first tick.
    duration : float
        Length, in seconds.
    pairs : iterable of (int, int), optional
        Instead of `groups`: messages from the first of each pair to the second wait; the other
        direction is open unless it is listed too.

    Raises
    ------
    ValueError
        Both or none of `groups` and `pairs` are given, or a parameter is not a number, or not finite.

    Examples
    --------
    >>> import lamport
    >>> lamport.Partition([[1], [2, 3]], at=10, duration=5)
    Partition(groups=((1,), (2, 3)), at=10.0, duration=5.0, pairs=None)
    """

    groups: tuple[tuple[int, ...], ...] | None
    at: float
    duration: float
    pairs: tuple[tuple[int, int], ...] | None

    def __init__(
        self,
        groups: Iterable[Iterable[SupportsIndex]] | None = None,
        at: SupportsFloat | None = None,
        duration: SupportsFloat | None = None,
        *,
        pairs: Iterable[tuple[SupportsIndex, SupportsIndex]] | None = None,
    ) -> None:
        if (groups is None) == (pairs is None):
            raise ValueError("Partition: give either groups=[[1], [2, 3]] or pairs=[(1, 2)]")
        kept = None if groups is None else _lists(groups, "Partition: groups")
        ways = None if pairs is None else _lists(pairs, "Partition: pairs")
        odd = next((way for way in ways or () if len(way) != 2), None)
        if odd is not None:
            raise ValueError(f"Partition: pairs: {odd!r} is not a pair (sender, recipient)")
        values = {"groups": kept, "at": at, "duration": duration, "pairs": ways}
        for name, value in values.items():
            object.__setattr__(self, name, value)
        _check(self)


@public
@_with_old_names
@dataclass(frozen=True)
class Delay(Fault):
    """Messages of one machine to another take longer.

    Parameters
    ----------
    sender, recipient : int
        Ids of the machine that sends and of the one that receives.
    latency : float or latency
        What is added to the delay of each: seconds, or `Constant`, `Uniform`, `Exponential`,
        `LogNormal`, `Empirical`. Messages do not overtake each other.
    at : float
        Start, in seconds from the first tick.
    duration : float
        Length, in seconds.

    Raises
    ------
    ValueError
        `latency` is not a latency, or another parameter is not a number, or not finite.

    Examples
    --------
    >>> import lamport
    >>> lamport.Delay(1, 2, lamport.Exponential(0.5), at=10, duration=5)
    Delay(sender=1, recipient=2, latency=Exponential(mean=0.5), at=10.0, duration=5.0)
    """

    sender: int
    recipient: int
    latency: Latency
    at: float
    duration: float

    if TYPE_CHECKING:

        def __init__(
            self,
            sender: SupportsIndex,
            recipient: SupportsIndex,
            latency: SupportsFloat | Latency,
            at: SupportsFloat,
            duration: SupportsFloat,
        ) -> None: ...

    def __post_init__(self) -> None:
        object.__setattr__(self, "latency", one_latency(self.latency))
        _check(self)


@public
@_with_old_names
@dataclass(frozen=True)
class Disconnect(Fault):
    """The connection on which one machine sends to another breaks; it is made again at once.

    Parameters
    ----------
    sender, recipient : int
        Ids of the machine that sends and of the one that receives.
    at : float
        Time, in seconds from the first tick.

    Raises
    ------
    ValueError
        A parameter is not a number, or not finite, or a machine is below 1.

    Examples
    --------
    >>> import lamport
    >>> lamport.Disconnect(1, 2, at=10)
    Disconnect(sender=1, recipient=2, at=10.0)
    """

    sender: int
    recipient: int
    at: float

    if TYPE_CHECKING:

        def __init__(self, sender: SupportsIndex, recipient: SupportsIndex, at: SupportsFloat) -> None: ...

    def __post_init__(self) -> None:
        _check(self)


AnyFault: TypeAlias = Crash | Pause | Partition | Delay | Disconnect

KINDS: dict[str, type[AnyFault]] = {
    "crash": Crash,
    "pause": Pause,
    "partition": Partition,
    "delay": Delay,
    "disconnect": Disconnect,
}
NAMES = {kind: name for name, kind in KINDS.items()}
OPTIONAL = {"crash": {"down_for"}, "partition": {"groups", "pairs"}}
"""What an object in JSON may leave out."""
FORM = 'a list like [{"fault": "crash", "machine_id": 1, "at": 10, "down_for": 5}]'


def as_faults(value: object) -> tuple[AnyFault, ...]:
    """Take a fault schedule.

    Parameters
    ----------
    value : iterable of faults or mappings
        Faults, or what ``run.json`` and ``faults.json`` hold for them.

    Raises
    ------
    ValueError
        It is not a fault schedule.

    Examples
    --------
    >>> as_faults([{"fault": "pause", "machine_id": 1, "at": 10, "duration": 2}])
    (Pause(machine_id=1, at=10.0, duration=2.0),)
    """
    if isinstance(value, (str, Mapping, *KINDS.values())) or not isinstance(value, Iterable):
        raise ValueError(
            f"faults={value!r}: give a list of faults, like [lamport.Crash(1, at=10, down_for=5)]"
        )
    return tuple(_fault(entry) for entry in value)


def faults_json(faults: Iterable[AnyFault]) -> list[dict[str, Any]]:
    """Write faults as ``run.json`` keeps them: each an object with its kind in ``fault``.

    Examples
    --------
    >>> faults_json([Disconnect(1, 2, at=3)])
    [{'fault': 'disconnect', 'sender': 1, 'recipient': 2, 'at': 3.0}]
    """
    return [_object(fault) for fault in faults]


def faults_text(value: object) -> str:
    """Write what `as_faults` takes as JSON, which the native module reads.

    Examples
    --------
    >>> faults_text([Disconnect(1, 2, at=3)])
    '[{"fault": "disconnect", "sender": 1, "recipient": 2, "at": 3.0}]'
    """
    faults = as_faults(value)
    return json.dumps(faults_json(faults)) if faults else "[]"


def read_faults(path: str | PathLike[str]) -> tuple[AnyFault, ...]:
    """Read a file of faults: a JSON array of objects as in ``run.json``.

    Raises
    ------
    ValueError
        It holds something else.
    OSError
        It cannot be read.
    """
    try:
        value = json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is not JSON: {error}; it must be {FORM}") from None
    if not isinstance(value, list):
        raise ValueError(f"{path} holds a JSON {type(value).__name__}: it must be {FORM}")
    try:
        return as_faults(value)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def _object(fault: AnyFault) -> dict[str, Any]:
    values = {field.name: getattr(fault, field.name) for field in fields(fault)}
    if isinstance(fault, Partition):
        name = "pairs" if fault.groups is None else "groups"
        listed = [list(members) for members in values[name]]
        values = {name: listed, "at": fault.at, "duration": fault.duration}
    elif isinstance(fault, Delay):
        values["latency"] = to_json(one_latency(fault.latency))
    return {"fault": NAMES[type(fault)], **values}


def _fault(value: object) -> AnyFault:
    if isinstance(value, tuple(KINDS.values())):
        return value  # type: ignore[return-value]
    kinds = ", ".join(f"lamport.{kind.__name__}" for kind in KINDS.values())
    if not isinstance(value, Mapping):
        raise ValueError(f"fault {value!r} is not known: it is one of {kinds}")
    name = value.get("fault")
    if not isinstance(name, str) or name not in KINDS:
        raise ValueError(f'fault {dict(value)!r} is not known: "fault" is one of {", ".join(KINDS)}')
    given = _renamed({key: entry for key, entry in value.items() if key != "fault"})
    known = {field.name for field in fields(KINDS[name])}
    if strange := sorted(map(str, set(given) - known)):
        raise ValueError(f"{name} {dict(value)!r} has {strange[0]!r}: it may have {', '.join(sorted(known))}")
    if missing := sorted(known - set(given) - OPTIONAL.get(name, set())):
        raise ValueError(f"{name} {dict(value)!r} has no {missing[0]!r}")
    kind: Any = KINDS[name]
    made: AnyFault = kind(**given)
    return made


def _check(fault: Any) -> None:
    """Make the parameters whole numbers and floats, if they are such."""
    kind: Any = type(fault)
    for name, shown, made in _checks(kind):
        value = getattr(fault, name)
        if name != "down_for" or value is not None:
            object.__setattr__(fault, name, made(value, shown))


@cache
def _checks(kind: Any) -> list[tuple[str, str, Callable[[object, str], Any]]]:
    """Return the names of the numbers of a kind of fault, what errors call them, and what checks them."""
    checks: dict[str, Callable[[object, str], Any]] = dict.fromkeys(OLD_NAMES.values(), _machine)
    checks |= dict.fromkeys(("at", "duration", "down_for"), _seconds)
    names = [field.name for field in fields(kind) if field.name in checks]
    return [(name, f"{kind.__name__}: {name}", checks[name]) for name in names]


def _lists(value: object, name: str) -> tuple[Any, ...]:
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise ValueError(f"{name} {value!r} is not a list of lists of machines")
    rows = tuple(value)
    for row in rows:
        if isinstance(row, str) or not isinstance(row, Iterable):
            raise ValueError(f"{name}: {row!r} is not a list of machines")
    return tuple(tuple(_machine(machine, name) for machine in row) for row in rows)


def _machine(value: object, name: str) -> int:
    if type(value) is int and 1 <= value < 2**53:
        return value
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise ValueError(f"{name} {value!r} is not the number of a machine")
    if value < 1:
        raise ValueError(f"{name} {value} is not a machine: machines are numbered from 1")
    if int(value) >= 2**53:
        raise ValueError(f"{name} {value} is not a machine: numbers of machines stay below 2^53")
    return int(value)


def _seconds(value: object, name: str) -> float:
    if type(value) is float and math.isfinite(value):
        return value
    if isinstance(value, (bool, str)) or not isinstance(value, Real) or not math.isfinite(value):
        raise ValueError(f"{name} {value!r} is not a number of seconds")
    return float(value)
