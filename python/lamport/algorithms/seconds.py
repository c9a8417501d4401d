"""What algorithms take for a length of time."""

from math import isfinite

from lamport._model.check import real

__all__ = ["seconds", "some_seconds"]


def seconds(name: str, value: object, *, zero: bool = False) -> float:
    """Return an argument that is a positive number of seconds, or 0 where that means something.

    Raises
    ------
    ValueError
        It is none.
    """
    number = real(name, value)
    if not (isfinite(number) and (number > 0 or (zero and number == 0))):
        raise ValueError(f"{name}={value!r}: give a positive number of seconds{', or 0' * zero}")
    return number


def some_seconds(name: str, value: object, *, zero: bool = False) -> float | None:
    """Return an argument that is a number of seconds, as `seconds` takes it, or None."""
    return None if value is None else seconds(name, value, zero=zero)
