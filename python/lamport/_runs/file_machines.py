"""Which machine a file is of, by its name."""

import re
from collections.abc import Sequence
from pathlib import Path

from lamport._runs.declaration import python_pattern
from lamport._runs.directory import log_name

__all__ = ["file_machines"]

LAST_NUMBER = re.compile(r"(\d+)\D*$")


def file_machines(files: Sequence[Path], file_pattern: str | None) -> list[str | None]:
    r"""Name the machine of each file.

    A `file_pattern` is looked for in the name, and then in the whole path. Without one it is the last number
    of the stem of each; where one has none or two have the same, the stem less what all have in common; None
    where that tells nothing.

    Raises
    ------
    ValueError
        A name does not match `file_pattern`.

    Examples
    --------
    >>> file_machines([Path("vm_A.log"), Path("vm_B.log")], None)
    ['A', 'B']
    >>> file_machines([Path("run7/machine_01.log.gz"), Path("run7/machine_02.log.gz")], None)
    ['1', '2']
    >>> file_machines([Path("run7/0-events.log"), Path("run7/1-events.log")], r"^(?<machine>\d+)")
    ['0', '1']
    """
    if file_pattern is not None:
        pattern = re.compile(python_pattern(file_pattern))
        found: list[str | None] = []
        for file in files:
            match = pattern.search(file.name) or pattern.search(file.as_posix())
            if match is None or not match["machine"]:
                raise ValueError(f"file_pattern={file_pattern!r} does not match {file}")
            found.append(match["machine"])
        return found
    stems = [_stem(file) for file in files]
    numbers = [LAST_NUMBER.search(stem) for stem in stems]
    ids = [match[1].lstrip("0") or "0" for match in numbers if match]
    if len(ids) == len(stems) and len(set(ids)) == len(ids):
        return list(ids)
    if len(stems) < 2 or len(set(stems)) < len(stems):
        return [None] * len(stems)
    start = _common(stems)
    end = min(_common([stem[::-1] for stem in stems]), min(map(len, stems)) - start)
    # A word or a number that they share in part belongs to the name whole.
    while any(_is_within(stem, start) for stem in stems):
        start -= 1
    while any(_is_within(stem, len(stem) - end) for stem in stems):
        end -= 1
    names = [stem[start : len(stem) - end].strip(" _-.") for stem in stems]
    # What is left may be nothing: then it is the whole stem.
    return list(names) if all(names) and len(set(names)) == len(names) else list(stems)


def _is_within(text: str, place: int) -> bool:
    """Whether a place is inside of a word or a number."""
    before, after = text[:place][-1:], text[place : place + 1]
    if before.isdigit() or after.isdigit():
        return before.isdigit() and after.isdigit()
    return before.isalpha() and after.isalpha() and before.isupper() == after.isupper()


def _common(texts: Sequence[str]) -> int:
    """Return how many letters all texts begin with."""
    shortest = min(texts, key=len)
    return next(
        (place for place in range(len(shortest)) if len({text[place] for text in texts}) > 1), len(shortest)
    )


def _stem(file: Path) -> str:
    return Path(log_name(file)).stem
