"""Which machines are on which host."""

from collections.abc import Sequence

from lamport._hosts.host import Host
from lamport._model.topology import DEFAULT_MACHINES

__all__ = ["blocks", "default_machines"]


def default_machines(hosts: Sequence[Host]) -> int:
    """Return how many machines there are, if nothing else tells: as hosts say, and one where they do not."""
    told = sum(host.machines or 1 for host in hosts)
    return told if any(host.machines for host in hosts) else max(told, DEFAULT_MACHINES)


def blocks(hosts: Sequence[Host], machines: int) -> list[range]:
    """Return the ids of the machines of each host: one after the other, in the order of the hosts.

    Raises
    ------
    ValueError
        A host would have none, or what hosts say does not add up.

    Examples
    --------
    >>> blocks([Host("a"), Host("b", machines=1), Host("c")], 6)
    [range(1, 4), range(4, 5), range(5, 7)]
    """
    said = sum(host.machines or 0 for host in hosts)
    others = sum(host.machines is None for host in hosts)
    left = machines - said
    if left < others or (not others and left):
        told = f", of which hosts say {said}" if said else ""
        raise ValueError(
            f"machines={machines} for {len(hosts)} hosts{told}: each host has at least one machine, and all "
            "have all of them; give other hosts or another machines="
        )
    found = []
    first = 1
    for host in hosts:
        count = host.machines
        if count is None:
            count = -(-left // others)  # the first ones have one more
            left, others = left - count, others - 1
        found.append(range(first, first + count))
        first += count
    return found
