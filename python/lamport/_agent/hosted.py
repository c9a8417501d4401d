"""The machines of a host as an agent is told to start them."""

import base64
import os
import selectors
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from lamport._agent.descriptors import check_descriptors
from lamport._drive.handed import piped
from lamport._drive.key import ENVIRONMENT
from lamport._drive.machine_process import Spawn
from lamport._drive.machine_processes import MachineProcesses
from lamport._drive.ports import Ports
from lamport._runs.directory import FAULTS, LATENCY

__all__ = ["hosted", "log_of"]


def log_of(directory: Path, machine: int) -> Path:
    """Return where the log of a machine is."""
    return directory / f"machine_{machine}.log"


def hosted(
    order: Mapping[str, Any],
    ports: Ports,
    directory: Path,
    selector: selectors.BaseSelector,
    spawn: Spawn,
) -> MachineProcesses:
    """Make the machines that an order is to start.

    Parameters
    ----------
    order : mapping
        The order ``start``.
    ports : Ports
        Where they listen.
    directory : Path
        Where their logs go.
    selector : BaseSelector
        Where their pipes are watched.
    spawn : callable
        Starts the processes of machines that have no algorithm.

    Raises
    ------
    OSError
        Too few files may be open.
    """
    from lamport._lamport import FaultConductor, unix_origin

    commands = {int(machine): words for machine, words in order["commands"].items()}
    senders = {int(machine): ids for machine, ids in order["senders"].items()}
    handed = {int(machine): text for machine, text in (order["algorithm"] or {}).items()}
    check_descriptors(
        len(commands), max(_peers(words) + len(senders[machine]) for machine, words in commands.items())
    )
    same = []
    for name, option in ((FAULTS, "--faults"), (LATENCY, "--latency")):
        if name in order["files"]:
            (directory / name).write_text(order["files"][name], encoding="utf-8")
            same.append(f"{option}={directory / name}")
    # A list of processes shows every user their words, but not their environments.
    environment = {name: value for name, value in os.environ.items() if name != ENVIRONMENT}
    for name, value in order["environment"].items():
        environment.setdefault(name, value)
    if order["key"] is not None:
        environment[ENVIRONMENT] = order["key"]

    def pipe(machine: int) -> AbstractContextManager[int]:
        return piped(base64.b64decode(handed[machine]))

    return MachineProcesses(
        {
            machine: [
                *(sys.executable, "-m", "lamport.machine", *words, *same),
                f"--log={log_of(directory, machine)}",
                f"--senders={','.join(map(str, senders[machine]))}",
            ]
            for machine, words in commands.items()
        },
        ports,
        environment=environment,
        origin=unix_origin(),
        conductor=FaultConductor(order["faults"], order["total"], order["duration"]),
        duration=order["duration"],
        wait=order["wait"],
        pipe=pipe if handed else None,
        selector=selector,
        waits_for_start=True,
        # The seed of hashes is of a program's start, and handlers are to begin with nothing there.
        spawn=None if handed else spawn,
    )


def _peers(words: list[str]) -> int:
    """Count the peers in the words of a machine."""
    for place, word in enumerate(words):
        option, sign, value = word.partition("=")
        if option == "--peers":
            listed = value if sign else words[place + 1]
            return listed.count(",") + bool(listed)
    return 0
