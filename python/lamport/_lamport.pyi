"""The native module: machines over TCP and in virtual time, logs, theory."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from os import PathLike
from random import Random
from types import TracebackType
from typing import Any, Literal, Protocol, Self, SupportsFloat, SupportsIndex, TypeAlias, TypedDict, final

import numpy as np
from numpy.typing import NDArray
from typing_extensions import disjoint_base

from lamport._model.fault import Fault
from lamport._model.latency import Latency
from lamport._model.physical import NativeClock
from lamport._model.rules import Rules
from lamport._model.ticks import Jitter, Steps

__all__ = [
    "DEFAULTS",
    "EVENT_COLUMNS",
    "EVENT_KINDS",
    "LINE_FIELDS",
    "MATCHES",
    "Causality",
    "Cuts",
    "FaultConductor",
    "Follower",
    "Handover",
    "IncomingQueue",
    "LamportError",
    "LocalRun",
    "LogError",
    "Logs",
    "Machine",
    "Me",
    "Simulated",
    "__version__",
    "algorithm_of_log",
    "body_text",
    "body_value",
    "check_clock",
    "check_parameter",
    "check_room",
    "compare_clocks",
    "event_codes",
    "free_bytes",
    "interval_stamps",
    "key_text",
    "own_addresses",
    "parse_addresses",
    "parse_peers",
    "peek_file",
    "port_hint",
    "predict",
    "read_bytes",
    "read_dates",
    "read_foreign",
    "read_logs",
    "replay_algorithm",
    "replay_log",
    "sent_changes",
    "shortages",
    "simulate",
    "simulate_algorithm",
    "stamps",
    "sweep_runs",
    "table_logs",
    "topology_peers",
    "under_way",
    "unix_origin",
    "verify_logs",
    "wait_for_reader",
    "wrong_point",
]

__version__: str
DEFAULTS: dict[str, Any]
"""The defaults of parameters that `lamport._model.setting` has from here."""

EVENT_COLUMNS: tuple[tuple[str, str], ...]
"""The columns of events in their order, each with its form: what its values are."""

LINE_FIELDS: tuple[str, ...]
"""What lines of our own logs have, and the columns of events."""
EVENT_KINDS: tuple[str, ...]
"""The kinds of events, by the number that `Logs.events` has for them."""

MATCHES: tuple[str, ...]
"""How receipts are matched with messages, by the number that `Logs.messages` has for it."""

_Floats: TypeAlias = NDArray[np.float64]

@final
class Me:
    """A machine as the handlers of its algorithm see it.

    It is handed to each of them, see `Algorithm`. What it is asked to do is done after the handler has
    returned, and not at all if the handler fails. Beyond that call, and in other threads, it does nothing
    but raise LamportError; what it says of itself can still be read.

    Examples
    --------
    Two machines that hand on a number, which grows by one each time:

    >>> import lamport
    >>> class Pass(lamport.Algorithm):
    ...     def start(self, me: lamport.Me):
    ...         if me.id == min(me.machines):
    ...             me.send(me.peers[0], 1)
    ...
    ...     def on_message(self, me: lamport.Me, sender, body):
    ...         me.state(number=body)
    ...         me.send(sender, body + 1)
    >>> run = lamport.simulate(2, 10, algorithm=Pass, rates=1, seed=1)
    >>> run.states["number"].tolist()[:5]
    [1, 2, 3, 4, 5]
    """

    @property
    def id(self) -> int:
        """Its number in the run."""

    @property
    def name(self) -> str:
        """What figures and tables call it."""

    @property
    def peers(self) -> tuple[int, ...]:
        """The ids of the machines that it may send to, ascending, the same in every life."""

    @property
    def senders(self) -> tuple[int, ...]:
        """The ids of the machines that may send to it, ascending."""

    @property
    def machines(self) -> tuple[int, ...]:
        """The ids of all machines, ascending, its own among them."""

    @property
    def clock(self) -> int:
        """The clock of this step's event, then of the newest send."""

    @property
    def sent_clock(self) -> int | None:
        """The timestamp of the message received, else None."""

    @property
    def now(self) -> float:
        """Seconds since the machine began to tick, in whole microseconds, as the line of this step says."""

    @property
    def is_replay(self) -> bool:
        """Whether this step was taken before and is taken again from the log."""

    @property
    def random(self) -> Random:
        """Its source of chance, one for all its lives: ``random.Random(f"{seed}/{id}")``."""

    def send(self, to: int | Iterable[int], body: object = None) -> int:
        """Send to one machine or several: one event, after which the clock is one more.

        Parameters
        ----------
        to : int or iterable of int
            Ids of `peers`; one that is there twice counts once. To nobody is no event.
        body : object, optional
            What the message says, as it is now: None, bool, int, finite float, str, list or tuple, dict with
            keys of str, at most 65,536 bytes as JSON. Each recipient gets objects of its own.

        Returns
        -------
        int
            The clock, which is the timestamp of the message.

        Raises
        ------
        ValueError
            An id is its own or no peer's; the body is too long, too deep, or has a number that is not finite.
        TypeError
            Something in the body is of another class; the message has its place.
        LamportError
            More messages wait to be received than there may.

        Examples
        --------
        >>> import lamport
        >>> class Greet(lamport.Algorithm):
        ...     def start(self, me):
        ...         if me.id == 1:
        ...             clock = me.send(2, {"kind": "hello"})
        ...             print(clock, me.send([2, 3], ["again", clock]))
        >>> run = lamport.simulate(3, 2, algorithm=Greet, rates=10, seed=1)
        2 3
        """

    def broadcast(self, body: object = None) -> int:
        """Send to all `peers`: one event, as `send`.

        Parameters
        ----------
        body : object, optional
            What the message says, as of `send`.

        Returns
        -------
        int
            The clock, which is the timestamp of the message.

        Examples
        --------
        >>> import lamport
        >>> class Greet(lamport.Algorithm):
        ...     def start(self, me):
        ...         me.broadcast("hello")
        >>> run = lamport.simulate(3, 2, algorithm=Greet, rates=10, seed=1)
        >>> run.machines["receives"].tolist()
        [2, 2, 2]
        """

    def timer(self, name: str, seconds: float) -> None:
        """Have `on_timer` called with this name, at the first tick so many seconds after this step.

        There is one timer of each name: set again, it is due at the new time only.

        Parameters
        ----------
        name : str
            What `on_timer` gets.
        seconds : float
            How long after this step, 0 to 1e9.

        Raises
        ------
        ValueError
            The seconds are negative, not finite, or more than 1e9.
        LamportError
            More than 65,536 timers would be set.

        Examples
        --------
        >>> import lamport
        >>> class Alarm(lamport.Algorithm):
        ...     def start(self, me):
        ...         me.timer("wake", 2.5)
        ...
        ...     def on_timer(self, me, name):
        ...         print(name, round(me.now, 1))
        >>> run = lamport.simulate(1, 10, algorithm=Alarm, rates=10, seed=1)
        wake 2.5
        """

    def cancel(self, name: str) -> None:
        """Take the timer of this name away, if it is set.

        Parameters
        ----------
        name : str
            The name that it was set by.

        Examples
        --------
        >>> import lamport
        >>> class Alarm(lamport.Algorithm):
        ...     def start(self, me):
        ...         me.timer("wake", 2.5)
        ...         me.cancel("wake")
        ...
        ...     def on_timer(self, me, name):
        ...         print("never called")
        >>> run = lamport.simulate(1, 10, algorithm=Alarm, rates=1, seed=1)
        """

    def state(self, **values: object) -> None:
        """Declare values of the machine's state for its log and the table ``run.states``.

        Parameters
        ----------
        **values : object
            Each as the body of a message, as it is now. Within a step the last one of each name counts.

        Examples
        --------
        >>> import lamport
        >>> class Count(lamport.Algorithm):
        ...     ticks = 0
        ...
        ...     def on_idle(self, me):
        ...         self.ticks += 1
        ...         me.state(ticks=self.ticks)
        >>> run = lamport.simulate(1, 3, algorithm=Count, rates=1, seed=1)
        >>> run.states["ticks"].tolist()
        [1, 2]
        """

    def stop(self) -> None:
        """Let the machine take no further step after this one.

        Examples
        --------
        >>> import lamport
        >>> class Once(lamport.Algorithm):
        ...     def on_idle(self, me):
        ...         me.stop()
        >>> run = lamport.simulate(1, 10, algorithm=Once, rates=10, seed=1)
        >>> run.events["event"].tolist()  # the step that calls `start`, and one more
        ['INTERNAL', 'INTERNAL']
        """

def body_text(value: object, name: str = "body") -> str:
    """Write a value as the body of a message.

    JSON in ASCII as ``json.dumps`` writes it, of what JSON says exactly: None, bool, int, finite float, str,
    list or tuple, dict with keys of str, and nothing that is derived of these.

    Parameters
    ----------
    value : object
        What it says.
    name : str
        What errors call it.

    Raises
    ------
    TypeError
        Something in it is of another class; the message has its place.
    ValueError
        A number is not finite, a text has half a surrogate, it is deeper than 100, contains itself, or takes
        more than 65,536 bytes.
    """

