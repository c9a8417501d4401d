"""Machines 1 .. n as processes of this host, watched by this one."""

import errno
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any

from lamport._address import format_address

__all__ = ["ProcessRun"]

HOST = "127.0.0.1"
KEPT_LINES = 20


class ProcessRun:
    """The processes of a run, with the methods of the native ``LocalRun``.

    Every port is bound here and handed down, so no other program can take one in between. Each
    process writes its clock and queue length to a pipe; when that pipe breaks, it ends by itself.

    Raises
    ------
    FileExistsError
        The directory holds a log of one of the machines.
    OSError
        A port is in use.
    """

    def __init__(
        self,
        peers: Sequence[Sequence[int]],
        log_dir: str,
        duration: float,
        *,
        rates: Sequence[float] | None,
        base_port: int,
        precise: bool,
        **options: Any,
    ) -> None:
        self._logs = [Path(log_dir, f"machine_{machine}.log") for machine in range(1, len(peers) + 1)]
        for log in self._logs:
            if log.exists():
                raise FileExistsError(f"{log} exists: a log is never overwritten; give another log_dir")
        self._sockets = _bind(base_port, len(peers))
        ports = [listener.getsockname()[1] for listener in self._sockets]
        self._commands = [
            _command(
                {
                    "id": machine + 1,
                    "peers": ",".join(format_address(HOST, ports[peer]) for peer in row),
                    "log": self._logs[machine],
                    "duration": duration,
                    "rate": None if rates is None else rates[machine],
                    "allow": HOST,
                    "listen-fd": self._sockets[machine].fileno(),
                    **{name.replace("_", "-"): value for name, value in options.items()},
                },
                precise=precise,
            )
            for machine, row in enumerate(peers)
        ]
        self._selector = selectors.DefaultSelector()
        self._children: list[_Child] = []
        self._rates = None if rates is None else list(rates)
        self._started = 0.0
        self._stopping = False

    @property
    def rates(self) -> list[float] | None:
        """The rates, once every machine has told its own in its log."""
        if self._rates is None and self._started:
            self._rates = [_first_line(log)["clock_rate"] for log in self._logs]
        return self._rates

    def start(self) -> None:
        """Start the processes."""
        for machine, (command, listener) in enumerate(zip(self._commands, self._sockets, strict=True), 1):
            self._children.append(_Child(machine, command, listener, self._selector))
        for listener in self._sockets:
            listener.close()

    def stop(self) -> None:
        """Ask every process to end early, as Ctrl-C would."""
        self._stopping = True
        for child in self._children:
            child.interrupt()

    def join(self, timeout: float | None = None) -> bool:
        """Wait until every process is done. Returns whether they are; raises what made one fail."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while self._selector.get_map():
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            for key, _ in self._selector.select(left):
                key.data()
            if not self._started and all(child.ready for child in self._children):
                self._started = time.monotonic()
            if self._stopping:
                self.stop()
            if deadline is not None and time.monotonic() >= deadline:
                break
        for child in self._children:
            child.check(interrupted=self._stopping)
        return all(child.done for child in self._children)

    def elapsed(self) -> float:
        """Seconds since every machine was ready, 0 before."""
        return time.monotonic() - self._started if self._started else 0.0

    def status(self) -> tuple[list[int], list[int]]:
        """Each machine's clock and queue length, as it last told."""
        return [child.clock for child in self._children], [child.queue for child in self._children]

    def warnings(self) -> list[str]:
        """Take the warnings since the last call."""
        return [warning for child in self._children for warning in child.take_warnings()]

    def kill(self) -> None:
        """End every process that is still there, and close what belongs to them."""
        for child in self._children:
            child.kill()
        for listener in self._sockets:
            listener.close()


