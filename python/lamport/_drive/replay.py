"""Play logs again, in virtual time."""

from collections.abc import Iterable
from os import PathLike
from typing import TYPE_CHECKING, Any

from lamport._model.public import public
from lamport._model.setting import DISCIPLINE, SETTING
from lamport._runs.load import load
from lamport._runs.run import Run

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["replay"]


@public
def replay(source: Run | str | PathLike[str] | Iterable[str | PathLike[str]]) -> "pd.DataFrame":
    """Play the logs of a run again: each machine's arrivals, in virtual time, with the same node code.

    A machine's rate, draws and rules follow from its STARTUP line, how its program keeps the clock from
    ``run.json``; when messages arrived stands in its log. Together they must make every event happen once
    more, with its kind, clocks, queue length and peers. Where one does not, the log is not what such a
    machine would have written.

    Parameters
    ----------
    source : Run, path, glob or list of them
        A run with log files, or what `load` takes.

    Returns
    -------
    DataFrame
        One row per machine, by ``machine_id``: ``events`` that happened again before the first that
        did not, and that one, if any: ``file``, ``line``, ``expected`` (what the machine does there) and
        ``found`` (what the log says). ``line`` is missing where every event happened again.

    Raises
    ------
    ValueError
        The run has no log files.
    LogError
        A log does not tell how it was made (no seed), or all arrivals (no END, or a machine that resumed).

    Examples
    --------
    >>> import lamport, tempfile
    >>> run = lamport.simulate(duration=10, seed=1, log_dir=tempfile.mkdtemp())
    >>> bool(lamport.replay(run).line.isna().all())
    True
    """
    import pandas as pd

    from lamport._lamport import replay_log

    run = source if isinstance(source, Run) else load(source)
    if not run.files:
        raise ValueError("the run has no log files to play again: simulate with log_dir=, or load logs")
    discipline: Any = {name: run._parameters.get(name, SETTING[name].of["simulate"]) for name in DISCIPLINE}
    rows = []
    for file in run.files:
        machine, events, divergence = replay_log(file, **discipline)
        line, expected, found = divergence or (None, None, None)
        rows.append((machine, events, str(file), line, expected, found))
    names = ["machine_id", "events", "file", "line", "expected", "found"]
    table = pd.DataFrame(rows, columns=names).set_index("machine_id").sort_index()
    return table.astype({"line": "Int64"})
