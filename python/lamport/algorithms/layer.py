"""An algorithm around another one."""

from typing import TYPE_CHECKING, Any, cast

from lamport._model.algorithm import Algorithm
from lamport._model.roles import Roles

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lamport._lamport import Me

__all__ = ["InnerMe", "Layer"]

OURS = "layer"
"""What bodies and timers of the layer itself begin with."""


class Layer(Algorithm):
    """The base of algorithms around another one, which runs inside as if it were alone.

    The inner algorithm gets a ``me`` of its own: what it sends and the timers that it sets are marked as its
    own and come back to it alone, what comes from outside goes to it, and its states are those of the
    machine. A class derived of this one sends by `layer_send`, sets timers by `layer_timer`, and handles what
    comes of these in `on_layer_message` and `on_layer_timer`; it may override `before_inner`, which is told
    of each message before the inner algorithm gets it. Layers can be around layers.

    Parameters
    ----------
    inner : type or str or Algorithm
        The algorithm inside: a class, ``module:Class`` (as a command line and ``run.json`` can tell it), or
        an instance.
    inner_arguments : mapping of str to object, optional
        What the class is called with.

    Examples
    --------
    A layer that counts messages:

    >>> import lamport
    >>> from lamport.algorithms import Layer
    >>> class Counter(Layer):
    ...     count = 0
    ...
    ...     def before_inner(self, me, sender, body):
    ...         self.count += 1
    ...         me.state(received=self.count)
    >>> around = {"inner": "lamport.algorithms:LamportMutex", "inner_arguments": {"pause": 2}}
    >>> run = lamport.simulate(3, 20, algorithm=Counter, arguments=around, rates=100, seed=1)
    >>> int(run.states["received"].max()) == int((run.events["event"] == "RECEIVE").groupby(
    ...     run.events["machine_id"]).sum().max())
    True
    """

    def __init__(
        self,
        inner: "type[Algorithm] | str | Algorithm",
        inner_arguments: "Mapping[str, Any] | None" = None,
    ) -> None:
        made = inner if isinstance(inner, Algorithm) else Roles(inner, inner_arguments).make(1)
        self.inner: Algorithm = made
        self.declared: dict[str, Any] = {}  # what the inner algorithm declared of its state last
        if type(made).on_idle is not Algorithm.on_idle or "on_idle" in vars(made):
            vars(self)["on_idle"] = self._idle

    def before_inner(self, me: "Me", sender: int, body: Any) -> None:
        """Look at a message of the inner algorithm before it is handled.

        Parameters
        ----------
        me : Me
            The machine.
        sender : int
            The id of the machine that sent it.
        body : object
            What the inner algorithm of that machine said.
        """

    def on_layer_message(self, me: "Me", sender: int, body: Any) -> None:
        """Handle a message of the layer.

        Parameters
        ----------
        me : Me
            The machine.
        sender : int
            The id of the machine that sent it.
        body : object
            What was sent by `layer_send`.
        """

    def on_layer_timer(self, me: "Me", name: str) -> None:
        """Handle a timer of the layer.

        Parameters
        ----------
        me : Me
            The machine.
        name : str
            The name that it was set by, with `layer_timer`.
        """

    def layer_send(self, me: "Me", to: "int | Iterable[int]", body: object = None) -> int:
        """Send a message of the layer.

        Parameters
        ----------
        me : Me
            The machine.
        to : int or iterable of int
            As of `Me.send`.
        body : object, optional
            What `on_layer_message` gets.

        Returns
        -------
        int
            The clock, which is the timestamp of the message.
        """
        return me.send(to, [OURS, body])

    def layer_timer(self, me: "Me", name: str, seconds: float) -> None:
        """Set a timer of the layer.

        Parameters
        ----------
        me : Me
            The machine.
        name : str
            What `on_layer_timer` gets.
        seconds : float
            As of `Me.timer`.
        """
        me.timer(f"{OURS}:{name}", seconds)

    def start(self, me: "Me") -> None:
        """Start what is inside."""
        self.inner.start(self._own(me))

    def on_message(self, me: "Me", sender: int | None, body: Any) -> None:
        """Hand a message to whom it is for."""
        if sender is None:
            self.inner.on_message(self._own(me), None, body)
        elif body[0] == OURS:
            self.on_layer_message(me, sender, body[1])
        else:
            self.before_inner(me, sender, body[1])
            self.inner.on_message(self._own(me), sender, body[1])

    def on_timer(self, me: "Me", name: str) -> None:
        """Hand a timer to whom it is for."""
        whose, _, rest = name.partition(":")
        if whose == OURS:
            self.on_layer_timer(me, rest)
        else:
            self.inner.on_timer(self._own(me), rest)

    def _idle(self, me: "Me") -> None:
        self.inner.on_idle(self._own(me))

    def _own(self, me: "Me") -> "Me":
        return cast("Me", InnerMe(me, self.declared))


class InnerMe:
    """The ``me`` of an algorithm inside a layer: that of the machine, which marks what is the algorithm's."""

    def __init__(self, me: "Me", declared: dict[str, Any]) -> None:
        self._me, self._declared = me, declared

    def __getattr__(self, name: str) -> Any:
        return getattr(self._me, name)

    def send(self, to: "int | Iterable[int]", body: object = None) -> int:
        """Send to one machine or several, as `Me.send`."""
        return self._me.send(to, ["inner", body])

    def broadcast(self, body: object = None) -> int:
        """Send to all peers, as `Me.broadcast`."""
        return self._me.broadcast(["inner", body])

    def timer(self, name: str, seconds: float) -> None:
        """Set a timer, as `Me.timer`."""
        self._me.timer(f"inner:{name}", seconds)

    def cancel(self, name: str) -> None:
        """Take a timer away, as `Me.cancel`."""
        self._me.cancel(f"inner:{name}")

    def state(self, **values: object) -> None:
        """Declare values of the state, as `Me.state`."""
        self._me.state(**values)
        self._declared.update(values)
