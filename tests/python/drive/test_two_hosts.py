"""Two hosts: network namespaces joined by a virtual link."""

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
from machines import assert_nothing_lost, ended, lines, processes, wait_for

import lamport

IP = shutil.which("ip", path=os.environ.get("PATH", "") + os.pathsep + "/usr/sbin")


def ip(*arguments):
    return subprocess.run([IP, *arguments], check=False, capture_output=True, text=True, timeout=20)


@contextmanager
def two_hosts():
    """Give two namespaces: 10.77.0.1 in one, 10.77.0.2 and 10.77.0.3 in the other."""
    if IP is None:
        pytest.skip("there is no `ip` command")
    names = [f"lamport-{os.getpid()}-{side}" for side in "ab"]
    ends = [f"lam{os.getpid()}{side}" for side in "ab"]
    try:
        for command in [
            *(("netns", "add", name) for name in names),
            ("link", "add", ends[0], "netns", names[0], "type", "veth", "peer", ends[1], "netns", names[1]),
            ("-n", names[0], "address", "add", "10.77.0.1/24", "dev", ends[0]),
            ("-n", names[1], "address", "add", "10.77.0.2/24", "dev", ends[1]),
            ("-n", names[1], "address", "add", "10.77.0.3/24", "dev", ends[1]),
            *(("-n", name, "link", "set", "lo", "up") for name in names),
            *(("-n", name, "link", "set", end, "up") for name, end in zip(names, ends, strict=True)),
            ("netns", "exec", names[0], "true"),
        ]:
            done = ip(*command)
            if done.returncode != 0:
                pytest.skip(f"no network namespaces here: {done.stderr.strip()}")
        yield names, ends
    finally:
        # The link goes with its namespace.
        for name in names:
            ip("netns", "delete", name)


@pytest.fixture
def hosts():
    with two_hosts() as made:
        yield made


def inside(name):
    return [IP, "netns", "exec", name]


def options(machine, own, other, directory, *more):
    log = directory / f"machine_{machine}.log"
    place = ["--host", f"10.77.0.{own}", "--port", 5000 + machine]
    return [
        "--id", machine, *place, "--peers", f"10.77.0.{other}:{5003 - machine}", "--log", log,
        "--internal-probability", 0.3, *more,
    ]  # fmt: skip


def test_machines_talk_across_a_link(hosts, tmp_path):
    (a, b), _ = hosts
    more = ["--duration", 3, "--rate", 30]
    with processes() as start:
        one = start(*options(1, 1, 2, tmp_path, *more), prefix=inside(a))
        two = start(*options(2, 2, 1, tmp_path, *more), prefix=inside(b))
        assert [ended(one), ended(two)] == [(0, ""), (0, "")]
    logs = [lines(tmp_path / f"machine_{machine}.log") for machine in (1, 2)]
    assert [log[-1]["ticks"] for log in logs] == [90, 90]
    assert logs[0][0]["listen"] == ["10.77.0.1", 5001]
    assert assert_nothing_lost(logs) > 10


SAY = """
import socket
line = socket.create_connection(("10.77.0.1", 5001), 10, source_address=("10.77.0.3", 0))
line.sendall(b"lamport/1 lab 9 0000000000000001 0000000000000001\\n")
print(line.makefile().read(), end="")
"""


def test_an_address_that_is_no_peer_is_refused(hosts, tmp_path):
    (a, b), _ = hosts
    more = ["--duration", 3, "--rate", 30]
    with processes() as start:
        one = start(*options(1, 1, 2, tmp_path, *more), prefix=inside(a))
        two = start(*options(2, 2, 1, tmp_path, *more), prefix=inside(b))
        wait_for(tmp_path / "machine_1.log", "CONNECT")
        command = [*inside(b), "python3", "-c", SAY]
        said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=20).stdout
        assert said == "no its address is not one of a peer\n"
        status, errors = ended(one)
        assert status == 0
        assert errors.count("\n") == 1
        assert "10.77.0.3" in errors
        assert "--allow" in errors
        assert ended(two) == (0, "")
    assert_nothing_lost([lines(tmp_path / f"machine_{machine}.log") for machine in (1, 2)])


