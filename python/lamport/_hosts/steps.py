"""What comes before ticking: hosts are there, fit, listen, are reached and ready; else nothing runs."""

import time
from collections.abc import Callable, Sequence
from itertools import chain

from lamport._drive.spoken import PROTOCOL
from lamport._hosts.address import at, is_loopback
from lamport._hosts.host import PYTHON, ports_text
from lamport._hosts.remedy import why_silent
from lamport._hosts.station import Hello, Station

__all__ = ["Ahead", "check_files", "check_hello", "check_reached", "pairs"]

HELLO = 30.0
"""Seconds that a host has for the first line of its agent: a connection, and a Python that starts."""
ANSWER = 30.0
"""Seconds that it has for an answer, one more for each machine."""
SETTLING = 0.5
"""Seconds in which other hosts that fail too are heard of, once one has."""
GONE = "the launcher is gone"
"""What an agent says whose standard input has ended."""
PROBE = 2.0
"""Seconds in which one host connects to another."""
FILES_PER_MACHINE = 6
"""Open files of an agent for each machine: pipes, sockets."""
FILES_BESIDE = 32
SHOWN = 20
"""The most pairs of hosts that a message shows."""


class Ahead:
    """Waits for what all hosts have to say before anything runs.

    Parameters
    ----------
    stations : sequence of Station
        The hosts.
    turn : callable
        Reads what there is, for so many seconds at most.
    is_ended : callable
        Whether the run is to end.
    """

    def __init__(
        self,
        stations: Sequence[Station],
        turn: Callable[[float], object],
        is_ended: Callable[[], bool],
    ) -> None:
        self._stations, self._turn, self._is_ended = stations, turn, is_ended

    def wait(self, is_done: Callable[[Station], object], seconds: float, what: str, remedy: str = "") -> None:
        """Wait until all hosts are so far.

        Parameters
        ----------
        is_done : callable
            Whether a host is.
        seconds : float
            How long they have.
        what : str
            What they do.
        remedy : str
            What helps if one cannot.

        Raises
        ------
        LamportError
            One of them is not, and will not be: which, and why.
        KeyboardInterrupt
            The run is to end.
        """
        from lamport._lamport import LamportError

        until = time.monotonic() + seconds
        while not all(is_done(station) for station in self._stations):
            if self._is_ended():
                raise KeyboardInterrupt
            self._turn(until - time.monotonic())
            if self._failures(remedy):
                self._settle()
                failures = self._failures(remedy)
                first = failures[0]
                if len(failures) == 1 or type(first) not in {LamportError, OSError, ValueError}:
                    raise first
                raise type(first)("\n".join(map(str, failures)))
            if time.monotonic() > until:
                late = [station for station in self._stations if not is_done(station)]
                names = ", ".join(station.name for station in late)
                if late[0].hello is None:
                    raise LamportError(f"host {late[0].name}: after {seconds:.0f} s {_silent(late[0])}")
                raise LamportError(
                    f"{what} takes longer than {seconds:.0f} s: waited for host {names}; is it overloaded?"
                )

    def _settle(self) -> None:
        """See which other hosts fail: whoever mends one would like to know."""
        until = time.monotonic() + SETTLING
        while time.monotonic() < until and any(_is_open(station) for station in self._stations):
            self._turn(until - time.monotonic())

    def _failures(self, remedy: str) -> list[BaseException]:
        """Return what keeps hosts from going on."""
        from lamport._lamport import LamportError

        found: list[BaseException] = []
        for station in self._stations:
            if station.errors:
                found.append(station.errors[0])
            elif station.trouble:
                helps = f"; {_helps(station, remedy)}".removesuffix("; ")
                found.append((station.kind or LamportError)(f"host {station.name}: {station.trouble}{helps}"))
            elif station.hello is None and not station.line.is_open:
                found.append(LamportError(f"host {station.name}: {_silent(station)}"))
        return found


def _helps(station: Station, remedy: str) -> str:
    """Say what helps against the trouble of a host."""
    if station.trouble == GONE:
        return "its command does not pass standard input on: is an option missing, as in docker exec -i?"
    return remedy if station.kind is OSError else ""


def _is_open(station: Station) -> bool:
    """Whether it is open if a host will fail as another has."""
    return station.hello is None and station.line.is_open


