"""What users import from `lamport` names `lamport` as its home."""

from typing import TypeVar

__all__ = ["public"]

Thing = TypeVar("Thing")


def public(thing: Thing) -> Thing:
    """Give a class or a function of the package the name that users know.

    Messages, documentation and pickles then say `lamport.Run`, and stay right when files move.
    """
    thing.__module__ = "lamport"
    return thing
