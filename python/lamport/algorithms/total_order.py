"""Messages to all that all take in the same order (after Lamport 1978)."""

from typing import TYPE_CHECKING, Any

from lamport._model.algorithm import Algorithm
from lamport.algorithms.everyone import need_everyone
from lamport.algorithms.seconds import some_seconds

if TYPE_CHECKING:
    from lamport._lamport import Me

__all__ = ["TotalOrderMulticast"]


class TotalOrderMulticast(Algorithm):
    """Total order: every machine takes the messages of all machines in one and the same order.

    A message goes to all machines, its sender among them, and each of them tells all that it has it. It is
    taken when it is the earliest that waits (by timestamp, then by sender) and every other machine was heard
    of later than that: no earlier one can still come. So replicas of a service stay equal. These are
    (n - 1) + (n - 1)^2 messages for each that is taken.

    It promises that all take the same in the same order, and that what one sends all take (see `same_order`,
    `taken_by_all`).

    Parameters
    ----------
    pause : float, optional
        Seconds between the messages of a machine, on average (exponential); None: there are only those that
        come from outside, by ``inputs=[(time, machine, body)]``.

    Notes
    -----
    States: ``sent`` and ``taken`` (how many), and ``newest``, the messages that were taken last, each as
    ``[timestamp, sender, body]``.

    References
    ----------
    L. Lamport, "Time, clocks, and the ordering of events in a distributed system", Communications of the ACM
    21 (7), 1978, page 562: a state machine that every process simulates.

    Examples
    --------
    >>> import lamport
    >>> from lamport.algorithms import TotalOrderMulticast, same_order
    >>> run = lamport.simulate(3, 20, algorithm=TotalOrderMulticast, rates=100, seed=1)
    >>> same_order(run)
    True
    """

    def __init__(self, pause: float | None = 1.0) -> None:
        self.pause: float | None = some_seconds("pause", pause)
        self.sent: int = 0
        self.taken: int = 0
        self.waiting: dict[tuple[int, int], Any] = {}  # by timestamp and sender: what is not taken yet
        self.heard: dict[int, int] = {}  # of each machine: the timestamp of its newest message

    def start(self, me: "Me") -> None:
        """Wait for a while."""
        need_everyone(self, me)
        me.state(sent=0, taken=0, newest=[])
        self.rest(me)

    def rest(self, me: "Me") -> None:
        """Send a message after a while."""
        if self.pause is not None:
            me.timer("send", me.random.expovariate(1 / self.pause))

    def on_timer(self, me: "Me", name: str) -> None:
        """Send a message, how many there were before."""
        self.multicast(me, self.sent)
        self.rest(me)

    def multicast(self, me: "Me", body: Any) -> None:
        """Send a message to all, ourselves among them."""
        self.sent += 1
        me.state(sent=self.sent)
        clock = me.broadcast(["message", body])
        self.waiting[clock, me.id] = body
        self.take(me)

    def on_message(self, me: "Me", sender: int | None, body: Any) -> None:
        """Keep a message, and tell all that we have it."""
        if sender is None or me.sent_clock is None:
            self.multicast(me, body)
            return
        self.heard[sender] = me.sent_clock
        if body is not None:
            self.waiting[me.sent_clock, sender] = body[1]
            me.broadcast()
        self.take(me)

    def take(self, me: "Me") -> None:
        """Take what no earlier message can come before."""
        newest = []
        while self.waiting and self.is_certain(me, min(self.waiting)):
            place = min(self.waiting)
            newest.append([*place, self.waiting.pop(place)])
        if newest:
            self.taken += len(newest)
            me.state(taken=self.taken, newest=newest)

    def is_certain(self, me: "Me", place: tuple[int, int]) -> bool:
        """Say whether all others were heard of later than that."""
        return all((self.heard.get(peer, 0), peer) > place for peer in me.peers if peer != place[1])
