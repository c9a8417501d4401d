"""The rates that a seed draws."""

from lamport._model.run_setting import run_setting
from lamport._model.setting import MODEL

__all__ = ["drawn_rates"]

INSTANT = 1e-9
"""A run so short that it costs nothing, in seconds."""


def drawn_rates(machines: int, max_rate: int, seed: int) -> list[float]:
    """Return the ticks per second that machines draw, in real as in virtual time.

    Examples
    --------
    >>> drawn_rates(3, 6, 1978)
    [6.0, 1.0, 5.0]
    """
    from lamport._lamport import simulate

    defaults = {name: each.of["grid"] for name, each in MODEL.items()}
    given = {"machines": machines, "max_rate": max_rate, "duration": INSTANT}
    setting = run_setting(defaults | given)
    made = simulate(setting, seed=seed, record=False, since=None, log_dir=None, progress=None, threads=None)
    return list(made.rates)
