"""The sockets of a host's machines before these are there."""

import selectors
import socket
from collections.abc import Sequence
from contextlib import suppress

from lamport._drive.ports import Ports

__all__ = ["Reserved"]


class Reserved:
    """Sockets that listen until machines take them over; meanwhile whoever connects is let in and sent away.

    Parameters
    ----------
    machines : sequence of int
        The ids of the machines.
    listen : str or None
        The address to listen on; None is all of this host.
    ports : sequence of int or None
        The first of those they may have and the one behind the last; None is any.
    keep : bool
        Machines come back.
    selector : BaseSelector
        Where the sockets are watched; each key's data is to be called.

    Attributes
    ----------
    ports : Ports
        The sockets.

    Raises
    ------
    OSError, ValueError
        There is no such port to be had.
    """

    def __init__(
        self,
        machines: Sequence[int],
        listen: str | None,
        ports: Sequence[int] | None,
        *,
        keep: bool,
        selector: selectors.BaseSelector,
    ) -> None:
        self._selector = selector
        free = iter([0] * len(machines) if ports is None else range(*ports))
        self.ports = Ports(dict.fromkeys(machines, free), keep=keep, host=listen)
        for listener in self.ports.listeners.values():
            listener.setblocking(False)
            selector.register(listener, selectors.EVENT_READ, lambda each=listener: _send_away(each))

    def hand_over(self) -> Ports:
        """Leave them to machines: what connects from now on is theirs."""
        self._forget()
        return self.ports

    def close(self) -> None:
        """Give up every port."""
        self._forget()
        self.ports.close()

    def _forget(self) -> None:
        for listener in self.ports.listeners.values():
            with suppress(KeyError, ValueError):
                self._selector.unregister(listener)


def _send_away(listener: socket.socket) -> None:
    with suppress(OSError):
        listener.accept()[0].close()
