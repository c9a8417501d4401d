"""What an agent does with orders, and with what is none."""

import resource
import socket
import sys

import pytest
from lone_launcher import agents, spread, start_order


def failure(agent):
    said = agent.wait_for("failed")
    assert said["machine"] is None
    return said["kind"], said["text"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"stop now", "'stop now' is none"),
        (b"[1]", "'[1]' is none"),
        (b'{"say": "go"}', 'a word "do"'),
        (b'{"do": "dance"}', "no order 'dance'"),
        (b'{"do": "go"}', "none were started"),
        (b'{"do": "look", "number": 1}', "none were started"),
        (b'{"do": "start"}', "on ports that were reserved before"),
        (b'{"do": "reserve"}', "lacks 'machines'"),
        (b'{"do": "reserve", "machines": 3}', "int"),
        (b"\xff\xfe", "is none"),
    ],
)
def test_what_is_no_order_is_said_and_changes_nothing(line, words):
    with agents() as made:
        made[0].process.stdin.write(line + b"\n\n")
        made[0].process.stdin.flush()
        assert words in failure(made[0])[1]
        spread(made, 2)
        made[0].order("bye")
        made[0].wait_for("bye")
        assert made[0].ended() == (0, "")


def test_before_anything_is_started_there_is_nothing_to_end():
    with agents() as made:
        for do in ("stop", "kill", "alive"):
            made[0].order(do)
        made[0].order("bye")
        made[0].wait_for("bye")
        assert made[0].ended() == (0, "")


def test_ports_are_reserved_once_and_held():
    with agents() as made:
        _, ports = spread(made, 2)
        for port in ports.values():
            with socket.socket() as other, pytest.raises(OSError, match="in use"):
                other.bind(("127.0.0.1", port))
            # Whoever looks whether it is there is let in, and sent away.
            with socket.create_connection(("127.0.0.1", port), timeout=10) as probe:
                assert probe.recv(1) == b""
        made[0].order("reserve", machines=[3], listen=None, ports=None, keep=False, run_id="it")
        assert "reserved already" in failure(made[0])[1]


def test_ports_come_from_those_that_are_given():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        first = taken.getsockname()[1]
        with agents() as made:
            _, ports = spread(made, 3, ports=[first, first + 60])
            assert first not in ports.values()
            assert set(ports.values()) <= set(range(first + 1, first + 60))
        with agents() as made:
            made[0].order("reserve", machines=[1], listen="127.0.0.1", ports=[first, first + 1], keep=False)
            kind, text = failure(made[0])
            assert kind == "OSError"
            assert f"port {first} of machine 1" in text
        with agents() as made:
            made[0].order(
                "reserve", machines=[7, 8], listen="127.0.0.1", ports=[first + 1, first + 2], keep=True
            )
            kind, text = failure(made[0])
            assert kind == "OSError"
            assert "machine 8" in text or "machine 7" in text


def test_an_address_that_is_not_of_this_host_is_named():
    with agents() as made:
        made[0].order("reserve", machines=[1], listen="198.51.100.7", ports=None, keep=False)
        kind, text = failure(made[0])
    assert kind == "OSError"
    assert "198.51.100.7" in text
    assert "machine 1" in text


def test_all_of_a_host_is_both_kinds_of_addresses():
    with agents() as made:
        _, ports = spread(made, 1, listen=None)
        for host in ("127.0.0.1", "::1") if socket.has_ipv6 else ("127.0.0.1",):
            try:
                with socket.create_connection((host, ports[1]), timeout=10) as probe:
                    assert probe.recv(1) == b""
            except OSError:
                # A system without IPv6.
                if host != "::1":
                    raise


def test_probes_say_who_cannot_be_reached():
    with agents(2) as made:
        _, ports = spread(made, 2)
        with socket.socket() as nobody:
            # Bound, but nobody listens.
            nobody.bind(("127.0.0.1", 0))
            targets = [
                [0, "a", "127.0.0.1", ports[1]],
                [1, "b", "127.0.0.1", nobody.getsockname()[1]],
                [2, "c", "no-such-host.invalid", 9],
                [3, "d", "localhost", ports[2]],
            ]
            made[1].order("probe", targets=targets, seconds=2)
            failed = dict(made[1].wait_for("probed")["failed"])
        assert set(failed) == {1, 2}
        assert "refused" in failed[1]
        assert "no-such-host.invalid" in failed[2] or "within 2 s" in failed[2]
        made[1].order("probe", targets=[], seconds=2)
        assert made[1].wait_for("probed")["failed"] == []


def test_a_probe_without_an_answer_is_given_up():
    with socket.socket() as deaf, agents() as made:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        waiting = []
        try:
            # Its backlog is full: the system lets further ones wait.
            for _ in range(4):
                waiting.append(socket.socket())
                waiting[-1].setblocking(False)
                waiting[-1].connect_ex(deaf.getsockname())
            made[0].order("probe", targets=[[5, "e", *deaf.getsockname()]], seconds=0.4)
            assert made[0].wait_for("probed")["failed"] == [[5, "no answer within 0.4 s"]]
        finally:
            for each in waiting:
                each.close()


def limited(files):
    """An agent that may open so few files."""
    limit = f"import resource, os, sys; resource.setrlimit(resource.RLIMIT_NOFILE, ({files}, {files})); "
    return [sys.executable, "-c", limit + "os.execv(sys.executable, [sys.executable, '-m', 'lamport.agent'])"]


def test_too_few_open_files_are_said_before_anything_starts():
    with agents(command=limited(64)) as made:
        assert made[0].hello["files"] == 64
        made[0].order("reserve", machines=list(range(1, 51)), listen="127.0.0.1", ports=None, keep=False)
        kind, text = failure(made[0])
        assert kind == "OSError"
        assert "the agent of 50 machines needs 282 open files, and this host allows 64" in text
        _, ports = spread(made, 2)
        many = {1: [2] * 40, 2: [1]}
        made[0].order("start", **start_order([1, 2], ports, many))
        kind, text = failure(made[0])
        assert "a machine with 41 connections needs" in text
        made[0].order("bye")
        made[0].wait_for("bye")
        assert made[0].ended() == (0, "")


def test_the_soft_limit_of_open_files_is_raised():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    soft = f"import resource, os, sys; resource.setrlimit(resource.RLIMIT_NOFILE, (64, {hard})); "
    again = soft + "os.execv(sys.executable, [sys.executable, '-m', 'lamport.agent'])"
    with agents(command=[sys.executable, "-c", again]) as made:
        assert made[0].hello["files"] == hard


def test_what_libraries_print_is_not_between_its_lines():
    noise = """
import os, sys
import lamport.agent
from lamport._agent.agent import Agent

run = Agent.run

def loud(self, hello):
    print("loud", flush=True)
    os.write(1, b"very loud")
    return run(self, hello)

Agent.run = loud
sys.argv[1:] = []
sys.exit(lamport.agent.main())
"""
    with agents(command=[sys.executable, "-c", noise]) as made:
        made[0].order("bye")
        made[0].wait_for("bye")
        status, errors = made[0].ended()
    assert (status, errors) == (0, "loud\nvery loud")


def test_hello_tells_of_the_host(monkeypatch):
    monkeypatch.setenv("SSH_CONNECTION", "10.0.0.1 50000 10.0.0.7 22")
    with agents() as made:
        hello = made[0].hello
    assert hello["reached"] == "10.0.0.7"
    assert hello["pid"] == made[0].process.pid
    assert hello["python"] == ".".join(map(str, sys.version_info[:3]))
    assert not any(address.startswith("127.") or address == "::1" for address in hello["addresses"])
