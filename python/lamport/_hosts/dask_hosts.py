"""The workers of a Dask cluster as hosts: an actor on each, which runs an agent and passes its lines on."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from lamport._hosts.host import Host
from lamport._hosts.line import End
from lamport._hosts.place import Place

__all__ = ["AgentActor", "dask_hosts"]

PAUSE = 0.05
"""Seconds that an actor waits for something to pass on."""
READ = 1 << 16
PLACED = 30.0
"""Seconds in which a worker has to have its actor."""
LOCAL = "127.0.0.1"


class AgentActor:
    """Runs an agent on a worker, and keeps its pipes: if the worker dies, the agent's input ends."""

    def __init__(self) -> None:
        self._agent = agent = subprocess.Popen(
            [sys.executable, "-m", "lamport.agent"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            bufsize=0,
        )
        self._said = threading.Condition()
        self._passed: list[bytearray] = [bytearray(), bytearray()]
        self._open = 2
        for number, pipe in enumerate((agent.stdout, agent.stderr)):
            assert pipe is not None
            threading.Thread(target=self._read, args=(number, pipe.fileno()), daemon=True).start()

    def exchange(self, written: bytes, *, ends: bool) -> tuple[bytes, bytes, int | None]:
        """Pass on what was written; return what came on both pipes, and how the agent ended if all came."""
        stdin = self._agent.stdin
        assert stdin is not None
        with suppress(OSError):
            if written:
                stdin.write(written)
            if ends:
                stdin.close()
        with self._said:
            self._said.wait_for(lambda: self._open == 0 or any(self._passed), PAUSE)
            said, printed = map(bytes, self._passed)
            for passed in self._passed:
                passed.clear()
            is_over = self._open == 0
        return said, printed, self._agent.wait() if is_over else None

    def kill(self) -> None:
        """End the agent at once."""
        self._agent.kill()

    def _read(self, number: int, fd: int) -> None:
        while data := _read(fd):
            with self._said:
                self._passed[number] += data
                self._said.notify_all()
        with self._said:
            self._open -= 1
            self._said.notify_all()


def _read(fd: int) -> bytes:
    with suppress(OSError):
        return os.read(fd, READ)
    return b""


class ActorEnd:
    """An end of a line, see `End`: an actor, reached by a thread that passes bytes on.

    Raises
    ------
    OSError
        The worker has no actor, and why.
    """

    def __init__(self, client: Any, worker: str) -> None:
        # One agent for each call: without `pure` equal tasks are one.
        future = client.submit(
            AgentActor, workers=[worker], actor=True, allow_other_workers=False, pure=False
        )
        try:
            self._actor = future.result(timeout=PLACED)
        except Exception as error:  # whatever Dask or the worker says
            future.cancel()
            raise OSError(f"no actor runs there: {type(error).__name__}: {error}") from error
        self._orders, self.writing = os.pipe()
        self.reading, self._said = os.pipe()
        self.printed, self._prints = os.pipe()
        self._status: int | None = None
        self._is_over = threading.Event()
        self._ends = False
        os.set_blocking(self._orders, False)
        self._thread = threading.Thread(target=self._pass_on, name="lamport-actor", daemon=True)
        self._thread.start()

    def status(self, seconds: float) -> int | None:
        """Return how the agent ended, once it has, waiting so long."""
        self._is_over.wait(seconds)
        return self._status

    def kill(self) -> None:
        """End the agent: its input ends, and with this call every wait for it."""
        if not self._is_over.is_set():
            with suppress(Exception):  # a worker that is gone
                self._actor.kill()
        self._is_over.set()

    def _pass_on(self) -> None:
        why = ""
        try:
            while self._status is None and not self._is_over.is_set():
                asked = self._actor.exchange(self._written(), ends=self._ends)
                said, printed, self._status = asked.result()
                _write(self._said, said)
                _write(self._prints, printed)
        except Exception as error:  # a worker that is gone: Dask has many words for it
            why = f"its worker is gone: {type(error).__name__}: {error}"
        finally:
            with suppress(OSError):
                os.write(self._prints, why.encode())
            for fd in (self._said, self._prints, self._orders):
                os.close(fd)
            self._is_over.set()

    def _written(self) -> bytes:
        """Take the orders that there are."""
        found = bytearray()
        with suppress(BlockingIOError):
            while data := os.read(self._orders, READ):
                found += data
            self._ends = True
        return bytes(found)


def _write(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data) :]


class WorkerPlace(Place):
    """A worker with its machines."""

    client: Any

    @property
    def where(self) -> Any:
        """What ``run.json`` says of where it is: the worker's own address."""
        return {"dask": self.host.name}

    def open(self) -> End:
        """Start an actor there.

        Raises
        ------
        LamportError
            It does not start.
        """
        from lamport._lamport import LamportError

        try:
            return ActorEnd(self.client, self.host.name)
        except OSError as error:
            raise LamportError(f"host {self.host.name}: {error}") from error


def dask_hosts(client: Any) -> list[tuple[Host, Callable[[range], Place]]]:
    """Return each worker of a client as a host, and what makes it a place.

    Raises
    ------
    ValueError
        The cluster has no worker.
    """
    if getattr(client, "asynchronous", False):
        raise ValueError("hosts: this Client is asynchronous and answers to nobody who waits: make another")
    workers = _workers(client)
    if not workers:
        raise ValueError("hosts: this Client has no worker yet: client.wait_for_workers(n) waits for them")

    def maker(host: Host) -> Callable[[range], Place]:
        def make(share: range) -> Place:
            place = WorkerPlace(host, share)
            object.__setattr__(place, "client", client)
            return place

        return make

    hosts = [Host(worker, address=_address(worker)) for worker in sorted(workers)]
    return [(host, maker(host)) for host in hosts]


def _workers(client: Any) -> dict[str, Any]:
    """Return what the scheduler knows of its workers."""
    try:
        info = client.scheduler_info(n_workers=-1)
    except TypeError:  # older ones tell all without being asked
        info = client.scheduler_info()
    workers: dict[str, Any] = info["workers"]
    return workers


def _address(worker: str) -> str:
    """Return the host of a worker's address; one in this process is here."""
    split = urlsplit(worker)
    return LOCAL if split.scheme == "inproc" else split.hostname or LOCAL
