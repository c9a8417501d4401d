"""In which form logs are, as their first and last lines tell."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lamport._lamport import EVENT_KINDS, LINE_FIELDS
from lamport._runs.declaration import COLUMNS, Declaration
from lamport._runs.directory import is_log

__all__ = ["Layout", "layout_of"]

OWN = {"event", "system_time", "machine_id"}
"""What each line of our logs has."""
GROUP = re.compile(r"\(\?P?<[A-Za-z_]")
SHORT = r"(?<host>\S*) (?<clock>{.*})"
HOST_FIRST = rf"{SHORT}\n(?<event>.*)"
EVENT_FIRST = rf"(?<event>.*)\n{SHORT}"
VECTOR = re.compile(r"\s*(\S+ )*\S+ \{.*\}\s*")
"""A line with a host and its vector clock."""
EXECUTION = r"^=== (?<trace>.*) ===$"
"""What stands before each of several executions in logs for ShiViz."""
NO_EVENT = r"(?!\n.*\S \{.*\}\s*$)"
"""Where the event comes first: what a vector follows is one."""
EXECUTION_LINE = re.compile(r"=== .* ===\s*")
JSON_LIST = re.compile(r'\s*\[\s*($|[\[{"\]])')
SEPARATORS = ",;\t|"
LONGEST = 80
SAMPLED = 100
MACHINES = {"machine", "machine_id", "host"}
NAMED = re.compile(r"\(\?P?<([A-Za-z_]\w*)>")


@dataclass(frozen=True)
class Layout:
    """How a file is read."""

    kind: str
    """own, json, text, csv or parquet."""
    patterns: tuple[str, ...] = ()
    delimiter: str | None = None
    header: int = 0
    """How many lines in front are no events."""
    separator: str = ","
    names: tuple[str, ...] = ()
    """The names of columns, keys or groups, as far as the beginning tells."""
    said: str = ""
    """What it was taken for."""
    is_tsviz: bool = False
    """Whether it is for TSViz, which wants its times in nanoseconds."""

    def tells_machine(self, declared: Declaration) -> bool:
        """Whether lines say which machine they are of."""
        known = dict(declared.columns or {})
        names = {known.get(name) or name for name in self.names}
        return not names.isdisjoint(MACHINES)


def layout_of(file: Path, declared: Declaration) -> Layout:
    """Tell how a file is to be read.

    Raises
    ------
    LogError
        It is not text, is empty, or its form is not known: the message says what it begins with.
    ValueError
        Its first and last lines do not agree.
    """
    if declared.pattern is not None:
        common = set.intersection(*(set(NAMED.findall(pattern)) for pattern in declared.pattern))
        names = tuple(sorted(common))
        return Layout("text", declared.pattern, declared.delimiter, names=names)
    if declared.format in {None, "parquet"} and _begins(file, b"PAR1"):
        return Layout("parquet", said="Parquet")
    head, last, is_whole = _ends(file)
    first = next((line for line in head if line.strip()), "")
    found = _told(file, declared.format, head, first, last) if first else None
    if found is None:
        # What is called like our logs and looks like one somewhere says itself what is wrong.
        ours = declared.format in {None, "jsonl"} and is_log(file.name)
        if not first or (ours and any(line.lstrip().startswith("{") for line in head)):
            return Layout("own")
        raise _refused(file, first, declared.format)
    if is_whole and found.kind == "json" and not last.lstrip().startswith("{"):
        raise _torn(file, found.said, first, last)
    return found


def _told(file: Path, form: str | None, head: Sequence[str], first: str, last: str) -> Layout | None:
    """Return what the lines look like, or what the format says that they are."""
    if form == "jsonl":
        first = next((line for line in head if line.lstrip().startswith("{")), first)
    if form in {None, "jsonl"} and first.lstrip().startswith("{"):
        return _json(first, head, last)
    if form in {None, "shiviz", "tsviz", "govector"} and GROUP.search(first):
        return _viewer(file, head, first, last)
    if form in {None, "shiviz", "tsviz", "govector"} and (found := _without_header(file, head, first, last)):
        return found
    if form == "csv" or (form is None and _is_table(file, first, last)):
        separator = _separator(first)
        names = tuple(name.strip().strip('"') for name in first.split(separator))
        return Layout("csv", separator=separator, names=names, said="CSV")
    return None


def _json(first: str, head: Sequence[str], last: str) -> Layout:
    keys: dict[str, None] = {}
    for line in head[:SAMPLED]:
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):  # what is very deep
            continue
        if isinstance(found, dict):
            keys |= dict.fromkeys(found)
    try:
        begins = json.loads(first)
    except (ValueError, RecursionError):
        begins = None
    if not isinstance(begins, dict) or (keys.keys() >= OWN and not _is_events(begins, keys, last)):
        return Layout("own", names=tuple(keys), said="our own lines")
    return Layout("json", names=tuple(keys), said="JSON lines")


def _is_events(begins: Mapping[str, Any], keys: Iterable[str], last: str) -> bool:
    """Whether lines that could be ours are those of a table: with names of machines, or columns beside."""
    machine = begins.get("machine_id")
    if isinstance(machine, str) and not machine.isdecimal():
        return True
    try:
        ends = json.loads(last)
    except (ValueError, RecursionError):
        return False
    kinds = [each.get("event") for each in (begins, ends) if isinstance(each, dict)]
    return len(kinds) == 2 and set(kinds) <= set(EVENT_KINDS) and not set(LINE_FIELDS).issuperset(keys)


def _viewer(file: Path, head: Sequence[str], first: str, last: str) -> Layout:
    """Read the two lines in front of a file for ShiViz or TSViz."""
    at = head.index(first)
    delimiter = head[at + 1].strip() if at + 1 < len(head) else ""
    body = next((line for line in head[at + 2 :] if line.strip()), "")
    pattern = first.strip()
    is_tsviz = "<timestamp>" in pattern
    said = "a TSViz log, with times in ns" if is_tsviz else "a ShiViz log"
    names = tuple(NAMED.findall(pattern))
    lines = (pattern, body, last)
    found = _vectors(file, said, lines) if pattern in {HOST_FIRST, EVENT_FIRST} and not delimiter else None
    patterns = (pattern,) if found is None else found.patterns
    said = said if found is None else found.said
    return Layout(
        "text", patterns, delimiter or None, header=at + 2, names=names, said=said, is_tsviz=is_tsviz
    )


def _without_header(file: Path, head: Sequence[str], first: str, last: str) -> Layout | None:
    """Read the lines of a log of vector clocks, whose executions may have names in front."""
    has_executions = EXECUTION_LINE.fullmatch(first) is not None
    if has_executions:
        first = next((line for line in head[head.index(first) + 1 :] if line.strip()), "")
    if not VECTOR.fullmatch(first) and not VECTOR.fullmatch(last):
        return None
    found = _vectors(file, "a log of vector clocks", (HOST_FIRST, first, last))
    if found.patterns == (EVENT_FIRST,):
        return replace(found, delimiter=EXECUTION + NO_EVENT)
    # What stands so behind a vector may be the text of its event.
    return replace(found, delimiter=EXECUTION) if has_executions else found


def _vectors(file: Path, said: str, lines: tuple[str, str, str]) -> Layout:
    """Tell whether the vector or the text comes first: the first and the last line must agree."""
    pattern, first, last = lines
    is_vector = (VECTOR.fullmatch(first) is not None, VECTOR.fullmatch(last) is not None)
    if is_vector == (True, True):
        raise ValueError(
            f"{file}: the first line, {_clip(first)}, and the last, {_clip(last)}, both have a vector clock: "
            "of one event the text is missing; give a pattern"
        )
    right = HOST_FIRST if is_vector[0] else EVENT_FIRST
    names = ("host", "clock", "event")
    if right != pattern and is_vector != (False, False):
        said += f" with the {'host' if is_vector[0] else 'event'} first"
        pattern = right
    return Layout("text", (pattern,), names=names, said=said)


def _is_table(file: Path, first: str, last: str) -> bool:
    """Whether the first line has names of columns, and the last as many fields."""
    separator = _separator(first)
    names = [name.strip().strip('"') for name in first.split(separator)]
    if Path(file.name.removesuffix(".gz").removesuffix(".zst")).suffix.lower() in {".csv", ".tsv"}:
        return True
    known = [name for name in names if name.lower() in COLUMNS]
    return len(names) > 1 and len(known) > 1 and len(last.split(separator)) >= len(names)


def _separator(first: str) -> str:
    counts = {separator: first.count(separator) for separator in SEPARATORS}
    return max(SEPARATORS, key=lambda each: counts[each])


def _begins(file: Path, magic: bytes) -> bool:
    if not file.is_file():
        return False
    with file.open("rb") as opened:
        return opened.read(len(magic)) == magic


def _ends(file: Path) -> tuple[list[str], str, bool]:
    """Return the first lines, the last that is not blank, and whether that one has its newline."""
    from lamport._lamport import peek_file

    head, tail = peek_file(str(file))
    begin, end = head.decode("utf-8", "replace").split("\n"), tail.decode("utf-8", "replace")
    lines = end.split("\n")
    if len(tail) > len(head) or not end.startswith(begin[0]):
        del lines[0]  # the end of a longer one, perhaps
    last = next((line for line in reversed(lines) if line.strip()), "")
    return begin, last, bool(last) and end.endswith("\n")


def _refused(file: Path, first: str, form: str | None) -> Exception:
    from lamport._lamport import LogError

    if "\0" in first or "\ufffd" in first:
        return LogError(f"{file}:1: not text: the file looks binary")
    if form is not None:
        return LogError(
            f"{file}:1: it is not of format={form!r}: it begins with {_clip(first)}; leave format= out"
        )
    if JSON_LIST.match(first):
        return LogError(
            f"{file}:1: it begins like one JSON list, {_clip(first)}: a log has one JSON object per line "
            "(jq -c '.[]' makes it so), or read the list and give it to lamport.from_events"
        )
    return LogError(
        f"{file}:1: not a form that is known: it begins with {_clip(first)}; say what its lines are by a "
        "pattern with named groups, as in lamport.read_text(path, r'(?<time>\\S+) (?<event>\\w+) "
        "(?<clock>\\d+)') or lamport analyze --pattern"
    )


def _torn(file: Path, said: str, first: str, last: str) -> Exception:
    return ValueError(
        f"{file}: the first line, {_clip(first)}, looks like {said}, but the last does not: {_clip(last)}; "
        "give format="
    )


def _clip(line: str) -> str:
    return repr(line if len(line) <= LONGEST else line[:LONGEST] + "...")
