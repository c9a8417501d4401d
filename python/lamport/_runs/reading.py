"""What a program may do whose logs are no possible history."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from lamport._model.public import public
from lamport._model.rules import Rules

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Reading"]


@public
@dataclass(frozen=True, kw_only=True, eq=False)
class Reading:
    """What a program may do whose logs break rules: with it they break none, or next to none.

    Several readings are those that the logs cannot tell apart.

    Attributes
    ----------
    words : str
        What the program does otherwise than Lamport says, or its logs.
    rules : Rules
        The rules that its logs then obey: for ``rules=`` of `load` and of `verify`.
    options : dict
        What else `load` is to be told then: ``queue_len``, ``multicast``, ``columns``.
    violations : int
        How many there are.
    explained : int
        How many of them are none if it is so: all, or all but 1 %.
    unexplained : DataFrame
        The others, as `Verification.violations` has them.

    Examples
    --------
    >>> import lamport
    >>> done = lamport.simulate(3, 60, seed=1, stamp="before").verify()
    >>> [reading.rules.stamp for reading in done.diagnosis]
    ['before']
    """

    words: str
    rules: Rules
    options: dict[str, Any]
    violations: int
    explained: int
    _rest: Mapping[str, Any]

    @property
    def unexplained(self) -> "pd.DataFrame":
        """What is left: rule, file, line, machine_id, clock, expected, found."""
        from lamport._runs.violations import violations

        return violations(self._rest)

    @property
    def arguments(self) -> str:
        """What to read or judge the logs with, as Python code: other rules than the default, and options."""
        default = Rules()
        names = [each.name for each in fields(Rules)]
        others = [name for name in names if getattr(self.rules, name) != getattr(default, name)]
        rules = ", ".join(f"{name}={getattr(self.rules, name)!r}" for name in others)
        words = [f"rules=lamport.Rules({rules})"] if rules else []
        return ", ".join(words + [f"{name}={value!r}" for name, value in self.options.items()])

    def __str__(self) -> str:
        share = "all" if self.explained == self.violations else f"{self.explained} of"
        return f"{self.words} (explains {share} {self.violations} violations; {self.arguments})"

    @classmethod
    def _of(cls, told: Mapping[str, Any]) -> "Reading":
        """Make one of what the native module says."""
        rules = dict(told["rules"])
        return cls(
            words=" and ".join(told["words"]),
            rules=Rules(**rules | {"channel": tuple(rules["channel"])}),
            options=dict(_option(*each) for each in told["options"]),
            violations=told["of"],
            explained=told["of"] - told["left"],
            _rest=told["rest"],
        )


def _option(what: str, how: str) -> tuple[str, Any]:
    """Return how `load` is told of a column, or of the clock that a column has."""
    return ("columns", {what: how}) if "clock" in how else (what, how)
