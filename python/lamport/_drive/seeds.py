"""The seeds of many runs: run k of a sweep has the same at every point, and in a search."""

from collections.abc import Iterator

from lamport._model.run_setting import run_setting
from lamport._model.setting import MODEL

__all__ = ["seeds"]

SMALL = {"machines": 1, "duration": 0.001}
"""A run of which nothing but its seed is wanted."""


def seeds(seed: int, first: int, runs: int) -> Iterator[tuple[int, int]]:
    """Give consecutive runs their numbers, from `first` on, and their seeds."""
    from lamport._lamport import sweep_runs

    small = run_setting({name: each.of["grid"] for name, each in MODEL.items()} | SMALL)
    columns, interrupted = sweep_runs(
        [small], first_run=first, runs=runs, seed=seed, since=None, threads=1, progress=None
    )
    if interrupted:
        raise KeyboardInterrupt
    return enumerate(columns["seed"].tolist(), first)
