"""What theory expects of clocks and queues, against time."""

from typing import TYPE_CHECKING, Any

import numpy as np

from lamport._plot.legend import put_legend
from lamport._plot.look import Look
from lamport._plot.machines import Drawn

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

__all__ = ["draw_prediction"]

DOTS: dict[str, Any] = {"linestyle": (0, (1, 2)), "linewidth": 1.6}


def draw_prediction(
    panels: "NDArray[np.object_]",
    span: tuple[float, float],
    table: "pd.DataFrame",
    looks: dict[int, Drawn],
    look: Look,
) -> None:
    """Draw what is expected of the machines that are shown, from a first to a last time."""
    from matplotlib.lines import Line2D

    growth = table["clock_growth_predicted"]
    _bounds(panels[0], span, table.loc[list(looks)], look)
    if _dots(panels[0], span, growth, looks):
        panels[0].plot([], [], color=look.grey(0.4), label="predicted", gid="predicted", **DOTS)
    if _dots(panels[1], span, table["queue_growth_predicted"].loc[lambda each: each > 0], looks):
        put_legend(panels[1], [Line2D([], [], color=look.grey(0.4), label="predicted", **DOTS)])
    if len(panels) == 4 and growth.notna().all():
        _dots(panels[3], span, growth - growth.median(), looks)


def _dots(
    axes: "Axes", span: tuple[float, float], growth: "pd.Series[float]", looks: dict[int, Drawn]
) -> bool:
    """Draw lines from 0 on of machines whose growth is known; whether there are any."""
    known = growth.dropna().to_dict()
    shown = [machine for machine in looks if machine in known]
    for machine in shown:
        line = [0.0, known[machine] * (span[1] - span[0])]
        axes.plot(span, line, color=looks[machine].style.color, gid="predicted", **DOTS)
    return bool(shown)


def _bounds(axes: "Axes", span: tuple[float, float], table: "pd.DataFrame", look: Look) -> None:
    """Shade between what is proved where no value is known, as far as clocks reach."""
    bounds = table.loc[table["clock_growth_predicted"].isna(), ["clock_growth_low", "clock_growth_high"]]
    known = bounds.dropna().drop_duplicates().to_numpy()
    top = axes.get_ylim()[1]
    for place, (low, high) in enumerate(known):
        ends = np.array([0.0, span[1] - span[0]])
        style: dict[str, Any] = {"color": look.grey(0.5), "alpha": 0.2, "linewidth": 0, "gid": "bounds"}
        label = None if place else "predicted, bounds"
        axes.fill_between(span, low * ends, high * ends, label=label, **style)
    if len(known):
        axes.set_ylim(top=top)
