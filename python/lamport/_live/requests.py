"""One request of a browser to the page of a run that goes on, and the answer."""

import io
import secrets
import socket
import time
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

from lamport._live.updates import Update, Updates

__all__ = ["ASKED_WITHIN", "Request"]

ASKED_WITHIN = 5.0
"""Seconds in which a request has to be there."""
LONGEST = 16_384
"""The most bytes of a request."""
BEAT = 1.0
"""Seconds after which a viewer is told that there is nothing new."""
SLOWEST = 20.0
"""Seconds in which a viewer has to take what is sent to it; it may come back."""
DRAINED_WITHIN = 1.0
"""Seconds for which what is too long or unasked for is still taken."""
SENTENCES = {
    HTTPStatus.BAD_REQUEST: "This is no request that a browser makes.",
    HTTPStatus.FORBIDDEN: "The address lacks what was printed in the terminal: open that one.",
    HTTPStatus.NOT_FOUND: "There is nothing here but the page: open the address printed in the terminal.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This page can be looked at, and nothing else.",
    HTTPStatus.REQUEST_TIMEOUT: "The request did not come in time.",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "The request is too long.",
    HTTPStatus.SERVICE_UNAVAILABLE: "16 viewers are looking at this run already: close one of them.",
}
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
FRAMED = "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
POLICY = f"default-src 'none'; {FRAMED}"


class Serves(Protocol):
    """What a request asks of the server that it came to."""

    page: str
    updates: Updates
    asked_within: float
    token: str
    hosts: set[str]
    is_closed: bool

    def has_asked(self, connection: Any) -> None: ...
    def take_seat(self, connection: Any) -> bool: ...
    def is_told(self, connection: Any) -> None: ...


class Request(BaseHTTPRequestHandler):
    """Answers one request, and closes the connection."""

    server: Serves  # type: ignore[assignment]
    disable_nagle_algorithm = True

    def handle(self) -> None:
        """Read the request, as long as it may be and take, and answer it."""
        head, wrong = self._read()
        if wrong is None and not head:
            return  # A browser connects ahead of what it asks.
        self.connection.settimeout(SLOWEST)
        self.rfile = io.BytesIO(head)
        self.close_connection = True
        if wrong is not None:
            self.requestline, self.request_version, self.command = "", "HTTP/1.0", ""
            self.send_error(wrong)
            return
        self.raw_requestline = self.rfile.readline(LONGEST)
        if not self.parse_request():
            return
        wrong = self._wrong()
        if wrong is not None:
            self.send_error(wrong)
            return
        self.server.has_asked(self.connection)
        if self._path == "/":
            self._page()
        else:
            self._events()

    def _read(self) -> tuple[bytes, HTTPStatus | None]:
        """Return the request, or what is wrong with it. A connection that was closed asked nothing."""
        until = time.monotonic() + self.server.asked_within
        head = b""
        while b"\r\n\r\n" not in head and b"\n\n" not in head:
            left = until - time.monotonic()
            if left <= 0:
                return b"", HTTPStatus.REQUEST_TIMEOUT if head else None
            self.connection.settimeout(left)
            try:
                more = self.connection.recv(LONGEST + 1 - len(head))
            except TimeoutError:
                continue
            if not more:
                return b"", None
            head += more
            if len(head) > LONGEST:
                return b"", HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        return head, None

    def _wrong(self) -> HTTPStatus | None:
        """Say what is wrong with a request, the least telling first."""
        hosts = self.headers.get_all("Host", [])
        if len(hosts) != 1 or hosts[0].strip().lower() not in self.server.hosts:
            return HTTPStatus.FORBIDDEN
        if self.command != "GET":
            return HTTPStatus.METHOD_NOT_ALLOWED
        try:
            asked = urlsplit(self.path)
            given = parse_qs(asked.query, max_num_fields=10).get("token", [])
        except ValueError:
            return HTTPStatus.BAD_REQUEST
        token = given[0] if len(given) == 1 else ""
        if not secrets.compare_digest(token.encode("utf-8", "replace"), self.server.token.encode()):
            return HTTPStatus.FORBIDDEN
        self._path = asked.path
        return None if asked.path in {"/", "/events"} else HTTPStatus.NOT_FOUND

    def _page(self) -> None:
        page = self.server.page.encode()
        self._begin(HTTPStatus.OK, "text/html", FRAMED, length=len(page))
        self.wfile.write(page)

    def _events(self) -> None:
        told = self.headers.get("Last-Event-ID", "").strip()
        number = int(told) if told.isascii() and told.isdecimal() and len(told) < 16 else None
        updates = self.server.updates
        if number is not None and updates.is_over(number):
            # The answer after which a browser does not come again.
            self._begin(HTTPStatus.NO_CONTENT, None, POLICY)
            return
        if not self.server.take_seat(self.connection):
            self.send_error(HTTPStatus.SERVICE_UNAVAILABLE)
            return
        self._begin(HTTPStatus.OK, "text/event-stream", POLICY)
        self.wfile.write(b"retry: 1000\n\n")
        beaten = time.monotonic()
        while not self.server.is_closed:
            new = updates.after(number, BEAT)
            if new:
                number = new[-1].number
                self.wfile.write("".join(map(self._event, new)).encode())
            if updates.is_over(new[-1].number if new else 0):
                self.server.is_told(self.connection)
                return
            if time.monotonic() - beaten >= BEAT:
                beaten = time.monotonic()
                self.wfile.write(b"event: beat\ndata: 1\n\n")

    def _event(self, update: Update) -> str:
        name = "event: end\n" if self.server.updates.is_end(update) else ""
        return f"{name}id: {update.number}\ndata: {update.text}\n\n"

    def _begin(self, status: HTTPStatus, kind: str | None, policy: str, length: int | None = None) -> None:
        self.send_response(status)
        if kind is not None:
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.send_header("Content-Security-Policy", policy)
        if status is HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", "GET")
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """Say what is wrong in a sentence of our own: nothing of what was asked is in it."""
        status = HTTPStatus(code) if code in SENTENCES else HTTPStatus.BAD_REQUEST
        text = f"{SENTENCES[status]}\n".encode()
        self._begin(status, "text/plain", POLICY, length=len(text))
        if self.command != "HEAD":
            self.wfile.write(text)
        self._drain()

    def _drain(self) -> None:
        """Take some of what is still sent: a connection that is closed before loses the answer, too."""
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            until = time.monotonic() + DRAINED_WITHIN
            while (left := until - time.monotonic()) > 0:
                self.connection.settimeout(left)
                if not self.connection.recv(LONGEST):
                    return

    def version_string(self) -> str:
        """Return what the server calls itself."""
        return "lamport"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing of requests."""