def body_value(text: str) -> Any:
    """Read what a body says, in objects of its own.

    Raises
    ------
    ValueError
        It is not JSON, deeper than 100, or has a number that is beyond all floats.
    """

def key_text(key: bytes | str) -> str:
    """Give the text form of a key: 64 hexadecimal digits in lower case.

    Raises
    ------
    ValueError
        It is neither 32 bytes nor such a string; the message does not show it.
    """

def parse_addresses(text: str) -> list[tuple[str, int]]:
    """Read a list ``host:port,host:port``; an empty text is an empty list.

    Returns
    -------
    list of (str, int)
        Hosts (IPv6 without brackets) and ports, in the order given.

    Raises
    ------
    ValueError
        An entry is not of the form; the message shows it.
    """

def parse_peers(text: str) -> list[tuple[str, int]] | dict[int, tuple[str, int]]:
    """Read the peers of a machine, ``host:port,host:port``, or with their ids ``2=host:port,3=host:port``.

    Returns
    -------
    list of (str, int) or dict of int to (str, int)
        Hosts (IPv6 without brackets) and ports, in the order given; by id where ids are told.

    Raises
    ------
    ValueError
        An entry is not of the form; the message shows it.
    """

class LamportError(Exception):
    """Something in the world of a run is not as it must be.

    It is the base of `LogError`, `AlgorithmError` and `SweepError`: all that goes wrong although every
    argument made sense. What makes no sense is a ValueError or TypeError.

    Examples
    --------
    >>> import lamport
    >>> run = lamport.simulate(duration=10, seed=1, record=False)
    >>> try:
    ...     run.causality
    ... except lamport.LamportError as error:
    ...     print(str(error)[:18])
    no event was recor
    """

class LogError(LamportError, ValueError):
    """A file is not the log it should be; the message names file and line.

    Examples
    --------
    >>> import lamport, tempfile
    >>> from pathlib import Path
    >>> log = Path(tempfile.mkdtemp()) / "machine_1.log"
    >>> _ = log.write_text('{"event": "STARTUP"')
    >>> try:
    ...     lamport.load([log])
    ... except lamport.LogError as error:
    ...     print("machine_1.log" in str(error))
    True
    """

@final
class Handover:
    """A listening socket of the process that started this one, in place of a port to listen on.

    Parameters
    ----------
    descriptor : int
        Its file descriptor, handed down for this process alone.
    unix_origin : int
        The Unix time of the zero of this host's monotonic clock, as the run took it, in ns.
    began : float, optional
        When the machine began to tick, should its log not tell, as Unix time; its start if None.
    senders : list of int, optional
        The only machines that may send to it; None: whoever `Machine` lets in.
    run : mapping, optional
        What its algorithm knows of the run.
    start_line : int, optional
        The descriptor of one of a pair of sockets: the machine says there that it is connected, and begins
        to tick when it is told so.
    """

    def __new__(
        cls,
        descriptor: int,
        unix_origin: int,
        began: float | None = None,
        senders: list[int] | None = None,
        run: _HandedRun | None = None,
        start_line: int | None = None,
    ) -> Self: ...

class _HandedRun(TypedDict):
    """What the algorithm of a machine knows of its run."""

    senders: list[int]
    """The ids of those that may send to it."""
    machines: list[int]
    """The ids of all machines."""
    inputs: list[tuple[float, str | None]]
    """What it is given from outside: when, in seconds, and what, as JSON."""

def under_way(machine: Machine) -> tuple[int, bool, int, int] | None:
    """What is under way at a machine with an algorithm, for the process that started it.

    Returns
    -------
    tuple of (int, bool, int, int) or None
        Its clock; whether it has started and has nothing to do; the messages that its peers have not logged;
        those of channels in its queue. None without an algorithm.
    """

def own_addresses() -> list[str]:
    """The addresses of this host by which others may reach it, none of loopback or of one link alone."""

def unix_origin() -> int:
    """The Unix time of the zero of this host's monotonic clock (``time.monotonic``), in ns.

    As the wall clock has it now.
    """

