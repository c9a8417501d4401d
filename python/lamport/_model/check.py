"""Checks of values as users pass them: each returns what it takes as Python's own, or says what is wrong."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from numbers import Integral, Real
from os import PathLike, fspath

__all__ = [
    "each",
    "flag",
    "mapping",
    "path",
    "peer_weights",
    "port",
    "real",
    "sample_count",
    "some_path",
    "some_real",
    "some_threads",
    "weights",
    "whole",
    "word",
]

LONGEST = 60
"""The most characters of a value that a message shows."""
MOST_SAMPLES = 2**20
"""The most events that are drawn."""


def whole(name: str, value: object) -> int:
    """Return a parameter that is a whole number.

    Raises
    ------
    ValueError
        It is not one from 0 to 2^53 - 1.
    """
    number = _integer(name, value)
    if not 0 <= number < 2**53:
        raise ValueError(f"{name}={value} is out of range: give a whole number, 0 to 2^53 - 1")
    return number


def sample_count(samples: object) -> int | None:
    """Return how many events are drawn, or None.

    Raises
    ------
    ValueError
        It is not a whole number from 2 to 2^20.
    """
    if samples is None:
        return None
    number = _integer("samples", samples)
    if not 2 <= number <= MOST_SAMPLES:
        right = f"a standard error needs 2 or more, and at most {MOST_SAMPLES} events are drawn"
        raise ValueError(f"samples is {number}: {right}")
    return number


def _integer(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise ValueError(f"{name}={value!r} is not a whole number")
    return int(value)


def real(name: str, value: object) -> float:
    """Return a parameter that is a number.

    Raises
    ------
    ValueError
        It is not one.
    """
    if isinstance(value, (bool, str)) or not isinstance(value, Real):
        raise ValueError(f"{name}={value!r} is not a number")
    return float(value)


def each(name: str, value: object) -> float | list[float]:
    """Return a parameter that is a number, or a list of one for each machine.

    Raises
    ------
    ValueError
        It is neither.
    """
    if isinstance(value, (str, Mapping, AbstractSet)) or not isinstance(value, Iterable):
        return real(name, value)
    return [real(f"{name} of machine {machine}", one) for machine, one in enumerate(value, 1)]


def weights(name: str, value: object) -> dict[int, dict[int, int]]:
    """Return the weights of machines for their peers, by ids; those of None are all 1.

    Raises
    ------
    ValueError
        They are not a mapping of machines to mappings of machines to whole numbers.
    """
    if value is None:
        return {}
    form = "{1: {2: 3, 3: 1}}"
    given: dict[int, dict[int, int]] = {}
    for key, peers in mapping(name, value, form).items():
        machine = _id(name, key)
        if machine in given:
            raise ValueError(f"{name}: machine {machine} is listed twice")
        given[machine] = {}
        for peer, weight in mapping(f"{name} of machine {machine}", peers, form).items():
            of = f"{name} of machine {machine} for machine {_id(name, peer)}"
            given[machine][_id(name, peer)] = whole(of, weight)
    return given


def peer_weights(name: str, value: object) -> list[int] | None:
    """Return the weights of the peers of one machine, in their order; None if they are all 1.

    Raises
    ------
    ValueError
        They are not a list of whole numbers.
    """
    if value is None:
        return None
    if isinstance(value, (str, Mapping, AbstractSet)) or not isinstance(value, Iterable):
        raise ValueError(f"{name}={value!r} is not a list of weights: give one per peer, like [3, 1]")
    return [whole(f"{name} of peer {peer}", weight) for peer, weight in enumerate(value, 1)]


def _id(name: str, value: object) -> int:
    """Read a machine's number; JSON keeps keys as text."""
    if isinstance(value, str) and value.isdecimal():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, Integral) or value < 1:
        raise ValueError(f"{name}: {value!r} is not a machine: machines are numbered from 1")
    return int(value)


def some_real(name: str, value: object) -> float | None:
    """Return a parameter that is a number or None."""
    return None if value is None else real(name, value)


def some_threads(name: str, value: object) -> int | None:
    """Return a parameter that is a number of threads or None.

    Raises
    ------
    ValueError
        It is not a whole number, 1 or more.
    """
    if value is None:
        return None
    number = _integer(name, value)
    if not 1 <= number < 2**53:
        raise ValueError(f"{name}={value} is out of range: give a whole number, 1 or more")
    return number


def flag(name: str, value: object) -> bool:
    """Return a parameter that is true or false.

    Raises
    ------
    ValueError
        It is not a bool.
    """
    if type(value).__name__ not in {"bool", "bool_"}:  # NumPy's own is not loaded for this
        raise ValueError(f"{name}={value!r}: give True or False")
    return bool(value)


def word(name: str, value: object) -> str:
    """Return a parameter that is a word; which there are, the native module says.

    Raises
    ------
    ValueError
        It is not a text.
    """
    if not isinstance(value, str):
        raise ValueError(f"{name}={_short(value)} is not a text")
    return str(value)


def port(name: str, value: object) -> int:
    """Return a parameter that is a TCP port, or 0.

    Raises
    ------
    ValueError
        It is not one.
    """
    number = _integer(name, value)
    if not 0 <= number < 2**16:
        raise ValueError(f"{name}={value} is out of range: give a port, 1 to 65535, or 0 for a free one")
    return number


def path(name: str, value: object) -> str:
    """Return a parameter that is a path.

    Raises
    ------
    ValueError
        It is not one.
    """
    text = fspath(value) if isinstance(value, (str, PathLike)) else None
    if not isinstance(text, str) or not text:
        raise ValueError(f"{name}={_short(value)} is not a path")
    return text


def some_path(name: str, value: object) -> object:
    """Return a parameter that is a path or None, as it is."""
    if value is not None:
        path(name, value)
    return value


def mapping(name: str, value: object, form: str) -> dict[object, object]:
    """Return a parameter that is a mapping.

    Raises
    ------
    ValueError
        It is not one.
    """
    if not isinstance(value, Mapping):
        raise ValueError(f"{name}={_short(value)} is not a mapping: give one like {form}")
    return dict(value)


def _short(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= LONGEST else f"a {type(value).__name__}"
