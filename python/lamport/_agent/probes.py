"""Whether the machines of other hosts can be reached from this one."""

import errno
import os
import selectors
import socket
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

__all__ = ["Probes"]

UNDER_WAY = frozenset({0, errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EALREADY})


class Probes:
    """Connections to one address of each other host, made at once and closed at once.

    Parameters
    ----------
    targets : iterable of (int, str, str, int)
        For each host its index, its name, an address and a port.
    seconds : float
        How long they may take.
    selector : BaseSelector
        Where they are watched; each key's data is to be called.
    """

    def __init__(
        self, targets: Iterable[tuple[int, str, str, int]], seconds: float, selector: selectors.BaseSelector
    ) -> None:
        self._seconds, self._selector = seconds, selector
        self._until = time.monotonic() + seconds
        self._open: dict[socket.socket, int] = {}
        self._why: dict[int, str] = {}
        self._reached: set[int] = set()
        self._found: dict[int, list[tuple[socket.AddressFamily, Any]]] = {}
        self._asked = set()
        for index, _, address, port in targets:
            self._asked.add(index)
            # A name server may take its time, and there is none to ask for an address.
            thread = threading.Thread(target=self._look_up, args=(index, address, port), daemon=True)
            thread.start()
            thread.join(0.05)

    def failed(self) -> list[tuple[int, str]] | None:
        """Return which hosts were not reached, and why, once that is known."""
        for index in tuple(self._found):
            for family, address in self._found.pop(index):
                self._connect(index, family, address)
        if self._asked - self._reached and time.monotonic() < self._until:
            waiting = {*self._open.values(), *self._asked - self._why.keys()}
            if waiting - self._reached:
                return None
        for each in tuple(self._open):
            self._close(each)
        late = f"no answer within {self._seconds:g} s"
        return [(index, self._why.get(index, late)) for index in sorted(self._asked - self._reached)]

    @property
    def left(self) -> float:
        """Seconds until they are given up."""
        return max(0.0, self._until - time.monotonic())

    def _look_up(self, index: int, address: str, port: int) -> None:
        try:
            found = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            self._why[index] = f"{address} is unknown here: {getattr(error, 'strerror', None) or error}"
            return
        self._found[index] = [(family, place) for family, _, _, _, place in found]

    def _connect(self, index: int, family: socket.AddressFamily, address: Any) -> None:
        try:
            probe = socket.socket(family)
        except OSError as error:
            self._why[index] = str(error)
            return
        probe.setblocking(False)
        self._open[probe] = index
        number = probe.connect_ex(address)
        if number not in UNDER_WAY:
            self._why[index] = os.strerror(number)
            del self._open[probe]
            probe.close()
            return
        self._selector.register(probe, selectors.EVENT_WRITE, lambda: self._end(probe, index))

    def _end(self, probe: socket.socket, index: int) -> None:
        number = probe.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if number == 0:
            self._reached.add(index)
        else:
            self._why[index] = os.strerror(number)
        self._close(probe)

    def _close(self, probe: socket.socket) -> None:
        with suppress(KeyError):
            del self._open[probe]
            self._selector.unregister(probe)
        probe.close()