@disjoint_base
class Machine:
    """One machine of a run: its clock, its queue, its log and its connections.

    Making one binds the port, opens the log and writes its STARTUP line; from
    then on peers can connect. It ticks from `start` (or `run`) on, or by hand.

    Parameters
    ----------
    machine_id : int
        Its number in the run, 0 .. 2^53 - 1.
    listen_port : int
        The TCP port to listen on; 0 takes a free one (see `listen_port`).
    peer_addresses : sequence of (host, port), or mapping of int to (host, port)
        The machines it sends to. (`send_message` takes any other address, too.) Of a mapping the keys are
        their ids: a machine that says another one there is refused, and an algorithm need not wait for
        them before it starts.
    log_filename : path
        The log; its directory must exist.
    run_seconds : float
        How long it ticks, in seconds.
    clock_rate : float or Steps, optional
        Ticks per second; drawn from the whole numbers 1 .. `max_rate` if None.
    max_rate : int
        The upper end of the rates drawn.
    ticks : {"periodic", "poisson"} or Jitter
        How ticks lie in time, as for `lamport.run_local`.
    internal_probability, broadcast_share : float
        What an idle tick does, see `lamport.run_local`.
    peer_weights : sequence of int, optional
        How often a send to one peer goes to which, one whole number for each of `peer_addresses`: to
        ``[3, 1]`` three times as often to the first as to the second. None: all are equally likely. A machine
        that resumes may leave them out.
    algorithm : type or callable or mapping or str, optional
        What it does in place of the built-in behaviour: a class derived of `Algorithm`, or anything else
        that `lamport.run_local` takes. Its peers have algorithms as well. Of a mapping it runs what that has
        for its id. It starts once all its peers have connected, or at once if `peer_addresses` tells their
        ids. ``me.senders`` are its peers, whoever else may send to it.
    arguments : mapping of str to object, optional
        What the class is called with.
    latency : float or latency
        A delay added to each message that comes: seconds, or `Constant`, `Uniform`, `Exponential`,
        `LogNormal`, `Empirical`, as for `lamport.run_local`.
    faults : iterable of faults
        What goes wrong, and when, as for `lamport.run_local`. Of it this machine's links have partitions,
        delays and disconnects; crashes and pauses are for whoever started the process.
    seed : int, optional
        The seed of all its draws, 0 .. 2^53 - 1; drawn if None.
    host : str, optional
        The address to listen on. None: loopback if there are peers and all of
        them are loopback, else all interfaces.
    run_id : str
        Machines connect only within one run id.
    wait : float
        Seconds to wait for all peers before the first tick; an algorithm that does not know the ids of its
        peers by then fails.
    allow : sequence of str
        More addresses or networks (CIDR) that may connect, beside the peers'.
    resume : bool
        Go on where the log of a crashed machine stops: with its clock, history, rate and seed, and with
        every message it sent that a peer may still need. The log must be of the same machine, run,
        version and peers, without END. `run_seconds` counts from this start. An algorithm, which must be the
        same with the same arguments, is run over the log first: its handlers are called for all they did.
    overwrite : bool
        Replace an existing log file.
    moved : mapping, optional
        With `resume`, peers that are elsewhere than the log says: ``{(host, port): (host, port)}``, the
        address in the log and the one in `peer_addresses`. Two names of one address are the same anyway.
    sync : bool
        Have each line on storage before anything that follows from it leaves this machine (fdatasync): then
        a crash of the host, like one of the process, loses nothing that another machine has heard of.
    precise : bool
        Spin over the last stretch before a tick while that costs under 2 % of a core.
    key : bytes or str, optional
        Connect only with machines that have the same key, from whatever address, and encrypt all that is
        said: 32 random bytes, or the 64 hexadecimal digits that ``lamport keygen`` prints.
    limits : bool
        Refuse what would fill the disk within an hour of ticking and before its end, and warn where the
        disk is full later; not when it resumes. False: neither.

    Raises
    ------
    ValueError
        An argument is outside what the model allows, or the disk too small, see `limits`.
    FileExistsError
        The log exists and `overwrite` is False.
    FileNotFoundError
        There is no log to resume.
    LamportError
        The log cannot be resumed, or a running machine writes it.
    AlgorithmError
        A handler fails as it is run over the log.
    OSError
        The port is in use, a host is unknown, the log cannot be written.

    Examples
    --------
    A machine on its own, which ticks by hand:

    >>> import lamport
    >>> from tempfile import mkdtemp
    >>> home = mkdtemp()
    >>> with lamport.Machine(1, 0, [], f"{home}/machine_1.log", 60, seed=1) as machine:
    ...     machine.deliver(10)
    ...     machine.tick()["new_clock"]
    11

    One of two machines, whose class stands in ``mutex.py``; the other runs on host lab-2:

    >>> machine = lamport.Machine(
    ...     1, 5001, {2: ("lab-2", 5002)}, "machine_1.log", 60, clock_rate=100, algorithm="mutex:Mutex"
    ... )  # doctest: +SKIP
    >>> machine.run()  # doctest: +SKIP
    """

    def __new__(
        cls,
        machine_id: SupportsIndex,
        listen_port: SupportsIndex,
        peer_addresses: Iterable[tuple[str, SupportsIndex]] | Mapping[int, tuple[str, SupportsIndex]],
        log_filename: str | PathLike[str],
        run_seconds: SupportsFloat,
        *,
        clock_rate: SupportsFloat | Steps | None = None,
        max_rate: SupportsIndex = 6,
        ticks: str | Jitter = "periodic",
        internal_probability: SupportsFloat = 0.7,
        broadcast_share: SupportsFloat = 0.3333333333333333,  # noqa: PYI054
        peer_weights: Iterable[SupportsIndex] | None = None,
        algorithm: Callable[..., Any] | Mapping[int, Any] | str | None = None,
        arguments: Mapping[str, Any] | None = None,
        latency: SupportsFloat | Latency | Mapping[Any, Any] = 0.0,
        faults: Iterable[Fault | Mapping[str, Any]] = (),
        seed: SupportsIndex | None = None,
        host: str | None = None,
        run_id: str = "lab",
        wait: SupportsFloat = 10.0,
        allow: Sequence[str] = (),
        resume: bool = False,
        overwrite: bool = False,
        moved: Mapping[tuple[str, int], tuple[str, int]] | None = None,
        sync: bool = False,
        precise: bool = True,
        key: bytes | str | None = None,
        limits: bool = True,
    ) -> Self: ...
    @property
    def machine_id(self) -> int:
        """Its number in the run."""
    @property
    def listen_port(self) -> int:
        """The TCP port on which it listens."""
    @property
    def peer_addresses(self) -> list[tuple[str, int]]:
        """The machines it sends to, as (host, port)."""
    @property
    def log_filename(self) -> str:
        """The absolute path of its log."""
    @property
    def clock_rate(self) -> float:
        """Ticks per second, given or drawn."""
    @property
    def seed(self) -> int:
        """The seed of all its draws, given or drawn."""
    @property
    def began(self) -> float | None:
        """The Unix time at which it began to tick, as its log says; None before."""
    @property
    def local_clock(self) -> int:
        """Its Lamport clock."""
    @property
    def queue_len(self) -> int:
        """How many messages wait in its queue."""
    @property
    def incoming_queue(self) -> IncomingQueue:
        """Its queue, for a message by hand: ``incoming_queue.put(10)`` is ``deliver(10)``."""
    @property
    def ticks(self) -> int:
        """How many ticks have happened."""
    @property
    def elapsed(self) -> float:
        """Seconds since ticking started, 0 before."""
    def run(self) -> None:
        """Start, and block until done. Ctrl-C ends the run with a complete log, then raises.

        Another Ctrl-C is raised into a handler that does not return; one more ends the waiting.

        Raises
        ------
        AlgorithmError
            A handler raised an exception, or peers whose ids are to be known did not connect within `wait`.
        LamportError
            The machine failed, or at its end no connection to one of its peers had ever worked, with no
            fault asked for; then the log is complete.

        Warns
        -----
        LamportWarning
            What `warnings` would say: it went on, but not as planned.

        Examples
        --------
        >>> import lamport
        >>> from tempfile import mkdtemp
        >>> home = mkdtemp()
        >>> machine = lamport.Machine(1, 0, [], f"{home}/machine_1.log", 0.05, clock_rate=100, seed=1)
        >>> machine.run()
        >>> machine.ticks, machine.local_clock
        (5, 5)
        """
    def start(self) -> None:
        """Wait for the peers and tick in the background.

        What still runs when the interpreter exits is ended in order then, with a warning.

        Examples
        --------
        >>> import lamport
        >>> from tempfile import mkdtemp
        >>> home = mkdtemp()
        >>> machine = lamport.Machine(1, 0, [], f"{home}/machine_1.log", 60, clock_rate=100, seed=1)
        >>> machine.start()
        >>> machine.stop()
        >>> machine.join()
        True
        """
    def join(self, timeout: SupportsFloat | None = None) -> bool:
        """Wait until the machine is done, and raise what made it fail, as `run`.

        Parameters
        ----------
        timeout : float, optional
            How long to wait at most, in seconds; None: until it is done.

        Returns
        -------
        bool
            Whether it is done.

        Examples
        --------
        >>> import lamport
        >>> from tempfile import mkdtemp
        >>> home = mkdtemp()
        >>> machine = lamport.Machine(1, 0, [], f"{home}/machine_1.log", 60, clock_rate=100, seed=1)
        >>> machine.start()
        >>> machine.join(timeout=0.01)
        False
        >>> machine.shutdown()
        """
    def stop(self) -> None:
        """Ask a running machine to end early; `join` waits for it.

        Examples
        --------
        >>> import lamport
        >>> from tempfile import mkdtemp
        >>> home = mkdtemp()
        >>> machine = lamport.Machine(1, 0, [], f"{home}/machine_1.log", 60, clock_rate=100, seed=1)
        >>> machine.start()
        >>> machine.stop()
        >>> machine.join()
        True
        """
    def interrupt(self) -> None:
        """Raise KeyboardInterrupt in the handler that is at work, if one is: for one that does not return.

        Its step does not happen, and the machine ends in order; `join` raises the KeyboardInterrupt.

        Examples
        --------
        >>> import lamport
        >>> from tempfile import mkdtemp
        >>> home = mkdtemp()
        >>> class Endless(lamport.Algorithm):
        ...     def start(self, me):
        ...         while True:
        ...             pass
        >>> machine = lamport.Machine(
        ...     1, 0, {}, f"{home}/machine_1.log", 60, clock_rate=100, algorithm=Endless, seed=1
        ... )
        >>> machine.start()
        >>> machine.join(0.1)
        False
        >>> machine.interrupt()
        >>> try:
        ...     machine.join()
        ... except KeyboardInterrupt:
        ...     print("its handler was interrupted")
        its handler was interrupted
        """
    def shutdown(self) -> None:
        """End the machine wherever it is: send what is left, write END, close.

        Examples
        --------
        >>> import lamport
        >>> from tempfile import mkdtemp
        >>> home = mkdtemp()
        >>> machine = lamport.Machine(1, 0, [], f"{home}/machine_1.log", 60, clock_rate=100, seed=1)
        >>> machine.shutdown()
        >>> lamport.load(home).machines["ticks"].tolist()
        [0]
        """
    def tick(self) -> dict[str, Any] | None:
        """Tick once, by hand.

        KeyboardInterrupt or SystemExit out of a handler is raised: its step did not happen. A message by hand
        is gone with it; any other, and a timer, is taken at the next tick.

        Returns
        -------
        dict or None
            The event: its name, clocks, and recipients or message. None if the machine has an algorithm, and
            there is nothing to do.

        Examples
        --------
        >>> import lamport
        >>> from tempfile import mkdtemp
        >>> home = mkdtemp()
        >>> with lamport.Machine(1, 0, [], f"{home}/machine_1.log", 60, seed=1) as machine:
        ...     machine.tick()
        {'event': 'INTERNAL', 'machine_id': 1, 'old_clock': 0, 'new_clock': 1}
        """
    def internal_event(self) -> dict[str, Any]:
        """Have an event by hand that is neither a send nor a receive.

        Returns
        -------
        dict
            The event, as of `tick`.

        Examples
        --------
        >>> import lamport
        >>> from tempfile import mkdtemp
        >>> home = mkdtemp()
        >>> with lamport.Machine(1, 0, [], f"{home}/machine_1.log", 60, seed=1) as machine:
        ...     machine.internal_event()
        {'event': 'INTERNAL', 'machine_id': 1, 'old_clock': 0, 'new_clock': 1}
        """
    def send_message(self, recipients: Iterable[tuple[str, SupportsIndex]] | None = None) -> dict[str, Any]:
        """Send by hand.

        An address that is no peer becomes one for as long as the machine lives, also after it comes
        back: it connects there and tries again, and END counts what did not arrive. Ticks send to
        `peer_addresses` alone.

        Parameters
        ----------
        recipients : sequence of (host, port), optional
            The addresses to send to; None: all `peer_addresses`.

        Returns
        -------
        dict
            The event, as of `tick`.

        Raises
        ------
        ValueError
            An address is listed twice, or is the machine's own.
        OSError
            A host is unknown.

        Examples
        --------
        >>> import lamport
        >>> from tempfile import mkdtemp
        >>> home = mkdtemp()
        >>> one = lamport.Machine(1, 0, [], f"{home}/machine_1.log", 60, allow=["127.0.0.1"])
        >>> there = [("127.0.0.1", one.listen_port)]
        >>> other = lamport.Machine(2, 0, there, f"{home}/machine_2.log", 60)
        >>> event = other.send_message()
        >>> event["event"], event["new_clock"], event["recipients"] == there
        ('SEND', 1, True)
        >>> other.shutdown()  # once the message has arrived
        >>> one.handle_receive()["sent_clock"]
        1
        >>> one.shutdown()
        """
    def deliver(
        self, timestamp: SupportsIndex = 0, sender: SupportsIndex | None = None, *, body: object = None
    ) -> None:
        """Put a message into the queue by hand, in the name of `sender` or of nobody.

        It does not belong to that machine's channel: what that machine sends still comes. With a sender its
        RECEIVE line says so with ``"by_hand": true``; without one it names none. An algorithm is asked
        ``on_message``, with this sender or None. If the machine is killed before it takes the message, that
        is gone: give it again.

        Parameters
        ----------
        timestamp : int
            The clock that it carries.
        sender : int, optional
            Whose it is said to be: another machine's.
        body : object, optional
            What it says to an algorithm, as `Me.send` takes it.

        Raises
        ------
        ValueError
            The timestamp is above 2**53 - 2**32 - 1, the largest that a message between machines
            may carry; the sender is the machine itself; or there is a body and no algorithm.
        TypeError
            Something in the body is of a class that no body has.

        Examples
        --------
        >>> import lamport
        >>> from tempfile import mkdtemp
        >>> home = mkdtemp()
        >>> with lamport.Machine(1, 0, [], f"{home}/machine_1.log", 60, seed=1) as machine:
        ...     machine.deliver(10, sender=2)
        ...     machine.tick()["new_clock"]
        11
        """
    def handle_receive(self) -> dict[str, Any] | None:
        """Take the oldest message of the queue.

        Returns
        -------
        dict or None
            The event, as of `tick`; None if there is no message.

        Examples
        --------
        >>> import lamport
        >>> from tempfile import mkdtemp
        >>> home = mkdtemp()
        >>> with lamport.Machine(1, 0, [], f"{home}/machine_1.log", 60, seed=1) as machine:
        ...     print(machine.handle_receive())
        ...     machine.deliver(10)
        ...     print(machine.handle_receive()["new_clock"])
        None
        11
        """
    def warnings(self) -> list[str]:
        """Take the warnings since the last call.

        Returns
        -------
        list of str
            What went on, but not as planned.

        Examples
        --------
        >>> import lamport
        >>> from tempfile import mkdtemp
        >>> home = mkdtemp()
        >>> with lamport.Machine(1, 0, [], f"{home}/machine_1.log", 60, seed=1) as machine:
        ...     machine.warnings()
        []
        """
    def __enter__(self) -> Self:
        """The machine itself, for a ``with`` block; leaving the block ends it, as `shutdown`."""
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the machine, as `shutdown`."""

@final
class IncomingQueue:
    """The queue of a machine, as far as it is to be had from outside: `Machine.incoming_queue`.

    Examples
    --------
    >>> import lamport
    >>> from tempfile import mkdtemp
    >>> home = mkdtemp()
    >>> with lamport.Machine(1, 0, [], f"{home}/machine_1.log", 60, seed=1) as machine:
    ...     queue = machine.incoming_queue
    ...     queue.put(10)
    ...     queue, queue.qsize(), queue.empty()
    (<lamport.IncomingQueue: 1 message>, 1, False)
    """

    def put(self, timestamp: SupportsIndex) -> None:
        """Put a message into the queue by hand, in nobody's name, as `Machine.deliver`.

        Parameters
        ----------
        timestamp : int
            The clock that it carries.

        Examples
        --------
        >>> import lamport
        >>> from tempfile import mkdtemp
        >>> with lamport.Machine(1, 0, [], f"{mkdtemp()}/machine_1.log", 60) as machine:
        ...     machine.incoming_queue.put(10)
        ...     machine.tick()["new_clock"]
        11
        """
    def qsize(self) -> int:
        """Return how many messages wait in it.

        Returns
        -------
        int
            Their number.

        Examples
        --------
        >>> import lamport
        >>> from tempfile import mkdtemp
        >>> with lamport.Machine(1, 0, [], f"{mkdtemp()}/machine_1.log", 60) as machine:
        ...     machine.incoming_queue.qsize()
        0
        """
    def empty(self) -> bool:
        """Return whether none waits in it.

        Returns
        -------
        bool
            Whether it is empty.

        Examples
        --------
        >>> import lamport
        >>> from tempfile import mkdtemp
        >>> with lamport.Machine(1, 0, [], f"{mkdtemp()}/machine_1.log", 60) as machine:
        ...     machine.incoming_queue.empty()
        True
        """

@final
class LocalRun:
    """Machines 1..n in this process, over TCP on loopback, one tick thread each.

    Making one binds every port and writes every STARTUP line.

    Parameters
    ----------
    setting : mapping
        What the run is made with.
    log_dir : str
        An existing directory; machine i logs to ``machine_<i>.log`` in it.
    seed : int
        The seed of all draws.
    run_id : str
        Only machines of this run connect.
    base_port : int
        Machine i listens on `base_port` + i - 1; 0 takes free ports.
    wait : float
        Seconds to wait for all connections before the first tick.
    sync : bool
        As of `Machine`.
    precise : bool
        As of `Machine`.
    key : bytes or str, optional
        As of `Machine`.
    roles : sequence, optional
        What each machine runs, in place of the built-in behaviour.
    inputs : sequence of (float, int, str or None), optional
        What is given to machines from outside: when (s), to which machine counted from 0, and what, as JSON.
    until_quiet : bool
        Whether the run ends when no message is under way and no timer is set; only with `roles`.
    """

    def __new__(
        cls,
        setting: _RunSetting,
        log_dir: str,
        *,
        seed: int,
        run_id: str,
        base_port: int,
        wait: float,
        sync: bool,
        precise: bool,
        key: bytes | str | None,
        roles: Sequence[_Role] | None = None,
        inputs: Sequence[tuple[float, int, str | None]] | None = None,
        until_quiet: bool = False,
    ) -> Self: ...
    @property
    def rates(self) -> list[float]:
        """Ticks per second of each machine."""
    @property
    def ports(self) -> list[int]:
        """The port on which each machine listens."""
    def start(self) -> None:
        """Wait for all connections and tick in the background."""
    def stop(self) -> None:
        """Ask all machines to end early."""
    def interrupt(self) -> None:
        """Raise KeyboardInterrupt in the handlers that are at work."""
    def kill(self) -> None:
        """Ask all machines to end early: a thread cannot be killed as a process can."""
    def join(self, timeout: float | None = None) -> bool:
        """Wait until all machines are done. Returns whether they are; raises what made one fail."""
    def elapsed(self) -> float:
        """Seconds since ticking started, 0 before."""
    @property
    def began(self) -> float | None:
        """The Unix time at which ticking began, as the logs say; None before."""
    def status(self) -> tuple[list[int], list[int]]:
        """Each machine's clock and queue length, now."""
    def warnings(self) -> list[str]:
        """Take the warnings since the last call."""

