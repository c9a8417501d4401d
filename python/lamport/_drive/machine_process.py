"""One machine of a run as a process, watched by this one."""

import os
import selectors
import signal
import socket
import subprocess
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import IO, Literal, NamedTuple, Protocol

__all__ = ["Condition", "Look", "MachineProcess", "Spawn", "Started", "execute"]

Condition = Literal["alive", "down", "ended"]

KEPT_LINES = 20
SILENT = 5.0
"""Seconds without a word after which it is said of a process, which tells its clock every quarter second."""
LOST = 10.0
"""Seconds without a word after which a process that has to end is ended by force."""
STARTING = 60.0
"""Seconds, and one more for each machine, that a process may take to its first word."""
LAST = 0.2
"""Seconds from the end of its pipes to the end of a process."""
ECHO = 1.0
"""Seconds between signals to a machine's process and to the run, where both are asked to end."""
ORDERLY = (0, *(128 + number for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)))
"""How a process may end that was asked to: it may have been asked by others too, as on shutdown."""


class Look(NamedTuple):
    """What is under way at a machine with an algorithm, and how long that is known to be so.

    Attributes
    ----------
    is_idle : bool
        It has started, waits for no timer and no input, and its handlers are at rest.
    kept, unread : int
        The messages that its peers have not logged; those in its queue.
    since, until : int
        By the clock of the host, in ns.
    """

    is_idle: bool
    kept: int
    unread: int
    since: int
    until: int


class Started(Protocol):
    """A process that was started, as `subprocess.Popen` is one."""

    @property
    def pid(self) -> int: ...
    @property
    def stderr(self) -> IO[bytes] | None: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, number: int, /) -> None: ...
    def kill(self) -> None: ...


Spawn = Callable[[Sequence[str], Mapping[str, str], Sequence[int]], Started]
"""Starts a process by its words, its environment and the descriptors it is handed; its errors are piped."""


def execute(command: Sequence[str], environment: Mapping[str, str], handed: Sequence[int]) -> Started:
    """Start a program, as `Spawn` says."""
    return subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        pass_fds=handed,
        start_new_session=True,  # Ctrl-C reaches this process only, which passes it on
    )


