"""Options of the command line from the setting."""

import argparse
import re
from collections.abc import Callable, Collection, Sequence
from typing import Any

from lamport._model import read
from lamport._model.parameter import REQUIRED, Parameter
from lamport._model.setting import SETTING

__all__ = ["FUNCTIONS", "add_changes", "add_parameters", "add_window", "changed", "given", "reader"]

FUNCTIONS = {
    "run": "run_local",
    "simulate": "simulate",
    "sweep": "sweep",
    "machine": "Machine",
    "predict": "predict",
}
"""What each command calls."""
DEFAULT = re.compile(r"(?: \(|; )(?:default: [^()]*|%\(default\)\w|1/3)\)$")
"""What a help text says of the default."""


def add_window(parser: argparse.ArgumentParser) -> None:
    """Add the options of a stretch of time."""
    parser.add_argument(
        "--start",
        type=reader(read.real),
        metavar="S",
        help="leave out what is before, in seconds from the beginning of ticking",
    )
    parser.add_argument(
        "--stop", type=reader(read.real), metavar="S", help="leave out this time and what is after"
    )


def add_parameters(parser: argparse.ArgumentParser, command: str) -> None:
    """Add the options of a command that are parameters of a run or of a machine."""
    for parameter in SETTING.values():
        option = parameter.options.get(command)
        if option is None:
            continue
        more = {"dest": parameter.name, "help": option.help, **option.more}
        default = _default(parameter, command)
        if "action" not in more and not more.get("required"):
            more.setdefault("default", default)
        _add(parser, parameter, option.flags, more)


def add_changes(parser: argparse.ArgumentParser, commands: Sequence[str]) -> None:
    """Add the options that some of these commands have, for a run that is otherwise as it was."""
    for parameter in SETTING.values():
        option = next((parameter.options[name] for name in commands if name in parameter.options), None)
        if option is None:
            continue
        text = DEFAULT.sub(lambda found: ")" if found[0].startswith(";") else "", option.help)
        more = {"dest": parameter.name, "help": text, **option.more, "default": argparse.SUPPRESS}
        if more.get("action") == "store_true":
            more["action"] = argparse.BooleanOptionalAction
        _add(parser, parameter, option.flags, more)


def _add(
    parser: argparse.ArgumentParser, parameter: Parameter, flags: Sequence[str], more: dict[str, Any]
) -> None:
    """Add an option that reads its words, if it has any, as the parameter wants them."""
    parser.register("action", "pairs", _Pairs)
    if more.get("action") in {None, "append", "pairs"}:
        more["type"] = _reader_of(parameter)
    parser.add_argument(*flags, **more)


class _Pairs(argparse.Action):
    """A mapping, of which each word gives one name and its value."""

    def __call__(self, _: Any, args: argparse.Namespace, values: Any, __: str | None = None) -> None:
        name, value = values
        known = getattr(args, self.dest, None) or {}
        if name in known:
            raise argparse.ArgumentError(self, f"{name} is given twice")
        setattr(args, self.dest, {**known, name: value})


def changed(args: argparse.Namespace) -> dict[str, Any]:
    """Return the parameters that a command line of `add_changes` gives."""
    return _with_rates({name: value for name, value in vars(args).items() if name in SETTING})


def given(args: argparse.Namespace, command: str, grid: Collection[str] = ()) -> dict[str, Any]:
    """Return the parameters on a command line, by the names that the command's function has for them.

    Those that a grid gives say that there are other machines, as an option does.
    """
    function = FUNCTIONS[command]
    taken = (each for each in SETTING.values() if command in each.options)
    return _with_rates({each.name_in(function): getattr(args, each.name) for each in taken}, grid)


def _with_rates(found: dict[str, Any], grid: Collection[str] = ()) -> dict[str, Any]:
    """Take one number for the rate of all machines; alone, without a word of others, it says there is one."""
    rates = found.get("rates")
    if rates is None or len(rates) != 1 or not isinstance(rates[0], float):
        return found
    others = found.get("machines") or found.get("algorithm") or not isinstance(found.get("topology", ""), str)
    others = others or "machines" in grid or "algorithm" in grid
    return found | {"rates": rates[0]} if others else found


def reader(read: Callable[[str], Any]) -> Callable[[str], Any]:
    """Let argparse say what a function that reads a word has against it."""

    def take(text: str) -> Any:
        try:
            return read(text)
        except OSError as error:
            raise argparse.ArgumentTypeError(f"{text}: {error.strerror}") from None
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return take


def _reader_of(parameter: Parameter) -> Callable[[str], Any]:
    """Return what reads a parameter from a word and looks whether it is within its bounds."""

    def read(text: str) -> Any:
        from lamport._lamport import check_parameter

        value = text if parameter.read is None else parameter.read(text)
        try:
            value = parameter.check(parameter.name, value)
            check_parameter(parameter.name, value)
        except ValueError as error:  # argparse says which option it was
            said = str(error).removeprefix(f"{parameter.name}=").removeprefix(f"{parameter.name} is ")
            raise ValueError(said) from None
        return value

    return reader(read)


def _default(parameter: Parameter, command: str) -> Any:
    function = FUNCTIONS[command]
    default = parameter.of.get(function, parameter.of.get("grid"))
    return None if default is REQUIRED else default
