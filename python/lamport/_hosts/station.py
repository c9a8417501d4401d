"""One host of a run: its agent, its machines, and what they have said so far."""

import time
from collections.abc import Callable, Mapping
from math import isfinite
from pathlib import Path
from typing import Any, NamedTuple

from lamport._drive.spoken import SILENCE
from lamport._hosts.gather import Gathered
from lamport._hosts.handler_error import handler_error
from lamport._hosts.host import Host, address_of
from lamport._hosts.line import Line
from lamport._hosts.remedy import plain

__all__ = ["Hello", "Look", "Station"]

KINDS: dict[str, type[Exception]] = {"ValueError": ValueError, "OSError": OSError}
"""Errors that are told by name; all others are errors of the run."""


class Hello(NamedTuple):
    """What an agent says first."""

    protocol: int
    version: str
    directory: str
    reached: str | None
    addresses: list[str]
    files: int


class Look(NamedTuple):
    """What is under way at a machine: whether nothing is, what is kept and unread, and since when (ns)."""

    is_idle: bool
    kept: int
    unread: int
    age: int


class Station:
    """A host of a run.

    Parameters
    ----------
    index : int
        Its place among the hosts.
    host : Host
        What it is.
    machines : range
        The ids of its machines.
    line : Line
        The line to its agent.
    directory : Path
        Where the logs of its machines are to be.
    has_handlers : bool
        Whether errors of handlers are taken from it: this run's algorithm was handed to it.

    Attributes
    ----------
    hello : Hello or None
        What it said first.
    ports : dict of int to int
        The ports of its machines, once they are reserved.
    failed : list of (int, str) or None
        Which other hosts it cannot connect to, and why, once it has tried.
    address : str
        Where others reach it.
    lost : str
        Why it is lost, if it is.
    trouble : str
        What is wrong with it, if anything is.
    kind : type of Exception or None
        What its agent calls that, if it says so itself.
    is_asked, is_dismissed : bool
        Whether it was asked for its logs, and then let go: it forgets them.
    is_unwritten : bool
        Whether some of what came of them could not be written here.
    """

    def __init__(
        self, index: int, host: Host, machines: range, line: Line, directory: Path, *, has_handlers: bool
    ) -> None:
        self.index, self.host, self.machines, self.line = index, host, machines, line
        self.hello: Hello | None = None
        self.ports: dict[int, int] = {}
        self.failed: list[tuple[int, str]] | None = None
        self.address = self.lost = ""
        self.has_started = self.is_ready = self.is_over = self.is_gathered = self.is_gone = False
        self.is_asked = self.is_dismissed = self.is_unwritten = False
        self.clocks = dict.fromkeys(machines, 0)
        self.queues = dict.fromkeys(machines, 0)
        self.began: dict[int, float] = {}
        self.looks: tuple[int, float, list[Look]] | None = None
        self.errors: list[BaseException] = []
        self.warnings: list[str] = []
        self.trouble = ""
        self.kind: type[Exception] | None = None
        self._gathered = Gathered(directory, machines)
        self._has_handlers = has_handlers

    @property
    def name(self) -> str:
        """What messages call it."""
        return self.host.name

    @property
    def is_whole(self) -> bool:
        """Whether all logs of its machines are here."""
        return self.is_gathered and not (self.is_unwritten or self.trouble or self.lost)

    @property
    def is_here(self) -> bool:
        """Whether it takes part."""
        return not self.lost and not self.is_gone

    def turn(self) -> None:
        """Take what its agent has said; note what is wrong with it as `trouble`."""
        while (said := self.line.take()) is not None:
            if not self._take(said):
                break
        self.line.live()
        if self.trouble or not self.is_here:
            return
        silence = time.monotonic() - self.line.heard
        if self.line.broken:
            self.trouble = f"it says {self.line.broken}, which no agent of this version does"
        elif self.hello is not None and silence > SILENCE:
            self.trouble = f"it has said nothing for {silence:.0f} s"
        elif self.hello is not None and not self.line.is_open:
            self.trouble = self._ended()

    def order(self, **said: Any) -> None:
        """Give its agent an order, if it takes part and has said hello."""
        if self.is_here and self.line.has_said:
            self.line.order(**said)

    def _ended(self) -> str:
        status = self.line.end.status(1.0)
        last = plain(self.line.printed.rpartition("\n")[2])
        how = "" if status is None else f" (exit status {status})" if status >= 0 else f" (signal {-status})"
        return f"the line to it ended{how}{f': {last}' if last else ''}"

    def _take(self, said: dict[str, Any]) -> bool:
        word = said.get("say")
        if not isinstance(word, str):
            return True
        if word in FLAGS:
            setattr(self, FLAGS[word], True)
        take = TAKES.get(word)
        if take is None:
            return True  # of a later version: nothing that is needed
        try:
            take(self, said)
        except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
            self.trouble = f"it says {word!r} in a way that no agent of this version does ({error!r})"
            return False
        return True

    def _hello(self, said: Mapping[str, Any]) -> None:
        reached = said.get("reached")
        self.hello = Hello(
            protocol=int(said["protocol"]),
            version=str(said["version"]),
            directory=plain(str(said.get("directory", ""))),
            # It goes into the words of other machines.
            reached=address_of("reached", reached),
            addresses=[str(each) for each in said.get("addresses", ())],
            files=int(said.get("files", 0)),
        )

    def _reserved(self, said: Mapping[str, Any]) -> None:
        ports = {int(machine): int(port) for machine, port in said["ports"].items()}
        if set(ports) != set(self.machines) or not all(0 < port < 2**16 for port in ports.values()):
            raise ValueError(f"ports {ports} for machines {list(self.machines)}")
        self.ports = ports

    def _probed(self, said: Mapping[str, Any]) -> None:
        self.failed = [(int(index), str(why)) for index, why in said["failed"]]

    def _status(self, said: Mapping[str, Any]) -> None:
        for machine, clock, queue, began in said["machines"]:
            if machine not in self.clocks:
                raise ValueError(f"machine {machine} is not one of its {list(self.machines)}")
            self.clocks[machine], self.queues[machine] = int(clock), int(queue)
            if began is not None:
                if not isfinite(began):
                    raise ValueError(f"machine {machine} began at {began}")
                self.began[machine] = float(began)

    def _look(self, said: Mapping[str, Any]) -> None:
        looks = [
            Look(bool(is_idle), int(kept), int(unread), int(age))
            for _, is_idle, kept, unread, age in said["machines"]
        ]
        if len(looks) == len(self.machines):
            self.looks = (int(said["number"]), time.monotonic(), looks)

    def _failed(self, said: Mapping[str, Any]) -> None:
        machine, text = said.get("machine"), plain(str(said.get("text", "")))
        if machine is None:
            self.trouble, self.kind = text or "its agent failed", _kind(said)
            return
        told = said.get("error")
        if told is not None and self._has_handlers:
            try:
                self.errors.append(handler_error(str(told)))
                return
            except Exception as error:  # one of another class, or whatever it says
                text += f" (its error cannot be read here: {error})"
        self.errors.append(_kind(said)(f"host {self.name}: {text}"))

    def _warning(self, said: Mapping[str, Any]) -> None:
        self.warnings.append(f"host {self.name}: {plain(str(said['text']))}")

    def _log(self, said: Mapping[str, Any]) -> None:
        if self.is_unwritten:
            return
        try:
            self._gathered.part(int(said["machine"]), said["part"])
        except OSError:
            self.is_unwritten = True
            raise

    def _log_end(self, said: Mapping[str, Any]) -> None:
        if self.is_unwritten:
            return
        self._gathered.end(int(said["machine"]), int(said["bytes"]), int(said["crc"]))

    def _all_logs(self, _: Mapping[str, Any]) -> None:
        if not self.is_unwritten:
            self._gathered.close()
        self.is_gathered = True


def _kind(said: Mapping[str, Any]) -> type[Exception]:
    """Return the class of an error that an agent tells."""
    from lamport._lamport import LamportError

    return KINDS.get(str(said.get("kind")), LamportError)


TAKES: dict[str, Callable[[Station, Mapping[str, Any]], None]] = {
    "hello": Station._hello,
    "reserved": Station._reserved,
    "probed": Station._probed,
    "status": Station._status,
    "look": Station._look,
    "warning": Station._warning,
    "failed": Station._failed,
    "log": Station._log,
    "log_end": Station._log_end,
    "gathered": Station._all_logs,
}
"""What is made of each thing that an agent says; others need no answer."""
FLAGS = {
    "started": "has_started",
    "ready": "is_ready",
    "over": "is_over",
    "bye": "is_gone",
}
"""What is true from the time on that an agent says it."""
