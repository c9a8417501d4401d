"""What makes the clocks that `lamport.check_clock` looks at, and what a clock must have."""

import inspect
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

__all__ = ["Maker", "maker_of"]

GIVEN = ("machine", "machines", "now")
METHODS = {"tick": (), "send": (), "receive": ("stamp",)}
WANTED = "a clock has tick(), send() and receive(stamp), which return the stamp of that event"


class Maker(NamedTuple):
    """What is called to make clocks, and with what.

    Attributes
    ----------
    function : callable
        Makes the clock of a machine, or those of all.
    is_all : bool
        Whether it makes all at once.
    arguments : int or list of str
        How many of the arguments it gets, by their places; or which, by their names.
    """

    function: Callable[..., Any]
    is_all: bool
    arguments: int | list[str]


def maker_of(make: Any) -> Maker:
    """Return how clocks are made, after making some and looking whether they are clocks.

    Raises
    ------
    TypeError
        `make` makes no clocks: what it is or has that is not as it must be.
    """
    together = _all_of(make)
    if together is not None:
        maker = Maker(together, is_all=True, arguments=_arguments(together, "make.all", GIVEN[1:]))
    elif not callable(make):
        if all(hasattr(make, name) for name in METHODS):
            raise TypeError(
                f"make={_short(make)} is a clock: give its class, or what makes one for a machine"
            )
        raise TypeError(
            f"make={_short(make)} cannot be called: give a class of clocks, or a function "
            "make(machine, machines, now) that returns one"
        )
    else:
        maker = Maker(make, is_all=False, arguments=_arguments(make, "make", GIVEN))
    _check_clock(_one(maker))
    return maker


def _all_of(make: Any) -> Callable[..., Any] | None:
    """Return what makes all clocks of a run; of a class that is no method of its clocks."""
    if isinstance(make, type):
        own = inspect.getattr_static(make, "all", None)
        return make.all if isinstance(own, classmethod | staticmethod) else None  # type: ignore[attr-defined]
    found = getattr(make, "all", None)
    return found if callable(found) else None


def _arguments(function: Callable[..., Any], shown: str, given: Sequence[str]) -> int | list[str]:
    """Return what of the arguments a function takes: by name if those that it needs have these names."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):  # of C, without a signature
        return len(given)
    placed = [each for each in parameters if each.kind in {each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD}]
    named = [each for each in parameters if each.kind in {each.KEYWORD_ONLY, each.POSITIONAL_OR_KEYWORD}]
    variable = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}
    needed = [each for each in parameters if each.default is each.empty and each.kind not in variable]
    if all(each in named and each.name in given for each in needed):
        if not needed and any(each.kind is each.VAR_POSITIONAL for each in parameters):
            return len(given)
        return [each.name for each in named if each.name in given]
    by_place = [each for each in placed if each.default is each.empty]
    if len(by_place) < len(needed) or len(by_place) > len(given):
        taken = ", ".join(each.name for each in needed)
        raise TypeError(
            f"{shown}({taken}) takes more than there is: it is called with {', '.join(given)}, "
            "or with the first of these if it takes fewer"
        )
    return len(by_place)


def _one(maker: Maker) -> Any:
    """Return a clock, or None if making it fails, which the first run will tell."""
    values: dict[str, Any] = {"machine": 1, "machines": 2, "now": lambda: 0}
    if maker.is_all:
        values = {"machines": 2, "now": (lambda: 0, lambda: 0)}
    try:
        if isinstance(maker.arguments, int):
            made = maker.function(*list(values.values())[: maker.arguments])
        else:
            made = maker.function(**{name: values[name] for name in maker.arguments})
        return next(iter(made)) if maker.is_all else made
    except (Exception, SystemExit):  # whatever it is, it is told with the run in which it happens
        return None


def _check_clock(clock: Any) -> None:
    """Say what a clock lacks, or what does not take what it is called with."""
    if clock is None:
        return
    name = type(clock).__name__
    missing = [
        f"{each}({', '.join(METHODS[each])})" for each in METHODS if not callable(getattr(clock, each, None))
    ]
    if missing:
        raise TypeError(f"a {name} has no {' and no '.join(missing)}: {WANTED}")
    for each, takes in METHODS.items():
        _check_method(getattr(clock, each), f"{name}.{each}", takes)
    if (before := getattr(clock, "before", None)) is not None:
        _check_method(before, f"{name}.before", ("a", "b"), "; it is a static method")


def _check_method(method: Any, shown: str, takes: Sequence[str], more: str = "") -> None:
    right = f"{shown}({', '.join(takes)})"
    if not callable(method):
        raise TypeError(f"{shown} is a {type(method).__name__}, not a method: {right} is called{more}")
    if inspect.iscoroutinefunction(method) or inspect.isgeneratorfunction(method):
        raise TypeError(f"{shown} awaits or yields: {right} must return at once")
    try:
        signature = inspect.signature(method)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(*takes)
    except TypeError:
        raise TypeError(f"{shown}{signature} does not take what it is called with: {right}{more}") from None


def _short(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else f"a {type(value).__name__}"
