"""What total order promises."""

from typing import TYPE_CHECKING, Literal

from lamport.algorithms.in_time import first_late, first_of

if TYPE_CHECKING:
    import pandas as pd

    from lamport._runs.run import Run

__all__ = ["same_order", "taken_by_all"]


def _taken(run: "Run") -> "pd.DataFrame":
    """Return one row per machine and message taken: machine_id, time, new_clock, place (from 0), message."""
    taken = run.states[["machine_id", "time", "new_clock", "taken", "newest"]]
    taken = taken[taken["taken"] > 0].drop_duplicates(["machine_id", "taken"]).explode("newest")
    return taken.assign(place=taken.groupby("machine_id").cumcount(), message=taken["newest"].map(repr))


def same_order(run: "Run") -> "Literal[True] | tuple[str, tuple[int, int]]":
    """Judge whether all machines took the same messages in the same order, as far as each has come.

    Parameters
    ----------
    run : Run
        A run of `TotalOrderMulticast`, or of another algorithm that declares ``taken`` and ``newest``.

    Returns
    -------
    True or (str, (int, int))
        What is broken, and the event where it shows, by machine and clock: the first place where two machines
        took something else, and what.

    Examples
    --------
    >>> import lamport
    >>> from lamport.algorithms import TotalOrderMulticast, same_order
    >>> same_order(lamport.simulate(3, 10, algorithm=TotalOrderMulticast, rates=100, seed=1))
    True
    """
    taken = _taken(run)
    kinds = taken.groupby("place")["message"].nunique()
    if (kinds <= 1).all():
        return True
    place = int(kinds.index[kinds > 1].min())
    there = taken[taken["place"] == place].drop_duplicates("message")
    told = (
        f"machine {machine} took {message}"
        for machine, message in zip(there["machine_id"], there["message"], strict=True)
    )
    last = there.sort_values("time", kind="stable").iloc[-1]
    where = int(last["machine_id"]), int(last["new_clock"])
    return f"as message {place + 1} of all, {' and '.join(told)}", where


def taken_by_all(run: "Run", within: float, after: float = 0.0) -> "Literal[True] | str":
    """Judge whether all machines took each message within a stated time.

    Parameters
    ----------
    run : Run
        A run of `TotalOrderMulticast`, or of another algorithm that declares ``sent``, ``taken`` and
        ``newest``.
    within : float
        Seconds from the sending, or from `after` if that is later. What is not yet due when the run ends is
        not judged.
    after : float
        When the last fault was over.

    Returns
    -------
    True or str
        What is broken: the message, and when it was sent.

    Examples
    --------
    >>> import lamport
    >>> from lamport.algorithms import TotalOrderMulticast, taken_by_all
    >>> taken_by_all(lamport.simulate(3, 10, algorithm=TotalOrderMulticast, rates=100, seed=1), 0.5)
    True
    """
    asked = first_of(run.states, "sent")
    taken = _taken(run)
    sender = taken["newest"].map(lambda message: message[1])
    number = taken.groupby(["machine_id", sender]).cumcount() + 1
    by_all = taken.groupby([sender.rename("machine_id"), number.rename("sent")])["time"].agg(["max", "size"])
    machines = run.states["machine_id"].nunique()
    found = first_late(run, asked, by_all.loc[by_all["size"] == machines, "max"], within, after)
    if found is None:
        return True
    (machine, sent), due = found
    return (
        f"message {sent} of machine {machine}, sent at {asked[machine, sent]:.6f} s, was not taken by all "
        f"by {due:.6f} s"
    )
