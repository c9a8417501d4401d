"""Runs side by side."""

from collections.abc import Iterable, Iterator, Mapping
from os import PathLike
from typing import TYPE_CHECKING, Any, SupportsFloat

from lamport._model.public import public
from lamport._model.setting import NUMBERS
from lamport._runs.load import load
from lamport._runs.run import Run

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["compare", "each_run", "labels"]

PARAMETERS = ("seed", *NUMBERS)
LONGEST = 80
"""The most characters of a value that a message shows."""


@public
def compare(
    runs: (
        Run
        | str
        | PathLike[str]
        | Iterable[Run | str | PathLike[str]]
        | Mapping[Any, Run | str | PathLike[str] | Iterable[Run | str | PathLike[str]]]
    ),
    *,
    since: SupportsFloat | None = None,
) -> "pd.DataFrame":
    """Put the machines of several runs into one tidy table.

    Parameters
    ----------
    runs : mapping of label to Run, or to runs; or a sequence of runs
        The runs by label; several of one label are repetitions of one setting. Those of a sequence are called
        by their directories if these have different names, else ``"1"``, ``"2"``, ... A path stands for the
        run that `load` reads there.
    since : float, optional
        Leave the first seconds of each run out, as `Run.machines_since` does.

    Returns
    -------
    DataFrame
        One row per machine and run: ``label`` (str), ``run`` (from 0 within a label), what the run was made
        with (``seed``, ``machines``, ``duration``, ``max_rate``, ``internal_probability``,
        ``broadcast_share``; missing where unknown), ``machine_id``, the columns of
        `Run.machines`, and the run's ``drift``.

    Raises
    ------
    ValueError
        There is nothing to compare, or something that is no run; `since` is not within all of them.

    Examples
    --------
    >>> import lamport
    >>> one = lamport.from_events({"machine_id": [1], "event": ["INTERNAL"], "new_clock": [1]})
    >>> lamport.compare({"a": one, "b": one})[["label", "machine_id", "final_clock"]]
      label  machine_id  final_clock
    0     a           1            1
    1     b           1            1
    """
    import pandas as pd

    tables = []
    for label, entry in _labelled(runs).items():
        for number, run in enumerate(entry):
            table = (run._all_of_machines if since is None else run.machines_since(since)).reset_index()
            known = {name: _shown(run.parameters.get(name), len(table)) for name in PARAMETERS}
            made_with = {"label": label, "run": number, "machines": len(table), **known}
            for position, (name, value) in enumerate(made_with.items()):
                table.insert(position, name, value)
            table["drift"] = run.drift
            tables.append(table)
    _share_objects(tables)
    return pd.concat(tables, ignore_index=True)


def _share_objects(tables: list[Any]) -> None:
    """Make columns objects that are so in one table: pandas 2 guesses, and warns, where that has no value."""
    for name in tables[0]:
        held = {str(table[name].dtype) for table in tables}
        if "object" in held and len(held) > 1:
            for table in tables:
                table[name] = table[name].astype(object)


def _shown(value: Any, machines: int) -> Any:
    """Return what a table has of a parameter, of which there may be a value for each machine."""
    return value if not isinstance(value, list) or len(value) == machines else None


def labels(runs: Iterable[Run]) -> dict[str, Run]:
    """Name runs by their directories if these have different names, else 1, 2, ..."""
    listed = list(runs)
    names = [run.log_dir.absolute().name for run in listed if run.log_dir is not None]
    if len(set(names)) < len(listed):
        names = [str(number) for number in range(1, len(listed) + 1)]
    return dict(zip(names, listed, strict=True))


def _labelled(runs: object) -> dict[str, list[Run]]:
    """Return the runs of each label."""
    if isinstance(runs, Mapping):
        found = {str(label): list(each_run(entry, f"runs[{label!r}]")) for label, entry in runs.items()}
    else:
        found = {label: [run] for label, run in labels(each_run(runs, "runs")).items()}
    if not any(found.values()):
        raise ValueError("there are no runs to compare: give runs, or a mapping {label: run, ...}")
    return found


def each_run(entry: object, where: str) -> Iterator[Run]:
    """Take a run, a path of one, or several of them, one after the other.

    Raises
    ------
    ValueError
        Something is no run: `where` it is.
    """
    if isinstance(entry, (Run, str, PathLike)):
        yield _run(entry, where)
    elif isinstance(entry, Iterable) and not hasattr(entry, "columns"):
        for one in entry:
            yield _run(one, where)
    else:
        raise _no_run(entry, where)


def _run(entry: object, where: str) -> Run:
    if isinstance(entry, Run):
        return entry
    if isinstance(entry, (str, PathLike)):
        return load(entry)
    raise _no_run(entry, where)


def _no_run(entry: object, where: str) -> ValueError:
    shown = repr(entry)
    told = shown if len(shown) <= LONGEST else f"a {type(entry).__name__}"
    return ValueError(f"{where}: {told} is not a run: give Runs, or directories of runs")
