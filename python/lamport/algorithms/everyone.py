"""Whether a machine can talk to all others."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lamport._lamport import Me
    from lamport._model.algorithm import Algorithm

__all__ = ["need_everyone"]


def need_everyone(algorithm: "Algorithm", me: "Me") -> None:
    """Check that a machine can send to each of the others, and each to it.

    Raises
    ------
    ValueError
        It cannot.
    """
    others = tuple(machine for machine in me.machines if machine != me.id)
    for machine in others:
        if machine not in me.peers or machine not in me.senders:
            raise ValueError(
                f"{type(algorithm).__name__} needs messages both ways between all machines, and there is no "
                f"way {'to' if machine not in me.peers else 'from'} machine {machine}: topology='full'"
            )
