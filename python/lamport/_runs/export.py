"""Runs as files: one file of events, or a copy of the logs."""

import json
import shutil
from os import PathLike
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from lamport._model import check
from lamport._runs.directory import RECORD, write_record
from lamport._runs.names import Names
from lamport._runs.window import window

if TYPE_CHECKING:
    import pandas as pd

    from lamport._runs.recorded import Recorded

__all__ = ["ENDINGS", "FORMATS", "export", "save", "write_table"]

VIEWERS = ("shiviz", "tsviz")
DRAWINGS = ("chrome", "mermaid")
FORMATS = ("jsonl", "csv", "parquet", *VIEWERS, *DRAWINGS)
ENDINGS = {"json": "chrome", "mmd": "mermaid"}
"""Endings that are not the name of their format."""
SHOWN = 5_000  # the parsers of the viewers are quadratic


def export(
    run: "Recorded", path: str | PathLike[str], *, form: str | None, start: float | None, stop: float | None
) -> Path:
    """Write what `Run.export` describes."""
    target = Path(check.path("path", path))
    ending = target.suffix.removeprefix(".").lower()
    known = form or ENDINGS.get(ending, ending)
    if known not in FORMATS:
        said = f"format {form!r}" if form else f"the ending of {target.name!r}"
        raise ValueError(f"{said} is not one of {', '.join(FORMATS)}: give format=")
    if any(file.exists() and target.exists() and file.samefile(target) for file in run.files):
        raise ValueError(f"{target} is a log of this run: give another file")
    window(start, stop)
    target.absolute().parent.mkdir(parents=True, exist_ok=True)
    if known in VIEWERS:
        _check_window(run._events["time"], start, stop)
        _view(run, target, known, start, stop)
        return target
    if known in DRAWINGS:
        _check_window(run._events["time"], start, stop)
        _draw(run, target, known, start, stop)
        return target
    if known == "jsonl":
        if start is None and stop is None:
            run._logs.lines(str(target), extra=_extra(run))
        elif not _stretch(run, target, start, stop):
            _check_window(run._events["time"], start, stop)
            raise ValueError(f"no line of the logs is between start={start!r} and stop={stop!r} (s)")
        return target
    events = run._whole_events()
    _check_window(events["time"], start, stop)
    events = _called(_window(events, start, stop), run.names)
    if not run._logs.has_recipients:
        # They are what follows from the receipts, and does so again.
        events = events.drop(columns="recipients")
    write_table(events, target, known)
    return target


def _stretch(run: "Recorded", target: Path, start: float | None, stop: float | None) -> int:
    """Write the lines of a stretch; where there are none, nothing: a file that was there stays as it is."""
    if target.exists() and not target.is_file():
        return run._logs.lines(str(target), start=start, stop=stop)
    with TemporaryDirectory(prefix=".export_", dir=target.absolute().parent) as home:
        draft = Path(home, "lines")
        if count := run._logs.lines(str(draft), start=start, stop=stop, extra=_extra(run)):
            # What is there keeps its mode and its other names.
            (shutil.copyfile if target.exists() else shutil.move)(draft, target)
    return count


def _extra(run: "Recorded") -> list[tuple[str, list[str]]]:
    """Return the columns of the table that a run was made of that mean nothing to us, as texts."""
    if run._extra is None:
        return []
    return [(str(name), values.astype("str").fillna("").tolist()) for name, values in run._extra.items()]


def _check_window(times: "pd.Series[float]", start: float | None, stop: float | None) -> None:
    """Refuse a stretch that is all before or all after the events."""
    if not len(times):
        return
    first, last = float(times.iloc[0]), float(times.iloc[-1])
    if start is not None and start > last:
        raise ValueError(f"start={start:g} (s) is after the last event, at {last:g} s: nothing is left")
    if stop is not None and stop <= first:
        raise ValueError(f"stop={stop:g} (s) is not after the first event, at {first:g} s: nothing is left")


