"""When machines want a critical section, and how long they stay: what mutual exclusion is asked for."""

from typing import TYPE_CHECKING, Any

from lamport._model.algorithm import Algorithm
from lamport.algorithms.everyone import need_everyone
from lamport.algorithms.seconds import seconds, some_seconds

if TYPE_CHECKING:
    from lamport._lamport import Me

__all__ = ["CriticalSection"]


class CriticalSection(Algorithm):
    """The base of the algorithms of mutual exclusion: it says when a machine wants in, and when it leaves.

    A class derived of it says what a machine does to get in (`ask`, which ends in `enter` sooner or later)
    and what it does when it leaves (`release`).

    Parameters
    ----------
    hold : float
        How long a machine stays in the section, in seconds.
    pause : float, optional
        How long it is content afterwards, in seconds on average (exponential); None: a machine wants in only
        when it is told to from outside, by ``inputs=[(time, machine, None)]``.
    """

    def __init__(self, hold: float = 0.1, pause: float | None = 1.0) -> None:
        self.hold: float = seconds("hold", hold)
        self.pause: float | None = some_seconds("pause", pause)
        self.wanted: int = 0
        self.requests: int = 0
        self.entries: int = 0
        self.held: bool = False

    def ask(self, me: "Me") -> None:
        """Ask the others for the section."""
        raise NotImplementedError

    def release(self, me: "Me") -> None:
        """Let the others have the section."""
        raise NotImplementedError

    def start(self, me: "Me") -> None:
        """Be content at first."""
        need_everyone(self, me)
        self.declare(me)
        self.rest(me)

    def rest(self, me: "Me") -> None:
        """Be content for a while."""
        if self.pause is not None:
            me.timer("want", me.random.expovariate(1 / self.pause))

    def want(self, me: "Me") -> None:
        """Want in, once more if it already does."""
        self.wanted += 1
        if self.wanted == 1:
            self.request(me)

    def request(self, me: "Me") -> None:
        """Ask, and say so."""
        self.requests += 1
        self.declare(me)
        self.ask(me)

    def enter(self, me: "Me") -> None:
        """Enter the section."""
        self.held, self.entries = True, self.entries + 1
        self.declare(me)
        me.timer("leave", self.hold)

    def on_timer(self, me: "Me", name: str) -> None:
        """Want in, or leave."""
        if name == "want":
            self.want(me)
            return
        self.held, self.wanted = False, self.wanted - 1
        self.declare(me)
        self.release(me)
        if self.wanted:
            self.request(me)
        else:
            self.rest(me)

    def declare(self, me: "Me") -> None:
        """Tell the log how things stand."""
        me.state(requests=self.requests, entries=self.entries, held=self.held)

    def on_message(self, me: "Me", sender: int | None, body: Any) -> None:
        """Want in if told so from outside."""
        if sender is None:
            self.want(me)
