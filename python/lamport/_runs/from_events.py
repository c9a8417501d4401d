"""Tables of events made elsewhere, as runs."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from lamport._lamport import EVENT_COLUMNS
from lamport._model.public import public
from lamport._model.rules import Rules
from lamport._runs.align import best_offsets, corrected
from lamport._runs.cells import READERS, machines, recipients
from lamport._runs.columns import KNOWN, LISTS, named
from lamport._runs.declaration import Declaration
from lamport._runs.frame import Table, as_frame
from lamport._runs.kinds import read_kinds
from lamport._runs.run import Run
from lamport._runs.times import read_times

if TYPE_CHECKING:
    from lamport._lamport import Logs
    from lamport._runs.table_files import BadRow

__all__ = ["from_events", "logs_of_frame", "run_of_frame"]

MACHINES = {"machine_id": False, "sender": True}
"""The columns of machines, and whether there may be none."""
CLOCKS = ("old_clock", "new_clock")


@public
def from_events(
    frame: Table,
    *,
    columns: Mapping[str, str | None] | None = None,
    events: Mapping[str, str | tuple[str, str] | None] | None = None,
    time_format: str | None = None,
    time_unit: Literal["s", "ms", "us", "ns"] | None = None,
    queue_len: Literal["after", "before"] = "after",
    multicast: Literal["rows"] | None = None,
    rules: Rules | None = None,
    offsets: Mapping[int | str, float] | Literal["align"] | None = None,
) -> Run:
    """Make a run of a table of events.

    Parameters
    ----------
    frame : DataFrame, mapping of columns or sequence of mappings
        A table of pandas, polars, pyarrow or duckdb (the last three need pyarrow), or anything that exports
        Arrow data; one row per event: ``machine_id`` (an id or a name), ``event`` (SEND, RECEIVE, INTERNAL
        or a usual word for it, in any case) and ``new_clock``. Used where present: ``time`` or
        ``system_time``, ``old_clock``, ``queue_len``, ``sender``, ``sent_clock`` (of a RECEIVE the timestamp
        of its message; of a SEND that which it gave, if it is not its clock), ``arrived``, ``manual``,
        ``by_hand``, ``recipients`` (also called ``recipient_ids``: a list of machines or its text,
        ``[2, 3]``, ``B and C``, "all", "others" or "both other nodes", with None for one unknown),
        ``vector_clock`` (a mapping of machines to counts, a list of counts, or the text of one) and
        ``message`` (equal values at a SEND and its receipts). Other columns are kept, and stand in
        `Run.events`.

        Of clocks ``old_clock`` alone is enough: the next row of the machine tells the clock after. Without
        any, the Lamport clock is computed, if vectors, messages, or senders and recipients tell each
        receipt's message. With vectors ``event`` may lack: where an entry grew a message came.

        Times are numbers, dates with or without a time zone (without: UTC), durations, or texts of ISO 8601.
        Without times rows are taken as one second apart, in an order in which nothing is received before it
        was sent. Events are put in order of time; those of a machine at one time stay in the order of the
        rows (of its own entry, with vectors), so a table must not be shuffled.
    columns : mapping of str to str, optional
        Their names of columns to ours, None for one to leave aside.
    events : mapping of str to str, optional
        Their words to SEND, RECEIVE or INTERNAL, ("RECEIVE", "SEND") for both at once, None for rows to leave
        aside.
    time_format : str, optional
        How times are written, as in ``datetime.strptime``.
    time_unit : {"s", "ms", "us", "ns"}, optional
        What numbers in ``time``, ``system_time`` and ``arrived`` are: seconds if None, unless they cannot be.
    queue_len : {"after", "before"}
        Whether ``queue_len`` was counted after the message was taken, or before.
    multicast : "rows", optional
        Several rows are one SEND to several machines. Consecutive SENDs of one clock to different machines
        are taken so by themselves; with "rows" where the recipients are not known, too.
    rules : Rules, optional
        What is taken for true of the program, for everything that follows from the run.
    offsets : mapping of int or str to float, optional
        Seconds to add to the times of a machine, by its id or its name.

    Returns
    -------
    Run
        The run; it has no logs and no directory.

    Raises
    ------
    ValueError
        A column is missing or there twice, a value is not what its column holds, words for events are
        unknown, times cannot be seconds and no `time_unit` is given, there is ``arrived`` but neither
        ``time`` nor ``system_time``, or an option is not what it takes.
    TypeError
        `frame` is not a table.
    ImportError
        A table of polars, pyarrow or duckdb needs pyarrow.

    Warns
    -----
    LamportWarning
        Times are whole numbers that would be a run of months: they are hardly seconds.

    Examples
    --------
    >>> import lamport
    >>> rows = [{"host": "alice", "what": "sent", "lc": 1, "to": "Zoë"},
    ...         {"host": "Zoë", "what": "got", "lc": 2}]
    >>> columns = {"host": "machine_id", "what": "event", "lc": "new_clock", "to": "recipients"}
    >>> run = lamport.from_events(rows, columns=columns, events={"got": "RECEIVE"})
    >>> run.names
    {1: 'alice', 2: 'Zoë'}
    >>> run.events["event"].tolist()
    ['SEND', 'RECEIVE']
    """
    declared = Declaration(
        columns=columns,
        events=events,
        time_format=time_format,
        time_unit=time_unit,
        queue_len=queue_len,
        multicast=multicast,
        rules=rules,
        offsets=offsets,
    )
    return run_of_frame(as_frame(frame, "a table of events"), declared)


def run_of_frame(table: pd.DataFrame, declared: Declaration) -> Run:
    """Make a run of a table by what is declared of it."""
    parameters: dict[str, Any] = {}
    if declared.offsets == "align":
        apart, _ = logs_of_frame(table, replace(declared, offsets=None))
        best = best_offsets(apart)
        declared = replace(declared, offsets=dict(best.items()))
        parameters = corrected(best, aligned=True)
    logs, extra = logs_of_frame(table, declared)
    return Run(logs, parameters=parameters, rules=declared.rules, extra=extra)


def logs_of_frame(
    table: pd.DataFrame, declared: Declaration, bad_rows: "Sequence[BadRow]" = ()
) -> "tuple[Logs, pd.DataFrame]":
    """Read a table; the columns that mean nothing to us are the second value, by row of the table.

    `bad_rows` could not be read, and are not in it.
    """
    from lamport._lamport import table_logs

    table = named(table, declared.columns)
    extra = table[[name for name in table.columns if name not in KNOWN]]
    table, found, notes = read_kinds(table, declared)
    times, resolution, spoken = read_times(table, declared.time_format, declared.time_unit)
    found |= times
    for name, form in EVENT_COLUMNS:
        if name not in table.columns or name == "event" or "seconds" in form:
            continue
        if name in MACHINES:
            found[name] = machines(table, name, missing=MACHINES[name])
        elif name in CLOCKS and not all(clock in table.columns for clock in CLOCKS):
            found[name] = READERS[form](table, name)
        else:
            found[name] = READERS["whole or none" if name in CLOCKS else form](table, name)
    found |= {name: recipients(table, name) for name in LISTS if name in table.columns}
    for name in ("vector_clock", "message"):
        if name in table.columns:
            found[name] = list(table[name])
    logs = table_logs(
        found,
        rows=table.attrs.get("rows"),
        resolution=resolution,
        notes=notes + spoken,
        bad_rows=bad_rows,
        queue_len_before=declared.queue_len == "before",
        multicast_rows=declared.multicast == "rows",
        rules=declared.rules,
        offsets=dict(declared.offsets) if isinstance(declared.offsets, Mapping) else None,
    )
    return logs, extra
