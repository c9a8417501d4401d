"""What the words of a command line can be, for shells to complete."""

import argparse
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from lamport._model.topology import NAMES

__all__ = ["Command", "Word", "commands_of"]

FILES, DIRECTORIES = "files", "directories"
PLACES = {
    "FILE": FILES,
    "TOML": FILES,
    "LOG": FILES,
    "RUN": FILES,
    "SUBMISSION": FILES,
    "DIR": DIRECTORIES,
}
"""What is a path, by what help calls it."""
KNOWN = {
    "topology": NAMES,
    "ticks": ("periodic", "poisson"),
    "stamp": ("after", "before"),
    "statistic": ("mean", "median"),
}
"""Values that have names, of options that take others too."""


class Word(NamedTuple):
    """An option, or what stands without one.

    Attributes
    ----------
    flags : sequence of str
        Its names; none of what stands without an option.
    help : str
        What it is.
    value : str
        What help calls its value; empty if it takes none.
    choices : sequence of str
        What the value can be, as far as that has names.
    place : {"files", "directories", ""}
        What kind of path it is.
    """

    flags: Sequence[str]
    help: str
    value: str
    choices: Sequence[str]
    place: str


class Command(NamedTuple):
    """A command and its words."""

    name: str
    help: str
    words: Sequence[Word]

    @property
    def options(self) -> list[Word]:
        """Those with a flag."""
        return [each for each in self.words if each.flags]

    @property
    def others(self) -> list[Word]:
        """Those without one."""
        return [each for each in self.words if not each.flags]


def commands_of(parser: argparse.ArgumentParser) -> tuple[list[Word], list[Command]]:
    """Return the options before a command, and the commands."""
    own, commands = [], []
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            told = {each.dest: each.help or "" for each in action._choices_actions}
            commands = [
                Command(name, told[name], list(_words(each))) for name, each in action.choices.items()
            ]
        else:
            own.append(_word(action, parser))
    return own, commands


def _words(parser: argparse.ArgumentParser) -> Iterator[Word]:
    for action in parser._actions:
        if action.help != argparse.SUPPRESS:
            yield _word(action, parser)


def _word(action: argparse.Action, parser: argparse.ArgumentParser) -> Word:
    takes = action.nargs != 0
    value = str(action.metavar or action.dest.upper()) if takes else ""
    choices = tuple(map(str, action.choices or KNOWN.get(action.dest, ()))) if takes else ()
    text = parser._get_formatter()._expand_help(action) if action.help else ""
    return Word(tuple(action.option_strings), text, value, choices, PLACES.get(value, ""))
