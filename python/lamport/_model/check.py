"""Checks of values as users pass them: each returns what it takes as Python's own, or says what is wrong."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from numbers import Integral, Real

__all__ = ["rates", "real", "whole"]


def whole(name: str, value: object) -> int:
    """Return a parameter that is a whole number.

    Raises
    ------
    ValueError
        It is not one from 0 to 2^53 - 1.
    """
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise ValueError(f"{name}={value!r} is not a whole number")
    if not 0 <= int(value) < 2**53:
        raise ValueError(f"{name}={value} is out of range: give a whole number, 0 to 2^53 - 1")
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


def rates(name: str, value: object) -> list[float] | None:
    """Return the rates of machines, None where they are to be drawn.

    Raises
    ------
    ValueError
        It is not a list of numbers.
    """
    if value is None:
        return None
    if isinstance(value, (str, Mapping, AbstractSet)) or not isinstance(value, Iterable):
        raise ValueError(f"{name}={value!r} is not a list of rates: give one per machine, like [1, 3, 6]")
    return [real("rate", rate) for rate in value]
