"""Who sends to whom: names, mappings and graphs to lists of peers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral
from types import MappingProxyType
from typing import Any

__all__ = [
    "DEFAULT_MACHINES",
    "NAMES",
    "Topology",
    "adjacency",
    "as_topology",
    "check_name",
    "listed",
    "machine_count",
    "resolve",
    "to_mapping",
]

DEFAULT_MACHINES = 3
MOST_MACHINES = 2**32 - 1
NAMES = ("full", "ring", "star", "line")


@dataclass(frozen=True, eq=False)
class Topology:
    """A mapping or graph that was read and checked: it is not read again.

    Attributes
    ----------
    given : mapping or graph
        As the user states it.
    peers : list of list of int
        The peers of each machine, machines counted from 0.
    """

    given: object
    peers: list[list[int]]


def as_topology(topology: object) -> "str | Topology":
    """Read a topology once; a name stays a name.

    Parameters
    ----------
    topology : str, mapping or graph
        As for `adjacency`, or what this function returned.

    Raises
    ------
    ValueError
        It is none of them, or a peer does not exist, is listed twice or is the machine itself.
    """
    if isinstance(topology, str | Topology):
        return topology
    neighbors = _neighbors(topology)
    for machine, peers in neighbors.items():
        distinct = set(peers)
        if machine in distinct:
            raise ValueError(f"topology: machine {machine} lists itself among its peers {peers}")
        if len(distinct) < len(peers):
            raise ValueError(f"topology: machine {machine} lists a peer twice: {peers}")
    places = range(1, len(neighbors) + 1)
    return Topology(topology, [[peer - 1 for peer in neighbors[machine]] for machine in places])


def adjacency(topology: object, machines: int) -> list[list[int]]:
    """List the peers of each machine, machines counted from 0.

    Parameters
    ----------
    topology : str, mapping or graph
        ``"full"``, ``"ring"``, ``"star"`` or ``"line"``; a mapping of each machine
        (from 1) to those it sends to; or a networkx graph, directed or not. Nodes of a
        graph other than exactly 1 .. n are numbered in the graph's order.
    machines : int
        How many machines there are.

    Raises
    ------
    ValueError
        The name is unknown, a peer does not exist, is listed twice or is the machine itself.

    Examples
    --------
    >>> adjacency({1: [2, 3], 2: [1], 3: []}, 3)
    [[1, 2], [0], []]
    """
    known = as_topology(topology)
    if isinstance(known, str):
        from lamport._lamport import topology_peers

        return topology_peers(known, machines)
    if len(known.peers) != machines:
        raise ValueError(f"topology has {len(known.peers)} machines, but there are {machines}")
    return known.peers


def resolve(
    machines: object,
    rates: Sequence[float] | None,
    topology: object,
    lists: Mapping[str, object] = MappingProxyType({}),
) -> tuple[int, str | list[list[int]]]:
    """Return the number of machines, and the topology as the native module takes it.

    A name stays a name: a million machines need no lists of peers. What else of `lists` is a list has a value
    for each machine too.

    Examples
    --------
    >>> resolve(None, [1, 3, 6], "ring")
    (3, 'ring')
    >>> resolve(None, None, {1: [2], 2: []})
    (2, [[1], []])
    """
    known = as_topology(topology)
    shape = known if isinstance(known, str) else known.peers
    known_lists = {name: of for name, of in {"rates": rates, **lists}.items() if isinstance(of, Sequence)}
    return _count(machines, known_lists, shape), shape


def _count(machines: object, lists: Mapping[str, Sequence[object]], shape: str | list[list[int]]) -> int:
    counts: dict[str, int] = {}
    if machines is not None:
        if isinstance(machines, bool) or not isinstance(machines, Integral):
            raise ValueError(
                f"machines={machines!r} is not a number of machines: give a whole number, 1 or more"
            )
        counts[f"machines={machines}"] = int(machines)
    counts |= {f"{name} has {len(values)} values": len(values) for name, values in lists.items()}
    if not isinstance(shape, str):
        counts[f"topology has {len(shape)} machines"] = len(shape)
    if not counts:
        return DEFAULT_MACHINES
    if len(set(counts.values())) > 1:
        raise ValueError(f"{', but '.join(counts)}: they must agree, or give only one of them")
    ((said, count), *_) = counts.items()
    if count < 1:
        raise ValueError(f"{said}: there must be at least 1 machine")
    if count > MOST_MACHINES:
        raise ValueError(f"{said}: there can be {MOST_MACHINES} machines at most")
    return count


def machine_count(value: object) -> int | None:
    """Return how many machines a file says there are, if a run can have so many; None for all else."""
    could_be = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST_MACHINES
    return value if could_be else None  # type: ignore[return-value]


def listed(shape: str | Sequence[Sequence[int]], machines: int) -> Sequence[Sequence[int]]:
    """List the peers of each machine of what `resolve` returns."""
    return adjacency(shape, machines) if isinstance(shape, str) else shape


def to_mapping(peers: Sequence[Sequence[int]]) -> dict[str, list[int]]:
    """Write lists of peers as JSON keeps them, machines counted from 1.

    Examples
    --------
    >>> to_mapping([[1], [0]])
    {'1': [2], '2': [1]}
    """
    return {str(machine + 1): [peer + 1 for peer in row] for machine, row in enumerate(peers)}


def _neighbors(topology: object) -> dict[int, list[int]]:
    """Map every machine 1 .. n to its peers."""
    if isinstance(topology, Mapping):
        return _from_mapping(topology)
    if hasattr(topology, "nodes") and hasattr(topology, "adj"):
        return _from_graph(topology)
    raise _unknown(topology)


def check_name(topology: str) -> None:
    """Refuse a name that no topology has; elsewhere the native module does."""
    if topology not in NAMES:
        raise _unknown(topology)


def _unknown(topology: object) -> ValueError:
    return ValueError(
        f"topology {topology!r} is not known: it is one of {', '.join(map(repr, NAMES))}, "
        "a mapping {1: [2, 3], ...} or a networkx graph"
    )


def _from_mapping(topology: Mapping[Any, Iterable[Any]]) -> dict[int, list[int]]:
    known: dict[int, list[int]] = {}
    for key, peers in topology.items():
        machine = _number(key)
        if isinstance(peers, str) or not isinstance(peers, Iterable):
            raise ValueError(
                f"topology: the peers of machine {machine} are {peers!r}: give a list of numbers"
            )
        if machine in known:
            raise ValueError(f"topology: machine {machine} is listed twice")
        known[machine] = [_number(peer) for peer in peers]
    largest = max([*known, *(peer for peers in known.values() for peer in peers)], default=0)
    mentioned = len(set(known).union(*known.values()))
    if mentioned < largest:
        raise ValueError(
            f"topology names {mentioned} machines, the largest {largest}: machines are 1 to n, "
            "and one without peers is listed as {n: []}"
        )
    return {machine: known.get(machine, []) for machine in range(1, largest + 1)}


def _from_graph(graph: Any) -> dict[int, list[int]]:
    nodes = list(graph.nodes)
    ours = all(isinstance(node, int) for node in nodes) and set(nodes) == set(range(1, len(nodes) + 1))
    numbers = {node: node if ours else position for position, node in enumerate(nodes, 1)}
    return {numbers[node]: [numbers[peer] for peer in graph.adj[node]] for node in nodes}


def _number(value: object) -> int:
    """Read a machine's number; JSON keeps keys as text."""
    try:
        number = int(value)  # type: ignore[call-overload]
    except (TypeError, ValueError, OverflowError):
        number = 0
    if number < 1 or number != (int(value) if isinstance(value, str) else value):
        raise ValueError(f"topology: {value!r} is not a machine: machines are numbered from 1")
    return int(number)
