"""Several runs of one setting, one after the other: ``lamport run --repeat``."""

import argparse
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lamport._cli.compare import compared
from lamport._model.ticks import rate_word

if TYPE_CHECKING:
    from lamport._runs.run import Run

__all__ = ["run_repeatedly"]

LAST_SEED = 2**53 - 1


def run_repeatedly(
    parameters: Mapping[str, Any],
    count: int,
    run_once: "Callable[[Mapping[str, Any]], Run]",
    args: argparse.Namespace,
) -> "tuple[list[Run], dict[str, Any] | None]":
    """Run machines several times, and print and write how the runs compare. Returns them, and that.

    The rates are those of the first run, unless ``args.redraw``. Every directory is made before the first
    run. One that is ended early is the last; of one that fails, those before it are compared.
    """
    seeds = _seeds(parameters["seed"], count)
    rates = None if args.redraw else _rates(parameters, seeds[0])
    runs: list[Run] = []
    say = args.say
    with _directories(parameters["log_dir"], count) as (home, directories):
        say(f"{count} runs in {home}, seeds {seeds[0]} to {seeds[-1]}")
        if rates is not None and parameters["rates"] is None:
            say(f"rates of all runs, drawn: {', '.join(rate_word(rate) for rate in rates)}")
        try:
            for number, (directory, seed) in enumerate(zip(directories, seeds, strict=True), 1):
                say(f"\nrun {number} of {count}")
                more = {"seed": seed, "log_dir": directory}
                runs.append(run_once(more if rates is None else more | {"rates": rates}))
                if runs[-1].interrupted or args.signals.is_caught:
                    break
        except Exception:
            with suppress(Exception):  # what is told in the end is why the run failed
                _compare(runs, home, args)
            raise
        comparison = _compare(runs, home, args)
    return runs, comparison


def _compare(runs: "list[Run]", home: Path, args: argparse.Namespace) -> dict[str, Any] | None:
    from lamport._runs.compare import labels

    if len(runs) < 2:
        return None
    args.say()
    with args.signals.noted():
        return compared(labels(runs), None if args.no_report else home, args)


def _seeds(seed: int | None, count: int) -> range:
    from lamport._model.run_setting import make_seed

    first = make_seed(seed)
    if seed is None:
        first = min(first, LAST_SEED - count)
    if first + count - 1 > LAST_SEED:
        raise ValueError(f"--seed {seed}: the last of {count} runs would have a seed above 2^53 - 1")
    return range(first, first + count)


def _rates(parameters: Mapping[str, Any], seed: int) -> list[Any]:
    """Return the rates that all runs have."""
    from lamport._model.run_setting import run_setting
    from lamport._runs.rates import drawn_rates

    setting = run_setting(parameters)
    return list(setting["rates"] or drawn_rates(setting["machines"], setting["max_rate"], seed))


@contextmanager
def _directories(given: str | None, count: int) -> Iterator[tuple[Path, list[Path]]]:
    """Make the directories of all runs; of those made here, what is empty in the end is taken away."""
    from lamport._runs.directory import make_directory

    home = make_directory(word="runs") if given is None else Path(given)
    directories = [home / f"run_{number}" for number in range(1, count + 1)]
    made = [each for each in (*directories, home) if not each.exists() or (each, given) == (home, None)]
    for directory in directories:
        if directory.is_file() or (directory.is_dir() and any(directory.iterdir())):
            raise FileExistsError(f"{directory} exists and is not empty: give another --log-dir")
    try:
        for directory in directories:
            directory.mkdir(parents=True, exist_ok=True)
        yield home, directories
    finally:
        for directory in made:
            with suppress(OSError):
                directory.rmdir()
