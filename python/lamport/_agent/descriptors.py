"""How many files the processes of this host may open."""

import resource

__all__ = ["check_descriptors", "raise_limit"]

OF_MACHINE = 5
"""Open files of a machine's process in the agent: its pipes, its sockets, and one that keeps its port."""
BESIDE = 32
"""Open files of any process beside those of its machines and connections."""


def raise_limit() -> int:
    """Allow as many as the hard limit does, also in processes started from here; return how many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = hard if hard != resource.RLIM_INFINITY else max(soft, 1 << 20)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    except (ValueError, OSError):
        return soft
    return most


def check_descriptors(machines: int, connections: int = 0) -> None:
    """Check that so many machines have room, of which the busiest has so many connections.

    Raises
    ------
    OSError
        They have not.
    """
    allowed, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for wanted, who in (
        (machines * OF_MACHINE + BESIDE, f"the agent of {machines} machines"),
        (connections + BESIDE, f"a machine with {connections} connections"),
    ):
        if wanted > allowed:
            raise OSError(
                f"{who} needs {wanted} open files, and this host allows {allowed} (hard limit {hard}): "
                "raise the hard limit there, as root by ulimit -Hn or in /etc/security/limits.conf, or give "
                "the host fewer machines or the run a sparser topology"
            )
