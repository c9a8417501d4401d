"""Numbers that are times, and of which unit they are."""

from typing import TYPE_CHECKING

from lamport._model.warning import warn

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["ALL_NAMES", "UNITS", "in_seconds"]

UNITS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
"""How many of each unit of time make a second."""
NAMES = {"ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}
ALL_NAMES = {"s": "seconds", **NAMES}
OLDEST, NEWEST = 1e9, 4e9
"""Between these seconds lie the times of our days, from 2001 to 2096."""
DAY, YEAR = 86_400, 31_557_600
FARTHEST = 1e11
"""No time of day is as many seconds after 1970."""
LONGEST = 1e9
"""No run takes longer, in seconds."""
DOUBTFUL = 1e7
"""Whole numbers that span more are hardly seconds."""


def in_seconds(numbers: "Floats", name: str, unit: str | None) -> "Floats":
    """Return times of a unit in seconds; without a unit they must look like seconds.

    Raises
    ------
    ValueError
        They cannot be seconds.

    Warns
    -----
    LamportWarning
        They are hardly seconds.

    Examples
    --------
    >>> import numpy as np
    >>> in_seconds(np.array([1677782102954.0]), "time", "ms").tolist()
    [1677782102.954]
    """
    import numpy as np

    if unit is not None:
        seconds: Floats = numbers / UNITS[unit]
        return seconds
    known = numbers[np.isfinite(numbers)]
    if not len(known):
        return numbers
    farthest, span = float(np.abs(known).max()), float(known.max() - known.min())
    if farthest > FARTHEST or span > LONGEST:
        _check_mixed(numbers, name)
        likely = _likely(farthest, span)
        then = f"the run would last {span / YEAR:.0f} years"
        if span <= LONGEST:
            then = f"it would be the year {1970 + farthest / YEAR:.0f}"
        raise ValueError(
            f"{name} goes up to {known.max():.16g}: if that were seconds, {then}; if it is {NAMES[likely]}, "
            f"give from_events(..., time_unit={likely!r}), and time_unit='s' if it is seconds"
        )
    if span > DOUBTFUL and (known == np.floor(known)).all():
        warn(
            f"{name} spans {span:.0f}, all whole numbers: as seconds a run of {span / DAY:.0f} days; give "
            "from_events time_unit='ms', 'us' or 'ns' if they are no seconds, time_unit='s' if they are"
        )
    return numbers


def _check_mixed(numbers: "Floats", name: str) -> None:
    """Refuse times of day of which some are in one unit and some in another."""
    import numpy as np

    first = {}
    for unit, many in UNITS.items():
        rows = np.flatnonzero((np.abs(numbers) > OLDEST * many) & (np.abs(numbers) < NEWEST * many))
        if len(rows):
            first[int(rows[0])] = unit
    if len(first) > 1:
        (row, unit), (other, another) = sorted(first.items())[:2]
        raise ValueError(
            f"{name} mixes units: {numbers[row]:.16g} in row {row} looks like {ALL_NAMES[unit]}, "
            f"{numbers[other]:.16g} in row {other} like {ALL_NAMES[another]}; give all times in one"
        )


def _likely(farthest: float, span: float) -> str:
    """Say which unit makes of times dates of our days, or else possible ones of a run of a day or less."""
    for unit in NAMES:
        if OLDEST < farthest / UNITS[unit] < NEWEST:
            return unit
    near = (unit for unit in NAMES if farthest / UNITS[unit] < FARTHEST and span / UNITS[unit] < DAY)
    return next(near, "ns")
