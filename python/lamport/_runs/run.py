"""A run: its logs as tables, plots and figures."""

from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, SupportsFloat, SupportsIndex

from lamport._model.check import flag, path, some_real
from lamport._model.public import public
from lamport._model.rules import Rules, as_rules
from lamport._runs.align import MAX_DRIFT
from lamport._runs.names import plain
from lamport._runs.stamped import Stamped

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from lamport._lamport import Logs
    from lamport._runs.answer import Answer
    from lamport._runs.recipe import Recipe
    from lamport._runs.verification import Verification
    from lamport._view.view import View

__all__ = ["Run"]


@public
class Run(Stamped):
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
    recipe : Recipe, optional
        How to make `source` again elsewhere, if it is logs already read.
    rules : Rules, optional
        What was taken for true of the program when `source` was read.
    extra : DataFrame, optional
        Columns of the table that `source` was made of which mean nothing to us.
    notes : sequence of str
        What a reader should know beside what the logs say.

    Attributes
    ----------
    parameters : dict
        What the run was made with: ``run.json``, else what the logs tell.
    log_dir : Path or None
        Where the logs are, and where `report` writes by default.
    interrupted : bool
        Whether it was ended early.

    Notes
    -----
    A run pickles as the place of its logs, or as the parameters of its simulation, which is run again when a
    table is first used elsewhere. A run of a table does not pickle, nor an interrupted one without logs.

    Examples
    --------
    >>> import lamport
    >>> run = lamport.simulate(duration=60, rates=[1, 3, 6], seed=1978)
    >>> run
    <Run: 3 machines, 60 s>
    >>> run.machines["final_clock"].tolist(), run.drift
    ([276, 356, 360], 84)
    """

    def __init__(
        self,
        source: "str | PathLike[str] | Sequence[Path] | Logs",
        *,
        parameters: Mapping[str, Any] | None = None,
        log_dir: Path | None = None,
        interrupted: bool = False,
        recipe: "Recipe | None" = None,
        rules: Rules | None = None,
        extra: "pd.DataFrame | None" = None,
        notes: Sequence[str] = (),
    ) -> None:
        self._source = source = _as_source(source)
        self._recipe = recipe
        self._rules = rules
        self._extra = extra
        self._notes = list(notes)
        self._parameters = dict(parameters or {})
        home = source if log_dir is None and isinstance(source, Path) else log_dir
        self.log_dir: Path | None = None if home is None else home.absolute()
        self.interrupted: bool = interrupted

    def plot(
        self,
        *,
        machines: SupportsIndex | str | Iterable[SupportsIndex | str] | None = None,
        predict: bool = False,
        axes: "Sequence[Axes] | None" = None,
    ) -> "NDArray[np.object_]":
        """Draw clock, queue length, jumps and drift of the clocks against time, with the faults of the run.

        Drift is the clock less the median clock of all machines at that instant. Machines differ in colour,
        dashes and marks; in a run of more than six machines the colour is that of their rate, and the legend
        has an entry for each rate.

        A crash or pause is hatched in its machine's colour, a partition is a grey band, a delay a bar at
        the top and a disconnect a mark there, in the colour of the sender. Of faults, those of the
        machines shown are drawn.

        Parameters
        ----------
        machines : int, str or sequence of them, optional
            Which machines, by id or name; all if None, and 20 spread over them if there are more.
        predict : bool
            Add what `lamport.predict` expects, dotted: the growth of each clock and queue, and of each clock
            less the median one. Where only bounds of a clock's growth are known, they are shaded.
        axes : sequence of three or four Axes, optional
            Where to draw; a new figure if None. On three there is no drift.

        Returns
        -------
        array of four Axes
            Clock, queue length, jumps, and the clock less the median clock; three if three were given.

        Raises
        ------
        ValueError
            A machine is not in the run, or `axes` are not three or four Axes.

        Examples
        --------
        >>> import lamport
        >>> run = lamport.simulate(duration=60, rates=[1, 3, 6], seed=1978)
        >>> axes = run.plot(predict=True)
        >>> [ax.get_ylabel() for ax in axes[:3]]
        ['logical clock', 'queue length (messages)', 'jump of the clock (per event)']
        """
        from lamport._plot import over_time

        return over_time.plot(self, machines=machines, predict=predict, axes=axes)

    def plot_spacetime(
        self,
        start: SupportsFloat | None = None,
        stop: SupportsFloat | None = None,
        *,
        time: Literal["real", "lamport", "step"] = "real",
        highlight: tuple[SupportsIndex | str, SupportsIndex] | None = None,
        cut: "Mapping[int | str, int] | Answer | None" = None,
        labels: Literal["clock", "vector", "body"] | None = None,
        ax: "Axes | None" = None,
    ) -> "Axes":
        """Draw Lamport's space-time diagram: one line per machine, its events, and every message.

        A message goes from its SEND to its RECEIVE, with dashes and dots where the receipt does not itself
        tell its message; one never received ends, dashed, where it arrived, or after a short way if no
        arrival is known or the axis has no place for it. A receipt that may be of several messages is
        hollow. The thickness of a machine's line is the length of its queue after each event. Faults are
        drawn where they strike: crash and pause on the machine's line, a partition as a band, a delay
        between its machines, a disconnect as a cross; those of links in real time only. Messages have
        arrowheads where there is room.

        Parameters
        ----------
        start, stop : float, optional
            Only events with ``start <= time < stop``, in seconds from the beginning of ticking
            (negative before) whatever `time` is, and the messages that one of them sent or received. The
            other end of such a message may be outside: it is drawn as an open circle where the axis has a
            place for it.
        time : {"real", "lamport", "step"}
            What goes from left to right: seconds, clock values, or the places of the events
            drawn in the total order by clock and machine.
        highlight : (machine, clock), optional
            An event, by the id or the name of its machine and the clock that it set: what can have caused
            it (its causal past) and what it can have caused (its future) are coloured, what is concurrent
            is grey.
        cut : mapping of int to int, or Answer, optional
            A line through the diagram: by machine, the clock of its last event in the cut; 0, or not named:
            none. The legend says whether it is consistent; messages that break it are drawn in red. Of an
            answer with a path of cuts, as of `Causality.definitely`, twelve spread over it are drawn.
        labels : {"clock", "vector", "body"}, optional
            What stands beside events: the clock that they set, the vector clock, or what a message says
            and the state that an algorithm declared. Labels are drawn from left to right where there is room;
            "+3" behind one says that the next three have none, and "…" that it goes on. If None, clocks, if
            they are few and all have room.
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
            `time` or `labels` is unknown, `start` is not below `stop`, no event is between them, the
            highlighted event does not exist or is not between them, or an event of the cut does not exist.
        LamportError
            No event was recorded; or, with `highlight`, `cut` or vectors, what `causality` raises.

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
        from lamport._plot import spacetime

        return spacetime.plot_spacetime(
            self, start, stop, time=time, highlight=highlight, cut=cut, labels=labels, ax=ax
        )

    def view(
        self,
        start: SupportsFloat | None = None,
        stop: SupportsFloat | None = None,
        *,
        highlight: tuple[SupportsIndex | str, SupportsIndex] | None = None,
        cut: "Mapping[int | str, int] | Answer | None" = None,
        texts: bool = True,
    ) -> "View":
        """Make a page to look at the run: its space-time diagram, to be moved, zoomed, asked and searched.

        In a notebook it shows itself; `View.save` makes one file of it that opens in any browser, loads
        nothing and asks nobody. A message is drawn from where it was sent to where it arrived.

        Parameters
        ----------
        start, stop : float, optional
            Only events with ``start <= time < stop``, in seconds from the beginning of ticking, and the
            messages that they sent.
        highlight : (machine, clock), optional
            An event whose causal past and future are coloured from the beginning.
        cut : mapping of int to int, or Answer, optional
            By machine, the clock of its last event in a cut that is drawn; 0, or not named: none. The legend
            says whether it is consistent; messages that break it are drawn in red. Of an answer with a path
            of cuts twelve spread over it are drawn.
        texts : bool
            Whether bodies and states are in the page, up to 16 MB of it.

        Returns
        -------
        View
            The page.

        Raises
        ------
        ValueError
            `start` is not below `stop`, no event lies between them, or there is no such machine or event.
        LamportError
            No event was recorded.

        Examples
        --------
        >>> import lamport
        >>> lamport.simulate(duration=10, rates=[1, 3, 6], seed=1978).view()
        <View of Run: 3 machines, 10 s>
        """
        from lamport._view.view import View

        return View(self, start, stop, highlight=highlight, cut=cut, texts=texts)

    def report(self, directory: str | PathLike[str] | None = None) -> list[Path]:
        """Write ``analysis_subplots.png`` and ``analysis_summary.md``.

        Of part of a run, some of its machines, the files are ``analysis_machine_1_subplots.png`` and so on.

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

        Examples
        --------
        >>> import lamport
        >>> run = lamport.simulate(duration=60, rates=[1, 3, 6], seed=1978)
        >>> import tempfile
        >>> [path.name for path in run.report(tempfile.mkdtemp())]
        ['analysis_subplots.png', 'analysis_summary.md']
        """
        from lamport._plot import report

        return report.report(self, directory)

    def verify(
        self,
        *,
        clock_uncertainty: SupportsFloat | None = None,
        rules: Rules | None = None,
        offsets: Literal["align"] | None = None,
        strict: bool = False,
    ) -> "Verification":
        """Check whether the logs are a possible history.

        Parameters
        ----------
        clock_uncertainty : float, optional
            How far the clocks of two hosts may differ (s); times of different hosts are not
            compared if None.
        rules : Rules, optional
            By what the logs are judged, if not by what they were read by.
        offsets : "align", optional
            Judge the times of different hosts by whether any offsets of their clocks have every message
            arrive after it was sent, as for a run that was loaded so.
        strict : bool, default False
            Whether logs only obey where everything could be checked.

        Returns
        -------
        Verification
            What breaks which rule, and what could not be checked.

        Raises
        ------
        LamportError
            No event was recorded.
        ValueError
            `clock_uncertainty` is negative, `rules` are not rules, or `offsets` is not "align": seconds go to
            `load`.

        Examples
        --------
        >>> import lamport
        >>> run = lamport.simulate(duration=60, rates=[1, 3, 6], seed=1978)
        >>> bool(run.verify())
        True
        >>> run.verify().checked["clock condition"], run.verify().counts["clock condition"]
        (160, 0)
        """
        from lamport._runs.verification import is_aligned, verify_recorded

        return verify_recorded(
            self, clock_uncertainty, as_rules(rules), is_aligned(offsets), strict=flag("strict", strict)
        )

    def align(
        self,
        *,
        minimum_delay: SupportsFloat = 0.0,
        max_drift: SupportsFloat = MAX_DRIFT,
        clock_uncertainty: SupportsFloat = 0.0,
    ) -> "pd.DataFrame":
        """Bound by how much the clocks of machines are apart.

        A message was sent before it arrived, a machine had started before a handshake with it succeeded, and
        what its sender heard of had arrived by then (END's ``heard`` in real time): each bounds the
        difference of two offsets. Shortest paths over these bounds give the interval of each offset [1]_.
        Offsets are those at moments 30 s apart, and at least one for each start of a process; as clocks
        drift, a bound from another moment is wider.

        Parameters
        ----------
        minimum_delay : float
            How long every message takes at least (s).
        max_drift : float
            By how much a clock may go wrong, in seconds a second.
        clock_uncertainty : float
            By how much later than it left a SEND may be logged (s), in logs of other programs; ours are
            written before.

        Returns
        -------
        DataFrame
            One row per machine, indexed by ``machine_id``: ``low``, ``best`` and ``high`` (float64, s), what
            is to be added to the times of its log, as logged. One machine is the measure and has 0: of those
            with the fewest starts the first. ``best`` is the middle, and what ``offsets`` of `load` takes;
            with one side open (an infinity) the value nearest 0, without bounds NaN.

        Raises
        ------
        LamportError
            No offsets have every message arrive after it was sent: the error names messages that contradict
            each other.
        ValueError
            An argument is negative, or not a number.

        References
        ----------
        .. [1] A. Duda, G. Harrus, Y. Haddad and G. Bernard, "Estimating Global Time in Distributed Systems",
           ICDCS 1987.

        Examples
        --------
        >>> import lamport
        >>> run = lamport.simulate(duration=60, rates=[4, 4], latency=0.02, seed=1978)
        >>> table = run.align()
        >>> bool((table["low"] <= 0).all() and (table["high"] >= 0).all())
        True
        """
        from lamport._runs.align import alignment

        return alignment(
            self._logs,
            minimum_delay=minimum_delay,
            max_drift=max_drift,
            clock_uncertainty=clock_uncertainty,
        )

    def export(
        self,
        path: str | PathLike[str],
        *,
        format: str | None = None,  # noqa: A002
        start: SupportsFloat | None = None,
        stop: SupportsFloat | None = None,
    ) -> Path:
        """Write the events to one file.

        Parameters
        ----------
        path : path
            The file; replaced if it exists. Its directory is made if needed.
        format : {"jsonl", "csv", "parquet", "shiviz", "tsviz", "chrome", "mermaid"}, optional
            ``jsonl`` is the general log: every line of all logs, merged in time order; of a run in memory
            and of a table, the lines that would be in their logs. Of a window, the first line of a machine
            says when ticking began (``began``), so that times stay what they are. ``csv`` and
            ``parquet`` hold the table `events`. ``shiviz`` and ``tsviz`` are text with vector clocks
            for these viewers, to be uploaded as it is. ``chrome`` (ending ``.json``) is a trace for
            ui.perfetto.dev and chrome://tracing: a track for each machine, an arrow for each message that was
            sent and received there, and the queues as counters. ``mermaid`` (ending ``.mmd``) is a sequence
            diagram of the first 300 lines and the 30 busiest machines, for Markdown and notebooks. Taken from
            the ending of `path` if None.
        start, stop : float, optional
            Only what has ``start <= time < stop``, in seconds from the beginning of ticking (negative
            before). For a viewer both ends are consistent cuts, the largest before these times: a receipt
            whose send is not before a time is not before it either, whatever its host's clock says. Clocks
            start anew at the first cut.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        ValueError
            The format is unknown, `start` is not below `stop`, nothing is between them, or `path` is one of
            the run's own logs.
        LamportError
            No event was recorded; or, for a viewer, what `causality` raises.
        ImportError
            ``parquet`` needs pyarrow.

        Warns
        -----
        LamportWarning
            A text for a viewer has more than 5,000 events; its time goes with the square of them. A sequence
            diagram does not show all events.

        Examples
        --------
        >>> import lamport
        >>> run = lamport.simulate(duration=60, rates=[1, 3, 6], seed=1978)
        >>> import tempfile
        >>> path = run.export(f"{tempfile.mkdtemp()}/trace.json", start=10, stop=20)
        >>> path.name
        'trace.json'
        """
        from lamport._runs import export

        return export.export(
            self, path, form=format, start=some_real("start", start), stop=some_real("stop", stop)
        )

    def save(self, directory: str | PathLike[str]) -> Path:
        """Copy the logs and ``run.json`` into a directory, which is made if needed.

        A run in memory, simulated without ``log_dir``, has there the logs that it would have written; one
        of a table has its events, a log for each machine.

        Parameters
        ----------
        directory : path
            The directory.

        Returns
        -------
        Path
            The directory.

        Raises
        ------
        FileExistsError
            One of the files is there already; nothing is copied.
        ValueError
            Two of its logs have the same file name.
        LamportError
            There are no logs, and no event was recorded.

        Examples
        --------
        >>> import lamport
        >>> run = lamport.simulate(duration=60, rates=[1, 3, 6], seed=1978)
        >>> import tempfile
        >>> home = run.save(tempfile.mkdtemp())
        >>> sorted(path.name for path in home.iterdir())
        ['machine_1.log', 'machine_2.log', 'machine_3.log', 'run.json']
        >>> lamport.load(home).events.equals(run.events)
        True
        """
        from lamport._runs import export

        return export.save(self, directory)

    def __repr__(self) -> str:
        known = self._parameters
        told = [f"{known['machines']} machines"] if "machines" in known else []
        told += [f"{known['duration']:g} s"] if "duration" in known else []
        told += [str(self.log_dir)] if self.log_dir else []
        told += ["interrupted"] if self.interrupted else []
        return f"<Run: {', '.join(told)}>" if told else "<Run>"

    def _repr_html_(self) -> str:
        from html import escape

        facts = escape(repr(self)[1:-1] + (f"; {self._part}" if self._absent else ""))
        table = self._machines
        if "name" in table:
            table = table.assign(name=[plain(name) for name in table["name"]])
        return f"<p>{facts}; drift {self.drift}</p>\n{table.to_html(float_format='{:.4g}'.format)}"


def _as_source(source: Any) -> "Path | Sequence[Path] | Logs":
    """Take what a run is read from, as paths from the root: they stay right in any directory."""
    if isinstance(source, Sequence) and not isinstance(source, (str, bytes)):
        return [file.absolute() for file in source]
    if hasattr(source, "machines"):
        logs: Logs = source
        return logs
    return Path(path("source", source)).absolute()
