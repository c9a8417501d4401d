"""Snapshots of other algorithms (Chandy and Lamport 1985)."""

from typing import TYPE_CHECKING, Any

from lamport._model.algorithm import Algorithm
from lamport.algorithms.layer import Layer
from lamport.algorithms.seconds import seconds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lamport._lamport import Me

__all__ = ["ChandyLamport"]


class ChandyLamport(Layer):
    """Snapshot: the state of all machines and channels of another algorithm, while it runs.

    The lowest machine begins now and then: it records the state of the algorithm inside, and sends a marker
    on each channel before anything else. Whoever gets a first marker does the same. What comes on a channel
    between a machine's own record and the channel's marker was under way: it is the state of that channel.
    A snapshot takes one marker for each channel.

    It promises a consistent cut: of each message that a recorded state knows as received, the sending is
    recorded too, and what was sent and not received is exactly what is recorded of the channels; and that
    every snapshot ends if all machines can be reached from the lowest (see `consistent_cuts`,
    `snapshots_end`).

    Parameters
    ----------
    inner : type or str or Algorithm
        The algorithm of which snapshots are taken, see `Layer`. Its state is what it declared last, name by
        name, by ``me.state``.
    inner_arguments : mapping of str to object, optional
        What its class is called with.
    every : float
        Seconds between the beginnings of snapshots.

    Notes
    -----
    States: those of the algorithm, ``snapshots`` (how many this machine has begun to record) and
    ``snapshot``, the newest that is complete here: ``{"number": 1, "clock": 17, "state": {...}, "channels":
    {"2": [body, ...], ...}}``, where ``clock`` is that of the machine's last event that it covers, the one
    before the marker came or the snapshot began: the clocks of all machines are a cut that is consistent for
    `Causality.cut_is_consistent`, too, which counts markers among messages.

    References
    ----------
    K. M. Chandy and L. Lamport, "Distributed snapshots: determining global states of distributed systems",
    ACM Transactions on Computer Systems 3 (1), 1985, section 3.

    Examples
    --------
    >>> import lamport
    >>> from lamport.algorithms import ChandyLamport, consistent_cuts
    >>> of = {"inner": "lamport.algorithms:TotalOrderMulticast", "every": 5}
    >>> run = lamport.simulate(3, 20, algorithm=ChandyLamport, arguments=of, rates=100, seed=1)
    >>> consistent_cuts(run)
    True

    Arguments are JSON, so the class inside is given by its name. One that has no name elsewhere, as in a
    notebook, is bound by a callable:

    >>> from lamport.algorithms import TotalOrderMulticast
    >>> class Mine(TotalOrderMulticast):
    ...     pass
    >>> run = lamport.simulate(3, 20, algorithm=lambda machine: ChandyLamport(Mine), rates=100, seed=1)
    >>> consistent_cuts(run)
    True
    """

    def __init__(
        self,
        inner: "type[Algorithm] | str | Algorithm",
        inner_arguments: "Mapping[str, Any] | None" = None,
        every: float = 5.0,
    ) -> None:
        super().__init__(inner, inner_arguments)
        self.every: float = seconds("every", every)
        self.begun: int = 0
        # The clock after the last step: a marker is not of the state that it has recorded.
        self.covered: int = 0
        self.records: dict[int, dict[str, Any]] = {}  # by number: what is recorded by now
        self.open: dict[int, set[int]] = {}  # by number: the channels whose marker has not come

    def start(self, me: "Me") -> None:
        """Have the lowest machine begin in a while."""
        super().start(me)
        me.state(snapshots=0, snapshot=None)
        if me.id == min(me.machines):
            self.layer_timer(me, "begin", self.every)
        self.covered = me.clock

    def on_message(self, me: "Me", sender: int | None, body: Any) -> None:
        """Hand a message to whom it is for."""
        super().on_message(me, sender, body)
        self.covered = me.clock

    def on_timer(self, me: "Me", name: str) -> None:
        """Hand a timer to whom it is for."""
        super().on_timer(me, name)
        self.covered = me.clock

    def _idle(self, me: "Me") -> None:
        super()._idle(me)
        self.covered = me.clock

    def on_layer_timer(self, me: "Me", name: str) -> None:
        """Begin a snapshot."""
        self.record(me, self.begun + 1)
        self.close(me, self.begun)
        self.layer_timer(me, "begin", self.every)

    def record(self, me: "Me", number: int) -> None:
        """Record the state, and send the markers before anything else."""
        self.begun = number
        self.records[number] = {
            "number": number,
            "clock": self.covered,
            "state": dict(self.declared),
            "channels": {str(sender): [] for sender in me.senders},
        }
        self.open[number] = set(me.senders)
        me.state(snapshots=number)
        self.layer_send(me, me.peers, number)

    def on_layer_message(self, me: "Me", sender: int, body: Any) -> None:
        """Take a marker: the channel has no more of what was under way."""
        if body > self.begun:
            self.record(me, body)
        self.open[body].discard(sender)
        self.close(me, body)

    def before_inner(self, me: "Me", sender: int, body: Any) -> None:
        """Record what was under way."""
        for number, senders in self.open.items():
            if sender in senders:
                self.records[number]["channels"][str(sender)].append(body)

    def close(self, me: "Me", number: int) -> None:
        """Declare the snapshot if it is complete here."""
        if not self.open[number]:
            del self.open[number]
            me.state(snapshot=self.records.pop(number))
