"""What snapshots promise."""

from typing import TYPE_CHECKING, Any, Literal

from lamport.algorithms.in_time import first_late, first_of

if TYPE_CHECKING:
    import pandas as pd

    from lamport._runs.run import Run

__all__ = ["consistent_cuts", "snapshots_end"]


def _records(run: "Run") -> "pd.DataFrame":
    """Return one row per machine and snapshot that is complete there, by the event that declares it."""
    states = run.states.dropna(subset="snapshot")
    parts = states["snapshot"].map(lambda each: (each["number"], each["clock"], each["channels"]))
    number, clock, channels = (parts.str[place] for place in range(3))
    records = states[["machine_id", "time", "new_clock"]].assign(
        number=number, clock=clock, channels=channels
    )
    return records.drop_duplicates(["machine_id", "number"])


def _messages(run: "Run") -> "pd.DataFrame":
    """Return the messages of the inner algorithm: channel, clocks of both ends, body."""
    from lamport._lamport import body_value

    events = run.events
    sends = events.loc[events["event"] == "SEND", ["machine_id", "new_clock", "body"]].dropna(subset="body")
    sends = sends.set_axis(["sender", "sent_clock", "body"], axis=1)
    messages = run.messages[["sender", "sent_clock", "recipient", "received_clock"]].merge(sends)
    body = messages["body"].map(body_value)
    return messages.assign(body=body.str[1])[body.str[0] == "inner"]


def consistent_cuts(run: "Run") -> "Literal[True] | tuple[str, tuple[int, int]]":
    """Judge whether each snapshot is a consistent cut, and has exactly the messages that were under way.

    Parameters
    ----------
    run : Run
        A run of `ChandyLamport`, or of another `Layer` that declares ``snapshot`` as it does.

    Returns
    -------
    True or (str, (int, int))
        What is broken, and the event where it shows, by machine and clock: the snapshot, the channel and the
        message.

    Examples
    --------
    >>> import lamport
    >>> from lamport.algorithms import ChandyLamport, consistent_cuts
    >>> of = {"inner": "lamport.algorithms:Gossip", "every": 2}
    >>> consistent_cuts(lamport.simulate(3, 10, algorithm=ChandyLamport, arguments=of, rates=100, seed=1))
    True
    """
    records = _records(run)
    messages = _messages(run)
    for number, cut in records.groupby("number"):
        clocks = cut.set_index("machine_id")["clock"]
        left = messages["sent_clock"] <= messages["sender"].map(clocks)
        covered = messages["recipient"].map(clocks)
        came = (messages["received_clock"] <= covered).fillna(value=False).astype(bool)
        has_both = messages["sender"].isin(clocks.index) & covered.notna()
        early = messages[has_both & came & ~left]
        if len(early):
            sender, clock, recipient, at = early.iloc[0][
                ["sender", "sent_clock", "recipient", "received_clock"]
            ]
            told = (
                f"snapshot {number} of machine {recipient} has received the message {clock} of machine "
                f"{sender}, which that of machine {sender} has not sent"
            )
            return told, (int(recipient), int(at))
        wrong = _wrong_channel(cut, messages[has_both & left & ~came])
        if wrong is not None:
            return f"snapshot {number}: {wrong[0]}", wrong[1]
    return True


def _wrong_channel(cut: "pd.DataFrame", on_way: "pd.DataFrame") -> tuple[str, tuple[int, int]] | None:
    """Say which channel's state is not what was under way, and which event declared it."""
    bodies: dict[Any, list[Any]] = (
        on_way.sort_values("sent_clock").groupby(["recipient", "sender"])["body"].agg(list).to_dict()
    )
    machines = {*cut["machine_id"]}
    for machine, at, channels in zip(cut["machine_id"], cut["new_clock"], cut["channels"], strict=True):
        for sender, recorded in channels.items():
            was = bodies.get((machine, int(sender)), [])
            if int(sender) in machines and recorded != was:
                told = (
                    f"{recorded} is recorded of the channel from machine {sender} to machine {machine}, "
                    f"where {was} was under way"
                )
                return told, (int(machine), int(at))
    return None


def snapshots_end(run: "Run", within: float, after: float = 0.0) -> "Literal[True] | str":
    """Judge whether each snapshot was complete at all machines within a stated time.

    Parameters
    ----------
    run : Run
        A run of `ChandyLamport`, or of another `Layer` that declares ``snapshots`` and ``snapshot``.
    within : float
        Seconds from its beginning, or from `after` if that is later. What is not yet due when the run ends is
        not judged.
    after : float
        When the last fault was over.

    Returns
    -------
    True or str
        What is broken: the snapshot, and when it began.

    Examples
    --------
    >>> import lamport
    >>> from lamport.algorithms import ChandyLamport, snapshots_end
    >>> of = {"inner": "lamport.algorithms:Gossip", "every": 2}
    >>> run = lamport.simulate(3, 10, algorithm=ChandyLamport, arguments=of, rates=100, seed=1)
    >>> snapshots_end(run, 0.5)
    True
    """
    began = first_of(run.states, "snapshots").groupby(level=1).min()
    ends = _records(run).groupby("number")["time"].agg(["max", "size"])
    by_all = ends.loc[ends["size"] == run.states["machine_id"].nunique(), "max"]
    found = first_late(run, began, by_all, within, after)
    if found is None:
        return True
    number, due = found
    return f"snapshot {number}, begun at {began[number]:.6f} s, was not complete by {due:.6f} s"
