"""Hosts that are network namespaces: each with an address of its own, all on one switch.

The network of this host is not touched: the switch stands in a namespace too, and goes with it.
"""

import os
import secrets
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from functools import cache

__all__ = ["Network", "why_not"]

IP = shutil.which("ip", path=f"{os.environ['PATH']}:/usr/sbin")
PREFIX, PREFIX_6 = "10.77.0.", "fd77::"
LAST_WORDS = 10
"""Seconds until a process that was killed is gone."""


@cache
def why_not():
    """Say why there can be no namespaces here; empty if there can be."""
    if IP is None:
        return "network namespaces need the program ip (iproute2)"
    if os.geteuid() != 0:
        return "network namespaces need root"
    name = f"lt{secrets.token_hex(4)}"
    made = _ip("netns", "add", name, check=False)
    if made.returncode:
        return f"network namespaces cannot be made here: {made.stderr.strip()}"
    _ip("netns", "del", name)
    return ""


class Network:
    """Hosts 1 .. n, each a namespace with an address of both kinds, all on one switch.

    Attributes
    ----------
    addresses, addresses_6 : list of str
        The IPv4 and IPv6 address of each host.
    """

    def __init__(self, count):
        self._name = f"lt{secrets.token_hex(4)}"
        self._hub = f"{self._name}-hub"
        self._made = []
        self.addresses = [f"{PREFIX}{host}" for host in range(1, count + 1)]
        self.addresses_6 = [f"{PREFIX_6}{host}" for host in range(1, count + 1)]
        try:
            self._make()
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def words(self, host):
        """Give the words that run a command on a host, counted from 0."""
        return [IP, "netns", "exec", self._host(host)]

    def pids(self, host):
        """Give the processes that run on a host."""
        return [int(word) for word in _ip("netns", "pids", self._host(host)).stdout.split()]

    def kill(self, host):
        """Kill all that runs on a host at once, as if it had lost its power, with its network."""
        self.cut(host)
        for _ in range(100):
            pids = self.pids(host)
            if not pids:
                return
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)
        raise AssertionError(f"{pids} do not die")

    def cut(self, host):
        """Pull the cable of a host out: what it sends is gone, and nobody is told."""
        _ip("-n", self._hub, "link", "set", self._port(host), "down")

    def mend(self, host):
        _ip("-n", self._hub, "link", "set", self._port(host), "up")

    def block(self, host, ports):
        """Let no connection to these ports leave a host: "9000-9100"."""
        rule = ["ipproto", "tcp", "dport", ports, "prohibit", "priority", "1"]
        _ip("-n", self._host(host), "rule", "add", *rule)

    def close(self):
        """Take all of it away, with whatever still runs there."""
        for name in reversed(self._made):
            until = time.monotonic() + LAST_WORDS
            while (
                pids := _ip("netns", "pids", name, check=False).stdout.split()
            ) and time.monotonic() < until:
                for pid in pids:
                    with suppress(ProcessLookupError):
                        os.kill(int(pid), signal.SIGKILL)
                time.sleep(0.02)
            _ip("netns", "del", name, check=False)
        self._made = []

    def _make(self):
        self._add(self._hub)
        _ip("-n", self._hub, "link", "add", "switch", "type", "bridge")
        _ip("-n", self._hub, "link", "set", "switch", "up")
        for host, address in enumerate(self.addresses):
            name, port = self._host(host), self._port(host)
            self._add(name)
            _ip("-n", self._hub, "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", name)
            _ip("-n", self._hub, "link", "set", port, "master", "switch", "up")
            _ip("-n", name, "link", "set", "lo", "up")
            _ip("-n", name, "address", "add", f"{address}/24", "dev", "eth0")
            _ip("-n", name, "address", "add", f"{self.addresses_6[host]}/64", "dev", "eth0", "nodad")
            _ip("-n", name, "link", "set", "eth0", "up")

    def _add(self, name):
        _ip("netns", "add", name)
        self._made.append(name)

    def _host(self, host):
        return f"{self._name}-h{host + 1}"

    def _port(self, host):
        return f"port{host + 1}"


def _ip(*words, check=True):
    done = subprocess.run([IP, *words], capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise OSError(f"ip {' '.join(words)}: {done.stderr.strip()}")
    return done
