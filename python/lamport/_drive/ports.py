"""The listening sockets of a run's processes."""

import errno
import os
import socket

__all__ = ["HOST", "Ports"]

HOST = "127.0.0.1"
BACKLOG = 1024


class Ports:
    """A listening socket for each machine; where machines come back, their ports stay taken meanwhile."""

    def __init__(self, base_port: int, machines: int, *, keep: bool) -> None:
        self.listeners: list[socket.socket] = []
        self._kept: list[socket.socket] = []
        for machine in range(machines):
            port = base_port + machine if base_port else 0
            try:
                if keep:
                    # Bound before the one that listens: beside a listening socket nothing binds.
                    self._kept.append(_bind(port))
                    port = self._kept[-1].getsockname()[1]
                self.listeners.append(_bind(port))
                self.listeners[-1].listen(BACKLOG)
            except (OSError, OverflowError) as error:
                self.close()
                if isinstance(error, OverflowError):
                    raise ValueError(f"port {port} of machine {machine + 1} is not from 1 to 65535") from None
                number = error.errno or errno.EADDRNOTAVAIL
                what = f"port {port} of machine {machine + 1}{_hint(number, port)}: {os.strerror(number)}"
                raise OSError(number, f"cannot listen on {what}") from error
        self.numbers: list[int] = [listener.getsockname()[1] for listener in self.listeners]

    def hand_over(self) -> None:
        """Leave the listening sockets to the machines."""
        for listener in self.listeners:
            listener.close()

    def open(self, machine: int) -> socket.socket:
        """Listen once more on the port of a machine that is down."""
        listener = _bind(self.numbers[machine])
        listener.listen(BACKLOG)
        return listener

    def close(self) -> None:
        """Give up every port."""
        for held in (*self.listeners, *self._kept):
            held.close()


def _bind(port: int) -> socket.socket:
    bound = socket.socket()
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((HOST, port))
    except BaseException:
        bound.close()
        raise
    return bound


def _hint(number: int, port: int) -> str:
    from lamport._lamport import port_hint

    return port_hint(port) if number == errno.EADDRINUSE else ""
