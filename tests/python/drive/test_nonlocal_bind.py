"""A system that lets programs bind addresses it does not have: own are those of the interfaces."""

import shutil
import subprocess
import sys

import pytest

SETTING = "/proc/sys/net/ipv4/ip_nonlocal_bind"

HOST = f"""
set -e
PATH=$PATH:/usr/sbin
ip link set lo up
ip address add 10.77.0.1/32 dev lo
echo $1 > {SETTING}
shift
exec "$@"
"""

PROGRAM = """
import socket, sys
import lamport
log, peer, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
with lamport.Machine(1, port, [(peer, port or 5001)], log, 1, seed=1, host="0.0.0.0") as machine:
    with socket.create_connection(("10.77.0.1", machine.listen_port), 10) as line:
        line.sendall(b"lamport/1 lab 9 0000000000000001 0000000000000001\\n")
        print(line.makefile().readline(), end="")
"""


def in_a_namespace(nonlocal_bind, *command):
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("there is no `unshare` command")
    inside = [unshare, "-rn", "sh", "-c", HOST, "sh", str(nonlocal_bind)]
    made = subprocess.run([*inside, "true"], check=False, capture_output=True, text=True, timeout=20)
    if made.returncode != 0:
        pytest.skip(f"no network namespaces here: {made.stderr.strip()}")
    command = [*inside, sys.executable, "-c", PROGRAM, *map(str, command)]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("nonlocal_bind", [0, 1])
def test_who_may_connect_does_not_depend_on_what_can_be_bound(nonlocal_bind, tmp_path):
    # This host is no peer, whatever address could be bound here.
    done = in_a_namespace(nonlocal_bind, tmp_path / "far.log", "10.77.0.2", 0)
    assert done.stdout == "no its address is not one of a peer\n", done.stderr
    # A peer here may come from any address of this host.
    done = in_a_namespace(nonlocal_bind, tmp_path / "near.log", "127.0.0.1", 0)
    assert done.stdout.startswith("ok 1 "), done.stderr


@pytest.mark.parametrize("nonlocal_bind", [0, 1])
def test_a_peer_with_my_port_is_myself_on_my_own_addresses_alone(nonlocal_bind, tmp_path):
    done = in_a_namespace(nonlocal_bind, tmp_path / "far.log", "10.77.0.2", 5001)
    assert done.returncode == 0, done.stderr
    done = in_a_namespace(nonlocal_bind, tmp_path / "near.log", "10.77.0.1", 5001)
    assert "the peer 10.77.0.1:5001 is its own address" in done.stderr
