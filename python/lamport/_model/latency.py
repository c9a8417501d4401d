"""How long messages take: distributions of one-way delays."""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, SupportsFloat, TypeAlias

from lamport._model.public import public

__all__ = [
    "AnyLatency",
    "Constant",
    "Empirical",
    "Exponential",
    "Latency",
    "LogNormal",
    "PerLink",
    "Uniform",
    "as_latency",
    "latency_text",
    "one_latency",
    "parse",
    "to_json",
]

LONGEST = 1e9
"""The longest delay, in seconds."""
LISTED = 4
"""The most links whose delays are written out in a label."""


@public
class Latency:
    """How long messages take: the base of `Constant`, `Uniform`, `Exponential`, `LogNormal` and `Empirical`.

    It is for annotations and ``isinstance``. There are no kinds of latencies but these five; where one is
    taken, a number of seconds stands for `Constant`.

    Examples
    --------
    >>> import lamport
    >>> isinstance(lamport.Uniform(0.001, 0.01), lamport.Latency), isinstance(0.01, lamport.Latency)
    (True, False)
    """


@public
@dataclass(frozen=True)
class Constant(Latency):
    """Always the same delay.

    Parameters
    ----------
    seconds : float
        The delay.

    Raises
    ------
    ValueError
        It is negative, not finite or beyond 1e9 s.

    Examples
    --------
    >>> import lamport
    >>> lamport.Constant(0.05)
    Constant(seconds=0.05)
    """

    seconds: float

    if TYPE_CHECKING:

        def __init__(self, seconds: SupportsFloat) -> None: ...

    def __post_init__(self) -> None:
        _check(self)

    def __str__(self) -> str:
        return f"constant {self.seconds:g} s"


@public
@dataclass(frozen=True)
class Uniform(Latency):
    """Delays between two bounds, all equally likely.

    Parameters
    ----------
    low, high : float
        The bounds, in seconds.

    Raises
    ------
    ValueError
        One is negative, not finite or beyond 1e9 s, or `low` is above `high`.

    Examples
    --------
    >>> import lamport
    >>> run = lamport.simulate(2, 60, rates=2, latency=lamport.Uniform(0.1, 0.2), seed=1)
    >>> took = run.messages["arrived"] - run.messages["sent"]
    >>> bool(took.min() >= 0.1)
    True
    """

    low: float
    high: float

    if TYPE_CHECKING:

        def __init__(self, low: SupportsFloat, high: SupportsFloat) -> None: ...

    def __post_init__(self) -> None:
        _check(self)
        if self.low > self.high:
            raise ValueError(f"{self!r}: low must not be above high")

    def __str__(self) -> str:
        return f"uniform, {self.low:g} to {self.high:g} s"


@public
@dataclass(frozen=True)
class Exponential(Latency):
    """Exponentially distributed delays.

    Parameters
    ----------
    mean : float
        Their mean, in seconds.
    minimum : float
        None is shorter, in seconds: what a network takes at the least. What comes on top of it is
        exponential, of mean ``mean - minimum``. Above 0 it lets `simulate` use several threads for one large
        run.

    Raises
    ------
    ValueError
        One is negative, not finite or beyond 1e9 s, or `minimum` is above `mean`.

    Notes
    -----
    This is the mean of what is drawn. Messages of a channel arrive in the order in which they were sent, so
    one that is held up holds up those behind it, and what is measured is longer, as it is for all delays that
    differ: at a message a second a mean of 1 s becomes 1.3 s, at three 1.9 s, at ten 2.9 s.

    Examples
    --------
    >>> import lamport
    >>> for rate in (0.1, 1, 3, 10):
    ...     run = lamport.simulate(topology={1: [2], 2: []}, rates=[rate, 20], internal_probability=0,
    ...                            duration=30_000 / rate, latency=lamport.Exponential(1), seed=1978)
    ...     print(rate, round(float((run.messages["arrived"] - run.messages["sent"]).mean()), 1))
    0.1 1.0
    1 1.3
    3 1.9
    10 2.9
    """

    mean: float
    minimum: float = 0.0

    if TYPE_CHECKING:

        def __init__(self, mean: SupportsFloat, minimum: SupportsFloat = 0.0) -> None: ...

    def __post_init__(self) -> None:
        _check(self)
        if self.minimum > self.mean:
            raise ValueError(f"{self!r}: minimum must not be above mean")

    def __repr__(self) -> str:
        rest = f", minimum={self.minimum!r}" if self.minimum else ""
        return f"Exponential(mean={self.mean!r}{rest})"

    def __str__(self) -> str:
        rest = f", at least {self.minimum:g} s" if self.minimum else ""
        return f"exponential, mean {self.mean:g} s{rest}"


