"""Runs of a sweep that are looked at one by one, by a user's functions."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from numbers import Integral, Real
from threading import Event
from typing import TYPE_CHECKING, Any, NamedTuple

from lamport._drive.simulate import simulated
from lamport._model.algorithm import AlgorithmError

if TYPE_CHECKING:
    from lamport._drive.algorithm import Plan as Algorithm
    from lamport._lamport import _RunSetting
    from lamport._runs.run import Run

__all__ = [
    "Job",
    "Plan",
    "Unmeasured",
    "as_column",
    "as_measure",
    "counted",
    "in_a_line",
    "look_here",
    "look_there",
    "measured",
]

Measure = Callable[["Run"], Any]
LONGEST = 60
"""The most characters of a value that a message shows."""


@dataclass(frozen=True)
class Plan:
    """What is to be run, and seen of it.

    Attributes
    ----------
    algorithms : list
        What machines run at each point, None for the built-in behaviour; empty if that is so at all points.
    """

    points: "list[_RunSetting]"
    runs: int
    seed: int
    since: float | None = None
    measure: Mapping[str, Measure] = field(default_factory=dict)
    algorithms: "list[Algorithm | None]" = field(default_factory=list)

    @property
    def total(self) -> int:
        return len(self.points) * self.runs


class Unmeasured(Exception):  # noqa: N818 - carried to the caller, not raised at users
    """A run could not be looked at; all that it says pickles."""

    def __init__(self, point: int, run: int, seed: int, why: str) -> None:
        super().__init__(point, run, seed, why)
        self.point = point
        self.run = run
        self.seed = seed
        self.why = why


class Job(NamedTuple):
    """A run that is to be made: its point by its place, its number, and its seed."""

    point: int
    run: int
    seed: int
    setting: "_RunSetting"


def as_measure(measure: object, taken: Iterable[str]) -> dict[str, Measure]:
    """Check the functions that a user gives, and their names.

    Raises
    ------
    ValueError
        It is no mapping of new names to functions.
    """
    if measure is None:
        return {}
    if not isinstance(measure, Mapping):
        shown = repr(measure)
        told = shown if len(shown) <= LONGEST else f"a {type(measure).__name__}"
        raise ValueError(
            f"measure={told} is not a mapping: give one of names to functions of a Run, as {{'wait': f}}"
        )
    taken = set(taken)
    for name, function in measure.items():
        if not isinstance(name, str) or not name:
            raise ValueError(f"measure: {name!r} is not a name of a column")
        if name in taken:
            raise ValueError(f"measure: {name!r} is a column of every sweep: give another name")
        if not callable(function):
            raise ValueError(f"measure: {name!r} is {function!r}: give a function of a Run")
    return dict(measure)


def look_here(
    plan: Plan, threads: int, tell: Callable[[int], object]
) -> tuple[dict[str, Any], bool, Unmeasured | None]:
    """Look at all runs, one after the other in this thread, while others make those that come next.

    Returns
    -------
    columns, interrupted, failure
        The rows of the runs that were looked at; whether Ctrl-C ended it; why one could not be.
    """
    columns, interrupted = counted(plan, 0, threads=threads)
    seen = _Seen(plan, columns)
    failure = None
    try:
        if not interrupted:
            with closing(_ahead(_jobs(plan, 0, columns), threads)) as made:
                for number, (job, run) in enumerate(made, 1):
                    seen.add(job, run)
                    tell(number)
    except KeyboardInterrupt:
        interrupted = True
    except Unmeasured as error:
        failure = error
    return seen.columns(), interrupted, failure


def look_there(plan: Plan, first_run: int) -> tuple[dict[str, Any], bool]:
    """Make and look at runs one after the other, in the process of an executor.

    Raises
    ------
    Unmeasured
        One could not be looked at.
    """
    columns, interrupted = counted(plan, first_run, threads=1)
    seen = _Seen(plan, columns)
    try:
        for job in _jobs(plan, first_run, columns) if not interrupted else ():
            seen.add(job, _made(job))
    except KeyboardInterrupt:
        interrupted = True
    return seen.columns(), interrupted


def counted(
    plan: Plan, first_run: int, *, threads: int, progress: Callable[[int], object] | None = None
) -> tuple[dict[str, Any], bool]:
    """Return what every sweep has of these runs: it takes next to no time beside looking at them."""
    from lamport._lamport import sweep_runs

    return sweep_runs(
        plan.points,
        first_run=first_run,
        runs=plan.runs,
        seed=plan.seed,
        since=plan.since,
        threads=threads,
        progress=progress,
    )


def _jobs(plan: Plan, first_run: int, columns: Mapping[str, Any]) -> Iterator[Job]:
    machines = plan.points[0]["machines"]
    seeds = columns["seed"][: plan.runs * machines : machines].tolist()
    for place, point in enumerate(plan.points):
        for number, seed in enumerate(seeds, first_run):
            yield Job(place, number, seed, point)


def _made(job: Job, stop: Event | None = None) -> "Run":
    """Simulate a run; a stop ends it."""

    def go_on(_: float) -> None:
        if stop is not None and stop.is_set():
            raise InterruptedError

    try:
        return simulated(job.setting, job.seed, progress=None if stop is None else go_on)
    except Exception as error:
        raise Unmeasured(job.point, job.run, job.seed, in_a_line(error)) from error


def _ahead(jobs: Iterator[Job], threads: int) -> "Generator[tuple[Job, Run], None, None]":
    """Make runs on threads, a few more than are asked for."""
    stop = Event()
    with ThreadPoolExecutor(threads, thread_name_prefix="lamport-sweep") as pool:
        under_way: list[tuple[Job, Future[Run]]] = []
        try:
            for job in jobs:
                under_way.append((job, pool.submit(_made, job, stop)))
                if len(under_way) > threads:
                    first, future = under_way.pop(0)
                    yield first, future.result()
            for rest, future in under_way:
                yield rest, future.result()
        finally:
            stop.set()
            for _, future in under_way:
                future.cancel()


class _Seen:
    """What was seen of runs so far, in the order of the rows of a sweep."""

    def __init__(self, plan: Plan, columns: dict[str, Any]) -> None:
        self._machines = [point["machines"] for point in plan.points]
        self._columns = columns
        self._measure = plan.measure
        self._sizes: list[int] = []
        self._values: dict[str, list[Any]] = {name: [] for name in plan.measure}

    def add(self, job: Job, run: "Run") -> None:
        """Look at a run."""
        for name, value in measured(self._measure, job, run).items():
            self._values[name].append(value)
        self._sizes.append(self._machines[job.point])

    def columns(self) -> dict[str, Any]:
        """Return the rows of the runs that were looked at."""
        import numpy as np

        # Ctrl-C may have come between two of the lists.
        number, rows = len(self._sizes), sum(self._sizes)
        told = {name: values[:rows] for name, values in self._columns.items()}
        for name, values in self._values.items():
            whole = np.empty(number, dtype=object)
            whole[:] = values[:number]
            told[name] = np.repeat(whole, self._sizes)
        return told


def measured(measure: Mapping[str, Measure], job: Job, run: "Run") -> dict[str, bool | int | float | None]:
    """Return what functions say of a run.

    Raises
    ------
    Unmeasured
        One failed.
    """
    values = {}
    for name, function in measure.items():
        try:
            values[name] = _number(function(run))
        except Exception as error:
            why = f"measure {name!r}: {in_a_line(error)}"
            raise Unmeasured(job.point, job.run, job.seed, why) from error
    return values


def _number(value: object) -> bool | int | float | None:
    """Take what a function says of a run: a number, a truth, or that it is not known."""
    if value is None or type(value).__name__ == "NAType":
        return None
    if getattr(value, "shape", None) == () and callable(item := getattr(value, "item", None)):
        value = item()  # of NumPy: one number, or an array of one and no dimension
    if isinstance(value, bool):
        return value
    if isinstance(value, Integral):
        if abs(int(value)) >= 2**1023:
            raise ValueError("it gives a whole number that is beyond all floats")
        return int(value)
    if isinstance(value, Real):
        return float(value)
    kind = type(value).__name__
    raise TypeError(f"it gives {'an' if kind[0] in 'aeiouAEIOU' else 'a'} {kind}: give one number for a run")


def as_column(values: Any) -> Any:
    """Return what a function said as a column: truths, whole numbers, or numbers with NaN for unknown."""
    import numpy as np

    kinds = {type(value) for value in values}
    if kinds == {bool}:
        return values.astype(bool)
    if kinds == {int} and all(-(2**63) <= value < 2**63 for value in values):
        return values.astype(np.int64)
    return np.array([np.nan if value is None else float(value) for value in values], dtype=np.float64)


def in_a_line(error: BaseException) -> str:
    """Put an error into one line; of one with a traceback, without what is between its ends."""
    if isinstance(error, AlgorithmError):
        lines = str(error).splitlines()
        return lines[0] if len(lines) == 1 else f"{lines[0]}: {lines[-1].strip()}"
    return f"{type(error).__name__}: {error}".rstrip(": ")
