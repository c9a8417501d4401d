"""What one machine runs, as the native module takes it."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lamport._lamport import body_text
from lamport._model.roles import Roles

if TYPE_CHECKING:
    from lamport._lamport import _Role

__all__ = ["own_role", "role_of"]


def own_role(roles: Roles, machine: int) -> "_Role":
    """Return what a machine runs of these."""
    return {
        "make": _Maker(roles, machine),
        "algorithm": roles.told(machine),
        "arguments": body_text(roles.arguments),
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
    }


def role_of(algorithm: object, arguments: Mapping[str, Any] | None, machine: int) -> "_Role | None":
    """Return what `lamport.Machine` runs; None without an algorithm.

    Raises
    ------
    TypeError, ValueError
        One is not what it must be, or does not go with the other.
    """
    if algorithm is None:
        if arguments:
            raise ValueError(
                "arguments= is for an algorithm: give algorithm=, a class derived of lamport.Algorithm"
            )
        return None
    roles = Roles(algorithm, arguments)
    if not roles.has(machine):
        raise ValueError(f"algorithm= names none for machine {machine}: each machine needs one")
    return own_role(roles, machine)


@dataclass(frozen=True)
class _Maker:
    roles: Roles
    machine: int

    def __call__(self) -> object:
        return self.roles.make(self.machine)