@final
class Logs:
    """The logs of one run, read into columns.

    Every method that returns arrays but `recipients` returns the same memory each time; do not
    write to it. Whole numbers that may be missing are negative where they are.
    """

    @property
    def notes(self) -> list[str]:
        """What a reader should know: torn last lines, logs without END, base fields only, ..."""
    @property
    def began(self) -> float | None:
        """The Unix time at which ticking began, from which times count; None if no log tells it.

        That of the earliest machine, as its log says, `offsets` added. Virtual time has none: it begins at 0.
        """
    @property
    def is_virtual(self) -> bool:
        """Whether time is virtual everywhere."""
    @property
    def has_times(self) -> bool:
        """Whether the logs tell times; else they only keep the order of events."""
    @property
    def names(self) -> dict[int, str]:
        """The names of machines by the numbers that stand for them; empty if machines have ids."""
    @property
    def source_rows(self) -> NDArray[np.uint32] | None:
        """The row of the table that each event came from; None if that is the same."""
    def extra(self) -> dict[str, list[str]]:
        """Return the columns that mean nothing to us, a list of texts for each, by event."""

    @property
    def files(self) -> list[str]:
        """The absolute paths of the files that the logs were read from, by machine; none of a table."""
    def events(self) -> dict[str, Any]:
        """One row per event (SEND, RECEIVE, INTERNAL), by time, then by machine, a machine's as logged.

        The columns of ``EVENT_COLUMNS``, by form: ``seconds`` (float64, since ticking began, but for
        ``system_time``), ``whole`` (int64), either ``or none``, ``kind`` (int8, the place in
        ``EVENT_KINDS``) and ``flag`` (bool).
        """
    def recipients(self) -> NDArray[np.object_]:
        """Of each event, the recipients: a tuple of ids, None for one unknown; or None if none was sent."""
    def bodies(self) -> NDArray[np.object_] | None:
        """Of each event, what its message says: JSON, None for null; None of a run without an algorithm."""
    def states(self) -> tuple[NDArray[np.uint32], list[str]]:
        """The rows of `events` that declare a state, in order, and of each the state: a JSON object."""
    def messages(self) -> dict[str, Any]:
        """One row per message and recipient, sorted by (sent, sender, sent_clock, recipient).

        ``sender`` (int64), ``sent_clock`` (int64), ``recipient`` (int64 or none),
        ``sent``, ``arrived``, ``received`` (float64, s since ticking began, NaN if not),
        ``received_clock`` (int64 or none), ``status`` (int8: 0 received, 1 unread: in the queue at
        END, 2 undelivered: the sender ended without hearing of its arrival, 3 unknown: no log
        tells), ``matched`` (int8, how its receipt was found: 0 exact, 1 unique, 2 fifo, 3 ambiguous,
        4 none). Messages received without any known send are not rows; `notes` counts them. A recipient
        known by address only is the machine that received the message, if one did.
        """
    def ambiguous(self) -> NDArray[np.uint32]:
        """The rows of `events` of receipts that may be of several messages, in order."""
    def machines(self) -> dict[str, Any]:
        """One row per machine, sorted by machine_id.

        ``machine_id`` (int64), ``clock_rate`` (float64, NaN if no STARTUP), ``ticks``, ``sends``,
        ``receives``, ``internals`` (int64), ``final_clock`` (int64), ``mean_jump`` (float64: mean of
        new_clock - old_clock over all events), ``max_jump`` (int64), ``max_queue_len``,
        ``final_queue_len`` (int64 or none), ``duration`` (float64, s: how long it was up
        since it began to tick), ``down`` (float64, s: how long it was down in between),
        ``lateness_p50``, ``lateness_p99``, ``lateness_max`` (float64, s, NaN without END),
        ``internal_probability``, ``broadcast_share`` (float64, NaN if unknown), ``has_weights`` (list of
        bool: whether its STARTUP tells weights of its peers), ``ticking`` (list of str: "" if its ticks
        are periodic, else "poisson", "jitter" or "steps"; "handled" if an algorithm lets ticks pass that find
        nothing),
        ``run_id``, ``file`` (lists of str, "" if unknown).
        """
    def in_time(self, since: float | None, *, draw_after_receive: bool) -> dict[str, Any]:
        """What machines did from a time on, one row per machine as in `machines`; new arrays each time.

        ``ticks``, ``sends``, ``receives``, ``internals``, ``max_jump``, ``max_drift`` (int64),
        ``max_queue_len`` (int64 or none), ``mean_jump``, ``queue_growth``, ``mean_drift``, ``mean_wait``,
        ``mean_queue_len`` (float64, NaN if not known). Without `since` (s), from the beginning: 0, or the
        first event, if that is earlier. `draw_after_receive`: whether a tick that takes a message acts, too.

        Raises
        ------
        ValueError
            No event is later than `since`.
        LamportError
            No event was recorded, or another time was counted from.
        """
    def peers(self) -> dict[int, list[int]]:
        """The peers of each machine, as far as STARTUP, CONNECT and SEND lines tell."""
    @property
    def has_recipients(self) -> bool:
        """Whether SENDs tell their recipients; else these are those who received, and one not known."""
    def lines(
        self,
        path: str,
        *,
        start: float | None = None,
        stop: float | None = None,
        extra: Sequence[tuple[str, Sequence[str]]] | None = None,
    ) -> int:
        """Write the general log: every whole line of all logs, merged in time order.

        Lines of log files stand as they are, but for ``began`` where the line that told it is before
        `start`; a run in memory and a table have those that would be in their logs. Ties are in order of
        machine, then as in the log. Returns the count.

        Parameters
        ----------
        path : str
            The file; replaced if it exists.
        start, stop : float, optional
            Only lines with ``start <= time < stop``, in s since ticking began.
        extra : list of (str, list of str), optional
            More columns of a table that mean nothing to us, by its rows.

        Raises
        ------
        LamportError
            No event was recorded, or there are more links between machines than are kept in memory.
        ValueError
            `path` is one of the logs.
        """

    def write_logs(self, directory: str, *, extra: Sequence[tuple[str, Sequence[str]]] | None = None) -> None:
        """Write the log of each machine, ``machine_<id>.log``, of a run in memory or a table.

        Parameters
        ----------
        directory : str
            Where to; it has none of these files.
        extra : list of (str, list of str), optional
            More columns of a table that mean nothing to us, by its rows.

        Raises
        ------
        OSError
            A file is there, or cannot be written.
        """

    def verify(
        self,
        *,
        clock_uncertainty: SupportsFloat | None = None,
        members: tuple[int, str | Sequence[Sequence[int]], str | None] | None = None,
        rules: Rules | None = None,
        align: bool = False,
    ) -> dict[str, Any]:
        """Check whether the logs are a possible history.

        Log files are read again, a table is checked as it is. A dict: ``rule``, ``file``, ``line``,
        ``machine_id``, ``clock`` (None if the line is not an event), ``expected`` and ``found`` are lists
        with a value for each violation, 1,000 at most; ``counts`` and ``checked`` are, by rule, how many
        violations there are and how many things were checked; ``unchecked`` is a list of what could not be
        checked and why; ``ok`` is whether there is no violation; ``received`` and ``matched`` are how many
        messages were received, and of how many the send was found. The lines of a table are its rows in
        `events`, from 0. The clocks of hosts are compared only with `clock_uncertainty` (s). `members` is
        which machines take part: their number, the topology by name or as lists of peers from 0, and the
        run's id. `rules` are what the logs are judged by, else those they were read by. With `align`, times
        of different hosts are compared by whether any offsets of their clocks have all messages in order.
        ``readings`` is what the program may do if a rule is broken, dicts: ``words`` (a list), ``rules``
        (arguments of `lamport.Rules`), ``options`` (how rows are to be read: pairs of what and how), how many
        violations there are (``of``) and are then ``left``, and those as above (``rest``).

        Raises
        ------
        ValueError
            `clock_uncertainty` is negative.
        LamportError
            No event was recorded.
        """

    def align(
        self, *, minimum_delay: SupportsFloat, max_drift: SupportsFloat, clock_uncertainty: SupportsFloat
    ) -> dict[str, NDArray[Any]]:
        """Bound by how much the clocks of machines are apart: see `Run.align`.

        A dict of arrays: ``machine_id``, ``low``, ``best`` and ``high`` (s). Log files are read again, as
        they are.

        Raises
        ------
        ValueError
            An argument is out of range.
        LamportError
            No offsets have every message arrive after it was sent, or no event was recorded.
        """

    def causality(self) -> Causality:
        """Happened-before between the events.

        Raises
        ------
        LamportError
            No event was recorded, a machine's clock does not go up, or an event follows from itself.
        """
    def total_order(self) -> NDArray[np.uint32]:
        """The rows of `events`, by new_clock and then by machine_id."""
    def draw(
        self, form: str, path: str, *, start: float | None = None, stop: float | None = None
    ) -> tuple[int, int, int, int]:
        """Draw the events of a window in a file: as "chrome", a trace, or as "mermaid", a sequence diagram.

        Returns how many events are drawn, of how many, and how many machines, of how many.

        Raises
        ------
        ValueError
            Another format, or no event is in the window.
        OSError
            The file cannot be written.
        """

    def view(
        self,
        causality: Causality,
        viewer: str,
        path: str,
        *,
        start: float | None = None,
        stop: float | None = None,
    ) -> int:
        """Write the events as text for "shiviz" or "tsviz". Returns how many there are.

        The first line is the regular expression of an entry, the second is empty. An entry is a line with the
        host and its vector clock as JSON, without entries of hosts without events, and a line on the event,
        for tsviz with the time in ns before it, in equally many digits. Entries are in causal
        order. A window goes from the largest consistent cut before `start` to that before `stop`, and
        the clock of the first is subtracted, so that each host's own entries are 1, 2, 3, ...

        Raises
        ------
        ValueError
            Another viewer, a time that is NaN, or the causality of other logs.
        OSError
            The file cannot be written.
        """

