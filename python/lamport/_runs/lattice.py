"""The lattice of consistent cuts of a run, to be drawn."""

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, SupportsFloat, SupportsIndex

from lamport._runs.answer import Answer, Cut, CutPath
from lamport._runs.cuts import CutQuestions, most_cuts
from lamport._runs.names import in_figure, shown

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from lamport import _lamport
    from lamport._plot.lattice_layout import Lattice
    from lamport._runs.cuts import Predicate


__all__ = ["LatticeDrawing"]

MOST = 2_000
"""Cuts of a figure in which each is seen."""
OF_ANSWER = ("the cut", "the path")
OF_PREDICATE = ("the first cut where it holds", "a path on which it never holds")


class LatticeDrawing(CutQuestions):
    """The part of `Causality` that draws the lattice of consistent cuts."""

    cut_is_consistent: Callable[..., bool | None]
    _event: Callable[[object], tuple[int, int]]

    def plot_lattice(
        self,
        predicate: "Predicate | None" = None,
        *,
        initial: bool | Mapping[int | str, bool] = False,
        cut: "Mapping[int | str, int] | Answer | None" = None,
        start: SupportsFloat | None = None,
        stop: SupportsFloat | None = None,
        limit: SupportsIndex = MOST,
        ax: "Axes | None" = None,
    ) -> "Axes":
        """Draw the consistent cuts of a run, or of a stretch of it, and which leads to which by one event.

        Of two machines each has an axis: a cut stands above the last event that it has of the one, and beside
        that of the other. Of more, cuts stand level by level, from left to right by how many events they
        have; the lines of the events of one machine are parallel, as far as cuts have room so. Cuts of which
        the logs leave open whether they are consistent are hollow, and what leads there is dashed.

        Parameters
        ----------
        predicate : mapping or callable, optional
            As of `possibly`: cuts where it holds are squares. The first of them has a ring, and if not every
            path passes one of them, one that does not is drawn.
        initial : bool or mapping, default False
            As of `possibly`.
        cut : mapping or Answer, optional
            A cut that has a ring, instead of that; of an answer its path is drawn, too.
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
            There are more cuts than `limit`: the message says which stretch has few enough. Or `limit` is
            less than 1, `cut` is not one of them, `start` is not below `stop`, or the predicate is none, as
            of `possibly`.

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
        from lamport._plot.lattice import Marks, plot_lattice
        from lamport._plot.lattice_layout import Lattice

        most, cuts = most_cuts(limit, "drawn"), self._cuts(start, stop)
        found = cuts.lattice(most)
        if found is None:
            raise ValueError(self._too_many(start, stop, most))
        counts = found["cuts"]
        clocks = cuts.clocks(counts)
        drawn = Lattice(
            names=[in_figure(shown(self._names, machine)) for machine in self._native.machines],
            cuts=counts,
            clocks=clocks,
            edges=found["steps"],
            is_open=self._open(cuts, counts),
        )
        notes = [f"{name} {end:g} s" for name, end in (("from", start), ("before", stop)) if end is not None]
        shown_cut, always, words, holds = self._checked(cut), None, OF_ANSWER, None
        if predicate is not None:
            asked: dict[str, Any] = {"initial": initial, "start": start, "stop": stop}
            first, every = self.possibly(predicate, **asked), self.definitely(predicate, **asked)
            holds = self._holds(predicate, initial, counts)
            notes.append(f"possibly {first.value}, definitely {every.value}")
            if cut is None:
                shown_cut, always, words = first, every, OF_PREDICATE
        marks = Marks(
            holds=holds,
            cut=self._row_of(drawn, shown_cut),
            path=self._rows_of(drawn, shown_cut if always is None else always),
            words=words,
        )
        return plot_lattice(drawn, marks, notes, ax)

    def _open(self, cuts: "_lamport.Cuts", counts: "NDArray[np.int64]") -> "NDArray[np.bool_]":
        """Return of which cuts the logs leave open whether they are consistent."""
        import numpy as np

        if self.is_certain:
            return np.zeros(len(counts), dtype=np.bool_)
        sure = cuts.lattice(len(counts), possible=True)
        if sure is None:  # the logs rule nothing out
            asked = (dict(zip(self._native.machines, row, strict=True)) for row in counts.tolist())
            open_ = [self._native.counts_are_consistent(each) is None for each in asked]
        else:
            known = {row.tobytes() for row in sure["cuts"]}
            open_ = [row.tobytes() not in known for row in counts]
        return np.array(open_, dtype=np.bool_)

    def _holds(
        self, predicate: "Predicate", initial: bool | Mapping[int | str, bool], counts: "NDArray[np.int64]"
    ) -> "NDArray[np.bool_]":
        """Return in which cuts a predicate holds."""
        import numpy as np

        from lamport._runs import predicate as predicates

        machines = self._native.machines
        if not isinstance(predicate, Mapping):
            make = predicates.states_of(self._whole_events(), machines)
            states = [
                make(place, low, high - low + 1) if low else [None, *(make(place, 1, high) if high else [])]
                for place, (low, high) in enumerate(counts[[0, -1]].T.tolist())
            ]
            rows = (counts - counts[0]).tolist()
            told = (predicate(*(own[at] for own, at in zip(states, row, strict=True))) for row in rows)
            return np.fromiter(map(bool, told), dtype=np.bool_, count=len(counts))
        truth, begun = predicates.conditions(self._logs, self._names, machines, predicate, initial)
        machine_id = self._logs.events()["machine_id"]
        holds = np.ones(len(counts), dtype=np.bool_)
        for place, (machine, first) in enumerate(zip(machines, begun, strict=True)):
            if first is not None:
                holds &= np.append(first, truth[machine_id == machine])[counts[:, place]]
        return holds

    def _checked(self, cut: "Mapping[int | str, int] | Answer | None") -> "Cut | Answer | None":
        """Return what is given for a cut, if it can be in the lattice."""
        if cut is None or (isinstance(cut, Answer) and cut.path is not None):
            return cut
        if self.cut_is_consistent(cut) is False:
            given = cut.cut if isinstance(cut, Answer) else dict(cut)
            raise ValueError(f"cut={given} is not consistent, and so not here: Run.plot_spacetime draws it")
        return cut if isinstance(cut, Answer) else dict(map(self._event, cut.items()))

    def _row_of(self, drawn: "Lattice", cut: "Cut | Answer | None") -> int | None:
        """Return the row of a cut among those that are drawn."""
        if cut is None or (isinstance(cut, Answer) and cut.cut is None):
            return None
        counts = cut.counts if isinstance(cut, Answer) else None
        clocks = cut.cut if isinstance(cut, Answer) else cut
        # Several events may have the same clock.
        known, last = (drawn.clocks, clocks or {}) if counts is None else (drawn.cuts, counts)
        found = (
            (known == [last.get(machine, 0) for machine in self._native.machines]).all(axis=1).nonzero()[0]
        )
        if not len(found):
            raise ValueError(f"cut={clocks} is not among the cuts from start to stop")
        return int(found[-1])

    def _rows_of(self, drawn: "Lattice", answer: "Cut | Answer | None") -> "NDArray[np.int64]":
        """Return the rows of the cuts of a path, if an answer has one."""
        import numpy as np

        path = answer.path if isinstance(answer, Answer) else None
        if isinstance(path, CutPath):
            rows = {tuple(row): place for place, row in enumerate(drawn.cuts.tolist())}
            # A path that is longer is not made.
            counts = path.counts().tolist() if len(path) <= len(rows) else [()]
            found = [rows.get(tuple(row)) for row in counts]
            if None in found:
                raise ValueError("the path of cut= is not among the cuts from start to stop")
            return np.array(found, dtype=np.int64)
        return np.array([self._row_of(drawn, each) for each in path or []], dtype=np.int64)

    def _too_many(self, start: SupportsFloat | None, stop: SupportsFloat | None, most: int) -> str:
        """Say which stretch has few enough cuts."""
        import numpy as np

        time = self._logs.events()["time"]
        low, high = (-math.inf if start is None else start), (math.inf if stop is None else stop)
        ends = np.unique(time[(time >= low) & (time < high)])
        least, over = 0, len(ends) - 1  # of that the cuts are too many, or all
        while over - least > 1:
            middle = (least + over) // 2
            few = self._cuts(start, float(ends[middle])).count(most)[1] is not None
            least, over = (middle, over) if few else (least, middle)
        end = math.floor(float(ends[least]) * 1e6) / 1e6
        told = f"there are more than limit={most:,} consistent cuts, too many to draw: give start= and stop="
        return f"{told}, as in stop={end:.6f}" if least else f"{told}, or a larger limit"
