"""The listening sockets of machines that are processes of this host."""

import errno
import os
import socket
from collections.abc import Iterable, Mapping

__all__ = ["HOST", "Ports"]

HOST = "127.0.0.1"
BACKLOG = 1024
ELSEWHERE = frozenset({errno.EADDRINUSE, errno.EACCES})
"""Why another port may do."""


class Ports:
    """A listening socket for each machine; where machines come back, their ports stay taken meanwhile.

    Parameters
    ----------
    wanted : mapping of int to iterable of int
        For each machine the ports it may have, of which the first is taken that is free; 0 is any. Machines
        that share an iterator share what it has.
    keep : bool
        Machines come back.
    host : str or None
        The address to listen on; None is all of this host.

    Raises
    ------
    OSError
        None of the ports is free, or this host does not have the address.
    ValueError
        One is no port.
    """

    def __init__(self, wanted: Mapping[int, Iterable[int]], *, keep: bool, host: str | None = HOST) -> None:
        self._host = host
        self._kept: list[socket.socket] = []
        self.listeners: dict[int, socket.socket] = {}
        self.numbers: dict[int, int] = {}
        try:
            for machine, ports in wanted.items():
                self.listeners[machine] = self._take(machine, ports, keep=keep)
                self.numbers[machine] = self.listeners[machine].getsockname()[1]
        except BaseException:
            self.close()
            raise

    def hand_over(self) -> None:
        """Leave the listening sockets to the machines."""
        for listener in self.listeners.values():
            listener.close()

    def open(self, machine: int) -> socket.socket:
        """Listen once more on the port of a machine that is down."""
        return self._listen(self.numbers[machine])

    def close(self) -> None:
        """Give up every port."""
        for held in (*self.listeners.values(), *self._kept):
            held.close()

    def _take(self, machine: int, ports: Iterable[int], *, keep: bool) -> socket.socket:
        failure: OSError | None = None
        for port in ports:
            try:
                if not keep:
                    return self._listen(port)
                # Bound before the one that listens: beside a listening socket nothing binds.
                kept = _bind(self._host, port)
                self._kept.append(kept)
                return self._listen(kept.getsockname()[1])
            except OverflowError:
                raise ValueError(f"port {port} of machine {machine} is not from 1 to 65535") from None
            except OSError as error:
                failure = self._say(error, machine, port)
                if error.errno not in ELSEWHERE:
                    break
        raise failure or OSError(errno.EADDRINUSE, f"no port is left for machine {machine}: give more")

    def _listen(self, port: int) -> socket.socket:
        listener = _bind(self._host, port)
        try:
            listener.listen(BACKLOG)
        except BaseException:
            listener.close()
            raise
        return listener

    def _say(self, error: OSError, machine: int, port: int) -> OSError:
        number = error.errno or errno.EADDRNOTAVAIL
        place = "" if self._host in {None, HOST} else f" of {self._host}"
        what = f"port {port}{place} of machine {machine}{_hint(number, port)}: {os.strerror(number)}"
        failure = OSError(number, f"cannot listen on {what}")
        failure.__cause__ = error
        return failure


def _bind(host: str | None, port: int) -> socket.socket:
    if host is not None:
        return _bound(socket.AF_INET6 if ":" in host else socket.AF_INET, host, port)
    try:
        # One socket for IPv6 and IPv4, where the system has IPv6 at all.
        return _bound(socket.AF_INET6, "::", port, is_for_both=True)
    except OSError as error:
        if error.errno in ELSEWHERE:
            raise
        return _bound(socket.AF_INET, "0.0.0.0", port)


def _bound(family: socket.AddressFamily, host: str, port: int, *, is_for_both: bool = False) -> socket.socket:
    bound = socket.socket(family)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if is_for_both:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        bound.bind((host, port))
    except BaseException:
        bound.close()
        raise
    return bound


def _hint(number: int, port: int) -> str:
    from lamport._lamport import port_hint

    return port_hint(port) if number == errno.EADDRINUSE else ""
