"""Warnings of this package, pointed at the caller's own line."""

import sys
import warnings


class LamportWarning(UserWarning):
    """Something in a run went on, but not as planned."""


def warn(message: str) -> None:
    """Warn at the innermost line outside this package."""
    level, frame = 1, sys._getframe(0)
    while frame.f_back and frame.f_globals.get("__name__", "").partition(".")[0] == "lamport":
        level, frame = level + 1, frame.f_back
    warnings.warn(message, LamportWarning, stacklevel=level)
