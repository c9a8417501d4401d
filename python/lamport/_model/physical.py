"""Clocks of hosts: how they go wrong."""

import math
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TYPE_CHECKING, SupportsFloat, TypeAlias

from lamport._model.check import flag, real
from lamport._model.public import public

__all__ = ["NativeClock", "Physical"]

Bounds: TypeAlias = tuple[float, float]
NativeClock: TypeAlias = tuple[Bounds, Bounds, int, tuple[int, float] | None, bool]
"""Bounds of the offset (ns) and of ppm, the steps (ns), how it is set (ns, ns), and whether it slews."""

LARGEST = 1e9
"""The most seconds of anything."""


@public
@dataclass(frozen=True)
class Physical:
    """The clock of a machine's host: ahead or behind, too fast or too slow, coarse, and set now and then.

    At time t (ns) it shows ``floor((t + offset + ppm 1e-6 (t - s)) / resolution) resolution``, where s is
    the last time that it was set, 0 at first, and its offset is drawn anew at each of these. For
    ``run.stamps("physical")``, ``"hlc"`` and `Run.compare_clocks`, of all machines or of each its own.

    Parameters
    ----------
    offset : float or (float, float), default 0
        How far it is ahead at first (s). Of a pair each machine draws its own between both.
    ppm : float or (float, float), default 0
        By how many millionths it goes too fast, above -1e6 and below 1e6. Of a pair each machine draws its
        own.
    resolution : float, default 1e-9
        Its steps (s): it shows multiples of them. Rounded to whole ns.
    sync : (float, float), optional
        How often it is set (s), at multiples of that, and the standard deviation of its offset right after,
        which is normally distributed (s). None: never.
    slew : bool, default True
        Whether it never goes back when it is set: it stands still until time has caught up. Else it steps
        back.

    Raises
    ------
    ValueError
        A number is not finite or out of range, or a pair is not one, with the smaller number first.

    Examples
    --------
    >>> import lamport
    >>> run = lamport.from_events({"time": [0.1, 0.2, 0.3], "machine_id": [1, 1, 1],
    ...                            "event": ["INTERNAL"] * 3, "new_clock": [1, 2, 3]})
    >>> run.stamps("physical", physical=lamport.Physical(offset=0.05, resolution=0.1))["physical"].tolist()
    [100000000, 200000000, 300000000]
    """

    offset: float | Bounds = 0.0
    ppm: float | Bounds = 0.0
    resolution: float = 1e-9
    sync: Bounds | None = None
    slew: bool = True

    if TYPE_CHECKING:

        def __init__(
            self,
            offset: SupportsFloat | Iterable[SupportsFloat] = 0.0,
            ppm: SupportsFloat | Iterable[SupportsFloat] = 0.0,
            resolution: SupportsFloat = 1e-9,
            sync: Iterable[SupportsFloat] | None = None,
            slew: bool = True,
        ) -> None: ...

    def __post_init__(self) -> None:
        self._put("offset", _number_or_pair("offset", self.offset, LARGEST))
        self._put("ppm", _number_or_pair("ppm", self.ppm, math.nextafter(1e6, 0)))
        self._put("resolution", _number("resolution", self.resolution, 1e-9, LARGEST))
        if self.sync is not None:
            every, sigma = _pair("sync", self.sync, "the seconds between two settings, and sigma")
            every = _number("sync: every", every, 1e-9, LARGEST)
            self._put("sync", (every, _number("sync: sigma", sigma, 0, LARGEST)))
        self._put("slew", flag("Physical: slew", self.slew))

    def _put(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    @property
    def _native(self) -> NativeClock:
        """The same, as the native module takes it."""
        sync = None
        if self.sync is not None:
            sync = (round(self.sync[0] * 1e9), self.sync[1] * 1e9)
        low, high = _both(self.offset)
        return (low * 1e9, high * 1e9), _both(self.ppm), round(self.resolution * 1e9), sync, self.slew


def _both(value: float | Bounds) -> Bounds:
    return value if isinstance(value, tuple) else (value, value)


def _number(name: str, value: object, low: float, high: float) -> float:
    number = real(f"Physical: {name}", value)
    if not low <= number <= high:
        raise ValueError(
            f"Physical: {name}={number:g} is out of range: give a number from {low:g} to {high:g}"
        )
    return number


def _number_or_pair(name: str, value: object, most: float) -> float | Bounds:
    if isinstance(value, (str, Mapping, AbstractSet)) or not isinstance(value, Iterable):
        return _number(name, value, -most, most)
    low, high = _pair(name, value, "a number, or the bounds of what machines draw")
    pair = _number(name, low, -most, most), _number(name, high, -most, most)
    if pair[0] > pair[1]:
        raise ValueError(f"Physical: {name}={pair!r}: give the smaller number first")
    return pair


def _pair(name: str, value: object, form: str) -> tuple[object, object]:
    given = isinstance(value, Iterable) and not isinstance(value, (str, Mapping, AbstractSet))
    numbers = list(value) if given and isinstance(value, Iterable) else []
    if len(numbers) != 2:
        raise ValueError(f"Physical: {name}={value!r}: give {form}, like (30, 0.001)")
    return numbers[0], numbers[1]
