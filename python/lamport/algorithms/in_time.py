"""Whether something happened within a stated time."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from lamport._runs.run import Run

__all__ = ["end_of", "first_late", "first_of"]


def end_of(run: "Run") -> float:
    """Return the time until which a run was watched."""
    duration = run.parameters.get("duration")
    return float(run.events["time"].max() if duration is None else duration)


def first_of(states: "pd.DataFrame", name: str) -> "pd.Series[float]":
    """Return when each machine first declared each value of a count, by machine and value; not 0."""
    counts = states.loc[states[name] > 0, ["machine_id", name, "time"]]
    return counts.groupby(["machine_id", name])["time"].min()


def first_late(
    run: "Run", asked: "pd.Series[float]", done: "pd.Series[float]", within: float, after: float
) -> "tuple[Any, float] | None":
    """Return the first thing that was asked for and not done in time, and when it had to be.

    Parameters
    ----------
    run : Run
        The run.
    asked, done : Series
        When each thing was asked for and when it was done, by the same names; what was not done has no row.
    within : float
        Seconds from the asking, or from `after` if that is later.
    after : float
        When the last fault was over.
    """
    due = asked.clip(lower=after) + within
    late = due[(due < end_of(run)) & ~(done.reindex(due.index) <= due)]
    if late.empty:
        return None
    return late.idxmin(), float(late.min())
