"""A run to look at: in a notebook, and as a file."""

import math
import os
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from html import escape
from os import PathLike
from pathlib import Path
from shutil import copymode
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, SupportsFloat, SupportsIndex

import numpy as np

from lamport._model import check
from lamport._model.public import public
from lamport._plot.spacetime_cut import VERDICT, some_of_path
from lamport._runs.answer import Answer, cut_of
from lamport._runs.names import number, shown
from lamport._runs.spelled import spelled
from lamport._runs.window import window
from lamport._view.data import data
from lamport._view.faults import faults_of_page
from lamport._view.page import page
from lamport._view.texts import MOST

if TYPE_CHECKING:
    from collections.abc import Mapping
    from concurrent.futures import Future

    from numpy.typing import NDArray

    from lamport._runs.recorded import Recorded

__all__ = ["View"]

LONGEST = 5_000
"""The most letters of a path with what stands around it."""
EVER = (-math.inf, math.inf)
UNDER_A_CELL = 4_000_000
"""The most bytes of HTML that stand in a notebook."""
WORDS = (
    "<p>The space-time diagram of {what}. It is drawn in the frame below by a script: where you see only "
    "these words, trust the notebook, or save the page with <code>.save(&quot;run.html&quot;)</code>.</p>"
)
UNTIMED = "no times are told"
"""What `verify` leaves unchecked begins so where logs have no times."""
SANDBOX = "allow-scripts allow-downloads"
"""Never allow-same-origin: what a log says would have the rights of the notebook."""


