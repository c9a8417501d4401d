"""The server of a run that goes on, attacked by raw sockets."""

import json
import re
import socket
import threading
from contextlib import ExitStack, closing

import pytest

from lamport._live.server import CONNECTIONS, VIEWERS, Server
from lamport._live.updates import Updates

PAGE = "<!DOCTYPE html><title>x</title>"
BEGIN = '{"type":"begin","version":1,"machines":[1],"again":false}'
PATIENCE = 30


def more(number):
    return json.dumps({"type": "more", "now": number}, separators=(",", ":"))


@pytest.fixture
def updates():
    return Updates()


@pytest.fixture
def server(updates):
    made = Server(PAGE, updates)
    made.start()
    yield made
    made.close()


def connect(server):
    return closing(socket.create_connection(server.server_address, timeout=PATIENCE))


def answer(server, text):
    """The whole answer to what is sent."""
    with connect(server) as connection:
        connection.sendall(text if isinstance(text, bytes) else text.encode())
        return rest(connection)


def rest(connection):
    found = b""
    while more := connection.recv(65536):
        found += more
    return found.decode()


def read_until(connection, mark):
    found = b""
    while mark.encode() not in found:
        more = connection.recv(4096)
        assert more, found
        found += more
    return found.decode()


def request(server, path="/", *, method="GET", token=None, host=None, more=""):
    token = server.token if token is None else token
    host = f"127.0.0.1:{server.server_port}" if host is None else host
    return f"{method} {path}?token={token} HTTP/1.1\r\nHost: {host}\r\n{more}\r\n"


def status(text):
    return int(text.split()[1])


def test_the_page_is_served_to_whoever_has_the_token(server):
    for host in ("127.0.0.1", "localhost"):
        told = answer(server, request(server, host=f"{host}:{server.server_port}"))
        assert status(told) == 200
        assert told.endswith(PAGE)
    for header in (
        "Cache-Control: no-store",
        "Referrer-Policy: no-referrer",
        "X-Content-Type-Options: nosniff",
        "Content-Security-Policy: frame-ancestors 'none'",
    ):
        assert header in told
    assert "Set-Cookie" not in told
    assert server.server_address[0] == "127.0.0.1"
    assert len(server.token) >= 32


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"host": "evil.example"}, 403),
        ({"host": "127.0.0.1"}, 403),
        ({"host": "127.0.0.1:1\r\nHost: localhost"}, 403),
        ({"token": ""}, 403),
        ({"token": "x" * 32}, 403),
        ({"token": "%c3%a4%00"}, 403),
        ({"method": "POST"}, 405),
        ({"method": "HEAD"}, 405),
        ({"method": "OPTIONS"}, 405),
        ({"path": "/../../etc/passwd"}, 404),
        ({"path": "/%2e%2e/etc/passwd"}, 404),
        ({"path": "//[x"}, 404),
        ({"more": "X: " + "y" * 100_000 + "\r\n"}, 431),
        ({"more": "X: y\r\n" * 200}, 431),
    ],
)
@pytest.mark.parametrize("path", ["/", "/events"])
def test_others_get_a_sentence(server, change, code, path, capfd):
    told = answer(server, request(server, **{"path": path} | change))
    assert status(told) == code
    body = told.partition("\r\n\r\n")[2]
    if change.get("method") != "HEAD":
        assert re.fullmatch(r"[A-Z][^<>]*\.\n", body)
    assert server.token not in told
    assert "root" not in told
    assert ("Allow: GET" in told) == (code == 405)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "text",
    [b"\x16\x03\x01\r\n\r\n", b"GET\r\n\r\n", b"GET /\r\n\r\n", b"\xff" * 20_000, b"GET / HTTP/9.9\r\n\r\n"],
)
def test_what_is_no_request(server, text, capfd):
    answer(server, text)
    assert status(answer(server, request(server))) == 200
    assert capfd.readouterr() == ("", "")


def test_a_token_that_is_told_twice_or_elsewhere_is_none(server):
    twice = request(server).replace(" HTTP", f"&token={server.token} HTTP")
    assert status(answer(server, twice)) == 403
    cookie = request(server, token="x", more=f"Cookie: token={server.token}\r\n")
    assert status(answer(server, cookie)) == 403


