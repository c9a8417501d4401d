"""What a command line says of words that it cannot take: which option, and what would be right."""

import argparse
import errno
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from lamport._cli.document import DOCUMENT, tell_misuse
from lamport._cli.exit_status import MISUSED
from lamport._cli.parser import Misused, Parser

__all__ = ["WordedError", "as_options", "describe", "parse"]

TWICE_NAMED = re.compile(r"\(\w+=True, (--[\w-]+)\)")
"""A parameter in words of the library, and in words of the command line."""
UNKNOWN_HOST = re.compile(r'unknown host "([^"]*)"')
OF_FILES = {
    "faults": re.compile(r"the (crash|pause|partition|delay|disconnect|faults?) "),
    "inputs": re.compile(r"(\w+ of )?inputs\[\d+\]"),
}
"""What messages begin with that are of what a file holds."""
ARGUMENT = re.compile(r"arguments=\{'(\w+)': \.\.\.\}")
"""An argument of an algorithm in words of the library."""


def parse(parser: Parser, argv: Sequence[str] | None) -> argparse.Namespace:
    """Read a command line as ``parse_args`` does, and say more of words that nothing takes."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        _refuse_unknown(parser, words)
        args, strange = parser.parse_known_args(words)
        if strange:
            told: Parser = getattr(args, "parser", parser)
            told.error(_say_strange(strange, words, told))
    except Misused as ended:
        if DOCUMENT in words:
            tell_misuse(ended.parser, MISUSED, ended.message)
        raise
    return args


def _refuse_unknown(parser: Parser, words: Sequence[str]) -> None:
    """Refuse options that are not there before anything is said of others that are missing then."""
    told, rest = _command(parser, words)
    flags = told._option_string_actions
    for word in rest:
        if word == "--":
            return
        flag = word.partition("=")[0]
        # Where a blank is in it, argparse takes it for a value.
        if flag.startswith("--") and " " not in flag and flag not in flags:
            told.error(f"unrecognized arguments: {flag}: {_say_meant(flag, told)}")


def _command(parser: Parser, words: Sequence[str]) -> tuple[Parser, Sequence[str]]:
    """Return what reads the words of a command, and these; before one those of the parser itself."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            place = next((at for at, word in enumerate(words) if not word.startswith("-")), len(words))
            if place < len(words) and words[place] in action.choices:
                return action.choices[words[place]], words[place + 1 :]
            return parser, words[:place]
    return parser, words


def _say_meant(flag: str, parser: argparse.ArgumentParser) -> str:
    """Say which option is meant by one that is not there: what it is short for, else what is like it."""
    from difflib import get_close_matches

    flags = [flag for action in parser._actions for flag in action.option_strings if _is_shown(action)]
    whole = [each for each in flags if each.startswith(flag)] if flag.strip("-") else []
    meant = whole or get_close_matches(flag, flags, n=1)
    return f"is {' or '.join(meant)} meant" if meant else f"see {parser.prog} --help"


def _is_shown(action: argparse.Action) -> bool:
    return action.help != argparse.SUPPRESS


def _say_strange(strange: Sequence[str], words: Sequence[str], parser: argparse.ArgumentParser) -> str:
    text = f"unrecognized arguments: {' '.join(strange)}"
    if strange[0].startswith("-") and strange[0] != "-":
        return f"{text}: {_say_meant(strange[0].partition('=')[0], parser)}"
    place = words.index(strange[0]) if strange[0] in words else 0
    before = words[:place]
    # An option that takes a list, its value, and what was meant to be more of it.
    flag, value = [*before, "", ""][:2] if len(before) < 2 else before[-2:]
    action = parser._option_string_actions.get(flag)
    if action is not None and "," in str(action.metavar):
        listed = ",".join(word.strip(",") for word in [value, *strange])
        return f"{text}: a list is one word with commas, {flag} {listed}"
    return f"{text}: see {parser.prog} --help"


class WordedError(ValueError):
    """Arguments that do not go together, in words of the command line."""


def describe(error: Exception, parser: argparse.ArgumentParser, args: argparse.Namespace) -> str:
    """Return what to print of an error: in words of the command line."""
    from lamport._model.algorithm import AlgorithmError

    if isinstance(error, (WordedError, AlgorithmError)):  # lines of a program are no parameters
        return str(error)
    if isinstance(error, OSError) and error.strerror is not None and isinstance(error.filename, (str, bytes)):
        return _describe_file(error, parser, args)
    text = re.sub(r"^\[Errno \d+\] ", "", str(error))
    if host := UNKNOWN_HOST.match(text):
        flag = "--host" if host[1] == getattr(args, "host", None) else "--peers"
        return f"{flag}: {text}" if hasattr(args, "peer_addresses") else text
    for action in _of_files(parser):
        if text.startswith(f"{getattr(args, action.dest, None)}: "):
            return f"{_flag(action)} {text}"
    for name, begins in OF_FILES.items():
        if begins.match(text) and getattr(args, name, None):
            return f"--{name}: {text}"
    return as_options(text, parser)


def as_options(text: str, parser: argparse.ArgumentParser) -> str:
    """Call parameters by their options in a message of the library.

    Where a word may be any other, as ``machines`` may, only ``machines=3`` is taken for the parameter.

    Examples
    --------
    >>> parser = argparse.ArgumentParser()
    >>> _ = parser.add_argument("--max-rate"), parser.add_argument("--rates")
    >>> as_options("max_rate is 0, but rates has 3 values: give rates=", parser)
    '--max-rate is 0, but --rates has 3 values: give --rates'
    """
    flags = {action.dest: _flag(action) for action in parser._actions if action.option_strings}
    text = TWICE_NAMED.sub(r"(\1)", text)
    if "arguments" in flags:
        text = ARGUMENT.sub(rf"{flags['arguments']} \1=...", text)
    for name, flag in flags.items():
        ends = r"(?![\w./'\"])" if "_" in name else r"(?==| has \d)"
        text = re.sub(rf"(?<![\w./'\"=-]){name}{ends}", flag, text)
        text = re.sub(rf"{flag}=(?=$|[\s,;:)])", flag, text)
    for action in parser._actions:
        if action.const is True and action.option_strings:
            text = text.replace(f"{_flag(action)}=True", _flag(action))
    return text


def _flag(action: argparse.Action) -> str:
    return next((flag for flag in action.option_strings if flag.startswith("--")), action.option_strings[0])


def _describe_file(error: OSError, parser: argparse.ArgumentParser, args: argparse.Namespace) -> str:
    path, why = os.fsdecode(error.filename), error.strerror
    if error.errno == errno.EEXIST and Path(path).is_file():
        why = "it is a file, not a directory"
    return f"{_option_of(path, parser, args)}: {why}"


def _option_of(path: str, parser: argparse.ArgumentParser, args: argparse.Namespace) -> str:
    """Name a path, with the option that gave it, or one above it or below it."""
    place = Path(path).absolute()
    values = ((_flag(action), getattr(args, action.dest, None)) for action in _of_files(parser))
    given = [(flag, value, Path(value).absolute()) for flag, value in values if isinstance(value, str)]
    for flag, value, where in given:
        if place == where:
            return f"{flag} {value or repr('')}"
    for flag, value, where in given:
        if place in where.parents or where in place.parents:
            return f"{flag} {value}: {path}"
    return path


def _of_files(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """List the options that take a file or a directory."""
    return [each for each in parser._actions if each.option_strings and each.metavar in {"FILE", "DIR"}]