@final
class Causality:
    """Happened-before; an event is (machine_id, clock after it). See `lamport.Causality`.

    Every method raises ValueError for an event that is not there.
    """

    @property
    def machines(self) -> list[int]:
        """The machines, sorted."""
    @property
    def unmatched(self) -> int:
        """How many messages were received without a known send."""
    @property
    def is_certain(self) -> bool:
        """Whether the logs leave nothing open."""
    def happened_before(self, a: tuple[int, int], b: tuple[int, int]) -> bool | None:
        """Whether `a` happened before `b`; None if the logs leave it open."""
    def concurrent(self, a: tuple[int, int], b: tuple[int, int]) -> bool | None:
        """Whether neither of two events happened before the other; None if the logs leave it open."""
    def vector_clock(self, event: tuple[int, int], *, possible: bool = False) -> NDArray[np.int64]:
        """By machine, in the order of `machines`, how many events happened before `event` or are it.

        With `possible`, those too that may have.
        """
    def vector_clocks(
        self, machine_id: NDArray[np.int64], clock: NDArray[np.int64], *, possible: bool = False
    ) -> NDArray[np.int64]:
        """The vector clocks of many events, one behind the other."""
    def past(self, event: tuple[int, int], *, possible: bool = False) -> NDArray[np.bool_]:
        """By row of `Logs.events`, whether it happened before `event`; with `possible`, or may have."""
    def future(self, event: tuple[int, int], *, possible: bool = False) -> NDArray[np.bool_]:
        """By row of `Logs.events`, whether `event` happened before it; with `possible`, or may have."""
    def cut_is_consistent(self, cut: Mapping[int, int]) -> bool | None:
        """Whether a cut, by machine the clock of its last event (0: none), is consistent.

        None if the logs leave it open.
        """
    def counts_are_consistent(self, counts: Mapping[int, int]) -> bool | None:
        """Whether a cut, by machine how many of its first events are in it, is consistent; as above."""
    def concurrent_share(self, *, samples: int | None, seed: int) -> tuple[float, float, int, float, float]:
        """The share of concurrent pairs, its error, how many pairs were looked at, and its bounds."""
    def false_order_rate(self, *, samples: int | None, seed: int) -> tuple[float, float, int, float, float]:
        """The share of pairs that are concurrent although their clocks differ, in the same form."""

