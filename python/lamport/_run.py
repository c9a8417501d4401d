"""A run: its logs as tables, plots and figures."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from lamport._directory import log_files

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from lamport._causality import Causality
    from lamport._faults import Fault
    from lamport._lamport import Logs
    from lamport._verify import Verification

__all__ = ["Run"]


class Run:
    """What happened in a run.

    `run_local`, `simulate`, `load` and `from_events` make it. The logs are read when a table is first used;
    tables are computed once and kept.

    Parameters
    ----------
    source : path, sequence of paths or Logs
        The directory of the run, its logs, or logs already read.
    parameters : mapping, optional
        What the run was made with, as in ``run.json``.
    log_dir : path, optional
        Where the logs are; `source`, if that is a directory.
    interrupted : bool
        Whether it was ended early.

    Attributes
    ----------
    parameters : dict
        What the run was made with: ``run.json``, else what the logs tell.
    log_dir : Path or None
        Where the logs are, and where `report` writes by default.
    interrupted : bool
        Whether it was ended early.
    """

    log_dir: Path | None
    interrupted: bool

    def __init__(
        self,
        source: "Path | Sequence[Path] | Logs",
        *,
        parameters: Mapping[str, Any] | None = None,
        log_dir: Path | None = None,
        interrupted: bool = False,
    ) -> None:
        self._source = source
        self._parameters = dict(parameters or {})
        self.log_dir = source if log_dir is None and isinstance(source, Path) else log_dir
        self.interrupted = interrupted

    @property
    def files(self) -> list[Path]:
        """The log files; empty for a table (`from_events`) and for a simulation without ``log_dir``."""
        if isinstance(self._source, Path):
            return log_files(self._source)
        if isinstance(self._source, Sequence):
            return list(self._source)
        read = [Path(name) for name in self._logs.machines()["file"] if name]
        return read or ([] if self.log_dir is None else log_files(self.log_dir))

    @cached_property
    def _logs(self) -> "Logs":
        from lamport._lamport import read_logs

        if isinstance(self._source, (Path, Sequence)):
            return read_logs([str(path) for path in self.files])
        return self._source

    @property
    def notes(self) -> list[str]:
        """What a reader of the tables should know: torn lines, logs without END, missing fields."""
        return self._logs.notes

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """What the run was made with: ``run.json``, else what the logs tell."""
        from lamport import _tables

        return self._parameters or _tables.parameters(self._logs)

    @property
    def faults(self) -> "tuple[Fault, ...]":
        """What was made to go wrong: ``parameters["faults"]`` as `Crash`, `Pause`, ..."""
        from lamport._faults import as_faults

        return as_faults(self.parameters.get("faults", ()))

    @cached_property
    def events(self) -> "pd.DataFrame":
        """SEND, RECEIVE and INTERNAL, a row each, sorted by (time, machine_id, new_clock).

        ``time`` (s from the start), ``system_time``, ``machine_id``, ``event`` (categorical),
        ``old_clock``, ``new_clock``, ``queue_len``, ``sender``, ``sent_clock``, ``arrived`` (s; NaN
        where there is none). The columns share the memory of the reader: no copy is made.

        Nor does any library that reads NumPy or Arrow make one of the numbers:
        ``polars.from_pandas(run.events)``, ``pyarrow.table(run.events)`` and
        ``duckdb.sql("select ... from events")`` take them as they are, with null for NaN.
        """
        from lamport import _tables

        return _tables.events(self._logs)

    @cached_property
    def messages(self) -> "pd.DataFrame":
        """A row a message and recipient, sorted by the time it was sent.

        ``sender``, ``sent_clock``, ``recipient``, ``sent``, ``arrived``, ``received`` (s; NaN if it
        was not), ``received_clock``, ``status`` (``received``; ``unread``: in the queue at the
        end; ``undelivered``: the sender never heard of its arrival; ``unknown``: no log tells).

        Raises
        ------
        LamportError
            The logs hold base fields only, so receipts cannot be matched to sends.
        """
        from lamport import _tables

        return _tables.messages(self._logs)

    @cached_property
    def machines(self) -> "pd.DataFrame":
        """A row a machine, indexed by ``machine_id``.

        ``clock_rate`` (ticks per s), ``ticks``, ``sends``, ``receives``, ``internals``,
        ``final_clock``, ``mean_jump`` and ``max_jump`` (of the clock, over all events),
        ``max_queue_len``, ``final_queue_len``, ``queue_growth`` (final length by seconds of
        ticking), ``load_predicted`` and ``queue_growth_predicted`` (what `lamport.predict` expects; NaN
        where it cannot tell), ``lateness_p50``, ``lateness_p99``, ``lateness_max`` (of ticks, s).
        """
        from lamport import _tables

        return _tables.machines(self._logs, self.parameters)

    @cached_property
    def causality(self) -> "Causality":
        """Which event happened before which; made at first use.

        Raises
        ------
        LamportError
            No event was recorded, receipts do not name their sends (base fields only), a machine's
            clock does not go up, or an event follows from itself: `verify` says where.

        Examples
        --------
        >>> import lamport
        >>> run = lamport.simulate(duration=60, rates=[1, 3, 6], seed=1978)
        >>> 0 < run.causality.concurrent_share().value < 1
        True
        """
        from lamport._causality import Causality

        return Causality(self._logs)

    def total_order(self) -> "pd.DataFrame":
        """Give `events` in Lamport's total order: by ``new_clock``, then by ``machine_id``.

        It extends happened-before wherever the clocks obey the clock condition (Lamport 1978).

        Returns
        -------
        DataFrame
            The rows of `events`, each with its index there.
        """
        return self.events.iloc[self._logs.total_order()]

    @property
    def durations(self) -> "pd.Series[float]":
        """How long each machine ticked, in seconds, by ``machine_id``."""
        from lamport import _tables

        return _tables.durations(self._logs)

    @property
    def drift(self) -> int:
        """The largest final clock less the smallest."""
        final = self.machines["final_clock"]
        return int(final.max() - final.min()) if len(final) else 0

    def clocks(self, every: float | None = None) -> "pd.DataFrame":
        """Give every machine's clock over time.

        Parameters
        ----------
        every : float, optional
            Seconds between rows, from 0 until past the last event; a row at the time of each
            event if None.

        Returns
        -------
        DataFrame
            A column a machine, indexed by ``time`` (s): its clock after its last event so far.

        Raises
        ------
        ValueError
            `every` is not a positive number.

        Examples
        --------
        >>> import lamport
        >>> run = lamport.from_events({"time": [0.2, 0.7, 1.1], "machine_id": [1, 2, 1],
        ...                            "event": ["INTERNAL"] * 3, "new_clock": [1, 1, 2]})
        >>> run.clocks(every=0.5)
        machine_id  1  2
        time
        0.0         0  0
        0.5         1  0
        1.0         1  1
        1.5         2  1
        """
        from lamport import _clocks

        return _clocks.clocks(self.events, self._numbers, every)

    def drift_over_time(self, every: float | None = None) -> "pd.Series[float]":
        """Give the largest clock less the smallest over time, as `clocks` takes it.

        Parameters
        ----------
        every : float, optional
            Seconds between values; a value at the time of each event if None.

        Returns
        -------
        Series
            Named ``drift``, indexed by ``time`` (s).

        Raises
        ------
        ValueError
            `every` is not a positive number.
        """
        from lamport import _clocks

        return _clocks.drift(self.events, self._numbers, every)

    def plot(
        self,
        *,
        machines: Sequence[int] | None = None,
        predict: bool = False,
        axes: "Sequence[Axes] | None" = None,
    ) -> "NDArray[np.object_]":
        """Draw clock, queue length and jumps of the clock against time, with the faults of the run.

        A crash or pause is hatched in its machine's colour, a partition is a grey band, a delay a bar at
        the top and a disconnect a mark there, in the colour of the sender. Of faults, those of the
        machines shown are drawn.

        Parameters
        ----------
        machines : sequence of int, optional
            Which machines; all if None, and 20 spread over them if there are more.
        predict : bool
            Add the predicted growth of each queue, dashed.
        axes : sequence of three Axes, optional
            Where to draw; a new figure if None.

        Returns
        -------
        array of three Axes
            Clock, queue length, jumps.

        Raises
        ------
        ValueError
            A machine is not in the run, or `axes` are not three.
        """
        from lamport import _plot

        return _plot.plot(self, machines=machines, predict=predict, axes=axes)

    def plot_spacetime(
        self,
        start: float | None = None,
        stop: float | None = None,
        *,
        time: Literal["real", "lamport", "step"] = "real",
        highlight: tuple[int, int] | None = None,
        ax: "Axes | None" = None,
    ) -> "Axes":
        """Draw Lamport's space-time diagram: a line a machine, its events, and every message.

        A message goes from its SEND to its RECEIVE; one never received ends, dashed, where it arrived, or
        after a short way if no arrival is known or the axis has no place for it. The
        thickness of a machine's line is the length of its queue after each event. Faults are
        drawn where they strike: crash and pause on the machine's line, a partition as a band, a delay
        between its machines, a disconnect as a cross; those of links in real time only.

        Parameters
        ----------
        start, stop : float, optional
            Only events with ``start <= time < stop``, in seconds from the start of the run whatever
            `time` is, and the messages that one of them sent or received. The other end of such a
            message may be outside: it is drawn as an open circle where the axis has a place for it.
        time : {"real", "lamport", "step"}
            What goes from left to right: seconds, clock values, or the places of the events
            drawn in the total order by clock and machine.
        highlight : (machine_id, clock), optional
            An event, by the clock that it set: what can have caused it (its causal past) and what
            it can have caused (its future) are coloured, what is concurrent is grey.
        ax : Axes, optional
            Where to draw; a new figure if None.

        Returns
        -------
        Axes
            Where it was drawn. Nothing is shown.

        Raises
        ------
        ValueError
            `time` is unknown, `start` is not below `stop`, no event is between them, or the highlighted
            event does not exist or is not between them.
        LamportError
            The logs hold base fields only, so receipts cannot be matched to sends; or no event was
            recorded; or, with `highlight`, what `causality` raises.

        Notes
        -----
        Above 30 machines the 30 are drawn that exchange most messages with one: that of the highlighted
        event, else the busiest. Above 1,500 events or 500 messages the first are drawn, or those nearest
        in time to the highlighted event. The diagram says what it leaves out.

        References
        ----------
        .. [1] L. Lamport, "Time, Clocks, and the Ordering of Events in a Distributed System",
           Communications of the ACM 21 (7), 1978.

        Examples
        --------
        >>> import lamport
        >>> run = lamport.simulate(duration=10, rates=[1, 3, 6], seed=1978)
        >>> ax = run.plot_spacetime(2, 8, time="lamport")
        >>> ax.get_xlabel()
        'logical clock'
        """
        from lamport import _plot_spacetime

        return _plot_spacetime.plot_spacetime(self, start, stop, time=time, highlight=highlight, ax=ax)

    def report(self, directory: str | PathLike[str] | None = None) -> list[Path]:
        """Write ``analysis_subplots.png`` and ``analysis_summary.md``.

        Parameters
        ----------
        directory : path, optional
            Where to; beside the logs if None. It is made if needed, and files of these names in
            it are replaced.

        Returns
        -------
        list of Path
            The two files.

        Raises
        ------
        ValueError
            The run has no directory of its own and none was given.
        """
        from lamport import _report

        return _report.report(self, directory)

    def verify(self, *, clock_uncertainty: float | None = None) -> "Verification":
        """Check whether the logs are a possible history.

        Parameters
        ----------
        clock_uncertainty : float, optional
            How far the clocks of two hosts may differ (s); times of different hosts are not
            compared if None.

        Returns
        -------
        Verification
            What breaks which rule, and what could not be checked.

        Raises
        ------
        LamportError
            No event was recorded.
        ValueError
            `clock_uncertainty` is negative.
        """
        from lamport import _verify

        return _verify.verify(self, clock_uncertainty=clock_uncertainty)

    def export(
        self,
        path: str | PathLike[str],
        *,
        format: str | None = None,  # noqa: A002
        start: float | None = None,
        stop: float | None = None,
    ) -> Path:
        """Write the events to one file.

        Parameters
        ----------
        path : path
            The file; replaced if it exists.
        format : {"jsonl", "csv", "parquet", "shiviz", "tsviz"}, optional
            ``jsonl`` is the general log: every line of all logs, merged in time order. ``csv`` and
            ``parquet`` hold the table `events`. ``shiviz`` and ``tsviz`` are text with vector clocks
            for these viewers, to be uploaded as it is. Taken from the ending of `path` if None.
        start, stop : float, optional
            Only what has ``start <= time < stop``, in seconds from the start of the run. For a viewer
            both ends are consistent cuts, the largest before these times: a receipt whose send is not before
            a time is not before it either, whatever its host's clock says. Clocks start anew
            at the first cut.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        ValueError
            The format is unknown, or `path` is one of the run's own logs.
        LamportError
            There are no logs to merge: the run was made from a table, or simulated without
            ``log_dir``; or no event was recorded; or, for a viewer, what `causality` raises.
        ImportError
            ``parquet`` needs pyarrow.

        Warns
        -----
        LamportWarning
            A text for a viewer has more than 5,000 events; its time goes with the square of them.
        """
        from lamport import _export

        return _export.export(self, path, form=format, start=start, stop=stop)

    def save(self, directory: str | PathLike[str]) -> Path:
        """Copy the logs and ``run.json`` into a directory, which is made if needed.

        Returns
        -------
        Path
            The directory.

        Raises
        ------
        FileExistsError
            One of the files is there already; nothing is copied.
        ValueError
            The run has no logs: it was made from a table, or simulated without ``log_dir``.
        """
        from lamport import _export

        return _export.save(self, directory)

    @property
    def _numbers(self) -> "list[int]":
        return self.machines.index.tolist()

    def __repr__(self) -> str:
        known = self._parameters
        told = [f"{known['machines']} machines"] if "machines" in known else []
        told += [f"{known['duration']:g} s"] if "duration" in known else []
        told += [str(self.log_dir)] if self.log_dir else []
        told += ["interrupted"] if self.interrupted else []
        return f"<Run: {', '.join(told)}>" if told else "<Run>"

    def _repr_html_(self) -> str:
        from html import escape

        facts = escape(repr(self)[1:-1])
        return f"<p>{facts}; drift {self.drift}</p>\n{self.machines.to_html(float_format='{:.4g}'.format)}"
