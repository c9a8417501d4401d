"""Algorithms in the grid of a sweep, and the arguments that the grid gives them beside parameters of runs."""

from collections.abc import Iterable, Mapping
from inspect import Parameter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lamport._drive.algorithm import Plan

__all__ = ["algorithm_word", "argument_word", "as_arguments", "check_clashes", "value_of"]

LONGEST = 60
"""The most characters of a label."""


def as_arguments(given: Any, own: Mapping[str, Any]) -> Any:
    """Put together what is given as ``arguments=`` and what a point of the grid says of arguments.

    Raises
    ------
    ValueError
        Both say one.
    """
    if not own or not isinstance(given, Mapping | None):
        return given
    given = given or {}
    for name in own:
        if name in given:
            raise ValueError(f"{name} is in the grid and in arguments= ({given[name]!r}): give one")
    return {**given, **own}


def check_clashes(plan: "Plan | None", names: Iterable[str], known: Iterable[str]) -> None:
    """Refuse a name of the grid that is a parameter of runs and an argument of the algorithm too.

    Raises
    ------
    ValueError
        There is one, and ``arguments=`` does not give the argument.
    """
    if plan is None:
        return
    for name in names:
        if name in known and name in plan.roles.takes and name not in plan.roles.arguments:
            raise ValueError(
                f"{name} is a parameter of runs and an argument of the algorithm: what the grid gives is the "
                f"run's; give the argument by arguments={{{name!r}: ...}}, or in the grid by "
                f"{{'arguments': [{{{name!r}: ...}}, ...]}}"
            )


def value_of(plan: "Plan | None", name: str) -> Any:
    """Return an argument of a point, its default where it is not given, None where that is not known."""
    if plan is None:
        return None
    if name in plan.roles.arguments:
        return plan.roles.arguments[name]
    default = plan.roles.takes.get(name)
    return None if default is Parameter.empty else default


def algorithm_word(algorithm: Any) -> str:
    """Put what machines run into a word."""
    if algorithm is None:
        return "built-in"
    if isinstance(algorithm, Mapping):
        return ", ".join(f"{machine}: {algorithm_word(role)}" for machine, role in algorithm.items())
    if isinstance(algorithm, str):
        return algorithm.rpartition(":")[2]
    while hasattr(algorithm, "func"):  # functools.partial
        algorithm = algorithm.func
    return str(getattr(algorithm, "__name__", type(algorithm).__name__))


def argument_word(value: Any) -> str:
    """Put an argument, or several, into a few words."""
    if isinstance(value, Mapping):
        value = ", ".join(f"{name}={each}" for name, each in value.items()) or "none"
    text = str(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 4]} ..."
