"""What one submission is judged to be: a row of a table, and a page with the witnesses."""

from collections.abc import Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import Any, NamedTuple, SupportsFloat

from lamport._runs.declaration import Declaration
from lamport._runs.names import in_markdown
from lamport._runs.spelled import spelled
from lamport._runs.verification import Verification
from lamport._runs.verify import verify_declared

__all__ = ["Graded", "graded"]

UNREADABLE = "cannot be read"
NEWER = "lines that this version does not know"
"""What verification says is not checked where a log tells that a newer version wrote it."""
OF_MESSAGES = ("match", "clock condition", "fifo", "time")
"""The rules about receipts and their sends."""
WITNESSES = 20
"""The most violations of a rule that a page lists."""


class Graded(NamedTuple):
    """A submission that was judged.

    Attributes
    ----------
    row : dict of str to str
        Its row: ``submission``, ``verdict``, a column for each rule, ``diagnosis``, ``remark``.
    page : str
        The page, in Markdown.
    refused : str
        What is wrong with what was asked, if that is why it cannot be read, and not what it holds.
    """

    row: dict[str, str]
    page: str
    refused: str = ""


def graded(
    submission: str | PathLike[str], declared: Declaration, clock_uncertainty: SupportsFloat | None
) -> Graded:
    """Judge one submission, whatever it is: what cannot be read is a row that says why.

    Parameters
    ----------
    submission : path or glob
        A directory, a file or a glob.
    declared : Declaration
        What is said of the logs of all.
    clock_uncertainty : float, optional
        As for `verify`.
    """
    from lamport._lamport import LamportError

    name = fspath(submission)
    try:
        done = verify_declared(submission, declared, clock_uncertainty=clock_uncertainty)
    except Exception as error:  # whatever a submission is made of: the others are judged all the same
        is_told = isinstance(error, (LamportError, OSError, ValueError)) and str(error)
        why = str(error) if is_told else f"{type(error).__name__}: {error}"
        row = {"submission": name, "verdict": UNREADABLE, "diagnosis": "", "remark": why}
        is_asked = isinstance(error, ValueError) and not isinstance(error, (LamportError, UnicodeError))
        return Graded(row, _unread(name, why), why if is_asked and not _is_of(name, why) else "")
    if done.ok and (why := next((each for each in done.unchecked if NEWER in each), "")):
        # Any log can claim that a newer version wrote it: that praises nobody.
        row = {"submission": name, "verdict": UNREADABLE, "diagnosis": "", "remark": why}
        return Graded(row, _unread(name, why))
    row = {
        "submission": name,
        "verdict": _verdict(done),
        **{rule: _cell(done, rule) for rule in done.counts},
        "diagnosis": "; or: ".join(reading.words for reading in done.diagnosis),
        "remark": f"{len(done.unchecked)} things are not checked" if done.unchecked else "",
    }
    return Graded(row, _page(name, done))


def _is_of(name: str, why: str) -> bool:
    """Whether a message is of what a submission holds."""
    return why.startswith(f"{name}:") or f"{name.rstrip('/')}/" in why


def _verdict(done: Verification) -> str:
    return "obeys" if done.ok else f"violates {sum(done.counts.values())}"


def _cell(done: Verification, rule: str) -> str:
    """Say in a word or two what became of a rule; nothing where there was nothing to check."""
    if count := done.counts[rule]:
        return f"violates {count}"
    if done.checked[rule]:
        return "obeys"
    # Of messages, how many receipts have no send that is known; else how many things are said to be open.
    open_receipts = done.received - done.matched if rule in OF_MESSAGES else 0
    count = open_receipts or sum(rule in text for text in done.unchecked)
    return f"unchecked {count}" if count else ""


def _unread(name: str, why: str) -> str:
    return f"# {_safe(name)}\n\n**Cannot be read**: {_safe(why)}\n"


def _page(name: str, done: Verification) -> str:
    total = sum(done.counts.values())
    verdict = "Obeys every rule that could be checked." if done.ok else f"Breaks rules {total} times."
    matched = f"{done.matched} of {done.received} receipts could be matched with their sends."
    sections = [f"# {_safe(name)}", f"**{verdict}**", matched]
    if done.diagnosis:
        sections += ["## Diagnosis", _diagnosis(done)]
    elif not done.ok:
        sections += ["## Diagnosis", "No usual mistake explains all of it."]
    sections += ["## Rules", _rules(done)]
    if not done.ok:
        sections += ["## Witnesses", *_witnesses(name, done)]
    if done.unchecked:
        sections += ["## Not checked", _list(done.unchecked)]
    return "\n\n".join(sections) + "\n"


def _diagnosis(done: Verification) -> str:
    lead = (
        "This is what a program writes in which"
        if len(done.diagnosis) == 1
        else ("These logs cannot tell which of these the program does:")
    )
    lines = [
        f"- {_safe(reading.words)}: explains {reading.explained} of {reading.violations} violations "
        f"(`{reading.arguments}`)"
        for reading in done.diagnosis
    ]
    return "\n".join([lead, "", *lines])


def _rules(done: Verification) -> str:
    cells = {rule: _cell(done, rule) or "nothing to check" for rule in done.counts}
    lines = [f"- {rule}: {cell}, {done.checked[rule]} checked" for rule, cell in cells.items()]
    return "\n".join(lines)


def _witnesses(name: str, done: Verification) -> list[str]:
    """List the first violations of each rule: where, what would be right, what is there."""
    table, sections = done.violations, []
    for rule, count in done.counts.items():
        if not count:
            continue
        rows: list[Any] = list(table[table["rule"] == rule].head(WITNESSES).itertuples())
        lines = [
            f"- {_safe(_place(name, row.file, row.line, row.machine_id))}: expected "
            f"{_safe(_at_home(name, row.expected))}, found {_safe(_at_home(name, row.found))}"
            for row in rows
        ]
        if count > len(rows):
            lines.append(f"- ... and {count - len(rows)} more")
        sections.append("\n".join([f"### {rule}: {count}", "", *lines]))
    return sections


def _at_home(name: str, text: str) -> str:
    """Name the files of the submission as they are called in it."""
    return text.replace(f"{name.rstrip('/')}/", "")


def _place(name: str, file: str, line: int, machine: int) -> str:
    if not file:
        return f"row {line} (machine {machine})"
    path = Path(file)
    home = Path(name)
    return f"{path.relative_to(home) if path.is_relative_to(home) else path}:{line}"


def _safe(text: str) -> str:
    """Return a text of others as it can stand in a page."""
    return in_markdown(spelled(text))


def _list(texts: Sequence[str]) -> str:
    return "\n".join(f"- {_safe(text)}" for text in texts)
