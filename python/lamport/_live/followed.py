"""What shows of runs ask."""

from typing import Protocol

__all__ = ["Followed"]


class Followed(Protocol):
    """What tells of a run while it goes on."""

    @property
    def is_behind(self) -> bool: ...
    def poll(self) -> list[str]: ...
