"""A real sshd on loopback, with keys and settings of its own, and an ssh that knows nothing else."""

import os
import shlex
import shutil
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from left_running import NAME

__all__ = ["HOSTS", "PASSED", "Sshd", "why_no_sshd"]

PATIENCE = 20
PASSED = f"{NAME} TMPDIR PYTHONPATH"
"""Variables that go from client to host."""
HOSTS = {"alpha": "127.0.0.1", "beta": "127.0.0.2", "gamma": "127.0.0.3"}
"""Names of one host with three addresses: whoever connects to one is told that one."""
SERVER = """\
{listen}
HostKey {place}/host_key
PidFile none
AuthorizedKeysFile {place}/authorized_keys
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
PermitRootLogin yes
MaxStartups 100
AcceptEnv {passed}
SetEnv HOME={place}/home
"""
CLIENT = """\
{hosts}
Host refused
  HostName 127.0.0.1
  IdentityFile {place}/stranger
Host chatty
  HostName 127.0.0.1
  IdentityFile {place}/chatty
Host changed
  HostName 127.0.0.1
  IdentityFile {place}/user
  UserKnownHostsFile {place}/known_before
Host closed
  HostName 127.0.0.1
  Port {closed}
Host *
  Port {port}
  IdentitiesOnly yes
  UserKnownHostsFile {place}/known_hosts
  GlobalKnownHostsFile /dev/null
  SendEnv {passed}
"""
GREETING = "Welcome to this host. Enjoy your stay!"
"""What a login on the host ``chatty`` prints before anything else."""


def why_no_sshd():
    """Say why there can be no sshd here; empty if there can be."""
    missing = [name for name in ("ssh", "ssh-keygen") if shutil.which(name) is None]
    if _sshd() is None:
        missing.append("sshd")
    if missing:
        return f"a real sshd needs {', '.join(missing)} (openssh-server)"
    if os.uname().sysname != "Linux":
        return "127.0.0.2 and 127.0.0.3 are addresses of this host on Linux alone"
    return ""


class Sshd:
    """A daemon that lets one key in, at three addresses of loopback.

    ``alpha``, ``beta``, ``gamma``: a host each. ``refused``: a host that does not know our key. ``chatty``:
    prints a greeting first. ``changed``: another key than was known. ``closed``: nobody listens.

    Parameters
    ----------
    place : Path
        An empty directory.
    hosts : mapping of str to str
        The names of its addresses.
    within : sequence of str
        The words that run it where these addresses are.

    Attributes
    ----------
    path : str
        PATH with an ``ssh`` that reads these settings, and those alone.
    words : list of str
        The same for hosts given as words: what comes before the name of the host.
    """

    def __init__(self, place, hosts=HOSTS, within=()):
        self.place, self._hosts = Path(place), hosts
        for name in ("host_key", "user", "stranger", "chatty", "other_host"):
            words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", self.place / name]
            subprocess.run(words, check=True)
        # What this user's shell does at a login is no part of the tests.
        (self.place / "home").mkdir()
        self.port = _free_port()
        self._write()
        self.path = os.pathsep.join([str(self._client()), os.environ["PATH"]])
        self.words = ["ssh", "-F", str(self.place / "config"), "-T", "-o", "BatchMode=yes"]
        self._log = (self.place / "sshd.log").open("w+b")
        words = [_sshd(), "-D", "-e", "-f", str(self.place / "sshd_config")]
        if os.geteuid() == 0 and not Path("/run/sshd").exists():
            # It wants an empty directory that its service would make.
            inside = f"mount -t tmpfs none /run && mkdir /run/sshd && exec {shlex.join(words)}"
            words = ["unshare", "--mount", "sh", "-c", inside]
        words = [*within, *words]
        without = {name: value for name, value in os.environ.items() if name not in PASSED.split()}
        self._daemon = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log, env=without
        )
        try:
            self._wait()
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._daemon.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._daemon.wait(PATIENCE)
        self._daemon.kill()
        self._daemon.wait()
        self._log.close()

    def said(self):
        """Give what the daemon wrote."""
        return (self.place / "sshd.log").read_text()

    def _write(self):
        def key(name):
            return " ".join((self.place / f"{name}.pub").read_text().split()[:2])

        place = str(self.place)
        listen = "\n".join(f"ListenAddress {address}:{self.port}" for address in self._hosts.values())
        server = SERVER.format(listen=listen, place=place, passed=PASSED)
        Path(place, "sshd_config").write_text(server)
        greets = f'command="echo {GREETING}; eval $SSH_ORIGINAL_COMMAND" '
        Path(place, "authorized_keys").write_text(f"{key('user')}\n{greets}{key('chatty')}\n")
        known = [f"[{address}]:{self.port}" for address in self._hosts.values()]
        Path(place, "known_hosts").write_text(f"{','.join(known)} {key('host_key')}\n")
        Path(place, "known_before").write_text(f"{','.join(known)} {key('other_host')}\n")
        hosts = "\n".join(
            f"Host {name}\n  HostName {address}\n  IdentityFile {place}/user"
            for name, address in self._hosts.items()
        )
        text = CLIENT.format(hosts=hosts, place=place, port=self.port, closed=_free_port(), passed=PASSED)
        Path(place, "config").write_text(text)

    def _client(self):
        """Make an ``ssh`` with these settings in place of the user's: no variable says where they are."""
        directory = self.place / "bin"
        directory.mkdir()
        client = directory / "ssh"
        client.write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F {self.place}/config "$@"\n')
        client.chmod(0o755)
        return directory

    def _wait(self):
        until = time.monotonic() + PATIENCE
        while self.said().count("Server listening on ") < len(self._hosts):
            if self._daemon.poll() is not None or time.monotonic() > until:
                raise AssertionError(f"sshd does not listen: {self.said()}")
            time.sleep(0.02)


def _sshd():
    # Where root's programs are, which are not on everyone's PATH. It wants to be called by its whole path.
    return shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")


def _free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]
