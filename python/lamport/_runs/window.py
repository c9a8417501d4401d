"""A stretch of a run's time."""

import math
from typing import SupportsFloat

from lamport._model.check import real

__all__ = ["window"]


def window(start: SupportsFloat | None, stop: SupportsFloat | None) -> tuple[float, float]:
    """Return the ends of a stretch in seconds, infinite where none is given.

    Raises
    ------
    ValueError
        `start` is not below `stop`.

    Examples
    --------
    >>> window(2, None)
    (2.0, inf)
    """
    ends = (
        -math.inf if start is None else real("start", start),
        math.inf if stop is None else real("stop", stop),
    )
    if not ends[0] < ends[1]:
        raise ValueError(f"start={start!r} and stop={stop!r} (s) hold nothing: start must be below stop")
    return ends
