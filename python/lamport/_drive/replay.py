"""Play logs again: the built-in behaviour in virtual time, algorithms by calling their handlers."""

from collections.abc import Callable, Iterable, Mapping
from os import PathLike
from typing import TYPE_CHECKING, Any

from lamport._model.public import public
from lamport._model.setting import DISCIPLINE, SETTING
from lamport._runs.load import load
from lamport._runs.run import Run

if TYPE_CHECKING:
    import pandas as pd

    from lamport._model.algorithm import Algorithm

__all__ = ["replay"]


@public
def replay(
    source: Run | str | PathLike[str] | Iterable[str | PathLike[str]],
    *,
    algorithm: "type[Algorithm] | Callable[[int], Algorithm] | Mapping[int, Any] | str | None" = None,
    arguments: Mapping[str, Any] | None = None,
) -> "pd.DataFrame":
    """Play the logs of a run again: what happened to each machine happens to it once more, by itself.

    A machine's rate, draws and rules follow from its STARTUP line, how its program keeps the clock from
    ``run.json``; when messages arrived stands in its log. Together they must make every event happen once
    more, with its kind, clocks, queue length and peers. Where one does not, the log is not what such a
    machine would have written.

    Of an algorithm a new instance is made for each machine, and its handlers are called again, each at the
    time of its line and with ``me.is_replay`` true. They must declare the same states, set the same timers,
    and send the same bodies to the same machines, over crashes as well. Nothing is sent or logged, but
    whatever else handlers do, as to print or to write files, they do again. Where one does otherwise, the
    algorithm is not deterministic (`check_deterministic`), or is another than that of the run.

    Parameters
    ----------
    source : Run, path, glob or list of them
        A run with log files, or what `load` takes.
    algorithm : class, callable, mapping or str, optional
        What machines ran, as for `simulate`. None: what the run was made with, if it was made in this
        process, else the class that the logs name, which is imported.
    arguments : mapping of str to object, optional
        What the class is called with; as the logs say if None.

    Returns
    -------
    DataFrame
        One row per machine, by ``machine_id``: ``events`` that happened again before the first that
        did not, and that one, if any: ``file``, ``line``, ``expected`` (what the machine does there) and
        ``found`` (what the log says). ``line`` is missing where every event happened again.

    Raises
    ------
    ValueError
        The run has no log files, or the algorithm that they name cannot be imported.
    AlgorithmError
        A handler raised an exception.
    LogError
        A log does not tell how it was made (no seed), or, of the built-in behaviour, not all arrivals (no
        END, or a machine that resumed).

    Warns
    -----
    LamportWarning
        Another version of Python ran the algorithm.

    Examples
    --------
    >>> import lamport, tempfile
    >>> run = lamport.simulate(duration=10, seed=1, log_dir=tempfile.mkdtemp())
    >>> bool(lamport.replay(run).line.isna().all())
    True
    >>> from lamport.algorithms import LamportMutex
    >>> crash = lamport.Crash(2, at=3, down_for=2)
    >>> given = {"rates": 50, "seed": 1, "faults": [crash], "log_dir": tempfile.mkdtemp()}
    >>> run = lamport.simulate(3, 10, algorithm=LamportMutex, **given)
    >>> bool(lamport.replay(run).line.isna().all())
    True
    """
    import pandas as pd

    from lamport._drive.replay_algorithm import replayed
    from lamport._lamport import algorithm_of_log

    run = source if isinstance(source, Run) else load(source)
    if not run.files:
        raise ValueError("the run has no log files to play again: simulate with log_dir=, or load logs")
    told = [algorithm_of_log(file) for file in run.files]
    logs = {file: log for file, log in zip(run.files, told, strict=True) if log is not None}
    if not logs and (algorithm is not None or arguments is not None):
        raise ValueError("algorithm= and arguments= are for runs of algorithms: no log here tells of one")
    rows = [] if not logs else replayed(run, logs, algorithm, arguments)
    rows += [_built_in(run, file) for file in run.files if file not in logs]
    names = ["machine_id", "events", "file", "line", "expected", "found"]
    table = pd.DataFrame(rows, columns=names).set_index("machine_id").sort_index()
    return table.astype({"line": "Int64"})


def _built_in(run: Run, file: Any) -> tuple[Any, ...]:
    """Play the log of a machine with the built-in behaviour."""
    from lamport._lamport import replay_log

    discipline: Any = {name: run._parameters.get(name, SETTING[name].of["simulate"]) for name in DISCIPLINE}
    machine, events, divergence = replay_log(file, **discipline)
    line, expected, found = divergence or (None, None, None)
    return machine, events, str(file), line, expected, found