def write_table(table: "pd.DataFrame", path: Path, form: str) -> None:
    """Write a table as ``csv`` or ``parquet``, without its index."""
    if form == "csv":
        if "recipients" in table:
            # As any reader knows a list; equal ones are written once.
            texts = {ids: json.dumps(ids) for ids in set(table["recipients"].dropna())}
            table = table.assign(recipients=table["recipients"].map(texts.get, na_action="ignore"))
        table.to_csv(path, index=False)
    else:
        _write_parquet(table, path)


def save(run: "Recorded", directory: str | PathLike[str]) -> Path:
    """Copy what `Run.save` describes."""
    files = run.files
    if not files:
        return _save_events(run, directory)
    if run.log_dir is not None and (run.log_dir / RECORD).exists():
        files.append(run.log_dir / RECORD)
    names: dict[str, Path] = {}
    for file in files:
        if (other := names.setdefault(file.name, file)) is not file:
            raise ValueError(
                f"{other} and {file} have one name and do not fit into one directory: "
                "rename one of them, or merge the logs with export()"
            )
    home = Path(check.path("directory", directory))
    home.mkdir(parents=True, exist_ok=True)
    for file in files:
        if (home / file.name).exists():
            raise FileExistsError(f"{home / file.name} exists: give another directory")
    for file in files:
        shutil.copy2(file, home / file.name)
    return home


def _save_events(run: "Recorded", directory: str | PathLike[str]) -> Path:
    """Write the logs that a run in memory or a table would have."""
    home = Path(check.path("directory", directory))
    home.mkdir(parents=True, exist_ok=True)
    names = [f"machine_{machine}.log" for machine in run._numbers]
    for name in [*names, RECORD] if run._parameters else names:
        if (home / name).exists():
            raise FileExistsError(f"{home / name} exists: give another directory")
    run._logs.write_logs(str(home), extra=_extra(run))
    if run._parameters:
        write_record(home, run._parameters)
    return home


def _view(run: "Recorded", target: Path, viewer: str, start: float | None, stop: float | None) -> None:
    from lamport._model.warning import warn

    count = run._logs.view(run.causality._native, viewer, str(target), start=start, stop=stop)
    if count > SHOWN:
        warn(
            f"{target} has {count} events: {viewer} takes time in the square of them and is slow above "
            f"{SHOWN:,}; give start and stop"
        )


def _draw(run: "Recorded", target: Path, form: str, start: float | None, stop: float | None) -> None:
    from lamport._model.warning import warn

    events, of_events, machines, of_machines = run._logs.draw(form, str(target), start=start, stop=stop)
    if machines < of_machines:
        warn(f"{target} shows {machines} of {of_machines} machines, those with most events: give fewer")
    elif events < of_events:
        warn(f"{target} shows {events} of {of_events} events, the first: give start and stop")


def _called(events: "pd.DataFrame", names: Names) -> "pd.DataFrame":
    """Return events with the names of machines in the place of the numbers that stand for them."""
    if not names:
        return events
    called = {
        column: events[column].map(names.get, na_action="ignore").astype("string")
        for column in ("machine_id", "sender")
    }
    lists = {ids: tuple(map(names.get, ids)) for ids in set(events["recipients"].dropna())}
    recipients = events["recipients"].map(lists.get, na_action="ignore")
    return events.assign(**called, recipients=recipients)


def _window(events: "pd.DataFrame", start: float | None, stop: float | None) -> "pd.DataFrame":
    time = events["time"].to_numpy()
    first = 0 if start is None else int(time.searchsorted(start, side="left"))
    last = len(time) if stop is None else int(time.searchsorted(stop, side="left"))
    return events.iloc[first:last]


def _write_parquet(table: "pd.DataFrame", path: Path) -> None:
    try:
        import pyarrow  # noqa: F401
    except ImportError as error:
        raise ImportError("parquet files need pyarrow: pip install pyarrow, or export to csv") from error
    table.to_parquet(path, engine="pyarrow", index=False)
