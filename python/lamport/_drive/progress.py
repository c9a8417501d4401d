"""Show a run while it runs."""

import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self, TypeAlias

from lamport._live.where import is_notebook
from lamport._model.comfort import Comfort

__all__ = ["Count", "Progress", "watch"]

Progress: TypeAlias = Callable[[float, list[int], list[int]], object]

WIDEST = 6
"""The most machines whose clocks are shown one by one."""


@contextmanager
def watch(progress: bool | Progress | None, duration: float, machines: int) -> Iterator[Progress]:
    """Return a callable that takes (elapsed, clocks, queues) and shows them.

    Parameters
    ----------
    progress : bool or callable, optional
        A bar or none; None: a bar in a terminal or a notebook. A callable is passed through.
    duration : float
        The length of the run, in seconds.
    machines : int
        How many machines it has.
    """
    if callable(progress):
        yield progress
    elif progress if progress is not None else _seen():
        # Made when there is something to show: a run that cannot begin shows none.
        bars: list[Any] = []

        def show(elapsed: float, clocks: list[int], queues: list[int]) -> None:
            if not bars:
                bars.append(_bar(duration, machines))
            _show(bars[0], min(elapsed, duration), clocks, queues)

        try:
            yield show
        finally:
            for bar in bars:
                bar.close()
    else:
        yield lambda *_: None


class Count:
    """How far long work is, from 0 to `total`; call it with that, if `wanted`.

    A bar is made when it is first told something: work that is over at once shows none.

    Parameters
    ----------
    progress : bool or callable, optional
        As for `watch`. A callable is passed through.
    total : float
        How far the work will be at its end.
    title, unit : str
        What the bar says.
    """

    def __init__(
        self, progress: bool | Callable[[Any], object] | None, total: float, title: str, unit: str
    ) -> None:
        self.wanted = callable(progress) or (_seen() if progress is None else progress)
        self._call = progress if callable(progress) else self._show
        self._total = total
        self._dress = {
            "desc": title,
            "bar_format": "{desc}: {percentage:3.0f}%|{bar}| {n:,.0f} of {total:,.0f} " + unit,
        }
        self._bar: Any = None

    def __call__(self, done: float) -> None:
        """Show how far it is."""
        if self.wanted:
            self._call(done)

    def end(self, *, done: bool) -> None:
        """Say that all is done, if it is, and close the bar."""
        if done and (self._bar is not None or self._call != self._show):
            self(self._total)
        if self._bar is not None:
            self._bar.close()

    def _show(self, done: float) -> None:
        if self._bar is None:
            self._bar = _tqdm(total=self._total, dynamic_ncols=True, **self._dress)
        if min(done, self._total) > self._bar.n:
            self._bar.update(min(done, self._total) - self._bar.n)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end(done=False)


def describe(clocks: Sequence[int], queues: Sequence[int]) -> str:
    """Put clocks and queues into a few words.

    Examples
    --------
    >>> describe([12, 30], [3, 0])
    'clocks 12 30, queues 3 0'
    >>> describe(range(10, 90), [0] * 80)
    'clocks 10 to 89, queues 0 to 0'
    """
    return f"clocks {_numbers(clocks)}, queues {_numbers(queues)}"


def _numbers(values: Sequence[int]) -> str:
    if len(values) <= WIDEST:
        return " ".join(map(str, values))
    return f"{min(values)} to {max(values)}"


def _tqdm(**options: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a notebook without ipywidgets gets the text bar
        from tqdm.auto import tqdm
    return tqdm(file=Comfort(sys.stderr), **options)


def _bar(duration: float, machines: int) -> Any:
    noun = "machine" if machines == 1 else "machines"
    return _tqdm(
        total=duration,
        desc=f"{machines} {noun}",
        bar_format="{desc}: {percentage:3.0f}%|{bar}| {n:.0f} of {total:.0f} s{postfix}",
        dynamic_ncols=True,
    )


def _show(bar: Any, elapsed: float, clocks: list[int], queues: list[int]) -> None:
    bar.set_postfix_str(describe(clocks, queues), refresh=False)
    bar.update(elapsed - bar.n)


def _seen() -> bool:
    """Whether a bar would be seen: stderr is a terminal, or this is a notebook."""
    return (sys.stderr is not None and sys.stderr.isatty()) or is_notebook()