_Answered: TypeAlias = tuple[bool | None, NDArray[np.int64] | None, NDArray[np.uint32] | None, int, str]
"""The answer (None if there is none), a cut, the machines that take the steps of a path (by their places),
how much was visited, and why there is no answer: "limit" or "logs"."""

@final
class Cuts:
    """The consistent cuts of a stretch of a run.

    A cut is an array: by machine, in the order of `Causality.machines`, how many of its first events are in
    it.

    Parameters
    ----------
    causality : Causality
        Of the run.
    time : array of float64
        By row of `Logs.events`, its time in s.
    start, stop : float, optional
        The stretch goes from the largest consistent cut without an event at or after `start` to that of
        `stop`.
    """

    def __new__(
        cls,
        causality: Causality,
        time: NDArray[np.float64],
        start: SupportsFloat | None = None,
        stop: SupportsFloat | None = None,
    ) -> Self: ...
    @property
    def first(self) -> NDArray[np.int64]:
        """The first cut."""
    @property
    def last(self) -> NDArray[np.int64]:
        """The last cut."""
    @property
    def has_sure_ends(self) -> bool:
        """Whether these two are consistent whatever the logs leave open."""
    def clocks(self, cuts: NDArray[np.int64]) -> NDArray[np.int64]:
        """The clock of the last event of each machine in cuts, 0 where there is none; a row a cut."""
    def count(self, limit: int) -> tuple[int, int | None, int]:
        """How many there are: at least, at most (None beyond `limit`), and how many were visited."""
    def possibly(self, truth: NDArray[np.bool_], initial: Sequence[bool | None]) -> _Answered:
        """Whether conditions of machines hold in a consistent cut: the least such cut. O(events).

        `truth` tells by row of `Logs.events` whether the condition of its machine holds after it, `initial`
        by machine whether it holds before its first event, None of one without a condition.
        """
    def definitely(self, truth: NDArray[np.bool_], initial: Sequence[bool | None]) -> _Answered:
        """Whether each path comes through a cut in which they hold; usually O(machines x events)."""
    def possibly_somewhere(
        self, holds: Callable[..., object], make: Callable[[int, int, int], list[Any]], limit: int
    ) -> _Answered:
        """Whether a callable is true of a consistent cut, of up to `limit` that are visited.

        It gets an argument for each machine, its state: None, or what ``make(place, start, count)``
        returned for the last of its events in the cut. That returns a list of so many events of the machine
        at a place, from that number on, the first being 1.
        """
    def definitely_somewhere(
        self, holds: Callable[..., object], make: Callable[[int, int, int], list[Any]], limit: int
    ) -> _Answered:
        """Whether each path of events comes through a cut of which a callable is true, as above."""
    def receipts_beyond(self, cut: Sequence[int]) -> list[tuple[int, int, int]]:
        """The receipts that are not in a cut though their clock is that of their machine's last event in it.

        Each with the machine, and the sender and the timestamp of its message.
        """
    def lattice(self, limit: int, *, possible: bool = False) -> dict[str, NDArray[np.int64]] | None:
        """All of them, level by level, if they are not more than `limit`.

        ``cuts`` (int64, a row a cut, a column a machine), ``levels`` (int64: where the cuts of each level
        start, and at last how many there are) and ``steps`` (int64, two columns: from which cut to which
        one event leads). Those that the logs do not rule out, or with `possible`, which are consistent
        whatever the logs leave open; of these it is None too where the logs rule nothing out.
        """

def read_logs(
    paths: Sequence[str],
    *,
    offsets: Mapping[int, float] | None = None,
    skip: bool = False,
    rules: Rules | None = None,
    execution: int | str | None = None,
) -> Logs:
    """Read the logs of one run.

    Parameters
    ----------
    paths : sequence of str
        The log files, with the lines of machines in any grouping.
    offsets : mapping of int to float, optional
        Seconds to add to the times of a machine's log, to correct its host's clock.
    skip : bool
        Leave lines aside that cannot be read, and note them.
    rules : Rules, optional
        What is taken for true of the program.
    execution : int or str, optional
        The number, from 1, or the run id of the one whose lines count, where there are several.

    Raises
    ------
    LogError
        A line is malformed (a torn last line is a note, not an error), a file is empty or no log,
        two logs are of one machine or of different runs.
    ValueError
        No paths; `offsets` names a machine without a log, or is beyond 1e9 s.
    OSError
        A file cannot be read.
    """

def read_foreign(files: Sequence[tuple[str, str | None, int]], declaration: Any) -> Logs:
    """Read logs of other programs: text by the patterns of a declaration, JSON lines if it has none.

    Parameters
    ----------
    files : sequence of (str, str or None, int)
        Each file, the machine that it is of where its lines do not say, and how many lines in front are no
        events.
    declaration : Declaration
        How they are read.

    Raises
    ------
    LogError
        A line is malformed, a pattern matches nothing or skips what looks like an event, a file is empty or
        holds no text.
    ValueError
        A pattern or a format is not one, needed groups are missing, words of events are unknown, or several
        executions are there and none is named.
    OSError
        A file cannot be read.
    """

def read_bytes(path: str) -> bytes:
    """The bytes of a file, as they were before compression, without a byte order mark.

    Raises
    ------
    LogError
        The file is an archive, an image, or something else that is not text.
    OSError
        It cannot be read.
    """

def peek_file(path: str) -> tuple[bytes, bytes]:
    """The first and the last bytes of a file, as they were before compression, without a byte order mark.

    Raises
    ------
    LogError
        The file is an archive, an image, or something else that is not text.
    OSError
        It cannot be read.
    """

def verify_logs(
    paths: Sequence[str],
    *,
    offsets: Mapping[int, float] | None = None,
    clock_uncertainty: SupportsFloat | None = None,
    members: tuple[int, str | Sequence[Sequence[int]], str | None] | None = None,
    rules: Rules | None = None,
    align: bool = False,
    execution: int | str | None = None,
) -> dict[str, Any]:
    """Check log files that `read_logs` may refuse, see `Logs.verify`.

    Raises
    ------
    LogError
        A file has no line of a log, two logs are of one machine or of different runs.
    ValueError
        No paths, or an argument is out of range.
    OSError
        A file cannot be read.
    """

def table_logs(
    columns: Mapping[str, Any],
    *,
    rows: NDArray[np.uint32] | None = None,
    resolution: float = 0.0,
    notes: Sequence[str] | None = None,
    bad_rows: Sequence[tuple[str, int, str, int, int, int]] | None = None,
    queue_len_before: bool = False,
    multicast_rows: bool = False,
    rules: Rules | None = None,
    offsets: dict[int | str, float] | None = None,
) -> Logs:
    """Make `Logs` of a table: arrays of one length, named as in `Logs.events`.

    Machines are int64, or objects, which are names and numbers; recipients are cells of any kind. ``event``
    is int8 codes, ``both`` (bool) which events receive and send; ``vector_clock`` mappings, lists or texts,
    ``message`` objects that are equal at a SEND and its receipts. ``machine_id`` is needed, and ``event`` and
    a clock unless vectors or messages tell more; what else there is of the columns is used. Whole numbers are
    int64, -1 where there is none, or float64 with NaN there. Times beyond 1e8 s are taken for times of day:
    the first event is then at 0.

    Parameters
    ----------
    columns : mapping
        The columns.
    rows : array of uint32, optional
        The row that each stands for in messages, if some were left aside.
    resolution : float
        In what steps times are given, in s; 0 if unknown.
    notes : list of str
        What a reader should know.
    bad_rows : list of (str, int, str, int, int, int), optional
        The rows that could not be read and are not in it: file and line, what is wrong, the row of the table
        that follows, and the rows that are of that file: the first, and the first behind.
    queue_len_before, multicast_rows : bool
        What is declared of the table.
    rules : Rules, optional
        What is taken for true of the program.
    offsets : dict of int or str to float, optional
        Seconds to add to the times of a machine.

    Raises
    ------
    ValueError
        A column is missing, has another type or length, or a value no event can have; or there are times of
        arrival but no others.
    """

