"""Mutual exclusion by a queue that all machines have (Lamport 1978)."""

from typing import TYPE_CHECKING, Any

from lamport.algorithms.critical_section import CriticalSection

if TYPE_CHECKING:
    from lamport._lamport import Me

__all__ = ["LamportMutex"]


class LamportMutex(CriticalSection):
    """Mutual exclusion: every machine has the queue of all requests, in the order of their timestamps.

    A machine tells all others its request, and each answers. It enters when its request is before all others
    in its queue, and it has heard of each other machine later than that: as channels are first in, first
    out, no earlier request can still come. Leaving, it tells all others. These are 3 (n - 1) messages for
    each entry.

    It promises that no two machines are in the section at one time, that they enter in the order of their
    requests' timestamps, and that every request is granted (see `mutual_exclusion`, `served`).

    Parameters
    ----------
    hold : float
        How long a machine stays in the section, in seconds.
    pause : float, optional
        How long it is content afterwards, in seconds on average (exponential); None: a machine wants in only
        when it is told to from outside, by ``inputs=[(time, machine, None)]``.

    Notes
    -----
    States: ``requests``, ``entries`` (how many there were of this machine) and ``held`` (is it inside?).

    References
    ----------
    L. Lamport, "Time, clocks, and the ordering of events in a distributed system", Communications of the ACM
    21 (7), 1978, pages 561-562: the five rules.

    Examples
    --------
    >>> import lamport
    >>> from lamport.algorithms import LamportMutex, mutual_exclusion
    >>> run = lamport.simulate(3, 20, algorithm=LamportMutex, arguments={"hold": 0.2}, rates=100, seed=1)
    >>> mutual_exclusion(run)
    True
    """

    def __init__(self, hold: float = 0.1, pause: float | None = 1.0) -> None:
        super().__init__(hold, pause)
        self.queue: dict[int, int] = {}  # of each machine that wants in: the timestamp of its request
        self.heard: dict[int, int] = {}  # of each machine: the timestamp of its newest message

    def ask(self, me: "Me") -> None:
        """Tell all others (rule 1)."""
        self.queue[me.id] = me.broadcast("request")
        self.try_to_enter(me)

    def on_message(self, me: "Me", sender: int | None, body: Any) -> None:
        """Keep the queue (rules 2 and 4), and look whether it is our turn."""
        clock = me.sent_clock
        if sender is None or clock is None:
            self.want(me)
            return
        self.heard[sender] = clock
        if body == "request":
            self.queue[sender] = clock
            me.send(sender, "answer")
        elif body == "release":
            del self.queue[sender]
        self.try_to_enter(me)

    def try_to_enter(self, me: "Me") -> None:
        """Enter if our request is the first, and no earlier one can come any more (rule 5)."""
        clock = self.queue.get(me.id)
        if self.held or clock is None or clock > min(self.queue.values()):
            return
        ours = (clock, me.id)
        is_first = ours == min((clock, machine) for machine, clock in self.queue.items())
        if is_first and all((self.heard.get(peer, 0), peer) > ours for peer in me.peers):
            self.enter(me)

    def release(self, me: "Me") -> None:
        """Tell all others (rule 3)."""
        del self.queue[me.id]
        me.broadcast("release")
