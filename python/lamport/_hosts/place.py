"""A host with its machines, before its agent is there."""

from dataclasses import dataclass
from typing import Any

from lamport._hosts.client import Client
from lamport._hosts.host import Host
from lamport._hosts.line import End
from lamport._hosts.remedy import cannot_start

__all__ = ["Place"]


@dataclass(frozen=True)
class Place:
    """A host, and the ids of its machines."""

    host: Host
    machines: range

    @property
    def where(self) -> Any:
        """What ``run.json`` says of where it is."""
        where = self.host.where
        return where if isinstance(where, str) else list(where)

    def open(self) -> End:
        """Start the command that runs its agent.

        Raises
        ------
        LamportError
            It does not start here.
        """
        from lamport._lamport import LamportError

        try:
            return Client(self.host.words)
        except OSError as error:
            raise LamportError(f"host {self.host.name}: {cannot_start(self.host, error)}") from error