def event_codes(
    words: Sequence[str],
    counts: Sequence[int],
    first_rows: Sequence[int],
    events: Mapping[str, str | tuple[str, str] | None] | None,
) -> list[int]:
    """Say what events are by words, each with how often it is there and in which row first.

    The codes are places in ``EVENT_KINDS``, behind these one for an event that receives and sends, and then
    one for rows to leave aside.

    Raises
    ------
    ValueError
        Words are unknown: they are listed with how often they are there.
    """

def read_dates(
    texts: Sequence[object], time_format: str | None = None
) -> tuple[NDArray[np.int64], int, int | None]:
    """Say when texts say that it was.

    Nanoseconds since 1970 of each (the least number for None), how many decimals their seconds have, and
    which text is not a time, if there is one.

    Raises
    ------
    ValueError
        `time_format` is not a format.
    """

def stamps(
    causality: Causality,
    kind: str,
    rows: NDArray[np.uint32],
    *,
    size: int = 1,
    hashes: int = 1,
    hosts: tuple[NDArray[np.int64], list[NativeClock], int] | None = None,
) -> NDArray[np.int64]:
    """The stamps of events by another clock, row after row: see `Run.stamps`.

    `rows` are those of `Logs.events`, ascending. ``lamport`` and ``physical`` have a number, ``hlc`` two
    (l, c), ``vector`` and ``direct`` one for each of `Causality.machines`, ``matrix`` one for each two of
    them, ``plausible`` and ``bloom`` `size`; `hashes` is for ``bloom``, `hosts` for ``physical`` and
    ``hlc``: when events happened (ns, by row of events), the clocks, one for all or one for each machine,
    or none if these times are what they showed, and a seed.

    Raises
    ------
    ValueError
        Another kind, there is no such row, or the stamps have more than 10^8 numbers.
    """

_Pairs: TypeAlias = tuple[int, float]
_ComparedClock: TypeAlias = tuple[
    tuple[int, int, int, int] | None,
    int | None,
    tuple[_Pairs, _Pairs, _Pairs],
    int | None,
    int | None,
    str | None,
]

def compare_clocks(
    logs: Logs,
    causality: Causality,
    kinds: list[tuple[str, int, int]],
    *,
    hosts: tuple[NDArray[np.int64], list[NativeClock], int] | None,
    samples: int | None,
    seed: int,
) -> tuple[list[_ComparedClock], int, int, int, int | None]:
    """Compare clocks on one run: see `Run.compare_clocks`.

    A kind is its name, its counters (``plausible``, ``bloom``) and its hashes (``bloom``). `hosts` as for
    `stamps`: ``hlc`` and ``physical`` need them.

    Returns
    -------
    (list of rows, int, int, int, int or None)
        By kind: bytes of all messages, of the largest, how many messages these are, entries of all events,
        or None; bytes in the fixed form or None; pairs and their standard error that are kept, made up and
        missed; the largest l - pt (ns) and c or None; and why the pairs are of no meaning, or None. Then
        all pairs, those left open, all messages, and the events drawn.

    Raises
    ------
    ValueError
        Another kind, hosts are missing, `samples` or `seed` is out of range, or the causality is of other
        logs.
    """

def interval_stamps(causality: Causality, rows: NDArray[np.uint32]) -> tuple[list[str], list[str]]:
    """Interval tree clocks of events, as the paper writes them: ids of machines, event trees of events.

    Raises
    ------
    ValueError
        There is no such row, or the trees have more than 10^8 numbers.
    """

def sent_changes(
    logs: Logs, causality: Causality, rows: NDArray[np.uint32]
) -> list[dict[int, dict[int, int]] | None]:
    """What has changed of vector clocks since the last message of each channel.

    Of an event that sends, by recipient, a dict of machines and numbers of events; None of others.

    Raises
    ------
    ValueError
        There is no such row, the causality is of other logs, or these are more than 10^7 numbers.
    LamportError
        Messages of a channel were received in another order.
    """

@final
class Simulated:
    """What a run in virtual time came to."""

    @property
    def logs(self) -> Logs:
        """The logs; without recording only ``machines`` of them is there."""
    @property
    def rates(self) -> list[float]:
        """Ticks per second of each machine."""
    @property
    def run_id(self) -> str:
        """The id of the run, as its STARTUP lines state it."""
    @property
    def elapsed(self) -> float:
        """Seconds of virtual time that passed: the duration, or less if interrupted."""
    @property
    def ties(self) -> int:
        """How many ticks fell on the very time of the one before them."""
    @property
    def interrupted(self) -> bool:
        """Whether it ended before its last tick."""
    @property
    def violation(self) -> object:
        """What an invariant said that did not hold, None if all did."""
    @property
    def threads(self) -> int:
        """How many threads made it."""
    @property
    def fewer_threads(self) -> str | None:
        """Why these are fewer than were asked for, None if they are not."""

class _Role(TypedDict):
    """What a machine runs."""

    make: Callable[[], object]
    """Returns a new instance."""
    algorithm: str
    """``module:Class``."""
    arguments: str
    """As JSON."""
    python: str
    """The minor version of the interpreter."""

def simulate_algorithm(
    setting: _RunSetting,
    *,
    seed: int,
    roles: Sequence[_Role],
    inputs: Sequence[tuple[float, int, str | None]],
    until_quiet: bool,
    invariant: Callable[[dict[int, dict[str, object]]], object] | None,
    record: bool,
    since: float | None,
    log_dir: str | PathLike[str] | None,
    progress: Callable[[float], object] | None,
) -> Simulated | tuple[int, float, int, str, BaseException | str]:
    """Run algorithms in virtual time, as `simulate` does the built-in behaviour.

    `roles` has one item per machine; `inputs` are times in s, machines counted from 0, and bodies as JSON.
    `invariant` is called after each step that declares a state, with the values of all machines by their ids;
    where it returns anything but True or None the run ends, and that is its ``violation``. Without recording,
    `since` has `Logs.in_time` know what machines did from that time on.

    Returns
    -------
    Simulated or tuple
        The run; or of one that a handler broke off the machine, the time in s, the line of its log, the
        handler, and what was raised, or as a text how the machine differs from what its log says.
    """

class _RunSetting(TypedDict):
    machines: int
    topology: str | Sequence[Sequence[int]]
    duration: float
    rates: Sequence[float | Sequence[Sequence[float]]] | None
    max_rate: int
    ticks: str | Mapping[str, float]
    internal_probability: float | Sequence[float]
    broadcast_share: float | Sequence[float]
    weights: Mapping[int, Mapping[int, int]]
    """By ids; whoever is not named has 1."""
    stamp: str
    receive: str
    draw_after_receive: bool
    latency: str
    """As JSON, in s."""
    faults: str
    """As JSON."""

def simulate(
    setting: _RunSetting,
    *,
    seed: int,
    record: bool,
    since: float | None,
    log_dir: str | PathLike[str] | None,
    progress: Callable[[float], object] | None,
    threads: int | None,
) -> Simulated:
    """Run in virtual time.

    Machine i + 1 has the rate ``rates[i]`` and the peers ``topology[i]``, counted from 0. With `log_dir`,
    an existing directory, the logs ``machine_<id>.log`` are written there. `progress` is called with the
    virtual time in s every 50 ms or so. Ctrl-C ends the run early; what `progress` raises goes on. Without
    recording, `since` has `Logs.in_time` know what machines did from that time on. The run is made on
    `threads` threads at most, None: as many as there are processors, where that is faster than on one; it is
    the same on any number.

    Raises
    ------
    ValueError
        A parameter is outside what the model allows.
    FileExistsError
        A log exists.
    LamportError
        Recording would need more memory than there is.
    """

def replay_log(
    path: str | PathLike[str], *, stamp: str, receive: str, draw_after_receive: bool
) -> tuple[int, int, tuple[int, str, str] | None]:
    """Play a log again: its arrivals, in virtual time, with the node and the draws that made it, of a program
    that keeps its clock as `simulate` calls it.

    Returns
    -------
    int
        The machine.
    int
        How many events happened again, before the first that did not.
    tuple or None
        That first one: its line in the log, what the node does there, and what the log says.

    Raises
    ------
    LogError
        The log does not tell how it was made (no seed) or all arrivals (no END, a resumed machine).
    OSError
        It cannot be read.
    """

