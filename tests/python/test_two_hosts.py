"""Two hosts: network namespaces joined by a virtual link."""

import os
import shutil
import subprocess
import time
from contextlib import contextmanager

import pytest
from machines import assert_nothing_lost, ended, lines, processes, wait_for

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
        assert said == "no 10.77.0.3 is not the address of a peer\n"
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
