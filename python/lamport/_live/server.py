"""A page of a run that goes on, for browsers of this host."""

import secrets
import socket
import sys
from contextlib import suppress
from http.server import ThreadingHTTPServer
from socketserver import TCPServer
from threading import BoundedSemaphore, Condition, Thread
from typing import Any

from lamport._live.requests import ASKED_WITHIN, Request
from lamport._live.updates import Updates

__all__ = ["Server"]

HOST = "127.0.0.1"
CONNECTIONS = 32
"""The most connections at once: beyond them the oldest is closed that has not asked for anything."""
VIEWERS = 16
BACKLOG = 128
"""The most connections that wait to be taken."""


LOOK = 0.1
"""Seconds after which it notices at the latest that it is to close."""


class Server(ThreadingHTTPServer):
    """Serves a page, and what a run tells, on loopback, to whoever has the token.

    Parameters
    ----------
    page : str
        The HTML.
    updates : Updates
        What is told.
    port : int
        The port; 0 takes a free one.

    Raises
    ------
    OSError
        The port is in use.
    """

    daemon_threads = True
    block_on_close = False
    # A port is one server's, whatever Python's own do.
    allow_reuse_port = False
    request_queue_size = BACKLOG

    def __init__(
        self, page: str, updates: Updates, port: int = 0, *, asked_within: float = ASKED_WITHIN
    ) -> None:
        self.page = page
        self.updates = updates
        self.asked_within = asked_within
        self.token = secrets.token_urlsafe(24)
        self.is_closed = False
        self._slots = BoundedSemaphore(CONNECTIONS)
        # Connections that have not asked, in the order in which they came, and those of viewers.
        self._silent: dict[socket.socket, None] = {}
        self._open: set[socket.socket] = set()
        self._viewers: set[socket.socket] = set()
        self._changed = Condition()
        self._told = 0
        try:
            super().__init__((HOST, port), Request)
        except OSError as error:
            raise OSError(error.errno, f"port {port} of {HOST}: {error.strerror}") from None
        number = self.server_address[1]
        self.hosts = {f"{HOST}:{number}", f"localhost:{number}"}
        if number == 80:
            self.hosts |= {HOST, "localhost"}
        self.url = f"http://{HOST}:{number}/?token={self.token}"
        self._thread = Thread(target=self.serve_forever, args=(LOOK,), name="lamport-live", daemon=True)

    def start(self) -> None:
        """Serve, in threads."""
        self._thread.start()

    def close(self) -> None:
        """Close the port and all connections."""
        self.is_closed = True
        if self._thread.is_alive():
            self.shutdown()
            self._thread.join()
        self.server_close()
        with self._changed:
            rest = list(self._open)
        for connection in rest:
            _shut(connection)

    @property
    def viewers(self) -> int:
        """How many look at the run now."""
        return len(self._viewers)

    @property
    def had_viewers(self) -> bool:
        """Whether anybody was told how it ended."""
        return self._told > 0

    def wait_for_viewers(self, timeout: float) -> bool:
        """Wait until all who look have been told all; whether they have."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._viewers, timeout)

    def server_bind(self) -> None:
        """Bind, and ask nobody for the name of this host."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread, of which there are so many."""
        if not self._slots.acquire(blocking=False):
            with self._changed:
                oldest = next(iter(self._silent), None)
            if oldest is not None:
                # Its thread ends at once.
                _shut(oldest)
            if not self._slots.acquire(timeout=1.0):
                self.shutdown_request(request)
                return
        with self._changed:
            self._open.add(request)
            self._silent[request] = None
        try:
            super().process_request(request, client_address)
        except RuntimeError:
            # No thread can be started.
            self.shutdown_request(request)

    def shutdown_request(self, request: Any) -> None:
        """Close a connection and forget it."""
        with self._changed:
            is_known = request in self._open
            self._open.discard(request)
            self._silent.pop(request, None)
            self._viewers.discard(request)
            self._changed.notify_all()
        if is_known:
            self._slots.release()
        super().shutdown_request(request)

    def has_asked(self, connection: Any) -> None:
        """Note that a connection has asked for something it may have."""
        with self._changed:
            self._silent.pop(connection, None)

    def take_seat(self, connection: Any) -> bool:
        """Note a viewer, if there is room for one more."""
        with self._changed:
            if len(self._viewers) >= VIEWERS:
                return False
            self._viewers.add(connection)
            return True

    def is_told(self, connection: Any) -> None:
        """Note that a viewer has all there will be."""
        with self._changed:
            self._told += 1
            self._viewers.discard(connection)
            self._changed.notify_all()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        """Say nothing of viewers who are gone."""
        error = sys.exception()
        if not isinstance(error, OSError):
            print(f"lamport: the live page failed: {error!r}", file=sys.stderr, flush=True)


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