class _AlgorithmLog(TypedDict):
    """What a log tells of the algorithm of its machine."""

    machine: int
    seed: int | None
    algorithm: str
    """``module:Class``."""
    arguments: str
    """As JSON."""
    python: str | None
    """The minor version of the interpreter."""
    listen: tuple[str, int] | None
    peers: list[tuple[str, int, int | None]]
    """Host, port and, if the log knows it, id."""
    began: int
    """In microseconds."""

class _Seat(TypedDict):
    """The place of a machine among the others."""

    id: int
    name: str
    peers: list[int]
    senders: list[int]
    machines: list[int]
    seed: int

def algorithm_of_log(path: str | PathLike[str]) -> _AlgorithmLog | None:
    """What a log tells of the algorithm of its machine, None if that has none.

    Returns
    -------
    dict
        ``machine``, ``seed`` (None if it is not told), ``algorithm`` (``module:Class``), ``arguments`` (as
        JSON), ``python`` (the minor version, or None), ``listen`` (host and port, or None), ``peers`` (host,
        port, and id if the log knows it) and ``began`` (µs).

    Raises
    ------
    LogError
        It cannot be read, or is of several machines.
    OSError
        The same.
    """

def replay_algorithm(
    path: str | PathLike[str], instance: object, *, seat: _Seat, began: int
) -> tuple[int, tuple[int, str, str] | None, tuple[int, float, BaseException] | None]:
    """Call the handlers of an instance again for every step of a log, and compare what they do.

    Returns
    -------
    int
        How many events happened again, before the first that did not.
    tuple or None
        That first one: its line in the log, what the machine does there, and what the log says.
    tuple or None
        Where a handler raised: the line, its time in s since ticking began, and the exception.

    Raises
    ------
    LogError
        The log cannot be read.
    OSError
        The same.
    """

def sweep_runs(
    points: Sequence[_RunSetting],
    *,
    first_run: int,
    runs: int,
    seed: int,
    since: float | None,
    threads: int,
    progress: Callable[[int], object] | None,
) -> tuple[dict[str, Any], bool]:
    """Run every point `runs` times in virtual time, on `threads` threads.

    Run k has the same seed at every point. `progress` is called with the number of finished runs every 50 ms
    or so.

    Returns
    -------
    dict
        One row per machine and run, sorted by (point, run, machine): ``point``, ``run`` (from
        `first_run`), ``seed``, ``machine_id``, ``ticks``, ``sends``, ``receives``, ``internals``,
        ``final_clock``, ``max_jump``, ``max_queue_len``, ``final_queue_len``, ``drift`` (int64),
        ``clock_rate``, ``mean_jump``, ``queue_growth`` (float64). With `since` machines are counted from that
        time on (s), and there are ``max_drift`` (int64), ``mean_drift``, ``mean_wait`` and ``mean_queue_len``
        (float64), too.
    bool
        Whether Ctrl-C ended it early; then only finished runs have rows.

    Raises
    ------
    ValueError
        A point is outside what the model allows: `wrong_point` says which.
    """

def wrong_point(points: Sequence[_RunSetting]) -> tuple[int, str] | None:
    """Find the first point that is outside what the model allows: its place, and what is wrong."""

@final
class FaultConductor:
    """The crashes and pauses of machines 1..n that are still to come, machines counted from 0.

    Those of a machine count from when it began to tick; before that nothing happens to it.

    Raises
    ------
    ValueError
        These are not faults, one names another machine or an impossible time, or two of a machine overlap.
    """

    def __new__(cls, faults: str, machines: int, duration: float) -> Self: ...
    @property
    def has_restart(self) -> bool:
        """Whether a machine is to come back."""

    @property
    def has_machine_down(self) -> bool:
        """Whether a machine that is struck down is to come back."""

    @property
    def next(self) -> float | None:
        """When a machine that ticks is to be struck next, by the clock of `begin`; None if none is."""

    def begin(self, machine: int, time: float) -> None:
        """A machine began to tick at this time, in seconds; the first time counts."""

    def carry_out(self, time: float, bodies: _Bodies) -> None:
        """Do what is due at this time, by the same clock: call the methods of these bodies."""

    def cancel(self) -> None:
        """Nothing is to happen any more."""

class _Bodies(Protocol):
    def condition(self, machine: int) -> Literal["alive", "down", "ended"]: ...
    def crash(self, machine: int) -> None: ...
    def restart(self, machine: int) -> None: ...
    def pause(self, machine: int) -> None: ...
    def go_on(self, machine: int) -> None: ...

def free_bytes(path: str | PathLike[str]) -> int | None:
    """The bytes that are free where a file or directory is or will be; None if neither, or not known."""

def shortages(setting: _RunSetting, *, seed: int, free: int | None, place: str) -> list[tuple[bool, str]]:
    """Say what will be full before a run ends: the disk, and the queue that is full first.

    `setting` and `seed` are those of the run, `free` the bytes for its logs (None: no bound), `place` where
    they go, in words. Returns for each whether it is so soon that the run is better not begun, and the
    sentence, by time.
    """

def predict(
    rates: Sequence[float],
    *,
    topology: str | Sequence[Sequence[int]],
    behavior: Mapping[str, Any],
) -> tuple[dict[str, _Floats], dict[str, Any]]:
    """What theory expects of machines with these rates: columns, and what is said of all of them.

    The columns are float64 arrays, one value per machine: ``clock_rate``, ``idle_rate`` (idle ticks per s),
    ``arrival_rate`` (messages per s), ``load`` (arrivals per tick), ``queue_growth`` (messages per s),
    ``clock_growth`` (clock per s, fitted), ``clock_growth_low`` and ``clock_growth_high`` (its bounds). NaN
    where the fixed point is not known to be unique, of ``clock_growth`` also where only bounds are known.
    ``fixed_point`` (str: "unique", "several", "continuum" or "not decided"), ``solutions`` (tuples of idle
    rates), ``is_continuum`` (None if it is not decided) and ``drift_growth`` (clock per s) are of all.

    `topology` is a name, or the peers of each machine counted from 0; `behavior` is what idle ticks do.
    """

class _ClockMaker(Protocol):
    @property
    def function(self) -> Callable[..., Any]: ...
    @property
    def is_all(self) -> bool: ...
    @property
    def arguments(self) -> int | list[str]: ...

class _ClockCase(TypedDict):
    verdict: str
    number: int
    found: tuple[int, int]
    machines: int
    steps: list[tuple[int, str, int | None, int, int, Any]]
    at: tuple[int, ...]
    stamps: tuple[Any, Any] | None
    sizes: list[float]
    raised: tuple[str, int | None, int | None, BaseException] | None

def check_clock(
    maker: _ClockMaker,
    *,
    runs: int,
    seed: int,
    fifo: bool,
    size: Callable[[Any], float] | None,
) -> tuple[tuple[int, int, int, int], list[_ClockCase]]:
    """Hold clocks against happened-before, see `lamport.check_clock`.

    Returns how many events, pairs, long runs and runs made again there were, and a mapping for each verdict
    that a run speaks against, made small: steps are (machine, what it does, the step whose message it
    receives, what its physical clock reads, what Lamport's would say, its stamp), counted from 0.
    """

def check_parameter(name: str, value: object) -> None:
    """Check a parameter by itself, as the command line reads it; what has no bounds is not looked at.

    Raises
    ------
    ValueError
        It is out of bounds.
    """

def check_room(setting: _RunSetting, *, base_port: int, processes: bool) -> None:
    """Check that a run has room on this host, before anything of it is made.

    Raises
    ------
    ValueError
        There are not as many ports.
    OSError
        So many files may not be open.
    LamportError
        So many processes need more memory than there is.
    """

def port_hint(port: int) -> str:
    """Say why a port that is taken may be: nothing, or a part of a sentence."""

def wait_for_reader(path: str | PathLike[str]) -> int | None:
    """Wait until somebody reads the pipe with this name; Ctrl-C ends that.

    Returns a descriptor while which is open the pipe opens at once, None if it is no pipe.
    """

def topology_peers(topology: str, machines: int) -> list[list[int]]:
    """The peers of each machine in a topology "full", "ring", "star" or "line", counted from 0."""

@final
class Follower:
    """Follows the logs of a directory, or files, while they are written.

    Parameters
    ----------
    place : path or sequence of path
        A directory, which need not be there yet, or files.
    limit : int
        Events a second above which some are left out, whole messages at a time.
    """

    def __new__(
        cls, place: str | PathLike[str] | Sequence[str | PathLike[str]], *, limit: int = 5000
    ) -> Self: ...
    def describe(self, head: str, machines: int) -> None:
        """Say what stands at the beginning, a JSON object, and how many machines there are.

        Raises
        ------
        ValueError
            `head` is no JSON object of one line and at most 24,000 bytes.
        """

    def poll(self) -> list[str]:
        """What is new, as JSON texts of one line and at most 200,000 bytes each; none if nothing happened."""

    @property
    def is_behind(self) -> bool:
        """Whether there is more to be read at once."""