class MachineProcess:
    """One machine's process, which may be another after a crash: its pipes, what it told, how it ended."""

    def __init__(
        self,
        machine: int,
        selector: selectors.BaseSelector,
        environment: dict[str, str],
        spawn: "Spawn | None" = None,
    ) -> None:
        self.machine = machine
        self.ready = self.done = self.crashed = self.is_at_start = False
        self.clock = self.queue = 0
        self.began: float | None = None
        self.look: Look | None = None
        self.told_error: str | None = None
        self._heard = self._ended = 0.0
        self._silent = self._urged = False
        self._over: float | None = None
        self._process: Started | None = None
        self._spawn = spawn or execute
        self._selector = selector
        self._environment = environment
        self._interrupted = self._paused = False
        self._pipes: dict[IO[bytes], Callable[[], bool]] = {}
        self._line: socket.socket | None = None
        self._warnings: list[str] = []
        self._said: deque[str] = deque(maxlen=KEPT_LINES)

    def start(self, command: list[str], listener: socket.socket, handed: tuple[int, ...] = ()) -> None:
        """Start the process, with a socket that listens and what else it is handed."""
        self.ready = self.done = self.crashed = False
        self.look = self.told_error = None
        self._heard = time.monotonic()
        reading, writing = os.pipe()
        try:
            self._process = self._spawn(
                [*command, f"--listen-fd={listener.fileno()}", f"--status-fd={writing}"],
                self._environment,
                (listener.fileno(), writing, *handed),
            )
        except BaseException:
            os.close(reading)
            raise
        finally:
            os.close(writing)
        self._watch(os.fdopen(reading, "rb", buffering=0), self._take_status)
        assert self._process.stderr is not None
        self._watch(self._process.stderr, self._take_text)

    def wait_at(self, line: socket.socket) -> None:
        """Let the process say at this socket that it is connected, and wait there for `go`."""
        line.setblocking(False)
        self._line = line
        self._selector.register(line, selectors.EVENT_READ, self._hear_at_start)

    def _hear_at_start(self) -> None:
        assert self._line is not None
        try:
            self.is_at_start = bool(self._line.recv(1))
        except ConnectionResetError:
            self._leave_start()
            return
        if not self.is_at_start:
            self._leave_start()
            return
        self._selector.unregister(self._line)

    def go(self) -> None:
        """Let the process begin to tick, if it waits for that."""
        if self._line is not None and self.is_at_start:
            # Who is gone is noticed elsewhere.
            with suppress(OSError):
                self._line.send(b"+")
            self._line.close()
            self._line = None

    def _leave_start(self) -> None:
        if self._line is not None:
            if not self.is_at_start:
                self._selector.unregister(self._line)
            self._line.close()
            self._line = None

    @property
    def condition(self) -> Condition:
        """How it is with the process."""
        if self.crashed:
            return "down"
        return "alive" if self._process is not None and self._process.poll() is None else "ended"

    def crash(self) -> None:
        """Kill the process."""
        self.kill()
        self.crashed = self.done = True

    def pause(self) -> None:
        """Stop the process where it stands."""
        self._signal(signal.SIGSTOP)
        self._paused = True

    def go_on(self) -> None:
        """Let a process that was stopped go on."""
        if self._paused:
            self._paused = False
            self._heard = time.monotonic()
            self._signal(signal.SIGCONT)

    def interrupt(self) -> None:
        """Pass Ctrl-C on, once the process can answer it with a complete log."""
        self.go_on()
        if self.ready and not self._interrupted:
            self._interrupted = True
            self._signal(signal.SIGINT)
            # It may have been stopped by others.
            self._signal(signal.SIGCONT)

    def interrupt_handler(self) -> None:
        """Have KeyboardInterrupt raised in a handler that is at work."""
        if self.ready:
            self._signal(signal.SIGUSR1)

    def _signal(self, number: int) -> None:
        # Asks first whether it is over: then its number may be another's.
        if self._process is not None:
            self._process.send_signal(number)

    def take_warnings(self) -> list[str]:
        taken, self._warnings = self._warnings, []
        return taken

    def check(self, *, interrupted: bool) -> None:
        """Notice the end of the process.

        Raises
        ------
        ValueError
            It refused its arguments.
        LamportError
            It failed otherwise; of an algorithm, its own error.
        """
        if self.done or self._pipes or self._process is None:
            return
        # Its pipes are closed: it is gone, or about to be.
        try:
            status = self._process.wait(LAST)
        except subprocess.TimeoutExpired:
            return
        is_known = self.told_error is not None
        if status in ORDERLY and not interrupted and status and not is_known and self._is_recent():
            return
        self.done = True
        if interrupted and status in ORDERLY:
            return
        if self.told_error is not None:
            from lamport._drive.handed import told_error

            raise told_error(self.told_error)
        if status == 0:
            return
        from lamport._lamport import LamportError

        said = "\n".join(self._said) or "it printed no error message"
        if status in ORDERLY:
            said = f"it was asked to end by {signal.Signals(status - 128).name}, not by the run"
        if status == 2:
            raise ValueError(said)
        how = f"signal {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
        raise LamportError(f"machine {self.machine} failed ({how}): {said}")

    def _is_recent(self) -> bool:
        """Whether it ended just now: who has asked it to may be about to ask the run."""
        self._ended = self._ended or time.monotonic()
        return time.monotonic() < self._ended + ECHO

    def miss(self, *, machines: int, past: float, is_over: bool) -> None:
        """Notice that the process says nothing.

        Parameters
        ----------
        machines : int
            How many start together.
        past : float
            The seconds that an algorithm may have to do once more before it begins.
        is_over : bool
            It has to end: then one that was stopped by others is let go on, and at last killed.

        Raises
        ------
        LamportError
            It did not begin, or does not end.
        """
        now = time.monotonic()
        if is_over and self._over is None:
            self._over = now
        silence = now - self._heard
        if self.done or self._paused or self._process is None or silence < SILENT:
            self._silent = self._urged = False
            return
        name = f"machine {self.machine} (process {self._process.pid})"
        longest = LOST if self.ready else STARTING + machines + past
        # However long it was stopped before the end, it has its time from then on.
        overdue = min(silence, now - self._over) if self.ready and self._over is not None else silence
        if overdue >= longest and (is_over or not self.ready):
            self.kill()
            self.done = True
            from lamport._lamport import LamportError

            ought = "end" if self.ready else "begin"
            raise LamportError(
                f"{name} has said nothing for {silence:.0f} s and does not {ought}: "
                "it was killed, and its log has no END line"
            )
        urge = is_over and not self._urged
        if self.ready and (urge or not self._silent):
            self._silent = True
            if urge:
                self._urged = True
                self._signal(signal.SIGCONT)
            go_on = "it was let go on" if is_over else f"kill -CONT {self._process.pid} lets it go on"
            self._warnings.append(
                f"{name} has said nothing for {silence:.0f} s: if others have stopped it, {go_on}"
            )

    @property
    def is_paused(self) -> bool:
        """Whether it was stopped, by `pause`."""
        return self._paused

    def kill(self) -> None:
        """End the process, if it is there, and read its last words."""
        self.done = True
        if self._process is not None:
            if self._process.poll() is None:
                self._process.kill()
            self._process.wait()
        self._leave_start()
        for pipe, read in tuple(self._pipes.items()):
            while pipe in self._pipes and read():
                pass
            self._forget(pipe)

    def _watch(self, pipe: IO[bytes], take: Callable[[list[str]], None]) -> None:
        os.set_blocking(pipe.fileno(), False)
        rest = b""

        def read() -> bool:
            """Read what there is; return whether there was anything."""
            nonlocal rest
            try:
                data = os.read(pipe.fileno(), 65536)
            except BlockingIOError:
                return False
            self._heard = time.monotonic()
            *lines, rest = (rest + data).split(b"\n")
            take([line.decode(errors="replace") for line in lines])
            if not data:
                self._forget(pipe)
            return bool(data)

        self._pipes[pipe] = read
        self._selector.register(pipe, selectors.EVENT_READ, read)

    def _forget(self, pipe: IO[bytes]) -> None:
        if self._pipes.pop(pipe, None) is not None:
            self._selector.unregister(pipe)
            pipe.close()

    def _take_status(self, lines: list[str]) -> None:
        for line in lines:
            clock, queue, *more = line.split()
            if clock == "error":
                self.told_error = queue
                continue
            self.clock, self.queue = int(clock), int(queue)
            self.began = float(more[0]) if more else None
            if looks := more[1:]:
                is_idle, *others = map(int, looks)
                self.look = Look(bool(is_idle), *others)
            self.ready = True

    def _take_text(self, lines: list[str]) -> None:
        for line in lines:
            if line.startswith("lamport: "):
                self._warnings.append(line.removeprefix("lamport: "))
            elif line:
                self._said.append(line.rpartition("lamport.machine: error: ")[2])
