"""A run as tables: what its logs say."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, SupportsFloat

from lamport._runs.apart import is_apart, lost_notes, read_apart, told
from lamport._runs.directory import log_files

if TYPE_CHECKING:
    import pandas as pd

    from lamport._lamport import Logs
    from lamport._model.fault import AnyFault
    from lamport._model.roles import Roles
    from lamport._model.rules import Rules
    from lamport._runs.causality import Causality
    from lamport._runs.part import Absent
    from lamport._runs.recipe import Recipe

__all__ = ["Recorded"]

WITHOUT_A_SEND = " messages were received without a known send"
"""What a note says of so many messages."""


class Recorded:
    """The part of `Run` that reads: logs, parameters, tables and what follows from them."""

    log_dir: Path | None
    interrupted: bool
    _source: "Path | Sequence[Path] | Logs | None"
    _recipe: "Recipe | None"
    _rules: "Rules | None"
    _extra: "pd.DataFrame | None"
    _notes: list[str]
    _parameters: dict[str, Any]
    _roles: "Roles | None" = None
    """What machines ran, if that is an algorithm and the run was made in this process."""

    def __getstate__(self) -> dict[str, Any]:
        """Return what of a run goes to another process: not its tables, but how to make them again."""
        if not isinstance(self._source, (Path, Sequence)) and self._recipe is None:
            raise TypeError(
                "this run does not pickle: it was made of a table, or interrupted; pickle its tables, "
                "or give it a log_dir and load that"
            )
        source = None if self._recipe is not None else self._source
        if isinstance(source, Path):
            source = source.absolute()
        elif isinstance(source, Sequence):
            source = [path.absolute() for path in source]
        return {
            "log_dir": None if self.log_dir is None else self.log_dir.absolute(),
            "interrupted": self.interrupted,
            "_parameters": self._parameters,
            "_recipe": self._recipe,
            "_rules": self._rules,
            "_extra": self._extra,
            "_notes": self._notes,
            "_source": source,
        }

    @property
    def files(self) -> list[Path]:
        """The log files; empty for a table (`from_events`) and for a simulation without ``log_dir``."""
        if isinstance(self._source, Path):
            return log_files(self._source)
        if isinstance(self._source, Sequence):
            return list(self._source)
        return list(self._read_files) or ([] if self.log_dir is None else log_files(self.log_dir))

    @cached_property
    def _read_files(self) -> tuple[Path, ...]:
        """The files that the logs were read from."""
        return tuple(map(Path, self._logs.files))

    @cached_property
    def _logs(self) -> "Logs":
        from lamport._lamport import read_logs

        if isinstance(self._source, (Path, Sequence)):
            names = [str(path) for path in self.files]
            if not is_apart(self._parameters):
                return read_logs(names)
            logs, offsets, notes = read_apart(
                lambda offsets: read_logs(names, offsets=offsets), self._parameters
            )
            self._parameters |= told(logs, offsets, self._parameters)
            self._notes += [note for note in notes if note not in self._notes]
            return logs
        if self._source is not None:
            return self._source
        assert self._recipe is not None
        return self._recipe.make()

    @property
    def notes(self) -> list[str]:
        """What a reader of the tables should know: torn lines, logs without END, what is missing."""
        from lamport._runs import part
        from lamport._runs.names import in_words

        absent = [part.note(self._numbers, self._absent)] if self._absent else []
        notes = [in_words(self._logs.names, note) for note in absent + self._own_notes()]
        lost = lost_notes(self._parameters)
        return notes[: len(absent)] + lost + self._notes + notes[len(absent) :]

    def _own_notes(self) -> list[str]:
        """Return what the logs say, but that inputs which were asked for have no sender."""
        from lamport._runs import tables

        notes: list[str] = self._logs.notes
        inputs = self._parameters.get("inputs")
        if not inputs:
            return notes
        given = min(len(inputs), int(tables.from_nobody(self._logs).sum()))
        kept = []
        for note in notes:
            count, words, rest = note.partition(WITHOUT_A_SEND)
            if not words:
                kept.append(note)
            elif int(count) > given:
                kept.append(f"{int(count) - given}{words}{rest}")
        return kept

    @cached_property
    def _absent(self) -> "Absent":
        """The machines of the run that no log here is of; a table, or what is in memory, is whole."""
        from lamport._runs import part

        return (
            part.absent(self._logs, self._parameters.get("machines")) if self._read_files else part.Absent()
        )

    @property
    def _part(self) -> str:
        """Which part of a run this is; nothing if it is whole."""
        from lamport._runs import part
        from lamport._runs.names import in_words

        return in_words(self._logs.names, part.describe(self._numbers, self._absent))

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """What the run was made with: ``run.json``, else what the logs tell."""
        from lamport._runs import tables

        return self._parameters or tables.parameters(self._logs)

    @property
    def names(self) -> dict[int, str]:
        """The names of machines, by the numbers that stand for them in tables; empty if machines have ids.

        If every machine is called by a whole number in plain decimals, these are their ids. Else all have
        names, and are numbered 1, 2, ... in natural order.
        """
        return self._logs.names

    @property
    def rules(self) -> "Rules":
        """What is taken for true of the program, as given when the run was read; our own logs prove it."""
        from lamport._model.rules import Rules

        return self._rules or Rules()

    @property
    def faults(self) -> "tuple[AnyFault, ...]":
        """What was made to go wrong: ``parameters["faults"]`` as `Crash`, `Pause`, ..."""
        from lamport._model.fault import as_faults

        return as_faults(self.parameters.get("faults", ()))

    @cached_property
    def events(self) -> "pd.DataFrame":
        """SEND, RECEIVE and INTERNAL, one row each, by (time, machine_id), a machine's in its own order.

        ``time`` (float64, s from the beginning of ticking, negative before), ``system_time`` (float64, s),
        ``machine_id`` (int64), ``event`` (category of str), ``old_clock``, ``new_clock`` (int64),
        ``queue_len``, ``sender``, ``sent_clock`` (Int64), ``arrived`` (float64, s), ``manual`` (bool: made by
        hand, not by a tick), ``by_hand`` (bool: the message received was given from outside, by hand or as an
        input, and belongs to no channel, whoever it is said to be of), ``caused`` (bool: a SEND that follows
        from the event before it, in the same step of an algorithm), ``recipients`` (object: a tuple of ids,
        None in it for one unknown) and, of a run with an algorithm, ``body`` (object: what the message says
        as JSON, None for null).
        Of a RECEIVE are ``queue_len``, ``sender``, ``sent_clock`` and ``arrived``, of a SEND ``recipients``;
        where there is none stands NA, NaN or None. Of logs of other programs ``old_clock`` is Int64 if it is
        not known of the first events of their logs, a SEND may tell a ``sent_clock`` that its messages carry,
        and columns that mean nothing to us stand behind.

        Ticking begins where the first machine says so (`Run.parameters` ``["began"]``), and at 0 in virtual
        time; where no log tells it, the earliest event is at 0, and `notes` says so.

        The table is yours: what is written to it stays in it, and changes no other result. Numbers share the
        memory of the reader until they are written to (with pandas 3, whose ``to_numpy`` is read-only then;
        before, and where the type is Int64 or category, they are copied once), so do not write through
        ``.array``, of which pandas knows nothing; equal recipients share a tuple.
        ``polars.from_pandas(run.events)``, ``pyarrow.table(run.events)`` and
        ``duckdb.sql("select ... from events")`` take numbers as they are, without a copy, with null where
        there is none, and recipients as lists.
        """
        from lamport._runs import tables

        return tables.own(self._whole_events())

    @cached_property
    def _events(self) -> "pd.DataFrame":
        """The events but for their recipients, as everything else reads them."""
        from lamport._runs import tables

        return tables.events(self._logs)

    def _whole_events(self) -> "pd.DataFrame":
        """Return the events with their recipients."""
        from lamport._runs import tables

        return tables.whole_events(self._events, self._logs, self._extra)

    @cached_property
    def states(self) -> "pd.DataFrame":
        r"""The values that handlers of an algorithm declared by ``me.state``, a row per event that did so.

        ``machine_id``, ``new_clock`` (int64), ``time`` (float64, s), and a column for each name that was ever
        declared: what the machine declared last, in this event or before (one that has one of our three names
        has an underscore behind it). Numbers, bools and texts have types of their own where all values of a
        column are such; NA or NaN stands before the first value, and for None. Without states it is empty.
        The table is yours, as `events` is.

        Examples
        --------
        >>> import tempfile
        >>> from pathlib import Path
        >>> import lamport
        >>> head = '"event": "INTERNAL", "machine_id": 1, "system_time":'
        >>> log = Path(tempfile.mkdtemp()) / "machine_1.log"
        >>> _ = log.write_text(
        ...     f'{{{head} 1.5, "old_clock": 0, "new_clock": 1, "state": {{"held": false}}}}\n'
        ...     f'{{{head} 2.0, "old_clock": 1, "new_clock": 2, "state": {{"queue": [1]}}}}\n'
        ... )
        >>> lamport.load([log]).states
           machine_id  time  new_clock   held queue
        0           1   0.0          1  False  None
        1           1   0.5          2  False   [1]
        """
        from lamport._runs import tables

        return tables.apart(self._states)

    @cached_property
    def _states(self) -> "pd.DataFrame":
        from lamport._runs.states import states

        return states(self._logs)

    @cached_property
    def messages(self) -> "pd.DataFrame":
        """One row per message and recipient, sorted by the time it was sent.

        ``sender``, ``sent_clock`` (int64), ``recipient`` (Int64, NA if unknown), ``sent``, ``arrived``,
        ``received`` (float64, s; NaN if it was not), ``received_clock`` (Int64), ``status`` (category of
        str: ``received``; ``unread``: in the queue at the end; ``undelivered``: the sender never heard of
        its arrival; ``unknown``: no log tells), ``matched`` (category of str: how its receipt was found.
        ``exact``: that tells sender and timestamp, if only by a jump of the clock; ``unique``: it can be of
        no other; ``fifo``: by the order of its channel; ``ambiguous``: a receipt may be of this message or
        of another; ``none``: no receipt here is). Receipts that could not be matched are counted in `notes`.
        The table is yours, as `events` is.
        """
        from lamport._runs import tables

        return tables.apart(self._messages)

    @cached_property
    def _messages(self) -> "pd.DataFrame":
        from lamport._runs import tables

        return tables.messages(self._logs)

    @cached_property
    def machines(self) -> "pd.DataFrame":
        """One row per machine, indexed by ``machine_id``.

        ``name`` (str; only where machines have names), ``clock_rate`` (float64, ticks per s), ``ticks``,
        ``sends``, ``receives``, ``internals``, ``final_clock`` (int64), ``mean_jump`` (float64) and
        ``max_jump`` (int64; of the clock, over all events), ``max_queue_len`` (Int64, NA if unknown: the most
        messages that still waited just after a RECEIVE took one, or at the end; before it took it there was
        one more), ``final_queue_len`` (Int64, NA if unknown: those left at the end), ``queue_growth`` (final
        length by seconds of ticking), ``mean_drift`` (float64) and ``max_drift`` (int64), ``mean_wait`` (s)
        and ``mean_queue_len`` (float64), ``load_predicted``, ``queue_growth_predicted``,
        ``clock_growth_predicted``, ``clock_growth_low`` and ``clock_growth_high`` (what `lamport.predict`
        expects of a run without faults, whatever `faults` there were; NaN where it cannot tell, and of
        clocks too where they do not go Lamport's way: where ticks are not even, `simulate` was given
        ``receive=`` or ``stamp=``, or `rules` say so), ``lateness_p50``, ``lateness_p99``, ``lateness_max``
        (of ticks, s; all float64).
        The table is yours, as `events` is.

        Four of them are over time, from 0 (or the first event, if that is earlier) to the last event of the
        run. ``mean_drift`` and ``max_drift`` are the run's, the same in each row: the mean over time, and the
        largest, of the largest clock less the smallest at each instant, as `drift_over_time` has it; `drift`
        is that at the end. ``mean_wait`` is how long the messages that a machine received had waited in its
        queue, from arrival to receipt, on average; NaN if it received none, or no arrival is known.
        ``mean_queue_len`` is how many messages waited, on average over time: the time that all of them
        waited, those left in the queue until the last event, by its length (Little's law); NaN unless all
        arrivals are known. A message that was dropped in a crash and came again counts from then on. Of a
        run that was not recorded these four are missing, unless it was made with ``since=0``.
        """
        from lamport._runs import tables

        return tables.apart(self._all_of_machines)

    def machines_since(self, since: SupportsFloat) -> "pd.DataFrame":
        """Return `machines` without a warm-up: what machines did from a time on.

        Parameters
        ----------
        since : float
            Seconds from the beginning of ticking. What happened before is left out.

        Returns
        -------
        DataFrame
            The columns of `machines` but for lateness, which logs tell of whole runs only. Counts, jumps and
            the longest queue are of events with ``time >= since``; ``ticks`` are those that had an event;
            ``final_clock`` and ``final_queue_len`` are those at the end; ``queue_growth`` is what the queue
            gained since then, by the seconds until the machine's end (time down included; NaN unless all
            arrivals are known); what is over time begins with `since`.

        Raises
        ------
        ValueError
            `since` is not a time before the last event.
        LamportError
            No event was recorded, and the run was not made with this `since`.

        Examples
        --------
        >>> import lamport
        >>> run = lamport.simulate(duration=60, rates=[1, 3, 6], internal_probability=0.2, seed=1978)
        >>> run.machines_since(30)["ticks"].tolist()
        [30, 90, 180]
        """
        from lamport._runs import in_time

        return in_time.machines_since(in_time.Told(self._logs, self._machines, self.parameters), since)

    @cached_property
    def _all_of_machines(self) -> "pd.DataFrame":
        from lamport._runs import in_time

        return in_time.machines(in_time.Told(self._logs, self._machines, self.parameters))

    @cached_property
    def _machines(self) -> "pd.DataFrame":
        """The table `machines` as far as no event need be looked at in time."""
        from lamport._runs import tables

        return tables.machines(self._logs, self.parameters, self.rules)

    @cached_property
    def causality(self) -> "Causality":
        """Which event happened before which; made at first use.

        Raises
        ------
        LamportError
            No event was recorded, a machine's clock does not go up, or an event follows from itself:
            `verify` says where.

        Examples
        --------
        >>> import lamport
        >>> run = lamport.simulate(duration=60, rates=[1, 3, 6], seed=1978)
        >>> 0 < run.causality.concurrent_share().value < 1
        True
        """
        from lamport._runs.causality import Causality

        return Causality(self._logs, self._extra)

    def total_order(self) -> "pd.DataFrame":
        """Return `events` in Lamport's total order: by ``new_clock``, then by ``machine_id``.

        It extends happened-before wherever the clocks obey the clock condition (Lamport 1978).

        Returns
        -------
        DataFrame
            The rows of `events`, each with its index there.

        Examples
        --------
        >>> import lamport
        >>> run = lamport.simulate(duration=60, rates=[1, 3, 6], seed=1978)
        >>> order = run.total_order()
        >>> order["new_clock"].is_monotonic_increasing, len(order) == len(run.events)
        (True, True)
        """
        return self._whole_events().iloc[self._logs.total_order()]

    @property
    def durations(self) -> "pd.Series[float]":
        """How long each machine was up, in seconds, by ``machine_id``.

        From the beginning of ticking (if its log does not tell: from STARTUP, else from the first event) to
        END (else to the last line), without the time between its last line before a crash and its return.
        """
        from lamport._runs import tables

        return tables.durations(self._logs)

    @property
    def drift(self) -> int:
        """The largest final clock less the smallest."""
        final = self._machines["final_clock"]
        return int(final.max() - final.min()) if len(final) else 0

    def clocks(self, every: SupportsFloat | None = None) -> "pd.DataFrame":
        """Return every machine's clock over time.

        Parameters
        ----------
        every : float, optional
            Seconds between rows, from 0 (or before the first event, if that is earlier) until past the
            last event; a row at the time of each event if None.

        Returns
        -------
        DataFrame
            One column per machine, indexed by ``time`` (s): its clock after its last event so far.

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
        from lamport._runs import clocks

        return clocks.clocks(self._events, self._numbers, every)

    def drift_over_time(self, every: SupportsFloat | None = None) -> "pd.Series[float]":
        """Return the largest clock less the smallest over time, as `clocks` takes it.

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

        Examples
        --------
        >>> import lamport
        >>> run = lamport.simulate(duration=60, rates=[1, 3, 6], seed=1978)
        >>> int(run.drift_over_time().iloc[-1]) == run.drift
        True
        """
        from lamport._runs import clocks

        return clocks.drift(self._events, self._numbers, every)

    @property
    def _numbers(self) -> "list[int]":
        return self._machines.index.tolist()
