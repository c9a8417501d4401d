"""How long machines wait for each other before they tick."""

from lamport._lamport import DEFAULTS

__all__ = ["wait_of"]

CONNECTION = 0.001
"""Seconds that a connection may take to be made, among many: several times what one takes, encrypted."""
SHORTEST = DEFAULTS["wait"]


def wait_of(wait: float | None, connections: int) -> float:
    """Return the seconds to wait for so many connections, if they are not given."""
    return max(SHORTEST, connections * CONNECTION) if wait is None else wait
