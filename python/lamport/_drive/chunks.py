"""The runs of a sweep in chunks, on an executor of any kind."""

from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Executor, Future, as_completed
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from lamport._drive.by_value import ByValue

if TYPE_CHECKING:
    from lamport._drive.measure import Plan
    from lamport._lamport import _RunSetting

__all__ = ["Chunk", "Failure", "Rows", "run_chunks", "split"]

Rows: TypeAlias = tuple[int, dict[str, Any]]
"""The columns of some finished runs, and the number of their first point."""

EVENTS = 3e7
"""Events of a chunk, about: half a second."""
FEWEST = 64
"""Chunks to split a sweep into, so that many workers have some, unless they get tiny."""
TINY = 1e6
MOST = 4096
"""More chunks than these would only keep a scheduler busy."""
RECORDED, LOOKED = 10, 3e5
"""What it costs to record an event of a run, and to look at the run, in events that are only counted."""


@dataclass(frozen=True)
class Chunk:
    """Consecutive points, and the runs of each."""

    first_point: int
    points: "list[_RunSetting]"
    first_run: int
    runs: int


class Failure(Exception):  # noqa: N818 - carried to the caller, not raised at users
    """A chunk failed, or its executor."""

    def __init__(self, chunk: Chunk, error: BaseException, rows: list[Rows]) -> None:
        super().__init__(str(error))
        self.chunk = chunk
        self.error = error
        self.rows = rows


def run_chunks(plan: "Plan", executor: Executor, tell: Callable[[int], object]) -> tuple[list[Rows], bool]:
    """Run all points on an executor; return what is finished, in order, and whether Ctrl-C ended it.

    If the plan is to look at runs, each is looked at where it is made.

    Raises
    ------
    Failure
        A chunk failed; it holds what is finished.
    """
    chunks = split(plan.points, plan.runs, is_looked_at=bool(plan.measure or plan.algorithms))
    futures: dict[Future[Any], int] = {}
    refused: BaseException | None = None
    interrupted = False
    try:
        refused = _submit(executor, chunks, plan, futures)
        if refused is None:
            _wait(chunks, futures, tell)
    except KeyboardInterrupt:
        interrupted = True
    finally:
        # What is done is looked at before what has not begun is taken back.
        over = sorted((number, future) for future, number in futures.items() if future.done())
        for future in futures:
            future.cancel()
    rows: list[Rows] = []
    broken = None if refused is None else (len(futures), refused)
    for number, future in over:
        failure = _error(future)
        if failure is None:
            columns, was_interrupted = future.result()
            rows.append((chunks[number].first_point, columns))
            interrupted = interrupted or was_interrupted
        elif broken is None or number < broken[0]:
            broken = number, failure
    if broken is not None and not interrupted:
        raise Failure(chunks[broken[0]], broken[1], rows)
    return rows, interrupted


def _submit(
    executor: Executor, chunks: list[Chunk], plan: "Plan", futures: dict[Future[Any], int]
) -> BaseException | None:
    """Hand all chunks over; return why the executor takes no more, if so."""
    for number, chunk in enumerate(chunks):
        try:
            algorithms = plan.algorithms[chunk.first_point : chunk.first_point + len(chunk.points)]
            part = replace(plan, points=chunk.points, runs=chunk.runs, algorithms=algorithms)
            future = executor.submit(_work, ByValue(part), chunk.first_run)
        except Exception as error:  # an executor may raise anything
            return error
        futures[future] = number
    return None


def _wait(chunks: list[Chunk], futures: dict[Future[Any], int], tell: Callable[[int], object]) -> None:
    """Wait until all are done, or one failed."""
    done = 0
    for future in as_completed(futures):
        if _error(future) is not None:
            return
        chunk = chunks[futures[future]]
        done += len(chunk.points) * chunk.runs
        tell(done)


def split(points: "list[_RunSetting]", runs: int, *, is_looked_at: bool = False) -> list[Chunk]:
    """Make chunks of about the same work, in the order of points and runs."""
    costs = [_cost(point) for point in points]
    if is_looked_at:
        costs = [RECORDED * cost + LOOKED for cost in costs]
    total = sum(costs) * runs
    target = max(min(max(total / FEWEST, TINY), EVENTS), total / MOST)
    return list(_split(points, costs, runs, target))


def _split(points: "list[_RunSetting]", costs: list[float], runs: int, target: float) -> Iterator[Chunk]:
    start = 0
    while start < len(points):
        if costs[start] * runs > target:
            step = max(1, int(target / costs[start]))
            for first_run in range(0, runs, step):
                yield Chunk(start, points[start : start + 1], first_run, min(step, runs - first_run))
            start += 1
            continue
        stop, work = start, 0.0
        while stop < len(points) and work + costs[stop] * runs <= target:
            work += costs[stop] * runs
            stop += 1
        yield Chunk(start, points[start:stop], 0, runs)
        start = stop


def _cost(point: "_RunSetting") -> float:
    """Estimate the events of one run."""
    rates = point["rates"]
    drawn = point["machines"] * (point["max_rate"] + 1) / 2
    speed = drawn if rates is None else sum(map(_fastest, rates))
    return max(1.0, float(point["duration"]) * speed)


def _fastest(rate: Any) -> float:
    return max(each for _, each in rate) if isinstance(rate, list) else float(rate)


def _work(given: Any, first_run: int) -> tuple[dict[str, Any], bool]:
    """Do a chunk, on one thread: what an executor gets."""
    from lamport._drive.measure import counted, look_there

    part: Plan = ByValue.of(given)
    if part.algorithms:
        from lamport._drive.handled import handled_there

        return handled_there(part, first_run)
    return look_there(part, first_run) if part.measure else counted(part, first_run, threads=1)


def _error(future: Future[Any]) -> BaseException | None:
    """Return why a future that is done failed, if it did."""
    try:
        return future.exception(timeout=0)
    except CancelledError as error:
        return error