@public
class View:
    """A run to look at, made by `Run.view`: it shows itself in a notebook, and `save` makes a file of it.

    Parameters
    ----------
    run : Run
        The run.
    start, stop : float, optional
        Only events with ``start <= time < stop``, in seconds from the beginning of ticking.
    highlight : (machine, clock), optional
        An event whose causal past and future are coloured.
    cut : mapping of int to int, or Answer, optional
        A cut that is drawn.
    texts : bool
        Whether bodies and states are in the page.

    Attributes
    ----------
    html : str
        The page: one file, which loads nothing.

    Examples
    --------
    >>> import lamport
    >>> page = lamport.simulate(duration=10, rates=[1, 3, 6], seed=1978).view()
    >>> page
    <View of Run: 3 machines, 10 s>
    >>> page.html.startswith("<!DOCTYPE html>")
    True
    """

    def __init__(
        self,
        run: "Recorded",
        start: SupportsFloat | None = None,
        stop: SupportsFloat | None = None,
        *,
        highlight: tuple[SupportsIndex | str, SupportsIndex] | None = None,
        cut: "Mapping[int | str, int] | Answer | None" = None,
        texts: bool = True,
    ) -> None:
        self._run, self._ends = run, window(start, stop)
        self._check_window()  # of a run that was not recorded this says so
        self._highlight = None if highlight is None else self._event("highlight", highlight, self._ends)
        path = cut.path if isinstance(cut, Answer) else None
        self._path = [self._places(*each) for each in some_of_path(run, path or [])]
        self._length = len(path or ())
        if isinstance(cut, Answer) and cut.cut is None and path is not None:
            cut = None
        self._cut = self._verdict = None
        if cut is not None:
            places = check.mapping("cut", cut_of(cut), "{1: 40, 2: 23}")
            self._cut = self._places(places, cut.counts if isinstance(cut, Answer) else None)
            # What cannot be told of an event or a cut, as clocks go back, is refused as `causality` does.
            self._verdict = VERDICT[run.causality.cut_is_consistent(cut)]
        if self._highlight is not None:
            run.causality.vector_clock((self._highlight[0], self._highlight[1]))
        self._texts = MOST if check.flag("texts", texts) else 0

    @property
    def _times(self) -> "NDArray[np.float64]":
        times: NDArray[np.float64] = self._run._logs.events()["time"]
        return times

    def _check_window(self) -> None:
        start, stop = self._ends
        if not len(self._times) or np.subtract(*np.searchsorted(self._times, (stop, start))) > 0:
            return
        raise ValueError(
            f"no event from start={start:g} to stop={stop:g} (s): this run has events "
            f"from {self._times[0]:g} to {self._times[-1]:g} s"
        )

    def _places(self, cut: "Mapping[Any, Any]", counts: "Mapping[int, int] | None") -> list[list[int]]:
        """Return machines and clocks of a cut; and numbers of events, as several may have the same clock."""
        places = [self._event("cut", each) for each in cut.items()]
        if counts is None:
            return places
        return [[machine, clock, counts[machine]] for machine, clock in places]

    def _event(self, what: str, event: Any, ends: tuple[float, float] = EVER) -> list[int]:
        """Return machine and clock of an event, if there is one; in a cut a clock of 0 is that of none."""
        try:
            who, clock = event
        except (TypeError, ValueError):
            raise ValueError(f"{what}={event!r}: an event is (machine, clock), as in (1, 40)") from None
        run = self._run
        machine = number(what, who, run.names, run._numbers)
        clock = check.whole(f"the clock of {what}", clock)
        columns = run._logs.events()
        rows = np.flatnonzero((columns["machine_id"] == machine) & (columns["new_clock"] == clock))
        if not len(rows) and not (what == "cut" and clock == 0):
            told = shown(run.names, machine)
            raise ValueError(f"{what}={event!r}: {told} has no event that set its clock to {clock}")
        if len(rows) and not ends[0] <= self._times[rows[0]] < ends[1]:
            raise ValueError(
                f"{what}={event!r} happened at {self._times[rows[0]]:g} s, "
                f"not between start={ends[0]:g} and stop={ends[1]:g}"
            )
        return [machine, clock]

    @cached_property
    def html(self) -> str:
        """The page."""
        return self._page(*self._ends)

    @cached_property
    def _judged(self) -> "Future[dict[str, Any]]":
        """What `verify` finds: it is asked while the page is made."""
        beside = ThreadPoolExecutor(1)
        found = beside.submit(_judged, self._run)
        beside.shutdown(wait=False)
        return found

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_judged"}

    def _page(self, start: float, stop: float, notes: tuple[str, ...] = ()) -> str:
        self._judged  # noqa: B018 - begun here, asked for in the head
        made, _ = data(self._run, start, stop, head=lambda: self._head(notes), texts=self._texts)
        return page(made)

    def _head(self, notes: tuple[str, ...]) -> dict[str, Any]:
        run = self._run
        return {
            "title": _title(run),
            "names": [spelled(run.names.get(machine, "")) for machine in run._numbers] if run.names else [],
            "rates": [
                None if math.isnan(rate) else rate for rate in run._logs.machines()["clock_rate"].tolist()
            ],
            "notes": [*notes, *(_at_home(run, note) for note in run.notes)],
            "highlight": self._highlight,
            "cut": self._cut,
            "path": self._path,
            "path_length": self._length,
            "cut_is": self._verdict,
            "faults": faults_of_page(run.faults),
            **self._judged.result(),
        }

    def save(self, path: str | PathLike[str], *, overwrite: bool = False) -> Path:
        """Write the page.

        Parameters
        ----------
        path : path
            The file. Its directory is made if needed.
        overwrite : bool
            Whether a file that is there may be replaced.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        FileExistsError
            The file exists, and `overwrite` is not given.
        IsADirectoryError
            The file is a directory.

        Examples
        --------
        >>> import lamport
        >>> page = lamport.simulate(duration=10, rates=[1, 3, 6], seed=1978).view()
        >>> import tempfile
        >>> page.save(f"{tempfile.mkdtemp()}/run.html").name
        'run.html'
        """
        target = Path(check.path("path", path))
        overwrite = check.flag("overwrite", overwrite)
        if target.is_dir():
            raise IsADirectoryError(f"{target} is a directory: give a file in it")
        if target.exists() and not overwrite:
            raise FileExistsError(f"{target} exists: give another file, or overwrite=True")
        text = self.html
        target.absolute().parent.mkdir(parents=True, exist_ok=True)
        try:
            (_replace if target.exists() else _write)(target, text)
        except OSError as error:
            if error.filename is None and error.errno is not None:  # as of a disk that is full
                raise OSError(error.errno, error.strerror, str(target)) from None
            raise
        return target

    def _repr_html_(self) -> str:
        whole = self.html
        told = ""
        if len(whole) > UNDER_A_CELL:
            whole, told = self._thinned(whole)
        what = escape(spelled(repr(self._run)[1:-1], LONGEST))
        frame = (
            f'<iframe sandbox="{SANDBOX}" srcdoc="{escape(whole)}" width="100%" height="520" '
            'title="space-time diagram" style="border:0"></iframe>'
        )
        return f"{WORDS.format(what=what)}{told}\n{frame}"

    def _thinned(self, whole: str) -> tuple[str, str]:
        """Save what is too large for a notebook beside it; return what is small enough, and what is said."""
        said, where = f"The page has {len(whole):,} bytes, too many for a notebook", ""
        try:
            saved = self._save_beside(whole)
        except OSError as error:
            said += f", and cannot be saved beside it ({error.strerror or error}): save it by .save(path)."
        else:
            said, where = (
                f"{said}: it is saved as {spelled(str(saved.absolute()), LONGEST)}.",
                f": the whole is in {saved.name}",
            )
        low, high = np.searchsorted(self._times, self._ends).tolist()
        count = high - low
        while True:
            count = max(1, int(count * 0.7 * UNDER_A_CELL / len(whole)))
            stop = float(np.nextafter(self._times[low + count - 1], math.inf))
            note = f"only the first {count:,} events are here{where}"
            part = self._page(self._ends[0], stop, (note,))
            if len(part) <= UNDER_A_CELL or count == 1:
                return part, f"<p>{escape(said)} Below are its first {count:,} events.</p>"
            whole = part

    def _save_beside(self, whole: str) -> Path:
        """Save the page where the notebook is, under a name of its own, if it is not there already."""
        made, place = whole.encode(), 1
        while (path := Path(f"lamport-view-{place}.html")).exists():
            if path.is_file() and path.stat().st_size == len(made) and path.read_bytes() == made:
                return path
            place += 1
        return self.save(path)

    def __repr__(self) -> str:
        return f"<View of {repr(self._run)[1:-1]}>"