def test_a_request_that_does_not_end_is_closed(updates):
    server = Server(PAGE, updates, asked_within=0.2)
    server.start()
    try:
        for slow in (b"", b"GET / HT"):
            with connect(server) as connection:
                connection.sendall(slow)
                assert (b"408" in rest(connection).encode()) == bool(slow)
    finally:
        server.close()


def test_silent_connections_lock_nobody_out(server, updates, capfd):
    before = threading.active_count()
    updates.add([BEGIN, more(1)])
    with ExitStack() as stack:
        viewer = stack.enter_context(connect(server))
        viewer.sendall(request(server, "/events").encode())
        read_until(viewer, more(1))
        for _ in range(200):
            stack.enter_context(connect(server))
        assert status(answer(server, request(server))) == 200
        assert threading.active_count() <= before + CONNECTIONS
        # Who looks goes on to look.
        updates.add([more(2)])
        read_until(viewer, more(2))
    assert capfd.readouterr() == ("", "")


def test_so_many_may_look(server, updates):
    updates.add([BEGIN])
    with ExitStack() as stack:
        for _ in range(VIEWERS):
            viewer = stack.enter_context(connect(server))
            viewer.sendall(request(server, "/events").encode())
            read_until(viewer, BEGIN)
        told = answer(server, request(server, "/events"))
        assert status(told) == 503
        assert "16 viewers" in told
        viewer.close()
        assert server.viewers <= VIEWERS
    # Their places are free as soon as they are missed.
    assert server.wait_for_viewers(PATIENCE)


def test_a_viewer_comes_late_returns_and_is_told_the_end(server, updates):
    updates.add([BEGIN, more(1), more(2)])
    with connect(server) as viewer:
        viewer.sendall(request(server, "/events").encode())
        told = read_until(viewer, more(2))
        assert [int(number) for number in re.findall(r"^id: (\d+)$", told, re.MULTILINE)] == [1, 2, 3]
        assert "event: beat" in read_until(viewer, "event: beat")
    updates.add([more(3)])
    with connect(server) as viewer:
        viewer.sendall(request(server, "/events", more="Last-Event-ID: 2\r\n").encode())
        told = read_until(viewer, more(3))
        assert re.findall(r"^id: (\d+)$", told, re.MULTILINE) == ["3", "4"]
        updates.end("it is over")
        told = rest(viewer)
        assert 'event: end\nid: 5\ndata: {"type":"end","told":"it is over"}\n' in told
    # Later ones are told all, and the end; whoever had it is not to come again.
    told = answer(server, request(server, "/events"))
    assert told.count("data: ") == 5
    assert status(answer(server, request(server, "/events", more="Last-Event-ID: 5\r\n"))) == 204
    for wrong in ("x", "-1", "9" * 30, "77"):
        told = answer(server, request(server, "/events", more=f"Last-Event-ID: {wrong}\r\n"))
        assert told.count("data: ") == 5


def test_memory_is_bounded_and_who_slept_begins_again(server, updates):
    updates.add([BEGIN])
    text = json.dumps({"type": "more", "x": "y" * 100_000})
    for _ in range(200):
        updates.add([text])
    assert sum(len(update.text) for update in updates._kept) <= 4_000_000
    updates.end("over")
    told = answer(server, request(server, "/events"))
    assert told.count('"type":"begin"') == 1
    assert '"again":false' in told
    told = answer(server, request(server, "/events", more="Last-Event-ID: 3\r\n"))
    assert '"again":true' in told
    assert 30 < told.count("data: ") < 45


def test_a_viewer_who_does_not_read_is_no_burden(server, updates):
    updates.add([BEGIN])
    with connect(server) as sleeper, connect(server) as viewer:
        for connection in (sleeper, viewer):
            connection.sendall(request(server, "/events").encode())
        for number in range(200):
            updates.add([json.dumps({"type": "more", "now": number, "x": "y" * 100_000})])
        updates.end("over")
        assert "event: end" in rest(viewer)


def test_a_log_that_begins_anew_makes_all_before_count_no_more(updates):
    updates.add([BEGIN, more(1)])
    updates.add([BEGIN.replace("false", "true"), more(2)])
    assert [update.text for update in updates.after(None, 0)] == [BEGIN.replace("false", "true"), more(2)]
    assert updates.after(4, 0) == []


def test_a_port_in_use_is_a_sentence(server):
    with pytest.raises(OSError, match=rf"port {server.server_port} of 127\.0\.0\.1: Address already in use"):
        Server(PAGE, Updates(), server.server_port)
