"""How the logs of a run are made again: what of a run goes to another process."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lamport._lamport import Logs, _RunSetting
    from lamport._model.rules import Rules

__all__ = ["Recipe", "read_again", "simulate_again"]


@dataclass(frozen=True)
class Recipe:
    """A function of this package and its arguments, all of which pickle."""

    function: "Callable[..., Logs]"
    arguments: tuple[Any, ...]

    def make(self) -> "Logs":
        """Make the logs."""
        return self.function(*self.arguments)


def read_again(
    files: list[Path],
    offsets: dict[int, float] | None,
    skip: bool = False,
    rules: "Rules | None" = None,
    execution: int | str | None = None,
) -> "Logs":
    """Read log files, with the options of `lamport.load`."""
    from lamport._lamport import read_logs

    names = [str(file) for file in files]
    return read_logs(names, offsets=offsets, skip=skip, rules=rules, execution=execution)


def simulate_again(setting: "_RunSetting", seed: int, record: bool, since: float | None = None) -> "Logs":
    """Run a simulation that came to its end: equal seeds give equal runs."""
    from lamport._lamport import simulate

    made = simulate(setting, seed=seed, record=record, since=since, log_dir=None, progress=None, threads=None)
    return made.logs
