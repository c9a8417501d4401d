"""What a host is: how a command comes to run there, and where its machines are reached."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, fields, replace
from difflib import get_close_matches
from ipaddress import ip_address
from typing import Any

from lamport._model.check import whole
from lamport._model.public import public

__all__ = ["PYTHON", "Host", "address_of", "as_hosts", "keys", "ports_of", "ports_text"]

PYTHON = "python3"
"""What runs the agent, if nothing is said."""
SSH = ["ssh", "-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10"]
SSH += ["-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=3", "--"]
"""No terminal, no question that nobody would answer, and a dead connection is noticed."""
PLAIN = re.compile(r"[A-Za-z0-9_./-]+")
"""What a shell takes as it is."""
ADDRESS = re.compile(r"[A-Za-z0-9_.:%-]+")
PORTS = re.compile(r"(\d{1,5}):(\d{1,5})")
LAST_PORT = 2**16 - 1


@public
@dataclass(frozen=True)
class Host:
    """A host of `run_hosts`.

    What is run there is always and only ``PYTHON -m lamport.agent``; everything else goes over its standard
    input.

    Parameters
    ----------
    where : str or sequence of str
        Where ssh connects to, as ``"user@a"`` or a name of its configuration; or the words of a command that
        makes another one run there: ``["docker", "exec", "-i", "c1"]``, ``["srun", "-w", "node3"]``,
        ``["kubectl", "exec", "-i", "pod", "--"]``, ``["ip", "netns", "exec", "h1"]``.
    address : str, optional
        At which address the machines of other hosts reach those of this one. If None the address at which
        ssh reached it, else its only IPv4 address that is not loopback, or without one its only IPv6 one.
    listen : str, optional
        On which address its machines listen; on all if None, or on `address` if that is loopback.
    ports : str or range, optional
        The ports on which they may listen, first and last, as ``"9000:9100"``; free ones if None.
    python : str, optional
        The Python that has lamport there, a name or a path; ``python3`` if None.
    machines : int, optional
        How many machines it has; an equal share if None.

    Raises
    ------
    ValueError
        A part is not what it must be.

    Examples
    --------
    >>> import lamport
    >>> lamport.Host("lab@a", ports="9000:9100").ports
    range(9000, 9101)
    >>> lamport.Host(["docker", "exec", "-i", "c1"]).name
    'docker exec -i c1'
    """

    where: str | Sequence[str]
    _: KW_ONLY
    address: str | None = None
    listen: str | None = None
    ports: str | range | None = None
    python: str | None = None
    machines: int | None = None

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        set_(self, "where", _where(self.where))
        for name in ("address", "listen"):
            set_(self, name, address_of(name, getattr(self, name)))
        set_(self, "ports", ports_of(self.ports))
        if self.python is not None and not (
            isinstance(self.python, str) and PLAIN.fullmatch(self.python) and self.python[0] != "-"
        ):
            raise ValueError(
                f"python={self.python!r} is not the name of a program: a shell may be between, so it is "
                "letters, digits and _ . / - alone"
            )
        if self.machines is not None and whole("machines", self.machines) < 1:
            raise ValueError(f"machines={self.machines}: a host has 1 machine or more; leave it out")

    @property
    def name(self) -> str:
        """What messages call it."""
        return self.where if isinstance(self.where, str) else " ".join(self.where)

    @property
    def words(self) -> list[str]:
        """The command that runs the agent there."""
        before = [*SSH, self.where] if isinstance(self.where, str) else [*self.where]
        return [*before, self.python or PYTHON, "-m", "lamport.agent"]

    @property
    def destination(self) -> str | None:
        """The host in what ssh is told; None if it is not ssh that is told."""
        return self.where.rpartition("@")[2] if isinstance(self.where, str) else None


def keys() -> list[str]:
    """List what can be said of a host."""
    return [each.name for each in fields(Host)]


def as_hosts(hosts: object, python: str | None = None) -> list[Host]:
    """Read what the user gives as hosts, and the Python of those that do not say theirs.

    Raises
    ------
    ValueError
        They are none, or one is not what it must be: the message says which.
    """
    if isinstance(hosts, (str, Host, Mapping)) or not isinstance(hosts, Iterable):
        raise ValueError(
            f"hosts={hosts!r} is not a list of hosts: give one like "
            "['user@a', ['docker', 'exec', '-i', 'c1']], or a Client of Dask"
        )
    if python is not None:
        Host("any", python=python)
    found = []
    for number, each in enumerate(hosts):
        try:
            host = _as_host(each)
            found.append(host if host.python else replace(host, python=python))
        except ValueError as error:
            raise ValueError(f"hosts[{number}]: {error}") from None
    if not found:
        raise ValueError("hosts is empty: give at least one")
    return found


def ports_of(given: object, name: str = "ports") -> range | None:
    """Read the ports on which machines may listen."""
    if given is None:
        return None
    ports = None
    if isinstance(given, range) and given.step == 1:
        ports = given
    elif isinstance(given, str) and (found := PORTS.fullmatch(given.strip())):
        ports = range(int(found[1]), int(found[2]) + 1)
    if ports is None or not ports or ports[0] < 1 or ports[-1] > LAST_PORT:
        raise ValueError(
            f"{name}={given!r} are not ports: give the first and the last, as '9000:9100', of 1 to "
            f"{LAST_PORT}"
        )
    return ports


def _as_host(given: Any) -> Host:
    if isinstance(given, Host):
        return given
    if not isinstance(given, Mapping):
        return Host(given)
    known = keys()
    for key in given:
        if key not in known:
            close = get_close_matches(str(key), known, n=1)
            meant = f"is {close[0]!r} meant? " if close else ""
            raise ValueError(
                f"{key!r} is nothing that is said of a host: {meant}what is said is {', '.join(known)}"
            )
    if "where" not in given:
        raise ValueError(
            "it does not say where: give 'user@a' for ssh, or the words of a command that runs another there"
        )
    return Host(**given)


def _where(where: object) -> str | tuple[str, ...]:
    if isinstance(where, str):
        if any(part.startswith("-") for part in (where, *where.split("@"))):
            raise ValueError(
                f"{where!r} begins with '-': ssh would take it for an option; give a host like 'user@a'"
            )
        if not where or any(not sign.isprintable() or sign == " " for sign in where):
            raise ValueError(f"{where!r} is not a host that ssh connects to: give one like 'user@a'")
        return where
    words = tuple(where) if isinstance(where, Sequence) and not isinstance(where, bytes) else ()
    if not words or not all(isinstance(word, str) and word and "\0" not in word for word in words):
        raise ValueError(
            f"{where!r} is not a host: give 'user@a' for ssh, or the words of a command that runs another "
            "there, as ['docker', 'exec', '-i', 'c1']"
        )
    if words[0].startswith("-"):
        raise ValueError(f"{list(words)!r} begins with '-': the first word is a program")
    return words


def address_of(name: str, given: object) -> str | None:
    """Read an address, or None."""
    if given is None:
        return None
    bare = given.strip().removeprefix("[").removesuffix("]") if isinstance(given, str) else ""
    if not ADDRESS.fullmatch(bare) or bare.startswith("-") or (":" in bare and not _is_ip(bare)):
        raise ValueError(
            f"{name}={given!r} is not an address: give one like '10.0.0.2', 'fd00::2' or 'a.example.org', "
            "without a port"
        )
    return bare


def _is_ip(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def ports_text(ports: range | None) -> str | None:
    """Write ports as they are given."""
    return None if ports is None else f"{ports[0]}:{ports[-1]}"
