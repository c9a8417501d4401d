"""What the agents of a run are told to start."""

import base64
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lamport._drive.handed import Handed
from lamport._drive.machine_words import LONGEST_WORD, machine_words
from lamport._hosts.address import LOOPBACK, at
from lamport._hosts.station import Station
from lamport._runs.directory import FAULTS, LATENCY

if TYPE_CHECKING:
    from lamport._lamport import _RunSetting

__all__ = ["start_orders"]

NONE = "[]"
"""No faults, as JSON."""
NEAR = {None: LOOPBACK, "0.0.0.0": LOOPBACK, "::": "::1"}
"""Where machines that listen on all addresses reach those of their own host."""


def start_orders(
    setting: "_RunSetting",
    stations: Sequence[Station],
    senders: Sequence[Sequence[int]],
    listens: Mapping[int, str | None],
    handed: Handed | None,
    **same: Any,
) -> list[dict[str, Any]]:
    """Return what each host is told of its machines.

    Parameters
    ----------
    setting : dict
        What the run is made with, every machine told its peers.
    stations : sequence of Station
        The hosts, whose ports are reserved.
    senders : sequence of list of int
        For each machine, the ids of those that send to it.
    listens : mapping of int to str or None
        By host, the address on which its machines listen.
    handed : Handed or None
        What is handed to machines of an algorithm.
    **same
        What all machines are told beside the setting.
    """
    faults, latency, peers = setting["faults"], setting["latency"], setting["topology"]
    assert not isinstance(peers, str), "every machine is told its peers"
    files = {FAULTS: faults} if faults != NONE else {}
    if len(latency) > LONGEST_WORD:
        files[LATENCY] = latency
        same["latency"] = None
    home = {machine: station for station in stations for machine in station.machines}

    def place(station: Station, peer: int) -> str:
        other = home[peer]
        if other is not station:
            return at(other.address, other.ports[peer])
        listen = listens[station.index]
        return at(NEAR.get(listen) or str(listen), other.ports[peer])

    orders = []
    for station in stations:
        commands = {}
        for machine in station.machines:
            where = [place(station, peer + 1) for peer in peers[machine - 1]]
            commands[str(machine)] = machine_words(setting, machine - 1, where, faults=None, **same)
        algorithm = None
        if handed is not None:
            algorithm = {
                str(machine): base64.b64encode(handed.to(machine)).decode() for machine in station.machines
            }
        orders.append(
            {
                "do": "start",
                "duration": setting["duration"],
                "total": len(peers),
                "commands": commands,
                "files": files,
                "faults": faults,
                "senders": {str(machine): senders[machine - 1] for machine in station.machines},
                "algorithm": algorithm,
                # Of sets and dicts a handler sees the same order in all lives.
                "environment": {} if handed is None else {"PYTHONHASHSEED": "0"},
            }
        )
    return orders
