"""At which address hosts reach each other."""

from collections.abc import Sequence
from ipaddress import ip_address

from lamport._hosts.station import Station

__all__ = ["LOOPBACK", "at", "is_loopback", "settle_addresses"]

LOOPBACK = "127.0.0.1"


def at(host: str, port: int) -> str:
    """Write an address with its port.

    Examples
    --------
    >>> at("fd00::2", 9000)
    '[fd00::2]:9000'
    """
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def settle_addresses(stations: Sequence[Station]) -> None:
    """Settle where others reach the machines of each host.

    Raises
    ------
    LamportError
        It is not known of one, or only the host itself can reach it there.
    """
    from lamport._lamport import LamportError

    for station in stations:
        station.address = _address(station, is_alone=len(stations) == 1)
    near = [station for station in stations if is_loopback(station.address)]
    if near and len(near) < len(stations):
        raise LamportError(
            f"host {near[0].name} was reached at {near[0].address}, where no other host reaches it: say "
            "where they do, address=... of that host"
        )


def _address(station: Station, *, is_alone: bool) -> str:
    from lamport._lamport import LamportError

    host, hello = station.host, station.hello
    assert hello is not None, "hosts have said hello"
    if told := host.address or hello.reached or host.destination:
        return told
    if is_alone:
        return LOOPBACK
    found = [address for address in hello.addresses if _is_global(address)]
    # Whoever has one of each kind is reached at the older one: what is between knows that.
    old = [address for address in found if ":" not in address]
    if len(old or found) == 1:
        return (old or found)[0]
    has = f"it has {', '.join(found)}" if found else "it has none but loopback"
    raise LamportError(
        f"host {station.name}: at which address do others reach it? {has}: say so, address=... of that host"
    )


def is_loopback(address: str) -> bool:
    """Whether an address is the host itself, whichever it is."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return address.partition(".")[0].lower() == "localhost"


def _is_global(address: str) -> bool:
    """Whether others may reach this address: none of loopback, and none that needs an interface."""
    try:
        known = ip_address(address)
    except ValueError:
        return False
    return not (known.is_loopback or known.is_link_local)
