"""The runs of a sweep of algorithms: one after the other, as handlers hold the interpreter."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from lamport._drive.measure import Job, Plan, Unmeasured, in_a_line, measured
from lamport._drive.simulate import as_run, simulated_natively

if TYPE_CHECKING:
    from lamport._lamport import Logs

__all__ = ["handled", "handled_there"]

COUNTS = ("ticks", "sends", "receives", "internals", "max_jump", "max_queue_len", "mean_jump")
OF_WHOLE_RUNS = ("machine_id", "clock_rate", "final_clock", "final_queue_len")
"""What a warm-up does not change."""


def handled(
    plan: Plan, first_run: int, tell: Callable[[int], object] = lambda _: None
) -> tuple[dict[str, Any], bool, Unmeasured | None]:
    """Make all runs, and count what a sweep has of them.

    Parameters
    ----------
    plan : Plan
        What is to be run, and seen of it.
    first_run : int
        The number of the first run of each point.
    tell : callable
        Gets the number of finished runs.

    Returns
    -------
    columns, interrupted, failure
        The rows of the finished runs, a negative number where a length of a queue is not known; whether
        Ctrl-C ended it; why a run broke off, or could not be looked at.
    """
    rows: list[dict[str, Any]] = []
    interrupted, failure = False, None
    try:
        for number, job in enumerate(_jobs(plan, first_run), 1):
            row = _made(plan, job)
            if row is None:
                interrupted = True
                break
            rows.append(row)
            tell(number)
    except KeyboardInterrupt:
        interrupted = True
    except Unmeasured as error:
        failure = error
    return _columns(plan, rows), interrupted, failure


def handled_there(plan: Plan, first_run: int) -> tuple[dict[str, Any], bool]:
    """Do the same in the process of an executor.

    Raises
    ------
    Unmeasured
        A run broke off, or could not be looked at.
    """
    columns, interrupted, failure = handled(plan, first_run)
    if failure is not None:
        raise failure
    return columns, interrupted


def _jobs(plan: Plan, first_run: int) -> Iterator[Job]:
    from lamport._drive.seeds import seeds

    numbered = list(seeds(plan.seed, first_run, plan.runs))
    for place, point in enumerate(plan.points):
        for number, seed in numbered:
            yield Job(place, number, seed, point)


def _made(plan: Plan, job: Job) -> dict[str, Any] | None:
    """Make a run, and return its rows; None if Ctrl-C ended it."""
    algorithm = plan.algorithms[job.point]
    make = partial(simulated_natively, job.setting, job.seed, plan=algorithm)
    try:
        made = make() if plan.measure else make(record=False, since=plan.since)
        try:
            counted = None if made.interrupted else _counted(made.logs, plan.since, job)
        except ValueError:  # nothing was recorded from then on
            counted = _counted(make(record=False, since=plan.since).logs, plan.since, job)
    except Exception as error:
        raise Unmeasured(job.point, job.run, job.seed, in_a_line(error)) from error
    if counted is None:
        return None
    row = {"point": job.point, "run": job.run, "seed": job.seed, **counted}
    if plan.measure:
        row |= measured(plan.measure, job, as_run(made, job.setting, job.seed, algorithm))
    return row


def _counted(logs: "Logs", since: float | None, job: Job) -> dict[str, Any]:
    """Return what a sweep has of the machines of a run."""
    import numpy as np

    whole = logs.machines()
    counted = {name: whole[name] for name in OF_WHOLE_RUNS}
    if since is None:
        left, duration = whole["final_queue_len"].astype(np.float64), whole["duration"]
        left[left < 0] = np.nan
        growth = np.divide(left, duration, out=np.full(len(left), np.nan), where=duration > 0)
        counted |= {name: whole[name] for name in COUNTS} | {"queue_growth": growth}
    else:
        acts = bool(job.setting["draw_after_receive"])
        counted |= logs.in_time(since, draw_after_receive=acts)
    return counted | {"drift": int(whole["final_clock"].max() - whole["final_clock"].min())}


def _columns(plan: Plan, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Put the rows of runs one below the other; what is one number of a run stands in each of its rows."""
    import numpy as np

    sizes = [plan.points[row["point"]]["machines"] for row in rows]
    columns: dict[str, Any] = {}
    for name in rows[0] if rows else ():
        values = [row[name] for row in rows]
        if isinstance(values[0], np.ndarray):
            columns[name] = np.concatenate(values)
            continue
        one_each = np.empty(len(values), dtype=object if name in plan.measure else np.int64)
        one_each[:] = values
        columns[name] = np.repeat(one_each, sizes)
    return columns
