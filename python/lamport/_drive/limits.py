"""What a run will need, said before it starts."""

from pathlib import Path
from typing import TYPE_CHECKING

from lamport._model.warning import warn

if TYPE_CHECKING:
    from lamport._lamport import _RunSetting

__all__ = ["check_limits"]


def check_limits(setting: "_RunSetting", seed: int, directory: Path) -> None:
    """Compare what a run will need with what there is.

    Parameters
    ----------
    setting : dict
        What the run is made with.
    seed : int
        The seed of its draws, which its rates may be.
    directory : path
        Where its logs are to be.

    Raises
    ------
    ValueError
        The disk or a queue is full before the run ends, and within an hour of ticking.

    Warns
    -----
    LamportWarning
        The same, later than in an hour.
    """
    from lamport._lamport import free_bytes, shortages

    # Names of files are bytes, which need not be text; here it is only said.
    place = str(directory).encode(errors="replace").decode()
    for is_near, words in shortages(setting, seed=seed, free=free_bytes(directory), place=place):
        if is_near:
            raise ValueError(words)
        warn(words)