@public
@dataclass(frozen=True)
class LogNormal(Latency):
    """Log-normally distributed delays: a few are far longer than most.

    Parameters
    ----------
    median : float
        Half of the delays are shorter, in seconds.
    sigma : float
        The standard deviation of their natural logarithm.

    Raises
    ------
    ValueError
        One is negative, not finite or beyond 1e9.

    Examples
    --------
    >>> import lamport
    >>> print(lamport.LogNormal(0.02, 0.5))
    log-normal, median 0.02 s, sigma 0.5
    """

    median: float
    sigma: float

    if TYPE_CHECKING:

        def __init__(self, median: SupportsFloat, sigma: SupportsFloat) -> None: ...

    def __post_init__(self) -> None:
        _check(self)

    def __str__(self) -> str:
        return f"log-normal, median {self.median:g} s, sigma {self.sigma:g}"


@public
@dataclass(frozen=True)
class Empirical(Latency):
    """Delays drawn from a list, such as measured ones; each entry is equally likely.

    Parameters
    ----------
    delays : iterable of float
        The delays, in seconds; kept as a tuple.

    Raises
    ------
    ValueError
        There is none, or one is negative, not finite or beyond 1e9 s.

    Examples
    --------
    >>> import lamport
    >>> lamport.Empirical([0.001, 0.001, 0.25])
    Empirical(delays=(0.001, 0.001, 0.25))
    """

    delays: tuple[float, ...]

    def __init__(self, delays: Iterable[SupportsFloat]) -> None:
        given: object = delays
        if isinstance(given, str) or not isinstance(given, Iterable):
            raise ValueError(f"Empirical({given!r}): give a list of delays")
        kept = tuple(_seconds(delay, "Empirical: delay") for delay in given)
        if not kept:
            raise ValueError("Empirical([]): give at least one delay")
        object.__setattr__(self, "delays", kept)

    def __str__(self) -> str:
        mean = math.fsum(self.delays) / len(self.delays)
        return f"empirical, {len(self.delays)} delays, mean {mean:g} s"


@dataclass(frozen=True)
class PerLink:
    """Delays of each link: what a mapping ``{(sender, recipient): latency, None: others}`` becomes."""

    links: "tuple[tuple[int, int, AnyLatency], ...]"
    others: "AnyLatency"

    def __str__(self) -> str:
        if len(self.links) > LISTED:
            return f"{len(self.links)} links with their own, others {self.others}"
        each = [f"{sender} to {recipient} {latency}, " for sender, recipient, latency in self.links]
        return f"{''.join(each)}others {self.others}"


AnyLatency: TypeAlias = Constant | Uniform | Exponential | LogNormal | Empirical

KINDS: dict[str, type[AnyLatency]] = {
    "constant": Constant,
    "uniform": Uniform,
    "exponential": Exponential,
    "log_normal": LogNormal,
    "empirical": Empirical,
}
NAMES = {kind: name for name, kind in KINDS.items()}
OPTIONAL = {"minimum"}
"""What ``run.json`` leaves out where it is 0."""
FORM = '{"kind": "uniform", "low": 0.001, "high": 0.01}'


def as_latency(value: object) -> AnyLatency | PerLink:
    """Take a latency in any of its forms, or those of links.

    Parameters
    ----------
    value : number, latency or mapping
        As for `one_latency`, or a mapping of pairs (sender, recipient), and of None for all others, to such.

    Raises
    ------
    ValueError
        It is none of them, or a delay is not one.

    Examples
    --------
    >>> print(as_latency({(1, 2): 0.05, None: 0.001}))
    1 to 2 constant 0.05 s, others constant 0.001 s
    """
    if isinstance(value, PerLink):
        return value
    if not isinstance(value, Mapping) or ("kind" in value and value["kind"] != "per_link"):
        return one_latency(value)
    if value.get("kind") == "per_link":
        return _links([((row[0], row[1]), row[2]) for row in value["links"]], value["others"])
    links = [(link, latency) for link, latency in value.items() if link is not None]
    if None not in value:
        raise ValueError(f"latency {value!r} has none for the other links: give one, like None: 0.001")
    return _links(links, value[None])


def _links(links: list[tuple[Any, Any]], others: object) -> PerLink:
    kept = []
    for link, latency in links:
        ids = link if isinstance(link, (tuple, list)) else ()
        if len(ids) != 2 or not all(isinstance(each, int) and each > 0 for each in ids):
            raise ValueError(f"latency: {link!r} is no link: give (sender, recipient), like (1, 2): 0.05")
        kept.append((int(ids[0]), int(ids[1]), one_latency(latency)))
    return PerLink(tuple(kept), one_latency(others))


