"""By how much the clocks of machines are apart."""

from collections.abc import Mapping
from math import isnan
from typing import TYPE_CHECKING, Any, SupportsFloat

from lamport._model.check import real

if TYPE_CHECKING:
    import pandas as pd

    from lamport._lamport import Logs

__all__ = ["MAX_DRIFT", "alignment", "best_offsets", "bounds", "corrected"]

MAX_DRIFT = 1e-4
"""By how much a clock may go wrong, in seconds a second."""


def alignment(
    logs: "Logs", *, minimum_delay: SupportsFloat, max_drift: SupportsFloat, clock_uncertainty: SupportsFloat
) -> "pd.DataFrame":
    """Make the table of `Run.align`."""
    import pandas as pd

    columns = logs.align(
        minimum_delay=real("minimum_delay", minimum_delay),
        max_drift=real("max_drift", max_drift),
        clock_uncertainty=real("clock_uncertainty", clock_uncertainty),
    )
    return pd.DataFrame(columns).set_index("machine_id")


def best_offsets(logs: "Logs") -> dict[int, float]:
    """Return the best offset of each machine that has one: what ``offsets="align"`` stands for."""
    return {machine: best for machine, (_, best, _) in bounds(logs).items() if not isnan(best)}


def bounds(logs: "Logs") -> dict[int, tuple[float, float, float]]:
    """Return the lowest, the best and the highest offset of each machine."""
    columns = logs.align(minimum_delay=0.0, max_drift=MAX_DRIFT, clock_uncertainty=0.0)
    names = ("machine_id", "low", "best", "high")
    rows = zip(*(columns[name].tolist() for name in names), strict=True)
    return {machine: (low, best, high) for machine, low, best, high in rows}


def corrected(offsets: Mapping[Any, float], *, aligned: bool) -> dict[str, Any]:
    """Return what the parameters of a run say of its offsets, and of whether `Run.align` found them."""
    told = {"offsets": {str(machine): offset for machine, offset in offsets.items()}}
    return {"aligned": True} | told if aligned else told
