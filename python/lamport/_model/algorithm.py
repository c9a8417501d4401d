"""What machines do, written by users: handlers, one instance of a class per machine."""

from typing import TYPE_CHECKING, Any, ClassVar

from lamport._lamport import LamportError
from lamport._model.public import public

if TYPE_CHECKING:
    from lamport._lamport import Me

__all__ = ["REMEDY", "Algorithm", "AlgorithmError"]

REMEDY = (
    "Handlers must do the same for the same calls: draw from me.random, read me.now, go through sets in the "
    "order of sorted(), keep what changes in self, and let nothing depend on hash() or id()"
)
"""What to do about an algorithm that is not deterministic."""


@public
class Algorithm:
    """What machines do: a class of your own derived of this one, of which each machine has an instance.

    It has one or several of the four handlers, which are called one at a time, each at a tick of its
    machine. Each is handed `me`, an object by which it sends, sets timers and says what its state is, see
    `lamport.Me`. Give the class to `lamport.simulate`, `lamport.run_local`, `lamport.sweep` or
    `lamport.Machine` as ``algorithm=``, and what ``__init__`` takes as ``arguments=``.

    Notes
    -----
    Channels are first in, first out, and lose nothing. A crash loses no state: a machine that comes back
    calls its handlers again with what its log tells, for which they must do the same for the same calls.
    All chance is ``me.random`` and all time ``me.now``; side effects other than through `me` (files,
    printing; see ``me.is_replay``) happen again then, and coming back takes as long as all its handlers took.
    `lamport.check_deterministic` looks for what is not the same, and `lamport.replay` holds a run against it.

    There is no ``await`` and no thread: a handler returns, and what comes next is for the handler that is
    called then. What would be a line of a coroutine is a value of the instance, as ``self.doing`` here.

    Examples
    --------
    One machine asks the others, waits for all their answers, and asks again a second later:

    >>> import lamport
    >>> class Poll(lamport.Algorithm):
    ...     def __init__(self, pause=1.0):
    ...         self.pause, self.doing, self.missing = pause, "nothing", set()
    ...
    ...     def start(self, me):
    ...         if me.id == 1:
    ...             self.ask(me)
    ...
    ...     def ask(self, me):
    ...         self.doing, self.missing = "waiting", set(me.peers)
    ...         me.broadcast({"kind": "question"})
    ...
    ...     def on_message(self, me, sender, body):
    ...         if body["kind"] == "question":
    ...             me.send(sender, {"kind": "answer", "number": me.random.random()})
    ...             return
    ...         self.missing.discard(sender)
    ...         if self.doing == "waiting" and not self.missing:
    ...             self.doing = "nothing"
    ...             me.timer("again", self.pause)
    ...         me.state(missing=len(self.missing))
    ...
    ...     def on_timer(self, me, name):
    ...         self.ask(me)
    """

    def start(self, me: "Me") -> None:
        """Begin: the first step of the machine, once in its whole life, crashes or not.

        Parameters
        ----------
        me : Me
            The machine.

        Examples
        --------
        >>> import lamport
        >>> class Begin(lamport.Algorithm):
        ...     def start(self, me):
        ...         print(f"machine {me.id} begins at clock {me.clock}")
        >>> run = lamport.simulate(2, 1, algorithm=Begin, rates=10, seed=1)
        machine 1 begins at clock 1
        machine 2 begins at clock 1
        """

    def on_message(self, me: "Me", sender: int | None, body: Any) -> None:
        """Handle a message.

        Parameters
        ----------
        me : Me
            The machine, whose ``clock`` is that of the receipt.
        sender : int or None
            The id of the machine that sent it; None for what was given from outside.
        body : object
            What it says, in objects of its own; a tuple that was sent is a list.

        Examples
        --------
        >>> import lamport
        >>> class Listen(lamport.Algorithm):
        ...     def on_message(self, me, sender, body):
        ...         print(sender, body)
        >>> run = lamport.simulate(1, 2, algorithm=Listen, inputs=[(0.5, 1, {"do": 1})], rates=10, seed=1)
        None {'do': 1}
        """

    def on_timer(self, me: "Me", name: str) -> None:
        """Handle a timer that is due.

        Parameters
        ----------
        me : Me
            The machine.
        name : str
            The name that it was set by.

        Examples
        --------
        >>> import lamport
        >>> class Again(lamport.Algorithm):
        ...     def start(self, me):
        ...         me.timer("again", 1)
        ...
        ...     def on_timer(self, me, name):
        ...         me.state(last=name)
        ...         me.timer("again", 1)
        >>> run = lamport.simulate(1, 10, algorithm=Again, rates=10, seed=1)
        >>> len(run.states)
        9
        """

    def on_idle(self, me: "Me") -> None:
        """Handle a tick that finds no message and no timer. Without this handler such a tick is no event.

        Parameters
        ----------
        me : Me
            The machine.

        Examples
        --------
        >>> import lamport
        >>> class Busy(lamport.Algorithm):
        ...     def on_idle(self, me):
        ...         me.broadcast(me.now)
        >>> run = lamport.simulate(2, 10, algorithm=Busy, rates=[1, 3], seed=1)
        >>> run.machines["sends"].tolist()  # the slow one always finds a message
        [0, 29]
        """


@public
class AlgorithmError(LamportError):
    """A handler failed, or an algorithm does not fit the machines it runs on.

    The exception of the handler is the ``__cause__``, and the message has its traceback.

    Parameters
    ----------
    message : str
        What is wrong.
    machine, time, line, seed : optional
        As the attributes.

    Attributes
    ----------
    machine : int
        The machine.
    time : float, optional
        The time of the step, in seconds since the machine began to tick.
    line : str, optional
        File and line of the log with the event that the handler was called for.
    seed : int, optional
        The seed of the run.

    Examples
    --------
    >>> import lamport
    >>> class Careless(lamport.Algorithm):
    ...     def on_message(self, me, sender, body):
    ...         body["missing"]
    >>> try:
    ...     lamport.simulate(1, 2, algorithm=Careless, inputs=[(0.5, 1, {})], rates=10, seed=1)
    ... except lamport.AlgorithmError as error:
    ...     print(f"machine {error.machine}, {error.time:.1f} s: {error.__cause__!r}")
    machine 1, 0.5 s: KeyError('missing')
    """

    # What is set after it is made, so that it can be pickled as any exception.
    machine: int
    time: float | None
    line: str | None
    seed: int | None
    _names: ClassVar = ("machine", "time", "line", "seed")

    def __init__(
        self,
        message: str,
        *,
        machine: int = 0,
        time: float | None = None,
        line: str | None = None,
        seed: int | None = None,
    ) -> None:
        super().__init__(message)
        self.machine, self.time, self.line, self.seed = machine, time, line, seed

    @classmethod
    def _of(
        cls,
        error: BaseException,
        *,
        name: str,
        handler: str,
        machine: int,
        time: float | None,
        line: str | None,
        seed: int | None,
    ) -> "AlgorithmError":
        """Return the error of a handler, as ``on_timer("wait")``, of a machine that messages call `name`."""
        import traceback

        where = [] if line is None else [line]
        where += [] if time is None else [f"{time:.6f} s after the machine began"]
        where += [] if seed is None else [f"seed {seed}"]
        told = "".join(traceback.format_exception(error)).rstrip()
        made = cls(
            f"{name}: {handler} raised {type(error).__name__} ({', '.join(where)})\n{told}",
            machine=machine, time=time, line=line, seed=seed,
        )  # fmt: skip
        made.__cause__ = error
        return made
