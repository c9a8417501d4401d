"""A file that says which hosts there are."""

import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from os import PathLike
from pathlib import Path
from typing import Any

from lamport._hosts.host import Host, address_of, keys, ports_of

__all__ = ["read_hosts_file"]

TABLE = "hosts"
OF_ALL = ("ports", "listen", "python")
"""What can be said of all hosts at once."""
FORM = '[[hosts]]\nwhere = "user@a"'


def read_hosts_file(path: str | PathLike[str]) -> dict[str, Any]:
    """Read a file in TOML: a table ``[[hosts]]`` for each host.

    Returns
    -------
    dict
        ``hosts``, `Host` each, and what the file says of all of them: ``ports``, ``listen``, ``python``.

    Raises
    ------
    OSError
        It cannot be read.
    ValueError
        It is not TOML, or says what nobody can: which file, entry and key, and what would be right.
    """
    name = str(path)
    try:
        read = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{name}: not TOML: {error}; a host is like\n{FORM}") from None
    known = (TABLE, *OF_ALL)
    for key in read:
        if key not in known:
            raise ValueError(f"{name}: {_strange(key, known, 'of hosts')}")
    entries = read.get(TABLE, [])
    if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
        raise ValueError(f"{name}: {TABLE} is not a list of tables: a host is like\n{FORM}")
    if not entries:
        raise ValueError(f"{name}: it has no host: one is like\n{FORM}")
    hosts = [_host(f"{name}: host {number}", entry) for number, entry in enumerate(entries, 1)]
    try:
        ports_of(read.get("ports"))
        address_of("listen", read.get("listen"))
        Host("any", python=read.get("python"))
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    return {TABLE: hosts} | {key: read[key] for key in OF_ALL if key in read}


def _host(place: str, entry: Mapping[str, Any]) -> Host:
    known = keys()
    if "where" not in entry:
        raise ValueError(
            f'{place}: it has no where: say where = "user@a" for ssh, or a list of words, as '
            'where = ["docker", "exec", "-i", "c1"], for a command that runs another there'
        )
    called = f"{place} ({entry['where']!r})"
    for key in entry:
        if key not in known:
            raise ValueError(f"{called}: {_strange(key, known, 'of a host')}")
    try:
        return Host(**entry)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{called}: {error}") from None


def _strange(key: str, known: "tuple[str, ...] | list[str]", what: str) -> str:
    close = get_close_matches(key, known, n=1)
    meant = f"is {close[0]} meant? " if close else ""
    return f"{key} is nothing that is said {what}: {meant}what is said is {', '.join(known)}"