def _write(path: Path, text: str) -> None:
    """Write a new file, or none."""
    with path.open("x", encoding="utf-8", newline="\n") as file:
        try:
            file.write(text)
            file.flush()
        except BaseException:
            path.unlink()
            raise


def _replace(path: Path, text: str) -> None:
    """Write a file anew; what was there stays until it is whole."""
    target = path.resolve()  # a link goes on to lead there
    with TemporaryDirectory(prefix=".view_", dir=target.parent) as home:
        draft = Path(home, target.name)
        _write(draft, text)
        copymode(target, draft)
        draft.replace(target)


def _title(run: "Recorded") -> str:
    """Return what a run is called where others see it: without the directories of whoever made the page."""
    title = repr(run)[1:-1]
    return spelled(
        title if run.log_dir is None else title.replace(str(run.log_dir), run.log_dir.name), LONGEST
    )


def _judged(run: "Recorded") -> dict[str, Any]:
    """Return where rules are broken, each with the row of its event; and whether there are times."""
    from lamport._runs.verification import verify_recorded

    if not len(run._logs.events()["time"]):
        return {"violations": [], "broken": 0, "has_times": True}
    told = verify_recorded(run, None)
    columns = (told._found[name] for name in ("machine_id", "clock", "rule", "expected", "found"))
    listed = [
        [
            machine,
            None if clock is None else int(clock),
            rule,
            _at_home(run, expected),
            _at_home(run, got),
            row,
        ]
        for machine, clock, rule, expected, got, row in zip(*columns, _broken_rows(run, told), strict=True)
    ]
    has_times = not any(text.startswith(UNTIMED) for text in told.unchecked)
    return {
        "violations": listed,
        "broken": sum(told.counts.values()),
        "diagnosis": [str(reading) for reading in told.diagnosis],
        "has_times": has_times,
    }


def _broken_rows(run: "Recorded", told: Any) -> list[int]:
    """Return the row of `Run.events` of each violation, -1 of those of no event.

    A clock may be that of several events of its machine where rules are broken. A table tells the row. A log
    tells the line: the lines of a clock are its events in their order, and if they are fewer, the last of
    them, for what repeats a clock is wrong.
    """
    logs, found = run._logs, told._found
    columns = logs.events()
    ids, clocks = columns["machine_id"], columns["new_clock"]
    row_of = None if logs.source_rows is None else {row: i for i, row in enumerate(logs.source_rows.tolist())}
    places = [
        None if clock is None else (int(machine), int(clock))
        for machine, clock in zip(found["machine_id"], found["clock"], strict=True)
    ]
    events: dict[tuple[int, int], list[int]] = {place: [] for place in places if place}
    wanted = [np.array(sorted(set(each)), dtype=np.int64) for each in zip(*events, strict=True)]
    if not wanted:
        return [-1] * len(places)
    for row in np.flatnonzero(np.isin(clocks, wanted[1]) & np.isin(ids, wanted[0])).tolist():
        if (place := (int(ids[row]), int(clocks[row]))) in events:
            events[place].append(row)
    lines: dict[tuple[int, int], set[int]] = {place: set() for place in events}
    for at, line in zip(places, found["line"], strict=True):
        if at and line is not None:
            lines[at].add(line)
    rows = []
    for at, file, line in zip(places, found["file"], found["line"], strict=True):
        those = events[at] if at else []
        exact = line if row_of is None else row_of.get(line)
        if not those or line is None:
            rows.append(those[0] if those else -1)
        elif not file and exact in those:
            rows.append(exact)
        else:
            order = sorted(lines[at]) if at else []
            rows.append(those[max(0, len(those) - len(order)) :][min(order.index(line), len(those) - 1)])
    return rows


def _at_home(run: "Recorded", text: str) -> str:
    """Return a sentence without the directories of whoever made the page."""
    homes = {file.parent for file in run.files} | ({run.log_dir} if run.log_dir else set())
    for home in map(str, homes):
        text = text.replace(f"{home}{os.sep}", "")
    return text
