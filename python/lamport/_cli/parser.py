"""A parser of words: options in full, and help that reads alike under every Python."""

import argparse
from typing import Any, NoReturn

from lamport._cli.exit_status import MISUSED

__all__ = ["Misused", "Parser"]


class Misused(SystemExit):
    """The words of a command line cannot be taken; that is said already."""

    def __init__(self, parser: "Parser", message: str) -> None:
        super().__init__(MISUSED)
        self.parser, self.message = parser, message


class Formatter(argparse.HelpFormatter):
    """Help as Python 3.13 lays it out; texts of several lines stand as they are."""

    def add_argument(self, action: argparse.Action) -> None:
        """Leave room for commands too."""
        super().add_argument(action)
        for each in self._iter_indented_subactions(action):
            length = len(self._format_action_invocation(each)) + self._current_indent
            self._action_max_length = max(self._action_max_length, length)

    def _format_action_invocation(self, action: argparse.Action) -> str:
        if not action.option_strings or action.nargs == 0:
            return super()._format_action_invocation(action)
        value = self._format_args(action, self._get_default_metavar_for_optional(action))
        return f"{', '.join(action.option_strings)} {value}"

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return text if "\n" in text else super()._fill_text(text, width, indent)


class Parser(argparse.ArgumentParser):
    """What reads the words of a command, and those of its commands."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**{"allow_abbrev": False, "formatter_class": Formatter, **more})

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and end."""
        try:
            super().error(message)
        except SystemExit:
            raise Misused(self, message) from None
