"""A parameter of a run or of a machine, and how the command line takes it."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

__all__ = ["EVERY", "REQUIRED", "TURNS_OFF", "TURNS_ON", "Option", "Parameter", "on"]

REQUIRED = object()
"""In place of a default: the parameter must be given."""
EVERY = "run simulate sweep machine"
"""The commands that make runs."""
TURNS_ON = {"action": "store_true"}
TURNS_OFF = {"action": "store_false"}


class Option(NamedTuple):
    """How a command takes a parameter.

    Attributes
    ----------
    flags : tuple of str
        Its names, the first of which is used where this package writes command lines.
    help : str
        What ``--help`` says.
    more : mapping
        What else argparse is told, such as ``metavar`` or a default of the command's own.
    """

    flags: tuple[str, ...]
    help: str
    more: Mapping[str, Any]


# Not dataclasses: those load `inspect`, and a machine is a process that starts fast.
class Parameter(NamedTuple):
    """A parameter of a run or of a machine.

    Attributes
    ----------
    name : str
        Its name in signatures, in ``run.json`` and in a grid.
    of : mapping of str to object
        The functions that take it, and its default there.
    unit : str
        What its numbers count.
    label : str
        What figures call it, where its name does not say enough.
    check : callable
        Takes the name and a value; returns the value as Python's own, or raises ValueError.
    read : callable, optional
        Reads a value from a word of the command line.
    recorded : bool
        Whether ``run.json`` has it.
    seldom : bool
        Whether ``run.json`` leaves it out where it is the default.
    names : mapping of str to str
        The functions that call it something else, and what.
    options : mapping of str to Option
        The commands that take it, and how.
    """

    name: str
    of: Mapping[str, Any]
    unit: str = ""
    label: str = ""
    check: Callable[[str, Any], Any] = lambda _, value: value
    read: Callable[[str], Any] | None = None
    recorded: bool = True
    seldom: bool = False
    names: Mapping[str, str] = MappingProxyType({})
    options: Mapping[str, Option] = MappingProxyType({})

    @property
    def axis(self) -> str:
        """What an axis of a figure says."""
        words = self.label or self.name.replace("_", " ")
        return f"{words} ({self.unit})" if self.unit else words

    def name_in(self, function: str) -> str:
        """Return what a function calls it."""
        return self.names.get(function, self.name)


def on(commands: str, flags: str, text: str, **more: Any) -> dict[str, Option]:
    """Return an option for each of these commands."""
    option = Option(tuple(flags.split()), text, more)
    return dict.fromkeys(commands.split(), option)
