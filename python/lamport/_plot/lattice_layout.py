"""Where the cuts of a lattice are drawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Lattice", "places"]

GOLDEN = (5**0.5 - 1) / 2
"""Multiples of it come near to no whole number."""
CLOSEST = 1 / 45
"""How near two cuts of a level may come to each other, as a share of the height of a diagram."""


@dataclass(frozen=True)
class Lattice:
    """Consistent cuts, level by level.

    Attributes
    ----------
    names : list of str
        What machines are called, as matplotlib takes it.
    cuts : array of int, (cuts, machines)
        How many events of each machine each cut has. A cut stands behind those of fewer events.
    clocks : array of int, (cuts, machines)
        The clocks of the last of these; 0 where there is none.
    edges : array of int, (edges, 2)
        From which cut one event leads to which.
    is_open : array of bool
        Of which cuts the logs leave open whether they are consistent.
    """

    names: Sequence[str]
    cuts: "NDArray[np.int64]"
    clocks: "NDArray[np.int64]"
    edges: "NDArray[np.int64]"
    is_open: "NDArray[np.bool_]"

    @property
    def grid(self) -> "NDArray[np.intp] | None":
        """The two machines that each have an axis of their own; None where there are more."""
        if len(self.names) == 2:
            return np.arange(2)
        moved = self.moved()
        return moved if len(moved) == 2 else None

    @property
    def levels(self) -> "NDArray[np.int64]":
        """How many events each cut has."""
        levels: NDArray[np.int64] = self.cuts.sum(axis=1)
        return levels

    def moved(self) -> "NDArray[np.intp]":
        """Return which machines have an event in some cuts and not in others."""
        return np.flatnonzero(np.ptp(self.cuts, axis=0))


def places(lattice: Lattice) -> "tuple[NDArray[np.float64], NDArray[np.float64]]":
    """Return where each cut is drawn.

    Of two machines each is an axis. Of more, x is how many events a cut has. An event of a machine goes up or
    down by as much as any other of it, so that lines of one machine are parallel, as far as cuts have room
    so; else those of a level stand evenly, in the order that they would have had.
    """
    if lattice.grid is not None:
        across, up = lattice.cuts[:, lattice.grid].T.astype(np.float64)
        return across, up
    x = lattice.levels.astype(np.float64)
    y = _slanted(lattice)
    order = np.lexsort((y, x))
    steps = np.diff(y[order])[np.diff(x[order]) == 0]
    if len(steps) and steps.min() < CLOSEST * np.ptp(y):
        same = np.diff(x[order], prepend=np.nan) == 0
        rank = np.arange(len(x)) - np.maximum.accumulate(np.where(same, 0, np.arange(len(x))))
        _, level, size = np.unique(x, return_inverse=True, return_counts=True)
        y[order] = rank - (size[level[order]] - 1) / 2
    return x, y


def _slanted(lattice: Lattice) -> "NDArray[np.float64]":
    """Return how far the events of each cut went up, less what all go from the first cut to the last."""
    moved = lattice.moved()
    counts = lattice.cuts[:, moved].astype(np.float64)
    # Between the outermost such that whole steps of several machines are seldom none together.
    inner = 2 * (GOLDEN * np.arange(1, max(1, len(moved) - 1)) % 1) - 1
    slopes = np.sort(np.concatenate([[1.0, -1.0], inner]))[::-1] if len(moved) > 1 else np.zeros(len(moved))
    y: NDArray[np.float64] = counts @ slopes
    whole = counts[-1].sum() - counts[0].sum()
    if whole:
        y -= (counts.sum(axis=1) - counts[0].sum()) * (y[-1] - y[0]) / whole
    y -= y[0]
    return y
