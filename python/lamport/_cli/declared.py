"""Options that say how logs of other programs are read."""

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from lamport._cli.options import reader
from lamport._cli.words import WordedError, as_options
from lamport._model import read
from lamport._runs.declaration import FORMATS, Declaration, read_declaration
from lamport._runs.units import UNITS

if TYPE_CHECKING:
    from lamport._runs.run import Run

__all__ = ["add_reading", "declared", "in_words", "load_logs"]

SKIPS = "skip_errors"


def add_reading(parser: argparse.ArgumentParser, *, form: str = "--format") -> None:
    """Add the options that say how logs are read; `form` names that for their format."""
    group = parser.add_argument_group("logs of other programs")
    parser.set_defaults(reading=group._group_actions)
    add = group.add_argument
    add(
        "--like",
        metavar="TOML",
        help="file with any of these options: pattern = '...', [columns], [events], [rules]",
    )
    add(form, dest="log_format", choices=FORMATS, help="form of the logs (default: as their lines tell)")
    add(
        "--pattern",
        action="append",
        metavar="REGEX",
        help="an event in text of any form, by groups (?<time>...), event, clock, machine, sender, "
        "sent_clock, recipients, queue_len, vector_clock, ... (repeatable: tried in order)",
    )
    add("--delimiter", metavar="REGEX", help="what stands between two executions in such a text")
    add(
        "--columns",
        type=reader(_pairs),
        metavar="THEIRS=OURS,...",
        help="names of columns or keys, as in lc=clock",
    )
    add(
        "--events",
        type=reader(_pairs),
        metavar="WORD=KIND,...",
        help="their words for kinds of events; nothing behind = leaves lines aside, as in INIT=",
    )
    add(
        "--file-pattern",
        metavar="REGEX",
        help=r"the machine in a file's name, as in 'machine_(?<machine>\d+)'",
    )
    add("--time-format", metavar="FORMAT", help="how times are written, as in strptime (ISO 8601 is known)")
    add("--time-unit", choices=tuple(UNITS), help="what numbers that are times are (default: s)")
    add(
        "--queue-len",
        choices=("after", "before"),
        help="when queues were counted (default: after the message left)",
    )
    add("--multicast", choices=("rows",), help="consecutive SENDs of one clock are one event")
    add(
        "--execution",
        type=_execution,
        metavar="NAME",
        help="which one, by name or number, if there are several",
    )
    add(
        "--rules",
        type=reader(_rules),
        metavar="NAME=VALUE,...",
        help="what is taken for true, as in stamp=before",
    )
    add("--skip-errors", dest=SKIPS, action="store_true", help="leave lines aside that cannot be read")
    add(
        "--offsets",
        type=reader(_offsets),
        metavar="MACHINE=S,...",
        help="seconds to add to the times of a machine",
    )


def declared(args: argparse.Namespace) -> Declaration:
    """Return what a command line and its file say of the logs; the command line has the last word."""
    found: dict[str, Any] = {}
    if args.like is not None:
        try:
            found = read_declaration(args.like)
        except OSError as error:
            raise WordedError(f"--like {args.like}: {error.strerror}") from None
        except ValueError as error:
            raise WordedError(f"--like {error}") from None
    for each in fields(Declaration):
        name = each.name
        # The output has a format of its own.
        value = args.log_format if name == "format" else getattr(args, name, None)
        if value is not None:
            found[name] = value
    if getattr(args, SKIPS):
        found["errors"] = "skip"
    return Declaration(**found)


@contextmanager
def in_words(args: argparse.Namespace) -> Iterator[None]:
    """Name the options by which logs were read in what is said against these."""
    from lamport._lamport import LamportError

    try:
        yield
    except WordedError:
        raise
    except (LamportError, ValueError) as error:
        values = ((each.option_strings[0], getattr(args, each.dest, None)) for each in args.reading)
        given = [flag for flag, value in values if value is not None and value is not False]
        text = as_options(str(error), args.parser)
        if not given:
            raise
        if not any(flag in text for flag in given):
            text = f"{text} (read by {', '.join(given)})"
        kind = type(error) if isinstance(error, LamportError) else WordedError
        raise kind(text) from None


def load_logs(args: argparse.Namespace) -> "Run":
    """Load the logs of a command line."""
    from lamport._runs.load import load_declared

    with in_words(args):
        return load_declared(args.logs, declared(args))


def _pairs(text: str) -> dict[str, str | None]:
    """Read names and what they are, with commas between them, or as a mapping in JSON."""
    if text.lstrip().startswith("{"):
        return _object(text)
    found: dict[str, str | None] = {}
    for word in text.split(","):
        name, sign, value = word.partition("=")
        if not sign or not name:
            raise ValueError(
                f"{word!r} is not of the form theirs=ours: give them with commas, or a mapping in JSON"
            )
        found[name.strip()] = value.strip() or None
    return found


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a mapping in JSON") from None
    if not isinstance(found, dict):
        raise ValueError(f"{text!r} is not a mapping in JSON")
    return found


def _execution(text: str) -> str | int:
    return int(text) if text.isdecimal() else text


def _rules(text: str) -> dict[str, Any]:
    """Read rules: several values of one with a stroke between them."""
    if text.lstrip().startswith("{"):
        return _object(text)
    words = {"true": True, "false": False}
    found: dict[str, Any] = {}
    # Values may hold commas in brackets, as max(clock, T) does.
    for word in _split(text):
        name, sign, value = word.partition("=")
        if not sign:
            raise ValueError(f"{word!r} is not of the form name=value, as in stamp=before")
        value = value.strip()
        several = tuple(value.split("|")) if "|" in value else value
        found[name.strip()] = int(value) if value.isdecimal() else words.get(value.lower(), several)
    return found


def _split(text: str) -> list[str]:
    words, depth = [""], 0
    for sign in text:
        depth += (sign == "(") - (sign == ")")
        if sign == "," and depth == 0:
            words.append("")
        else:
            words[-1] += sign
    return words


def _offsets(text: str) -> Any:
    """Read seconds by machine, or align."""
    if text == "align":
        return text
    found: dict[int | str, float] = {}
    for word in text.split(","):
        name, _, value = word.rpartition("=")
        if not name:
            raise ValueError(f"{word!r} is not of the form machine=seconds")
        found[int(name) if name.isdecimal() else name] = read.real(value)
    return found