def test_a_link_that_is_down_for_a_while_loses_nothing(hosts, tmp_path):
    (a, b), (end, _) = hosts
    more = ["--duration", 8, "--rate", 30]
    with processes() as start:
        one = start(*options(1, 1, 2, tmp_path, *more), prefix=inside(a))
        two = start(*options(2, 2, 1, tmp_path, *more), prefix=inside(b))
        for down in (0.5, 1.0):
            time.sleep(1.5)
            assert ip("-n", a, "link", "set", end, "down").returncode == 0
            time.sleep(down)
            assert ip("-n", a, "link", "set", end, "up").returncode == 0
        assert [ended(one)[0], ended(two)[0]] == [0, 0]
    logs = [lines(tmp_path / f"machine_{machine}.log") for machine in (1, 2)]
    assert [log[-1]["ticks"] for log in logs] == [240, 240]
    assert_nothing_lost(logs)


BY_HAND = """
import sys, time
import lamport
machine = lamport.Machine(2, 0, [("10.77.0.1", 5001)], sys.argv[1], 60, host=sys.argv[2], seed=1,
                          resume=sys.argv[3] == "resume")
print("ready", flush=True)
for command in sys.stdin:
    if command == "send\\n":
        machine.send_message()
    print(machine.local_clock, flush=True)
machine.shutdown()
"""


@contextmanager
def by_hand(host, log, address, how):
    """Give machine 2 on a host, and a function that makes it send."""
    command = [*inside(host), sys.executable, "-c", BY_HAND, str(log), address, how]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:

        def send():
            process.stdin.write("send\n")
            process.stdin.flush()
            assert int(process.stdout.readline()) > 0

        try:
            assert process.stdout.readline() == "ready\n"
            yield process, send
        finally:
            process.kill()


def until_received(log, count, patience):
    """Wait until a log has so many receipts. Gives how many it has."""
    wait_for(log, "STARTUP")
    deadline = time.monotonic() + patience
    while (received := log.read_text().count('"RECEIVE"')) < count and time.monotonic() < deadline:
        time.sleep(0.1)
    return received


def test_a_host_that_vanished_does_not_hold_its_place(hosts, tmp_path):
    """Killed behind a dead link, and back at another address: no packet of its ever ends the connection."""
    (a, b), (_, end) = hosts
    logs = [tmp_path / f"machine_{machine}.log" for machine in (1, 2)]
    with processes() as start:
        place = ["--id", 1, "--host", "10.77.0.1", "--port", 5001, "--log", logs[0]]
        options = ["--allow", "10.77.0.0/24", "--duration", 600, "--rate", 50]
        one = start(*place, *options, prefix=inside(a))
        with by_hand(b, logs[1], "10.77.0.2", "start") as (_, send):
            for _ in range(3):
                send()
            assert until_received(logs[0], 3, 10) == 3
            # The last acknowledgement gets home: nothing is left to be sent again later.
            time.sleep(1)
            assert ip("-n", b, "link", "set", end, "down").returncode == 0
            send()
        assert ip("-n", b, "address", "flush", "dev", end).returncode == 0
        assert ip("-n", b, "address", "add", "10.77.0.3/24", "dev", end).returncode == 0
        assert ip("-n", b, "link", "set", end, "up").returncode == 0
        with by_hand(b, logs[1], "10.77.0.3", "resume") as (back, send):
            send()
            assert until_received(logs[0], 5, 40) == 5
            back.stdin.close()
            assert back.wait(20) == 0
        one.send_signal(signal.SIGINT)
        status, errors = ended(one)
    assert status == 130
    assert errors.count("\n") <= 1  # that its id is taken, until the old connection is known to be dead
    found = lamport.verify(logs)
    assert found.ok, str(found)
    arrived = [line["sent_clock"] for line in lines(logs[0]) if line["event"] == "RECEIVE"]
    assert arrived == [1, 2, 3, 4, 5]