def _silent(station: Station) -> str:
    line = station.line
    status = None if line.is_open else line.end.status(1.0)
    return why_silent(station.host, status, line.noise, line.printed)


def check_hello(station: Station, hello: Hello) -> None:
    """Compare versions.

    Raises
    ------
    LamportError
        That of the host is another one.
    """
    from lamport._lamport import LamportError, __version__

    if (hello.version, hello.protocol) != (__version__, PROTOCOL):
        python = station.host.python or PYTHON
        raise LamportError(
            f"host {station.name} has lamport {hello.version} (protocol {hello.protocol}), here it is "
            f"{__version__} (protocol {PROTOCOL}): install one version on all hosts, as with "
            f"`{python} -m pip install lamport=={__version__}` there"
        )


def check_files(station: Station, hello: Hello, peers: Sequence[Sequence[int]]) -> None:
    """Refuse a host on which too few files may be open.

    Raises
    ------
    LamportError
        Its limit is below what its machines need.
    """
    from lamport._lamport import LamportError

    own = [machine - 1 for machine in station.machines]
    heard = dict.fromkeys(own, 0)
    for peer in chain.from_iterable(peers):
        if peer in heard:
            heard[peer] += 1
    # A machine is a process: a file for each of its connections, made by it or by others.
    of_one = max(len(peers[machine]) + heard[machine] for machine in own) + FILES_BESIDE
    needed = max(of_one, len(own) * FILES_PER_MACHINE + FILES_BESIDE)
    if 0 < hello.files < needed:
        raise LamportError(
            f"host {station.name}: only {hello.files} files may be open there, and its {len(own)} machines "
            f"need {needed}: raise the limit there (`ulimit -Hn`, or LimitNOFILE= of its service), give it "
            "fewer machines, or a sparser topology"
        )


def listen_of(station: Station, listen: str | None) -> str | None:
    """Return the address on which the machines of a host listen; None: on all."""
    near = station.address if is_loopback(station.address) else None
    return station.host.listen or listen or near


def ports_of(station: Station, ports: range | None) -> list[int] | None:
    """Return the first port that its machines may take, and the one behind the last."""
    taken = station.host.ports if isinstance(station.host.ports, range) else ports
    return None if taken is None else [taken.start, taken.stop]


def pairs(stations: Sequence[Station], peers: Sequence[Sequence[int]]) -> dict[int, list[Station]]:
    """Return, by host, the others to which its machines connect."""
    home = {machine - 1: station for station in stations for machine in station.machines}
    found: dict[int, dict[int, Station]] = {station.index: {} for station in stations}
    for machine, row in enumerate(peers):
        for peer in row:
            if home[peer] is not home[machine]:
                found[home[machine].index].setdefault(home[peer].index, home[peer])
    return {index: list(others.values()) for index, others in found.items()}


def check_reached(stations: Sequence[Station]) -> None:
    """Refuse a run in which hosts cannot connect.

    Raises
    ------
    LamportError
        Some cannot: which, to where, and why.
    """
    from lamport._lamport import LamportError

    rows = []
    for station in stations:
        for index, why in station.failed or ():
            other = stations[index % len(stations)]
            place = at(other.address, other.ports[other.machines[0]])
            rows.append((station.name, other.name, place, why))
    if not rows:
        return
    heads = ("from", "to", "at", "why")
    shown = rows[:SHOWN]
    widths = [max(map(len, column)) for column in zip(heads, *shown, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
             for row in (heads, *shown)]  # fmt: skip
    taken = {ports_text(each.host.ports) for each in stations if isinstance(each.host.ports, range)}
    how = f"the ports {', '.join(sorted(filter(None, taken)))}" if taken else "these ports"
    table = "\n  ".join([*lines, *([f"... and {len(rows) - SHOWN} more"] if len(rows) > SHOWN else [])])
    what = "1 pair of hosts" if len(rows) == 1 else f"{len(rows)} pairs of hosts"
    raise LamportError(
        f"{what} cannot connect, and nothing was started:\n  {table}\n"
        f'A firewall has to let {how} through (ports="9000:9100" keeps to some), address= says where others '
        "reach a host, and listen= where its machines listen"
    )
