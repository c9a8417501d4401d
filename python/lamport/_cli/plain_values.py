"""Values of Python and of its libraries as JSON has them."""

import math
from collections.abc import Callable, Iterable, Mapping
from numbers import Integral, Real
from os import PathLike, fspath
from types import NoneType
from typing import Any

__all__ = ["plain_value"]


def plain_value(value: Any) -> Any:
    """Return what JSON has for a value: null for what is no number, text that every reader of it can take.

    Examples
    --------
    >>> plain_value({"drift": float("nan"), 1: (2, 0.5)})
    {'drift': None, '1': [2, 0.5]}
    """
    for kind, make in HOW:
        if isinstance(value, kind):
            return make(value)
    raise TypeError(f"{value!r} is nothing that JSON has")


def _number(value: Any) -> float | None:
    number = float(value)
    return number if math.isfinite(number) else None


def _text(value: Any) -> str:
    # A name of a file may hold bytes that are no text.
    return str(fspath(value)).encode("utf-8", "backslashreplace").decode("utf-8")


def _object(value: Any) -> dict[str, Any]:
    return {_text(str(name)): plain_value(each) for name, each in value.items()}


HOW: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    ((NoneType, bool), lambda value: value),
    ((str, PathLike), _text),
    (Integral, int),
    (Real, _number),
    (Mapping, _object),
    (Iterable, lambda value: [plain_value(each) for each in value]),
)
"""What becomes of which kind; the first that fits."""
