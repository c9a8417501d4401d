"""What gossip promises."""

from typing import TYPE_CHECKING, Literal

from lamport.algorithms.in_time import first_late

if TYPE_CHECKING:
    from lamport._runs.run import Run

__all__ = ["all_know"]


def all_know(run: "Run", within: float, after: float = 0.0) -> "Literal[True] | str":
    """Judge whether all machines knew each rumour within a stated time.

    Parameters
    ----------
    run : Run
        A run of `Gossip`, or of another algorithm that declares ``known`` and ``heard``.
    within : float
        Seconds from when the first machine heard it, or from `after` if that is later. What is not yet due
        when the run ends is not judged.
    after : float
        When the last fault was over.

    Returns
    -------
    True or str
        What is broken: the rumour, and when it was first heard.

    Examples
    --------
    >>> import lamport
    >>> from lamport.algorithms import Gossip, all_know
    >>> all_know(lamport.simulate(5, 10, algorithm=Gossip, rates=100, seed=1), 4)
    True
    """
    states = run.states
    asked = states[["heard", "time"]].explode("heard").groupby("heard")["time"].min()
    known = states[["machine_id", "known", "time"]].explode("known")
    learnt = known.groupby(["known", "machine_id"])["time"].min().groupby("known").agg(["max", "size"])
    by_all = learnt.loc[learnt["size"] == states["machine_id"].nunique(), "max"]
    found = first_late(run, asked, by_all, within, after)
    if found is None:
        return True
    rumour, due = found
    return f"{rumour!r}, first heard at {asked[rumour]:.6f} s, was not known to all by {due:.6f} s"
