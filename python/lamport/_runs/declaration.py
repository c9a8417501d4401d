"""How logs of other programs are read: what their reader must be told."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from os import PathLike
from pathlib import Path
from typing import Any, Literal

from lamport._lamport import EVENT_COLUMNS, EVENT_KINDS
from lamport._model.check import mapping, path, real, whole
from lamport._model.rules import Rules, as_rules
from lamport._runs.units import UNITS

__all__ = ["FORMATS", "Declaration", "as_offsets", "python_pattern", "read_declaration"]

FORMATS = ("jsonl", "csv", "parquet", "shiviz", "tsviz", "govector")
COLUMNS = {
    "machine": "machine_id",
    "clock": "new_clock",
    **{name: name for name, _ in EVENT_COLUMNS},
    **{name: name for name in ("vector_clock", "recipients", "recipient_ids", "message")},
}
"""What a column may be, by the words for it: those of a table and the shorter ones of patterns."""
GROUP_NAMES = re.compile(r"\(\?P?<([A-Za-z_]\w*)>")
NAMED = re.compile(r"\(\?<(?=[A-Za-z_])")


@dataclass(frozen=True)
class Declaration:
    """What is said of logs beside where they are, see `lamport.load`; checked, and None where nothing is."""

    format: str | None = None
    columns: Mapping[str, str | None] | None = None
    """Their name to ours, None for one to leave aside."""
    events: Mapping[str, str | tuple[str, str] | None] | None = None
    """Their word to a kind, to ("RECEIVE", "SEND") for both at once, or None for a line to leave aside."""
    file_pattern: str | None = None
    pattern: tuple[str, ...] | None = None
    delimiter: str | None = None
    time_format: str | None = None
    time_unit: Literal["s", "ms", "us", "ns"] | None = None
    queue_len: Literal["after", "before"] = "after"
    multicast: Literal["rows"] | None = None
    execution: str | int | None = None
    rules: Rules | None = None
    errors: Literal["raise", "skip"] = "raise"
    offsets: Mapping[int | str, float] | Literal["align"] | None = None

    def __post_init__(self) -> None:
        """Check every value and keep it as its own type.

        Raises
        ------
        ValueError
            A value is not what the option takes.
        """
        for name, check in CHECKS.items():
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, check(name, value))

    @property
    def is_foreign(self) -> bool:
        """Whether anything says that the logs may not be our own."""
        own = {"offsets", "errors", "rules"}
        return any(getattr(self, each.name) != each.default for each in fields(self) if each.name not in own)

    @property
    def reads_fields(self) -> bool:
        """Whether something is said of what stands in lines, beside what our own logs may have."""
        said = {"columns", "events", "time_format", "time_unit", "queue_len", "multicast"}
        return any(getattr(self, each.name) != each.default for each in fields(self) if each.name in said)

    def group_of(self, column: str) -> str:
        """Return the group of the patterns that is this column; the column itself if none is."""
        names = [name for pattern in self.pattern or () for name in GROUP_NAMES.findall(pattern)]
        return next((name for name in names if COLUMNS.get(name) == column), column)

    def given(self) -> dict[str, Any]:
        """Return the options that are not at their defaults."""
        values = ((each, getattr(self, each.name)) for each in fields(self))
        return {each.name: value for each, value in values if value != each.default}


def read_declaration(file: str | PathLike[str]) -> dict[str, Any]:
    """Read the options of a TOML file, whose keys are those of `Declaration`.

    An empty text stands for None.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        It is not TOML, or has something that is not an option.
    """
    place = Path(path("like", file))
    try:
        found = tomllib.loads(place.read_text(encoding="utf-8"))
    except ValueError as error:  # no TOML, or no UTF-8
        raise ValueError(f"{place}: not a declaration in TOML ({error})") from None
    known = [each.name for each in fields(Declaration)]
    if strange := [name for name in found if name not in known]:
        raise ValueError(f"{place}: {strange[0]!r} is not an option: give {', '.join(known)}")
    for name in ("columns", "events"):
        if isinstance(table := found.get(name), dict):
            found[name] = {key: None if value == "" else value for key, value in table.items()}
    if isinstance(table := found.get("offsets"), dict):  # whose keys are always texts
        found["offsets"] = {int(key) if key.isdecimal() else key: value for key, value in table.items()}
    try:
        Declaration(**found)
    except ValueError as error:
        raise ValueError(f"{place}: {error}") from None
    return found


def python_pattern(pattern: str) -> str:
    """Write named groups as Python does: ``(?<name>`` is ``(?P<name>``."""
    return NAMED.sub("(?P<", pattern)


def as_offsets(offsets: object) -> dict[int | str, float]:
    """Take the offsets of clocks, by the id of a machine or its name."""
    given = mapping("offsets", offsets, "{2: 0.013}")
    return {
        key if isinstance(key, str) else whole("offsets: machine", key): real(f"offsets[{key!r}]", value)
        for key, value in given.items()
    }


def _one_of(*known: str) -> Any:
    def check(name: str, value: object) -> str:
        if not isinstance(value, str) or value not in known:
            raise ValueError(f"{name}={value!r} is not known: it is one of {', '.join(map(repr, known))}")
        return value

    return check


def _text(name: str, value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} is {value!r}: give a text")
    return value


def _patterns(name: str, value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (_text(name, value),)
    if not isinstance(value, list | tuple) or not value:
        raise ValueError(f"{name}={value!r} is not a pattern: give a regular expression, or a list of them")
    return tuple(_text(name, each) for each in value)


def _file_pattern(name: str, value: object) -> str:
    text = _text(name, value)
    try:
        groups = re.compile(python_pattern(text)).groupindex
    except re.error as error:
        raise ValueError(f"{name}={text!r} is not a regular expression: {error}") from None
    if "machine" not in groups:
        raise ValueError(
            f"{name}={text!r} has no group 'machine': give one, as in r'machine_(?<machine>\\d+)'"
        )
    return text


def _columns(name: str, value: object) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for theirs, ours in mapping(name, value, '{"lc": "new_clock"}, their name to ours').items():
        place = f"{name}[{theirs!r}]"
        if not isinstance(theirs, str):
            raise ValueError(f"{place}: the name of a column is a text")
        if ours is not None and ours not in COLUMNS:
            turned = theirs in COLUMNS and isinstance(ours, str)
            more = f" (their name comes first: {{{ours!r}: {theirs!r}}})" if turned else ""
            raise ValueError(
                f"{place}={ours!r} is not known{more}: it is one of {', '.join(COLUMNS)}, or None"
            )
        found[theirs] = None if ours is None else COLUMNS[str(ours)]
    for ours in {each for each in found.values() if each is not None}:
        if len(twice := [theirs for theirs, each in found.items() if each == ours]) > 1:
            raise ValueError(f"{name}: {' and '.join(map(repr, twice))} are both {ours}: keep one of them")
    return found


def _events(name: str, value: object) -> dict[str, str | tuple[str, str] | None]:
    found: dict[str, str | tuple[str, str] | None] = {}
    for word, kind in mapping(name, value, '{"Processed": "RECEIVE"}, their word to ours').items():
        if not isinstance(word, str):
            raise ValueError(f"{name}[{word!r}]: a word of their log is a text")
        found[word] = _kind(f"{name}[{word!r}]", kind)
    return found


def _kind(place: str, kind: object) -> str | tuple[str, str] | None:
    if kind is None:
        return None
    if isinstance(kind, str) and kind.upper() in EVENT_KINDS:
        return kind.upper()
    if isinstance(kind, list | tuple) and sorted(str(each).upper() for each in kind) == ["RECEIVE", "SEND"]:
        return ("RECEIVE", "SEND")
    raise ValueError(
        f"{place}={kind!r} is not a kind of event: give {', '.join(EVENT_KINDS)}, ('RECEIVE', 'SEND') for "
        "both at once, or None for a line to leave aside"
    )


def _execution(name: str, value: object) -> str | int:
    if isinstance(value, bool) or not isinstance(value, int | str) or value == "":
        raise ValueError(f"{name}={value!r} is neither the name of an execution nor its number, from 1")
    return value


def _rules(_: str, value: object) -> Rules | None:
    return as_rules(value)


def _offsets(_: str, value: object) -> dict[int | str, float] | Literal["align"]:
    if isinstance(value, str) and value == "align":
        return "align"
    return as_offsets(value)


CHECKS = {
    "format": _one_of(*FORMATS),
    "columns": _columns,
    "events": _events,
    "file_pattern": _file_pattern,
    "pattern": _patterns,
    "delimiter": _text,
    "time_format": _text,
    "time_unit": _one_of(*UNITS),
    "queue_len": _one_of("after", "before"),
    "multicast": _one_of("rows"),
    "execution": _execution,
    "rules": _rules,
    "errors": _one_of("raise", "skip"),
    "offsets": _offsets,
}
"""What takes each option: it returns the value as it is kept, or says what is wrong."""
