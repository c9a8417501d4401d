"""What the tests of hosts stand on: namespaces, cables, ports, another time, and what is left running."""

import socket
import subprocess
import sys
import time

import pytest
from namespaces import Network, why_not
from other_time import at_offset

SERVER = (
    "import socket; s = socket.create_server(('', 9050)); print('here', flush=True); s.accept()[0].recv(9)"
)
CONNECT = """
import socket, sys
try:
    socket.create_connection((sys.argv[1], int(sys.argv[2])), 0.5).close()
    print("reached")
except OSError as error:
    print(type(error).__name__)
"""
CLOCKS = """
import time
from lamport._lamport import unix_origin
print(time.monotonic_ns(), time.time_ns(), unix_origin())
"""


def connect(words, address, port):
    done = subprocess.run(
        [*words, sys.executable, "-c", CONNECT, address, str(port)],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip()


@pytest.fixture
def listening(network):
    """A server on the second host."""
    words = [*network.words(1), sys.executable, "-c", SERVER]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as server:
        assert server.stdout.readline() == b"here\n"
        yield network
        server.kill()


def test_a_cable_that_is_out_carries_nothing(listening):
    network = listening
    network.cut(1)
    assert connect(network.words(0), network.addresses[1], 9050) in {"TimeoutError", "OSError"}
    network.mend(1)
    assert connect(network.words(0), network.addresses[1], 9050) == "reached"


def test_blocked_ports(listening):
    network = listening
    network.block(0, "9000-9100")
    assert connect(network.words(0), network.addresses[1], 9050) in {"PermissionError", "OSError"}
    assert connect(network.words(2), network.addresses[1], 9050) == "reached"


def test_a_network_takes_its_processes_with_it(mark):
    if why_not():
        pytest.skip(why_not())
    with Network(2) as network:
        process = subprocess.Popen([*network.words(1), "sleep", "60"])
        while network.pids(1) != [process.pid]:
            time.sleep(0.01)
    assert process.wait() == -9
    assert mark.pids() == []
    listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout
    assert network.words(0)[-1] not in listed


def test_another_time_is_of_the_wall_clock_alone(other_time):
    """Also for the clock that machines read, which is no Python."""
    words = [sys.executable, "-c", CLOCKS]
    before = time.monotonic_ns()
    said = subprocess.run([*at_offset(86400), *words], capture_output=True, text=True, check=True).stdout
    after = time.monotonic_ns()
    monotonic, wall, origin = map(int, said.split())
    assert before < monotonic < after
    offset = wall - time.time_ns()
    assert 86_400 - (after - before) / 1e9 < offset / 1e9 < 86_400 + 1
    here = time.time_ns() - time.monotonic_ns()
    assert abs(origin - here - 86_400 * 10**9) < 10**9


def test_an_ssh_of_our_own(sshd, mark):
    """Three addresses; the host is told by which it was reached."""
    done = subprocess.run(
        ["ssh", "-T", "-o", "BatchMode=yes", "--", "beta", "env"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("SSH_CONNECTION=")]
    assert line.split()[2] == "127.0.0.2"
    assert f"{mark.name}={mark.value}" in done.stdout
    refused = subprocess.run(
        [*sshd.words, "--", "refused", "true"], capture_output=True, text=True, check=False
    )
    assert "Permission denied" in refused.stderr
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.4", 9), 1)
