"""The lattice of consistent cuts of a run, to be drawn."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from lamport._model.check import mapping, whole
from lamport._runs.answer import Answer, Cut, cut_of
from lamport._runs.cuts import CutQuestions
from lamport._runs.names import in_figure, shown

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from numpy.typing import NDArray


__all__ = ["LatticeDrawing"]

MOST = 2_000
"""Cuts of a figure in which each is seen."""
OF_ANSWER = ("the cut", "the path")


class LatticeDrawing(CutQuestions):
    """The part of `Causality` that draws the lattice of consistent cuts."""

    is_certain: bool
    cut_is_consistent: Callable[..., bool | None]
    _event: Callable[[object], tuple[int, int]]

    def plot_lattice(
        self,
        *,
        cut: "Mapping[int | str, int] | Answer | None" = None,
        start: float | None = None,
        stop: float | None = None,
        limit: int = MOST,
        ax: "Axes | None" = None,
    ) -> "Axes":
        """Draw the consistent cuts of a run, or of a stretch of it, and which leads to which by one event.

        Of two machines each has an axis: a cut stands above the last event that it has of the one, and beside
        that of the other. Of more, cuts stand level by level, from left to right by how many events they
        have; the lines of the events of one machine are parallel, as far as cuts have room so. Cuts of which
        the logs leave open whether they are consistent are hollow, and what leads there is dashed.

        Parameters
        ----------
        cut : mapping or Answer, optional
            A cut that has a ring; of an answer its path is drawn, too.
        start, stop : float, optional
            A stretch of time (s), as of `count_cuts`.
        limit : int, default 2000
            How many cuts are drawn at most.
        ax : Axes, optional
            Where to draw; a new figure if None. The legend stands beside it: a figure of several Axes makes
            room for that with ``layout="constrained"``.

        Returns
        -------
        Axes
            Where it was drawn. Nothing is shown.

        Raises
        ------
        ValueError
            There are more cuts than `limit`: the message says which stretch has few enough. Or `cut` is not
            one of them, or `start` is not below `stop`.

        References
        ----------
        .. [1] F. Mattern, "Virtual Time and Global States of Distributed Systems", Parallel and Distributed
           Algorithms, North-Holland 1989.

        Examples
        --------
        >>> import lamport
        >>> run = lamport.simulate(duration=3, rates=[2, 3], seed=1978)
        >>> ax = run.causality.plot_lattice()
        >>> ax.get_xlabel()
        'machine 1: clock of its last event in the cut'
        """
        import numpy as np

        from lamport._plot.lattice import Marks, plot_lattice
        from lamport._plot.lattice_layout import Lattice

        most, cuts = whole("limit", limit), self._cuts(start, stop)
        found = cuts.lattice(max(most, 0))
        if found is None:
            raise ValueError(self._too_many(start, stop, most))
        counts = found["cuts"]
        clocks = cuts.clocks(counts)
        sure = None if self.is_certain else cuts.lattice(most, possible=True)
        known = {row.tobytes() for row in (counts if sure is None else sure["cuts"])}
        drawn = Lattice(
            names=[in_figure(shown(self._names, machine)) for machine in self._native.machines],
            cuts=counts,
            clocks=clocks,
            edges=found["steps"],
            is_open=np.array([row.tobytes() not in known for row in counts], dtype=np.bool_),
        )
        notes = [f"{name} {end:g} s" for name, end in (("from", start), ("before", stop)) if end is not None]
        ringed, path, words = self._cut_to_draw(cut)
        rows = self._rows_of(clocks)
        marks = Marks(
            cut=None if ringed is None else rows(ringed),
            path=np.array([rows(each) for each in path or []], dtype=np.int64),
            words=words,
        )
        return plot_lattice(drawn, marks, notes, ax)

    def _cut_to_draw(
        self, cut: "Mapping[int | str, int] | Answer | None"
    ) -> "tuple[Cut | None, Sequence[Cut] | None, tuple[str, str]]":
        """Return the cut, the path, and what they are called."""
        if isinstance(cut, Answer) and cut.path is not None:
            return cut.cut, cut.path, OF_ANSWER
        if cut is None:
            return None, None, OF_ANSWER
        given = mapping("cut", cut_of(cut), "{1: 40, 2: 23}")
        if self.cut_is_consistent(given) is False:
            raise ValueError(
                f"cut={dict(given)} is not consistent, and so not in the lattice: Run.plot_spacetime draws it"
            )
        return dict(map(self._event, given.items())), None, OF_ANSWER

    def _rows_of(self, clocks: "NDArray[np.int64]") -> Callable[[Mapping[int, int]], int]:
        """Return what finds the row of a cut among those that are drawn."""
        rows = {tuple(row): place for place, row in enumerate(clocks.tolist())}

        def row(cut: Mapping[int, int]) -> int:
            place = rows.get(tuple(cut.get(machine, 0) for machine in self._native.machines))
            if place is None:
                raise ValueError(f"cut={dict(cut)} is not among the cuts from start to stop")
            return place

        return row

    def _too_many(self, start: float | None, stop: float | None, most: int) -> str:
        """Say which stretch has few enough cuts."""
        import numpy as np

        time = self._logs.events()["time"]
        low, high = (-math.inf if start is None else start), (math.inf if stop is None else stop)
        ends = np.unique(time[(time >= low) & (time < high)])
        least, over = 0, len(ends) - 1  # of that the cuts are too many, or all
        while over - least > 1:
            middle = (least + over) // 2
            few = self._cuts(start, float(ends[middle])).lattice(max(most, 0)) is not None
            least, over = (middle, over) if few else (least, middle)
        end = math.floor(float(ends[least]) * 1e6) / 1e6
        told = f"there are more than limit={most:,} consistent cuts, too many to draw: give start= and stop="
        return f"{told}, as in stop={end:.6f}" if least else f"{told}, or a larger limit"