class _Child:
    """One process: its pipes, what it told, how it ended."""

    def __init__(
        self, machine: int, command: list[str], listener: socket.socket, selector: selectors.BaseSelector
    ) -> None:
        self.machine = machine
        self.ready = self.done = False
        self.clock = self.queue = 0
        self._selector = selector
        self._interrupted = False
        self._pipes: list[IO[bytes]] = []
        self._warnings: list[str] = []
        self._said: deque[str] = deque(maxlen=KEPT_LINES)
        reading, writing = os.pipe()
        try:
            self._process = subprocess.Popen(
                [*command, "--status-fd", str(writing)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                pass_fds=(listener.fileno(), writing),
                start_new_session=True,  # Ctrl-C reaches this process only, which passes it on
            )
        except BaseException:
            os.close(reading)
            raise
        finally:
            os.close(writing)
        assert self._process.stderr is not None
        self._watch(os.fdopen(reading, "rb", buffering=0), self._hear_status)
        self._watch(self._process.stderr, self._hear_text)

    def interrupt(self) -> None:
        """Pass Ctrl-C on, once the process can answer it with a complete log."""
        if self.ready and not self._interrupted:
            self._interrupted = True
            self._process.send_signal(signal.SIGINT)

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
            It failed otherwise.
        """
        if self.done or self._pipes:
            return
        # Its pipes are closed: it is gone, or about to be.
        status = self._process.wait()
        self.done = True
        if status == 0 or (interrupted and status == 128 + signal.SIGINT):
            return
        from lamport._lamport import LamportError

        said = "\n".join(self._said) or "it said nothing"
        if status == 2:
            raise ValueError(said)
        how = f"signal {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
        raise LamportError(f"machine {self.machine} failed ({how}): {said}")

    def kill(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for pipe in tuple(self._pipes):
            self._forget(pipe)

    def _watch(self, pipe: IO[bytes], hear: Callable[[list[str]], None]) -> None:
        os.set_blocking(pipe.fileno(), False)
        rest = b""

        def listen() -> None:
            nonlocal rest
            data = os.read(pipe.fileno(), 65536)
            *lines, rest = (rest + data).split(b"\n")
            hear([line.decode(errors="replace") for line in lines])
            if not data:
                self._forget(pipe)

        self._pipes.append(pipe)
        self._selector.register(pipe, selectors.EVENT_READ, listen)

    def _forget(self, pipe: IO[bytes]) -> None:
        self._selector.unregister(pipe)
        self._pipes.remove(pipe)
        pipe.close()

    def _hear_status(self, lines: list[str]) -> None:
        if lines:
            self.clock, self.queue = map(int, lines[-1].split())
            self.ready = True

    def _hear_text(self, lines: list[str]) -> None:
        for line in lines:
            if line.startswith("lamport: "):
                self._warnings.append(line.removeprefix("lamport: "))
            elif line:
                self._said.append(line.rpartition("lamport.machine: error: ")[2])


def _bind(base_port: int, machines: int) -> list[socket.socket]:
    sockets: list[socket.socket] = []
    for machine in range(machines):
        port = base_port + machine if base_port else 0
        listener = socket.socket()
        sockets.append(listener)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
            listener.listen(1024)
        except (OSError, OverflowError) as error:
            for opened in sockets:
                opened.close()
            if isinstance(error, OverflowError):
                raise ValueError(f"port {port} of machine {machine + 1} is not from 1 to 65535") from None
            number = error.errno or errno.EADDRNOTAVAIL
            what = f"port {port} of machine {machine + 1}: {os.strerror(number)}"
            raise OSError(number, f"cannot listen on {what}") from error
    return sockets


def _command(options: dict[str, Any], *, precise: bool) -> list[str]:
    # One word an option: a value that begins with a dash stays a value.
    words = [f"--{name}={value}" for name, value in options.items() if value is not None]
    return [sys.executable, "-m", "lamport.machine", *words, *([] if precise else ["--no-precise"])]


def _first_line(log: Path) -> dict[str, Any]:
    with log.open(encoding="utf-8") as lines:
        first: dict[str, Any] = json.loads(lines.readline())
    return first
