"""What algorithms of mutual exclusion promise."""

from typing import TYPE_CHECKING, Literal

from lamport.algorithms.in_time import end_of, first_late, first_of

if TYPE_CHECKING:
    from lamport._runs.run import Run

__all__ = ["mutual_exclusion", "served"]


def mutual_exclusion(run: "Run") -> "Literal[True] | tuple[str, tuple[int, int]]":
    """Judge whether no two machines were in the critical section at one time.

    Parameters
    ----------
    run : Run
        A run whose machines declare ``held``, as those of `LamportMutex` and `RicartAgrawala` do.

    Returns
    -------
    True or (str, (int, int))
        What is broken, and the event where it shows, by machine and clock: two machines, and when both were
        inside.

    Examples
    --------
    >>> import lamport
    >>> from lamport.algorithms import RicartAgrawala, mutual_exclusion
    >>> mutual_exclusion(lamport.simulate(3, 10, algorithm=RicartAgrawala, rates=100, seed=1))
    True
    """
    states = run.states.sort_values(["machine_id", "time"], kind="stable")
    held = states["held"].astype(bool)
    before = held.groupby(states["machine_id"]).shift(fill_value=False)
    changes = states[held != before]
    left = changes.groupby("machine_id")["time"].shift(-1, fill_value=end_of(run))
    stays = changes.assign(left=left)[changes["held"].astype(bool)].sort_values("time", kind="stable")
    until = stays["left"].cummax().shift()
    both = stays[stays["time"] < until]
    if both.empty:
        return True
    second = both.iloc[0]
    first = stays[(stays["time"] <= second["time"]) & (stays["left"] > second["time"])].iloc[0]
    told = (
        f"machine {second['machine_id']} entered at {second['time']:.6f} s, while machine "
        f"{first['machine_id']} was inside, from {first['time']:.6f} to {first['left']:.6f} s"
    )
    return told, (int(second["machine_id"]), int(second["new_clock"]))


def served(run: "Run", within: float, after: float = 0.0) -> "Literal[True] | str":
    """Judge whether each request for the critical section was granted within a stated time.

    Parameters
    ----------
    run : Run
        A run whose machines declare ``requests`` and ``entries``, as those of `LamportMutex` and
        `RicartAgrawala` do.
    within : float
        Seconds from the request, or from `after` if that is later. What is not yet due when the run ends is
        not judged.
    after : float
        When the last fault was over.

    Returns
    -------
    True or str
        What is broken: the machine, the request, and when it was made.

    Examples
    --------
    >>> import lamport
    >>> from lamport.algorithms import LamportMutex, served
    >>> served(lamport.simulate(3, 10, algorithm=LamportMutex, rates=100, seed=1), 1)
    True
    """
    asked = first_of(run.states, "requests")
    found = first_late(run, asked, first_of(run.states, "entries"), within, after)
    if found is None:
        return True
    (machine, number), due = found
    return (
        f"request {number} of machine {machine}, made at {asked[machine, number]:.6f} s, was not granted "
        f"by {due:.6f} s"
    )