def one_latency(value: object) -> AnyLatency:
    """Take a latency in any of its forms.

    Parameters
    ----------
    value : number, latency or mapping
        A number of seconds stands for `Constant`, a mapping is what ``run.json`` holds.

    Raises
    ------
    ValueError
        It is none of them, or a delay is not one.

    Examples
    --------
    >>> as_latency(0.01)
    Constant(seconds=0.01)
    >>> as_latency({"kind": "exponential", "mean": 0.01})
    Exponential(mean=0.01)
    """
    if isinstance(value, Constant | Uniform | Exponential | LogNormal | Empirical):
        return value
    if isinstance(value, Real):
        return Constant(_seconds(value, "latency"))
    name = value.get("kind") if isinstance(value, Mapping) else None
    if isinstance(value, Mapping) and isinstance(name, str) and name in KINDS:
        kind = KINDS[name]
        named = {name: given for name, given in value.items() if name != "kind"}
        known = {field.name for field in fields(kind)}
        if known - OPTIONAL <= set(named) <= known:
            return kind(**named)
    raise ValueError(
        f"latency {value!r} is not known: it is a number of seconds, or one of "
        + ", ".join(f"lamport.{kind.__name__}" for kind in KINDS.values())
    )


def to_json(latency: AnyLatency | PerLink) -> Any:
    """Write a latency as ``run.json`` keeps it: a number, or a mapping with its ``kind``.

    Examples
    --------
    >>> to_json(Constant(0.5)), to_json(Exponential(0.5))
    (0.5, {'kind': 'exponential', 'mean': 0.5})
    """
    if isinstance(latency, Constant):
        return latency.seconds
    if isinstance(latency, PerLink):
        links = [[sender, recipient, to_json(own)] for sender, recipient, own in latency.links]
        return {"kind": "per_link", "links": links, "others": to_json(latency.others)}
    named = {field.name: getattr(latency, field.name) for field in fields(latency)}
    values = {name: value for name, value in named.items() if value or name not in OPTIONAL}
    if isinstance(latency, Empirical):
        values["delays"] = list(latency.delays)
    return {"kind": NAMES[type(latency)], **values}


@lru_cache(maxsize=16)
def _text(latency: AnyLatency | PerLink) -> str:
    # Of measured delays there can be many, the same at all points of a sweep.
    return json.dumps(to_json(latency))


def latency_text(value: object) -> str:
    """Write what `as_latency` takes as JSON, which the native module and the command line read.

    Examples
    --------
    >>> latency_text(0.5), latency_text(Exponential(0.5))
    ('0.5', '{"kind": "exponential", "mean": 0.5}')
    """
    return _text(as_latency(value))


def parse(text: str) -> AnyLatency | PerLink:
    """Read a latency as the command line takes it.

    Parameters
    ----------
    text : str
        Seconds, a kind and its numbers with colons between them, JSON as `latency_text` writes it, or the
        path of a ``.json`` file of that.

    Raises
    ------
    ValueError
        It cannot be read.
    OSError
        The file cannot be read.

    Examples
    --------
    >>> parse("0.001"), parse("uniform:0.001:0.01"), parse("exponential:0.01:0.001")
    (Constant(seconds=0.001), Uniform(low=0.001, high=0.01), Exponential(mean=0.01, minimum=0.001))
    """
    if text.endswith(".json"):
        try:
            return as_latency(json.loads(Path(text).read_text(encoding="utf-8")))
        except ValueError as error:
            raise ValueError(f"{text}: {error}; in JSON like {FORM}") from None
    if text.lstrip().startswith("{"):
        try:
            return as_latency(json.loads(text))
        except json.JSONDecodeError:
            raise _unread(text) from None
    name, *words = text.strip().split(":")
    try:
        numbers = [float(word) for word in words or [name]]
    except ValueError:
        raise _unread(text) from None
    if not words:
        return as_latency(*numbers)
    try:
        kind: Any = KINDS[name.replace("-", "_")]
        made: AnyLatency = kind(numbers) if kind is Empirical else kind(*numbers)
    except (KeyError, TypeError):
        raise _unread(text) from None
    return made


def _unread(text: str) -> ValueError:
    return ValueError(
        f"latency {text!r} is not known: it is a number of seconds, uniform:LOW:HIGH, "
        "exponential:MEAN[:MINIMUM], log-normal:MEDIAN:SIGMA, empirical:DELAY:DELAY:... or a .json file"
    )


def _check(latency: Any) -> None:
    """Make the parameters floats, if they are what they must be."""
    for field in fields(latency):
        name = f"{type(latency).__name__}: {field.name}"
        object.__setattr__(latency, field.name, _seconds(getattr(latency, field.name), name))


def _seconds(value: object, name: str) -> float:
    if isinstance(value, (bool, str)) or not isinstance(value, Real):
        raise ValueError(f"{name} {value!r} is not a number")
    number = float(value)
    if not 0 <= number <= LONGEST:
        raise ValueError(f"{name} {number:g} is out of range: delays are finite, 0 to {LONGEST:g} s")
    return number
