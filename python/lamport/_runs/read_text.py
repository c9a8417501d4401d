"""Logs of any text, as runs."""

from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from typing import Literal

from lamport._model.public import public
from lamport._model.rules import Rules, as_rules
from lamport._runs.declaration import Declaration
from lamport._runs.load import load_declared
from lamport._runs.run import Run

__all__ = ["read_text"]


@public
def read_text(
    path: str | PathLike[str] | Iterable[str | PathLike[str]],
    pattern: str | Sequence[str],
    *,
    delimiter: str | None = None,
    columns: Mapping[str, str | None] | None = None,
    events: Mapping[str, str | tuple[str, str] | None] | None = None,
    file_pattern: str | None = None,
    time_format: str | None = None,
    time_unit: Literal["s", "ms", "us", "ns"] | None = None,
    queue_len: Literal["after", "before"] = "after",
    multicast: Literal["rows"] | None = None,
    execution: str | int | None = None,
    rules: Rules | Mapping[str, object] | None = None,
    errors: Literal["raise", "skip"] = "raise",
    offsets: Mapping[int | str, float] | Literal["align"] | None = None,
) -> Run:
    r"""Read logs of any text by regular expressions.

    Parameters
    ----------
    path : path, glob or list of them
        The files, plain or compressed by gzip or zstd; ``-`` is the standard input.
    pattern : str or list of str
        A regular expression that matches an event, with named groups, ``(?<name>...)`` or ``(?P<name>...)``:
        ``machine``, ``event``, ``time``, ``clock``, ``old_clock``, ``vector_clock``, ``sender``,
        ``sent_clock``, ``recipients``, ``queue_len`` and ``message``, as far as the log tells; ``host`` and
        ``timestamp`` stand for the first and the third, and ``clock`` may hold a vector. Other groups become
        columns of `Run.events`. Of a list the first that matches at a place counts. ``^`` and ``$`` are the
        ends of lines, ``\n`` is a line break, whatever the file has. Text between matches is left aside.
    delimiter : str, optional
        A regular expression of what stands between two executions; its group ``trace``, or else its first,
        names the next.
    columns : mapping, optional
        Names of groups to ours, or to None for one to leave aside.
    events : mapping, optional
        Words for events to SEND, RECEIVE or INTERNAL, to ``("RECEIVE", "SEND")`` for both at once, or to None
        for what is to be left aside; usual words are known.
    file_pattern : str, optional
        A regular expression whose group ``machine`` finds the machine in the name of a file, where no pattern
        tells it; by default the last number of the stem, else the stem less what all have in common.
    time_format : str, optional
        How times are written, as for `datetime.datetime.strptime`; without it they are numbers or ISO 8601.
        Times without a zone are UTC.
    time_unit : {"s", "ms", "us", "ns"}, optional
        What numbers in times are: seconds if None, unless they cannot be.
    queue_len : {"after", "before"}, default "after"
        Whether lengths of queues are those after the message was taken or before.
    multicast : {"rows"}, optional
        Consecutive SENDs of one clock to different recipients are one event.
    execution : str or int, optional
        Which execution to read where there are several: its name, or its number from 1.
    rules : Rules, optional
        What is taken for true of the program.
    errors : {"raise", "skip"}, default "raise"
        Whether damaged lines, and those that look like events and are matched by nothing, are an error, or
        left aside and noted.
    offsets : mapping of machine to float, optional
        Seconds to add to the times of a machine's log, to correct its host's clock; an int is an id, a text a
        name. With "align" those that `Run.align` finds best.

    Returns
    -------
    Run
        The run, with `Run.notes` on what was left aside.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        A pattern cannot be compiled or lacks a group, a word for an event is unknown, an option is wrong.
    LogError
        A value is not what its group takes, a pattern matches nothing or takes for ever, a file is empty, an
        archive or an image.

    Examples
    --------
    >>> import lamport
    >>> pattern = r"^(?<time>[\d.]+), (?<event>\w+), L=(?<clock>\d+)(?:, queue=(?<queue_len>\d+))?"
    >>> run = lamport.read_text("logs/machine_*.log", pattern, events={"INIT": None})  # doctest: +SKIP
    """
    declaration = Declaration(
        columns=columns,
        events=events,
        file_pattern=file_pattern,
        pattern=(pattern,) if isinstance(pattern, str) else pattern,  # type: ignore[arg-type]
        delimiter=delimiter,
        time_format=time_format,
        time_unit=time_unit,
        queue_len=queue_len,
        multicast=multicast,
        execution=execution,
        rules=None if rules is None else as_rules(rules),
        errors=errors,
        offsets=offsets,
    )
    return load_declared(path, declaration)
