"""Play the logs of algorithms again: their handlers are called, and must do what they did."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lamport._lamport import body_value, replay_algorithm
from lamport._model.algorithm import AlgorithmError
from lamport._model.roles import Roles, load_algorithm
from lamport._model.topology import adjacency
from lamport._model.warning import warn
from lamport._runs.run import Run

if TYPE_CHECKING:
    from lamport._lamport import _AlgorithmLog, _Seat

__all__ = ["replayed"]

VIRTUAL = "virtual"
"""The host of machines in virtual time."""
Row = tuple[int, int, str, int | None, str | None, str | None]


def replayed(
    run: Run, logs: "Mapping[Path, _AlgorithmLog]", algorithm: object, arguments: Mapping[str, Any] | None
) -> list[Row]:
    """Return the rows of `lamport.replay` of these logs, by what each tells of its algorithm.

    Raises
    ------
    AlgorithmError
        A handler raised an exception.
    ValueError
        What ran is not known, or who a machine could send to.
    """
    roles = _roles(run, list(logs.values()), algorithm, arguments)
    seats = _seats(run, list(logs.values()))
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    if others := sorted({log["python"] or own for log in logs.values()} - {own}):
        warn(f"the algorithm ran with Python {', '.join(others)}, and this is {own}: it may do otherwise")
    return [_row(file, log, roles[log["machine"]], seats[log["machine"]]) for file, log in logs.items()]


def _row(file: Path, log: "_AlgorithmLog", roles: Roles, seat: "_Seat") -> Row:
    machine, seed = log["machine"], log["seed"]
    known: Any = {"name": f"machine {machine}", "machine": machine, "seed": seed}
    try:
        instance = roles.make(machine)
    except Exception as error:
        raise AlgorithmError._of(error, handler="__init__", time=None, line=None, **known) from error
    events, divergence, raised = replay_algorithm(file, instance, seat=seat, began=log["began"])
    if raised is not None:
        line, time, cause = raised
        where = f"{file}:{line}"
        raise AlgorithmError._of(cause, handler="a handler", time=time, line=where, **known) from cause
    if divergence is None:
        return machine, events, str(file), None, None, None
    return machine, events, str(file), *divergence


def _roles(
    run: Run, logs: "list[_AlgorithmLog]", algorithm: object, arguments: Mapping[str, Any] | None
) -> dict[int, Roles]:
    """Return what each machine runs."""
    alike: dict[str, list[_AlgorithmLog]] = {}
    for log in logs:
        alike.setdefault(log["arguments"], []).append(log)
    roles = {}
    for text, group in alike.items():
        given = body_value(text) if arguments is None else arguments
        if algorithm is not None:
            same = Roles(algorithm, given)
        elif run._roles is not None:
            same = run._roles.with_arguments(given)
        else:
            same = _imported({log["machine"]: log["algorithm"] for log in group}, given)
        for log in group:
            if not same.has(log["machine"]):
                raise ValueError(
                    f"algorithm= names none for machine {log['machine']}: each machine needs one"
                )
            roles[log["machine"]] = same
    return roles


def _imported(named: dict[int, str], arguments: Mapping[str, Any]) -> Roles:
    """Return what logs name."""
    for machine, name in named.items():
        try:
            load_algorithm(name)
        except ValueError as error:
            why = f"{error}; give algorithm=, what machine {machine} ran, as its log does not hold it"
            raise ValueError(why) from None
    return Roles(named, arguments)


def _seats(run: Run, logs: "list[_AlgorithmLog]") -> "dict[int, _Seat]":
    """Return the place of each machine among the others."""
    count, topology = run._parameters.get("machines"), run._parameters.get("topology")
    if count is not None and topology is not None:
        lists = adjacency(topology, count)
        peers = {machine + 1: [peer + 1 for peer in of] for machine, of in enumerate(lists)}
    else:
        peers = _peers(logs)
        if any(log["listen"] != (VIRTUAL, log["machine"]) for log in logs):
            # A machine that is made by itself knows of its peers alone.
            own = {log["machine"]: (log, peers[log["machine"]]) for log in logs}
            return {machine: _seat(log, of, of, {machine, *of}) for machine, (log, of) in own.items()}
    everyone = {*peers, *(peer for of in peers.values() for peer in of)}
    senders: dict[int, list[int]] = {machine: [] for machine in everyone}
    for machine, of in peers.items():
        for peer in of:
            senders[peer].append(machine)
    return {
        log["machine"]: _seat(log, peers[log["machine"]], senders[log["machine"]], everyone) for log in logs
    }


def _seat(log: "_AlgorithmLog", peers: list[int], senders: list[int], machines: set[int]) -> "_Seat":
    return {
        "id": log["machine"],
        "name": str(log["machine"]),
        "peers": peers,
        "senders": senders,
        "machines": sorted(machines),
        "seed": _seed(log),
    }


def _seed(log: "_AlgorithmLog") -> int:
    if log["seed"] is None:
        raise ValueError(f"the log of machine {log['machine']} tells no seed: me.random cannot be made again")
    return log["seed"]


def _peers(logs: "list[_AlgorithmLog]") -> dict[int, list[int]]:
    """Return the peers of each machine, as logs tell."""
    listens = {log["listen"]: log["machine"] for log in logs if log["listen"] is not None}
    peers = {}
    for log in logs:
        known = [(host, port, listens.get((host, port), peer)) for host, port, peer in log["peers"]]
        for host, port, peer in known:
            if peer is None:
                raise ValueError(
                    f"the log of machine {log['machine']} does not tell which machine {host}:{port} is: play "
                    "the directory of the run, or the logs of all its machines"
                )
        peers[log["machine"]] = [peer for _, _, peer in known if peer is not None]
    return peers
