"""How an agent begins: what it needs, and what it says first."""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from lamport._agent.agent import Agent
from lamport._agent.descriptors import raise_limit
from lamport._agent.forked import forking
from lamport._drive.spoken import PROTOCOL

__all__ = ["refuse", "serve"]


def refuse(words: Sequence[str]) -> str | None:
    """Say why no agent can be started so; None if one can."""
    if words:
        return f"it takes no arguments but was given {' '.join(words)!r}: lamport.run_hosts starts it"
    if os.isatty(0):
        return (
            "it takes orders by a pipe, from lamport.run_hosts or lamport run --hosts, not from a terminal: "
            "remove what makes one of it, as -t of ssh or docker"
        )
    return None


def serve(is_asked_to_end: Callable[[], bool], machine: Callable[[Sequence[str]], int]) -> int:
    """Be the agent of this host.

    Parameters
    ----------
    is_asked_to_end : callable
        Whether a signal has asked for the end.
    machine : callable
        What ``python -m lamport.machine`` does with its words.

    Returns
    -------
    int
        The exit status.
    """
    words = os.dup(1)
    # What machines, handlers and libraries print cannot get between its lines.
    os.dup2(2, 1)
    hello = _hello()
    # Nothing is left of an agent that cannot even say hello.
    directory = Path(tempfile.mkdtemp(prefix="lamport-"))
    agent = Agent(0, words, directory, is_asked_to_end, forking(machine))
    return agent.run({**hello, "directory": str(directory)})


def _hello() -> dict[str, Any]:
    from lamport._lamport import __version__, own_addresses

    reached = os.environ.get("SSH_CONNECTION", "").split()
    return {
        "protocol": PROTOCOL,
        "version": __version__,
        "python": ".".join(map(str, sys.version_info[:3])),
        "pid": os.getpid(),
        "reached": reached[2] if len(reached) > 2 else None,
        "addresses": own_addresses(),
        "files": raise_limit(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "time": time.time(),
    }
