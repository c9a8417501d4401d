"""What an election promises."""

from typing import TYPE_CHECKING, Literal

from lamport.algorithms.in_time import end_of

if TYPE_CHECKING:
    from lamport._runs.run import Run

__all__ = ["elected", "one_leader"]


def one_leader(run: "Run") -> "Literal[True] | tuple[str, tuple[int, int]]":
    """Judge whether no machine ever knew of another leader than the machine with the highest id.

    Parameters
    ----------
    run : Run
        A run whose machines declare ``leader``, as those of `ChangRoberts` do.

    Returns
    -------
    True or (str, (int, int))
        What is broken, and the event where it shows, by machine and clock: the machine, whom it took for the
        leader, and when.

    Examples
    --------
    >>> import lamport
    >>> from lamport.algorithms import ChangRoberts, one_leader
    >>> one_leader(lamport.simulate(4, 10, algorithm=ChangRoberts, rates=100, seed=1))
    True
    """
    known = run.states.dropna(subset="leader")
    right = int(run.states["machine_id"].max())
    wrong = known[known["leader"] != right]
    if wrong.empty:
        return True
    first = wrong.iloc[0]
    machine, leader, clock = (int(first[name]) for name in ("machine_id", "leader", "new_clock"))
    told = f"machine {machine} took {leader} for the leader at {first['time']:.6f} s; it is {right}"
    return told, (machine, clock)


def elected(run: "Run", within: float, after: float = 0.0) -> "Literal[True] | str":
    """Judge whether all machines knew a leader within a stated time.

    Parameters
    ----------
    run : Run
        A run whose machines declare ``leader``, as those of `ChangRoberts` do.
    within : float
        Seconds from the beginning, or from `after` if that is later. If the run ends before, it is not
        judged.
    after : float
        When the last fault was over.

    Returns
    -------
    True or str
        What is broken: the machines that knew none.

    Examples
    --------
    >>> import lamport
    >>> from lamport.algorithms import ChangRoberts, elected
    >>> elected(lamport.simulate(4, 10, algorithm=ChangRoberts, rates=100, seed=1), 2)
    True
    """
    due = after + within
    if due >= end_of(run):
        return True
    known = run.states.dropna(subset="leader")
    missing = sorted({*run.states["machine_id"]} - {*known.loc[known["time"] <= due, "machine_id"]})
    if not missing:
        return True
    return f"machines that knew no leader at {due:.6f} s: {', '.join(map(str, missing))}"
