"""Election on a ring (Chang and Roberts 1979)."""

from typing import TYPE_CHECKING, Any

from lamport._model.algorithm import Algorithm
from lamport.algorithms.seconds import some_seconds

if TYPE_CHECKING:
    from lamport._lamport import Me

__all__ = ["ChangRoberts"]


class ChangRoberts(Algorithm):
    """Election: the machines of a ring find the one with the highest id, and all learn of it.

    Machines send only to the next one, the next higher id, and the highest to the lowest. One that starts
    sends its own id; whoever gets an id passes it on if it is higher than its own, sends its own in its place
    if that is higher and was not sent yet, and else lets it go. An id that comes back is that of the leader,
    and goes round once more to tell so. These are some n ln n messages on average for ids of random order,
    at most n (n + 1) / 2, and n to tell.

    It promises one leader, that of the highest id, whom all know at the end (see `one_leader`, `elected`).

    Parameters
    ----------
    within : float, optional
        Every machine starts on its own at some moment before so many seconds have passed; None: a machine
        starts when it is told to from outside, by ``inputs=[(time, machine, None)]``.

    Notes
    -----
    States: ``leader``, None until it is known.

    References
    ----------
    E. Chang and R. Roberts, "An improved algorithm for decentralized extrema-finding in circular
    configurations of processes", Communications of the ACM 22 (5), 1979, section 2.

    Examples
    --------
    >>> import lamport
    >>> from lamport.algorithms import ChangRoberts, elected
    >>> run = lamport.simulate(5, 60, algorithm=ChangRoberts, rates=100, until="quiet", seed=1)
    >>> run.states.groupby("machine_id")["leader"].last().tolist(), elected(run, 3)
    ([5, 5, 5, 5, 5], True)
    """

    def __init__(self, within: float | None = 1.0) -> None:
        self.within: float | None = some_seconds("within", within, zero=True)
        self.is_candidate: bool = False
        self.leader: int | None = None

    def start(self, me: "Me") -> None:
        """Find the next machine, and start in a while."""
        self.next: int = min(me.machines, key=lambda machine: (machine <= me.id, machine))
        if self.next != me.id and self.next not in me.peers:
            raise ValueError(f"ChangRoberts needs a ring, and machine {me.id} has no way to {self.next}")
        me.state(leader=None)
        if self.within is not None:
            me.timer("stand", self.within * me.random.random())

    def on_timer(self, me: "Me", name: str) -> None:
        """Start."""
        self.stand(me)

    def stand(self, me: "Me") -> None:
        """Be a candidate, once."""
        if not self.is_candidate and self.leader is None:
            self.is_candidate = True
            self.tell_next(me, "candidate", me.id)

    def tell_next(self, me: "Me", kind: str, machine: int) -> None:
        """Tell the next machine of one; a machine that is alone tells itself."""
        if self.next == me.id:
            self.elect(me, machine)
        else:
            me.send(self.next, [kind, machine])

    def elect(self, me: "Me", machine: int) -> None:
        """Know the leader."""
        self.leader = machine
        me.state(leader=machine)

    def on_message(self, me: "Me", sender: int | None, body: Any) -> None:
        """Pass on a higher id, and whoever leads."""
        if sender is None:
            self.stand(me)
            return
        kind, machine = body
        if kind == "leader":
            if self.leader is None:
                self.elect(me, machine)
                self.tell_next(me, "leader", machine)
        elif machine > me.id:
            self.is_candidate = True
            self.tell_next(me, "candidate", machine)
        elif machine < me.id:
            self.stand(me)
        else:
            self.elect(me, me.id)
            self.tell_next(me, "leader", me.id)
