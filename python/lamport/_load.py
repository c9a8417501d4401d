"""Logs and tables made elsewhere, as runs."""

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from glob import glob, has_magic
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lamport._directory import log_files, log_name, read_record
from lamport._run import Run

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["find", "from_events", "load"]

CODES = {"SEND": 0, "RECEIVE": 1, "INTERNAL": 2}
REQUIRED = ("machine_id", "event", "new_clock")
WHOLE = ("machine_id", "new_clock", "old_clock")
NUMBERS = ("time", "system_time", "queue_len", "sender", "sent_clock", "arrived")
LARGEST = 2**53 - 1


def load(
    source: str | PathLike[str] | Iterable[str | PathLike[str]], *, offsets: Mapping[int, float] | None = None
) -> Run:
    """Read the logs of one run.

    Parameters
    ----------
    source : path, glob or list of them
        A directory is searched for ``machine_*.log``, plain or compressed by gzip or zstd (``.log.gz``,
        ``.log.zst``), and where it has none, the directories in it are. A ``run.json`` beside the logs is
        read too, other files are not. A file that grows or shrinks meanwhile is read up to where its end
        was met.
    offsets : mapping of int to float, optional
        Seconds to add to the times of a machine's log, to correct its host's clock.

    Returns
    -------
    Run
        The run, with `Run.notes` on what its tables leave out.

    Raises
    ------
    FileNotFoundError
        There is no such file, or no log in the directory.
    ValueError
        The directory holds the logs of several runs, or a log both plain and compressed.
    LogError
        A line is malformed (a torn last line is a note, not an error), or a file is empty or no log.

    Examples
    --------
    >>> import lamport
    >>> run = lamport.load("logs/run_2026-11-21_14-00-00")  # doctest: +SKIP
    >>> run = lamport.load("collected/host*/*.log", offsets={2: 0.013})  # doctest: +SKIP
    """
    from lamport._lamport import read_logs

    files = find(source)
    parents = {file.parent for file in files}
    home = Path(os.path.commonpath([parent.absolute() for parent in parents]))
    if len(parents) == 1:
        home = parents.pop()
    record = read_record(home)
    if offsets is not None:
        record["offsets"] = {str(machine): offset for machine, offset in offsets.items()}
    logs = read_logs([str(file) for file in files], offsets=None if offsets is None else dict(offsets))
    return Run(logs, parameters=record, log_dir=home, interrupted=record.get("interrupted") is True)


def from_events(frame: "pd.DataFrame | Mapping[str, Any]") -> Run:
    """Make a run of a table of events.

    Parameters
    ----------
    frame : DataFrame or mapping of columns
        A row an event: ``machine_id``, ``event`` (SEND, RECEIVE or INTERNAL, in any case) and
        ``new_clock``. Used where present: ``time`` or ``system_time`` (s), ``old_clock``, ``queue_len``,
        ``sender``, ``sent_clock``, ``arrived`` (s) and ``recipients`` (a list of machine ids, also
        called ``recipient_ids``). Without times the rows are taken as a second apart.

    Returns
    -------
    Run
        The run; it has no logs and no directory.

    Raises
    ------
    ValueError
        A column is missing, or a value is not what its column holds.

    Examples
    --------
    >>> import lamport
    >>> run = lamport.from_events({"machine_id": [1, 2], "event": ["send", "receive"], "new_clock": [1, 2]})
    >>> run.events["event"].tolist()
    ['SEND', 'RECEIVE']
    """
    import pandas as pd

    from lamport._lamport import table_logs

    table = frame if isinstance(frame, pd.DataFrame) else pd.DataFrame(frame)
    missing = [name for name in REQUIRED if name not in table.columns]
    if missing:
        has = ", ".join(map(str, table.columns)) or "nothing"
        raise ValueError(f"the table has no column {', '.join(missing)}: it has {has}")
    columns: dict[str, Any] = {"event": _codes(table)}
    columns |= {name: _whole(table, name) for name in WHOLE if name in table.columns}
    columns |= {name: _numbers(table, name) for name in NUMBERS if name in table.columns}
    for name in ("recipient_ids", "recipients"):
        if name in table.columns:
            columns["recipients"] = _recipients(table, name)
            break
    return Run(table_logs(columns))


def find(source: str | PathLike[str] | Iterable[str | PathLike[str]]) -> list[Path]:
    """Find the log files that a path, a glob or a list of them names."""
    sources = [source] if isinstance(source, (str, PathLike)) else list(source)
    if not sources:
        raise ValueError("no logs to load: the list is empty")
    return list(dict.fromkeys(file for entry in sources for file in _files(entry)))


def _files(source: str | PathLike[str]) -> list[Path]:
    path = Path(source)
    if path.is_dir():
        return _search(path)
    if path.exists():
        return [path]
    text = os.fspath(source)
    found = sorted(glob(text, recursive=True)) if has_magic(text) else []  # noqa: PTH207 - patterns may be absolute
    if not found:
        raise FileNotFoundError(f"{text}: there is no such file, directory or match")
    return [
        file for match in found for file in ([Path(match)] if Path(match).is_file() else _search(Path(match)))
    ]


def _search(directory: Path) -> list[Path]:
    if files := log_files(directory):
        return files
    below = sorted(entry for entry in directory.iterdir() if entry.is_dir())
    files = [file for entry in below for file in log_files(entry)]
    if not files:
        raise FileNotFoundError(
            f"{directory}: no machine_*.log (or .log.gz, .log.zst) in it or in the directories below"
        )
    name, times = Counter(map(log_name, files)).most_common(1)[0]
    if times > 1:
        runs = [file.parent.name for file in files if log_name(file) == name]
        raise ValueError(f"{directory} holds {times} runs ({runs[0]}, ..., {runs[-1]}): load one of them")
    return files


def _codes(table: "pd.DataFrame") -> Any:
    import numpy as np

    names = table["event"].astype("str").str.upper()
    codes = names.map(CODES)
    if codes.isna().any():
        row = int(np.flatnonzero(codes.isna())[0])
        value = table["event"].iloc[row]
        raise ValueError(f"row {row}: event {value!r} is not one of {', '.join(CODES)}")
    return codes.to_numpy(dtype=np.int8)


def _numbers(table: "pd.DataFrame", name: str) -> Any:
    import numpy as np
    import pandas as pd

    values = pd.to_numeric(table[name], errors="coerce")
    strange = values.isna() & table[name].notna()
    if strange.any():
        row = int(np.flatnonzero(strange)[0])
        raise ValueError(f"row {row}: {name} {table[name].iloc[row]!r} is not a number")
    return values.to_numpy(dtype=np.float64, na_value=np.nan)


def _whole(table: "pd.DataFrame", name: str) -> Any:
    import numpy as np

    values = _numbers(table, name)
    bad = ~((values >= 0) & (values <= LARGEST) & (values == np.floor(values)))
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise ValueError(
            f"row {row}: {name} {table[name].iloc[row]!r} is not a whole number from 0 to 2^53 - 1"
        )
    return values.astype(np.int64)


def _recipients(table: "pd.DataFrame", name: str) -> list[Any]:
    """Give the lists of ids; rows that are no sends may hold anything empty."""
    import numpy as np

    column = table[name].to_numpy(dtype=object)
    lists = np.empty(len(column), dtype=object)
    lists[:] = [[]] * len(column)
    given = table[name].notna().to_numpy()
    lists[given] = column[given]
    return list(lists)
