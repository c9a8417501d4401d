"""Addresses as people write them: ``host:port``, an IPv6 host in brackets."""

__all__ = ["format_address", "parse_addresses"]


def parse_addresses(text: str) -> list[tuple[str, int]]:
    """Read a list ``host:port,host:port``; an empty text is an empty list.

    Parameters
    ----------
    text : str
        The entries, separated by commas.

    Returns
    -------
    list of (str, int)
        Hosts (IPv6 without brackets) and ports, in the order given.

    Raises
    ------
    ValueError
        An entry is not of the form; the message shows it.

    Examples
    --------
    >>> parse_addresses("192.168.1.20:5002, [fe80::1]:5003")
    [('192.168.1.20', 5002), ('fe80::1', 5003)]
    """
    return [_parse(entry.strip()) for entry in text.split(",")] if text.strip() else []


def format_address(host: str, port: int) -> str:
    """Write an address as `parse_addresses` reads it.

    Examples
    --------
    >>> format_address("::1", 5001)
    '[::1]:5001'
    """
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _parse(entry: str) -> tuple[str, int]:
    host, colon, port = entry.rpartition(":")
    if not colon:
        raise _bad(entry, "there is no port")
    if host.startswith("["):
        if not host.endswith("]"):
            raise _bad(entry, "a bracket is not closed")
        host = host[1:-1]
    elif ":" in host:
        raise _bad(entry, "an IPv6 address stands in brackets")
    if not host or not all(c.isalnum() or c in "-._:%" for c in host):
        raise _bad(entry, "the host is not a name or an IP address")
    if not (port.isascii() and port.isdigit() and 0 < int(port[:6]) < 65536):
        raise _bad(entry, "a port is a number from 1 to 65535")
    return host, int(port)


def _bad(entry: str, why: str) -> ValueError:
    form = "the form is host:port, for example 192.168.1.20:5002 or [fe80::1]:5002"
    return ValueError(f"bad peer {entry!r}: {why}; {form}")
