"""Rumours that reach everybody (Demers and others 1987)."""

from typing import TYPE_CHECKING, Any

from lamport._model.algorithm import Algorithm
from lamport.algorithms.seconds import seconds

if TYPE_CHECKING:
    from lamport._lamport import Me

__all__ = ["Gossip"]


class Gossip(Algorithm):
    """Gossip: each machine now and then tells one other, at random, all it knows, until everybody knows all.

    Whoever is told answers with what the other does not know ("push-pull"). The number of those who do not
    know falls faster and faster, so all know after some log n rounds, whatever n is, and any machine may
    stand still meanwhile.

    It promises that whatever one knows all know in the end (see `all_know`).

    Parameters
    ----------
    every : float
        Seconds between the rounds of a machine.

    Notes
    -----
    Each machine knows one rumour at first, its own name, and more come from outside, by
    ``inputs=[(time, machine, rumour)]``. States: ``known``, the rumours in their order, and ``heard``, those
    which this machine was the first to know.

    References
    ----------
    A. Demers and others, "Epidemic algorithms for replicated database maintenance", Proceedings of the 6th
    Annual ACM Symposium on Principles of Distributed Computing, 1987, section 1.3: anti-entropy.

    Examples
    --------
    >>> import lamport
    >>> from lamport.algorithms import Gossip, all_know
    >>> run = lamport.simulate(5, 10, algorithm=Gossip, rates=100, seed=1, inputs=[(2, 1, "It rains")])
    >>> all_know(run, 5)
    True
    """

    def __init__(self, every: float = 0.5) -> None:
        self.every: float = seconds("every", every)
        self.known: list[str] = []
        self.heard: list[str] = []

    def start(self, me: "Me") -> None:
        """Know our own name."""
        self.hear(me, me.name)
        me.timer("round", self.every * me.random.random())

    def hear(self, me: "Me", rumour: str) -> None:
        """Know what is told from outside."""
        self.heard = sorted({*self.heard, rumour})
        self.learn(me, [rumour])

    def learn(self, me: "Me", rumours: list[str]) -> None:
        """Know more."""
        self.known = sorted({*self.known, *rumours})
        me.state(known=self.known, heard=self.heard)

    def on_timer(self, me: "Me", name: str) -> None:
        """Tell one machine all."""
        if me.peers:
            me.send(me.random.choice(me.peers), {"told": self.known})
        me.timer("round", self.every)

    def on_message(self, me: "Me", sender: int | None, body: Any) -> None:
        """Learn, and answer with what the other does not know."""
        if sender is None:
            self.hear(me, str(body))
        elif "told" in body:
            missing = sorted({*self.known} - {*body["told"]})
            self.learn(me, body["told"])
            if missing and sender in me.peers:
                me.send(sender, {"answer": missing})
        else:
            self.learn(me, body["answer"])
