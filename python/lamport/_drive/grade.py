"""Judge the logs of a whole course."""

from collections.abc import Callable, Iterable, Mapping
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any, SupportsFloat

from lamport._drive.progress import Count
from lamport._model.check import some_real
from lamport._model.public import public
from lamport._runs.declaration import Declaration, read_declaration
from lamport._runs.grades import Graded, graded
from lamport._runs.spelled import spelled

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["grade"]

ENDS = ("diagnosis", "remark")
"""The columns behind those of the rules."""
LONGEST = 60
"""The most letters of a submission in the name of its page."""


@public
def grade(
    submissions: Iterable[str | PathLike[str]],
    *,
    like: str | PathLike[str] | None = None,
    clock_uncertainty: SupportsFloat | None = None,
    pages: str | PathLike[str] | None = None,
    progress: bool | Callable[[float], object] | None = None,
    **options: Any,
) -> "pd.DataFrame":
    """Judge many submissions, each by itself, as `verify` does.

    What cannot be read is a row that says why; the others are judged all the same. Ctrl-C returns what is
    done.

    Parameters
    ----------
    submissions : iterable of paths
        Each a directory, a file or a glob: what `load` takes.
    like : path, optional
        A file in TOML with the options of `load` that say what the logs of the course look like.
    clock_uncertainty : float, optional
        As for `verify`.
    pages : path, optional
        A directory for a page in Markdown of each submission, with where it breaks which rule, made if
        needed; no pages if None.
    progress : bool or callable, optional
        A progress bar; None: in a terminal or a notebook. A callable gets how many are done.
    **options
        Options of `load`, in place of those of `like`.

    Returns
    -------
    DataFrame
        A row per submission: ``submission`` as given, ``verdict`` ("obeys", "violates" and how often, "cannot
        be read"), a column per rule ("obeys", "violates" and how often, "unchecked" and how many, or nothing,
        where there was nothing to check), ``diagnosis`` (what the program may do, in words), ``remark`` (why
        it cannot be read) and with `pages` ``page``, the file.
        ``attrs["interrupted"]`` is whether Ctrl-C ended it early.

    Raises
    ------
    ValueError
        An option is not what `load` takes, or none of the submissions can be read by it; or there are none.
    OSError
        `like` cannot be read, or `pages` not be written.

    Examples
    --------
    >>> import lamport, tempfile
    >>> right, wrong = tempfile.mkdtemp(), tempfile.mkdtemp()
    >>> _ = lamport.simulate(3, 60, seed=1, log_dir=right)
    >>> _ = lamport.simulate(3, 60, seed=1, receive="max(clock, T)", log_dir=wrong)
    >>> grades = lamport.grade([right, wrong])
    >>> grades["step"].str.split().str[0].tolist()
    ['obeys', 'violates']
    >>> grades["diagnosis"].tolist()
    ['', 'receipts make the clock max(clock, T), without the step']
    """
    import pandas as pd

    listed = _listed(submissions)
    some_real("clock_uncertainty", clock_uncertainty)
    declared = _declared(like, options)
    home = None if pages is None else Path(pages)
    if home is not None:
        home.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, str]] = []
    refused: list[str] = []
    interrupted = False
    with Count(progress, len(listed), "grading", "submissions") as tell:
        try:
            for number, submission in enumerate(listed, 1):
                done = graded(submission, declared, clock_uncertainty)
                refused.append(done.refused)
                rows.append(done.row | _written(home, number, len(listed), done))
                tell(number)
            tell.end(done=True)
        except KeyboardInterrupt:
            interrupted = True
    if refused and all(refused) and len(set(refused)) == 1:
        raise ValueError(refused[0])
    table = pd.DataFrame(rows, columns=_columns(rows)).fillna("").astype("str")
    table.attrs["interrupted"] = interrupted
    return table


def _listed(submissions: Iterable[str | PathLike[str]]) -> list[str | PathLike[str]]:
    if isinstance(submissions, (str, PathLike)):
        raise ValueError(f"submissions={fspath(submissions)!r} is one path: give a list of them")
    if not isinstance(submissions, Iterable):
        raise ValueError(f"submissions={submissions!r} is not a list of paths")
    listed = list(submissions)
    if not listed:
        raise ValueError("there are no submissions: give at least one")
    for each in listed:
        if not isinstance(each, (str, PathLike)):
            raise ValueError(f"submissions: {each!r} is not a path")
    return listed


def _declared(like: str | PathLike[str] | None, options: Mapping[str, Any]) -> Declaration:
    """Return what a file and arguments say of the logs."""
    known = Declaration.__dataclass_fields__
    for name in options:
        if name not in known:
            raise ValueError(f"{name!r} is not an option of grade: they are {', '.join(known)}")
    said = {} if like is None else read_declaration(like)
    return Declaration(**said | dict(options))


def _written(home: Path | None, number: int, count: int, done: Graded) -> dict[str, str]:
    """Write the page of a submission, and say where."""
    if home is None:
        return {}
    letters = "".join(each if each.isalnum() and each.isascii() else "-" for each in done.row["submission"])
    short = letters.strip("-")[-LONGEST:].strip("-")
    path = home / f"{number:0{len(str(count))}}{'_' if short else ''}{short}.md"
    path.write_text(done.page, encoding="utf-8", errors="backslashreplace")
    return {"page": spelled(str(path))}


def _columns(rows: Iterable[Mapping[str, str]]) -> list[str]:
    """Return the columns: those of the rules between what a row begins and ends with."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    first = [name for name in ("submission", "verdict") if name in names]
    last = [name for name in (*ENDS, "page") if name in names]
    return [*first, *(name for name in names if name not in {*first, *last}), *last]
