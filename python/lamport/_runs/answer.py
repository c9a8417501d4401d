"""What a question about cuts comes to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, overload

from lamport._model.public import public

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from lamport import _lamport

__all__ = ["Answer", "CutPath", "cut_of"]

Cut = dict[int, int]
"""By machine, the clock of its last event in the cut; 0: none."""
AT_ONCE = 1 << 18
"""Entries of cuts that a path makes at once."""


@public
@dataclass(frozen=True, repr=False)
class Answer:
    """What a question about the consistent cuts of a run comes to.

    It is true in a condition if `value` is; where that is None, as the question was not answered, that is an
    error. `int` takes the value of `Causality.count_cuts`. An answer with a cut is taken wherever a cut is:
    by `Causality.cut_is_consistent`, `Run.plot_spacetime` and `Run.view`.

    Attributes
    ----------
    value : bool, int or None
        The answer; None if `limit` came first, or if the logs leave it open: `why` says which.
    cut : dict of int to int, or None
        By machine, the clock of its last event in the cut that answers; 0: none.
    path : sequence of dict, or None
        Cuts one event apart, from the first to the last. It makes its cuts when they are asked for.
    visited : int
        How much was looked at: consistent cuts; events, where a predicate is a mapping; of a snapshot, the
        events in it.
    why : str
        Why there is no value, if there is none.
    counts : dict of int to int, or None
        By machine, how many of its events are in `cut`. It tells the cut where clocks do not: where receipts
        may leave a clock as it is, several events have the same.
    low, high : int or None
        Of `Causality.count_cuts`: how many cuts there are at least and at most; None if that is not known.
    channels : DataFrame or None
        Of `Causality.snapshot`: the messages that were under way.

    Examples
    --------
    >>> import lamport
    >>> run = lamport.simulate(2, 5, rates=[1, 2], seed=1)
    >>> answer = run.causality.count_cuts()
    >>> int(answer) == answer.value, answer.why
    (True, '')
    """

    value: bool | int | None
    cut: Cut | None
    path: Sequence[Cut] | None
    visited: int
    why: str = ""
    counts: dict[int, int] | None = None
    low: int | None = None
    high: int | None = None
    channels: "pd.DataFrame | None" = field(default=None, compare=False)

    def __bool__(self) -> bool:
        return bool(self._known())

    def __int__(self) -> int:
        return int(self._known())

    def __index__(self) -> int:
        return int(self._known())

    def _known(self) -> bool | int:
        if self.value is None:
            raise ValueError(f"there is no answer: {self.why}")
        return self.value

    def __repr__(self) -> str:
        shown = [f"value={self.value}", f"cut={self.cut}"]
        if self.path is not None:
            shown.append(f"path=<{len(self.path)} cuts>")
        if self.value is None and self.low is not None:
            shown += [f"low={self.low}", f"high={self.high}"]
        if self.channels is not None:
            shown.append(f"channels=<{len(self.channels)} messages>")
        shown.append(f"visited={self.visited}")
        if self.why:
            shown.append(f"why={self.why!r}")
        return f"Answer({', '.join(shown)})"


class CutPath(Sequence[Cut]):
    """Cuts one event apart, made when they are asked for: 4 bytes an event."""

    def __init__(self, cuts: "_lamport.Cuts", machines: list[int], steps: "NDArray[np.uint32]") -> None:
        self._cuts, self._machines, self._steps = cuts, machines, steps

    def __len__(self) -> int:
        return len(self._steps) + 1

    @overload
    def __getitem__(self, place: int) -> Cut: ...
    @overload
    def __getitem__(self, place: slice) -> list[Cut]: ...
    def __getitem__(self, place: int | slice) -> Cut | list[Cut]:
        if isinstance(place, slice):
            return [self[each] for each in range(len(self))[place]]
        return self._made(self.counts_at(place))[0]

    def __iter__(self) -> Iterator[Cut]:
        import numpy as np

        counts = self._cuts.first
        width = max(len(counts), 1)
        yield from self._made(counts)
        for start in range(0, len(self._steps), max(AT_ONCE // width, 1)):
            steps = self._steps[start : start + max(AT_ONCE // width, 1)]
            taken = np.zeros((len(steps), len(counts)), dtype=np.int64)
            taken[np.arange(len(steps)), steps] = 1
            counts = counts + np.cumsum(taken, axis=0)
            yield from self._made(counts)
            counts = counts[-1]

    def counts_at(self, place: int) -> "NDArray[np.int64]":
        """Return how many events of each machine one cut has."""
        import numpy as np

        try:
            steps = self._steps[: range(len(self))[place]]
        except IndexError:
            raise IndexError(f"there is no cut {place} in a path of {len(self)} cuts") from None
        taken = np.bincount(steps, minlength=len(self._machines))
        counts: NDArray[np.int64] = self._cuts.first + taken.astype(np.int64)
        return counts

    def counts(self) -> "NDArray[np.int64]":
        """Return how many events of each machine each cut has: a row a cut."""
        import numpy as np

        taken = np.zeros((len(self), len(self._machines)), dtype=np.int64)
        taken[np.arange(1, len(self)), self._steps] = 1
        counts: NDArray[np.int64] = self._cuts.first + np.cumsum(taken, axis=0)
        return counts

    def _made(self, counts: "NDArray[np.int64]") -> list[Cut]:
        import numpy as np

        clocks = self._cuts.clocks(np.atleast_2d(counts))
        return [dict(zip(self._machines, cut, strict=True)) for cut in clocks.tolist()]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(mine == its for mine, its in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[type[list[Cut]], tuple[list[Cut]]]:
        return list, (list(self),)

    def __repr__(self) -> str:
        return f"<{len(self)} cuts from {self[0]} to {self[-1]}>"


def cut_of(cut: object) -> object:
    """Return the cut of an answer, or what was given instead of one.

    Raises
    ------
    ValueError
        An answer has none.
    """
    if not isinstance(cut, Answer):
        return cut
    if cut.cut is None:
        raise ValueError(f"{cut!r} has no cut")
    return cut.cut
