"""Warnings of this package, pointed at the caller's own line."""

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from lamport._model.public import public


@public
class LamportWarning(UserWarning):
    """Something in a run went on, but not as planned.

    Examples
    --------
    >>> import warnings
    >>> import lamport
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("error", lamport.LamportWarning)  # stop where one would be shown
    ...     run = lamport.simulate(duration=10, seed=1)
    """


def warn(message: str) -> None:
    """Warn at the innermost line outside this package."""
    level, frame = 1, sys._getframe(0)
    while frame.f_back and frame.f_globals.get("__name__", "").partition(".")[0] == "lamport":
        level, frame = level + 1, frame.f_back
    warnings.warn(message, LamportWarning, stacklevel=level)


@contextmanager
def plain_warnings() -> Iterator[None]:
    """Print warnings of this package as lines, not as lines of code."""
    with warnings.catch_warnings():
        before = warnings.showwarning

        def tell(message: Warning | str, category: type[Warning], *rest: Any, **more: Any) -> None:
            if issubclass(category, LamportWarning):
                print(f"lamport: {message}", file=sys.stderr, flush=True)
            else:
                before(message, category, *rest, **more)

        warnings.showwarning = tell
        warnings.simplefilter("always", LamportWarning)
        yield
