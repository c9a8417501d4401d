"""When machines tick: rates that change, and ticks that are not periodic."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import pairwise
from numbers import Real
from typing import TYPE_CHECKING, Any, SupportsFloat

from lamport._model.check import real
from lamport._model.public import public

__all__ = [
    "Jitter",
    "Steps",
    "as_rate",
    "as_rates",
    "as_ticks",
    "rate_word",
    "read_rate",
    "read_ticks",
    "ticks_word",
]

FORM = "lamport.Steps([(0, 2), (30, 6)])"
WORDS = ("periodic", "poisson")


@public
@dataclass(frozen=True)
class Steps:
    """A rate that changes, in place of a number among the rates of machines.

    From each time on ticks are periodic at the rate there; the first is as far into a period as the machine's
    first tick would be at the first rate. Times count from the beginning of ticking, also for a machine that
    comes back. In tables ``clock_rate`` is the first of the rates.

    Parameters
    ----------
    steps : iterable of (float, float)
        Pairs of a time, in seconds, and the ticks per second from then on; the first time is 0, and each
        is above the one before.

    Raises
    ------
    ValueError
        They are no such pairs.

    Examples
    --------
    >>> import lamport
    >>> run = lamport.simulate(duration=60, rates=[1, lamport.Steps([(0, 2), (30, 6)]), 6], seed=1978)
    >>> run.machines["ticks"].tolist()
    [60, 240, 360]
    """

    steps: tuple[tuple[float, float], ...]

    def __init__(self, steps: Iterable[Iterable[SupportsFloat]]) -> None:
        wrong = ValueError(f"Steps({steps!r}): give pairs of a time and a rate, like {FORM}")
        if isinstance(steps, (str, Mapping, AbstractSet)) or not isinstance(steps, Iterable):
            raise wrong
        kept = []
        for pair in steps:
            if isinstance(pair, (str, Mapping, AbstractSet)) or not isinstance(pair, Iterable):
                raise wrong
            numbers = [real("Steps: a time or rate", number) for number in pair]
            if len(numbers) != 2:
                raise wrong
            kept.append((numbers[0], numbers[1]))
        if not kept or kept[0][0] != 0:
            raise ValueError(f"Steps({steps!r}): the first time is 0, like in {FORM}")
        for before, after in pairwise(kept):
            if not before[0] < after[0]:
                raise ValueError(
                    f"Steps({steps!r}): a step at {after[0]:g} s after one at {before[0]:g} s: give them in "
                    "their order"
                )
        object.__setattr__(self, "steps", tuple(kept))


@public
@dataclass(frozen=True)
class Jitter:
    """Ticks that are periodic but for chance: each comes later by up to a part of the time between two.

    There are as many as without it. The delay of a tick is drawn from the seed, the machine and the number of
    the tick alone, and the last tick does not leave the run.

    Parameters
    ----------
    jitter : float
        The part, from 0 to below 1.

    Raises
    ------
    ValueError
        It is not such a number.

    Examples
    --------
    >>> import lamport
    >>> run = lamport.simulate(duration=60, rates=[1, 3, 6], ticks=lamport.Jitter(0.5), seed=1978)
    >>> run.machines["ticks"].tolist()
    [60, 180, 360]
    """

    jitter: float

    if TYPE_CHECKING:

        def __init__(self, jitter: SupportsFloat) -> None: ...

    def __post_init__(self) -> None:
        jitter = real("Jitter", self.jitter)
        if not 0 <= jitter < 1:
            raise ValueError(
                f"Jitter({self.jitter!r}): it is a part of the time between two ticks: give 0 to below 1"
            )
        object.__setattr__(self, "jitter", jitter)


def as_rate(name: str, value: object) -> float | list[list[float]]:
    """Take a rate in any of its forms: a number, `Steps`, or pairs, as which ``run.json`` keeps them.

    Raises
    ------
    ValueError
        It is none of them.
    """
    if isinstance(value, str) or not isinstance(value, (Steps, Iterable)):
        return real(name, value)
    steps = value if isinstance(value, Steps) else Steps(value)
    return [list(pair) for pair in steps.steps]


def as_rates(name: str, value: object) -> float | list[Any] | None:
    """Take the rates of machines, or that of all, None where they are to be drawn.

    Raises
    ------
    ValueError
        It is neither a number nor a list of rates.
    """
    if value is None:
        return None
    if isinstance(value, (bool, Real)):
        return real(name, value)
    return rate_list(name, value)


def rate_list(name: str, value: object) -> list[Any]:
    """Take the rates of machines; one that changes becomes a list of pairs.

    Raises
    ------
    ValueError
        It is not a list of rates.
    """
    if isinstance(value, Steps):
        raise ValueError(f"{name} is one Steps: give each machine its own rate, like [steps, steps, 6]")
    if isinstance(value, (str, Mapping, AbstractSet)) or not isinstance(value, Iterable):
        raise ValueError(f"{name}={value!r} is not a list of rates: give one per machine, like [1, 3, 6]")
    rates = list(value)
    if not any(isinstance(rate, (Steps, Iterable)) for rate in rates):
        return [real(f"rate of machine {machine}", rate) for machine, rate in enumerate(rates, 1)]
    return [as_rate(f"rate of machine {machine}", rate) for machine, rate in enumerate(rates, 1)]


def as_ticks(name: str, value: object) -> str | dict[str, float]:
    """Take how ticks lie in time, as ``run.json`` keeps it.

    Raises
    ------
    ValueError
        It is neither a word for it nor a `Jitter`.

    Examples
    --------
    >>> as_ticks("ticks", "poisson"), as_ticks("ticks", Jitter(0.5)), as_ticks("ticks", Jitter(0))
    ('poisson', {'jitter': 0.5}, 'periodic')
    """
    if isinstance(value, str) and value in WORDS:
        return value
    if isinstance(value, Mapping) and set(value) == {"jitter"}:
        value = Jitter(value["jitter"])
    if isinstance(value, Jitter):
        return {"jitter": value.jitter} if value.jitter else "periodic"
    raise ValueError(f"{name}={value!r} is not known: give 'periodic', 'poisson' or lamport.Jitter(0.2)")


def read_rate(text: str) -> Any:
    """Read a rate as the command line takes it: a number, or times and rates like 0:2/30:6.

    Examples
    --------
    >>> read_rate("2.5"), read_rate("0:2/30:6")
    (2.5, Steps(steps=((0.0, 2.0), (30.0, 6.0))))
    """
    try:
        if ":" not in text:
            return float(text)
        pairs = [[float(number) for number in step.split(":")] for step in text.split("/")]
    except ValueError:
        raise ValueError(f"{text!r} is not a rate: give a number, or times and rates like 0:2/30:6") from None
    return Steps(pairs)


def read_ticks(text: str) -> Any:
    """Read how ticks lie in time as the command line takes it.

    Examples
    --------
    >>> read_ticks("poisson"), read_ticks("jitter:0.2")
    ('poisson', Jitter(jitter=0.2))
    """
    word, colon, number = text.partition(":")
    if word != "jitter" or not colon:
        return text
    try:
        return Jitter(float(number))
    except ValueError as error:
        raise ValueError(f"{text!r}: {error}") from None


def rate_word(rate: Any) -> str:
    """Write a rate as `read_rate` takes it.

    Examples
    --------
    >>> rate_word(2.5), rate_word([[0, 2], [30, 6]])
    ('2.5', '0:2/30:6')
    """
    if isinstance(rate, Steps):
        rate = rate.steps
    if isinstance(rate, (list, tuple)):
        return "/".join(f"{_short(time)}:{_short(each)}" for time, each in rate)
    return _short(rate)


def _short(number: float) -> str:
    """Write a number so that it is read as it is."""
    return f"{number:g}" if float(f"{number:g}") == number else repr(float(number))


def ticks_word(ticks: Any) -> str:
    """Write how ticks lie in time as `read_ticks` takes it."""
    known = as_ticks("ticks", ticks)
    return known if isinstance(known, str) else f"jitter:{known['jitter']!r}"
