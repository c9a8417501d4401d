"""Arrowheads of messages in a space-time diagram, where there is room for them."""

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from lamport._plot.spacetime_layout import Spacetime

__all__ = ["draw_heads"]

MOST = 120
"""Above so many messages there is no room."""
APART = 9.0
"""Points from an event to the next one of the busiest machine, on average, that heads need."""
LONG = 7.0
"""Points of a head and what is seen of its shaft."""


def draw_heads(axes: "Axes", diagram: "Spacetime", colors: "NDArray[Any]", mark: float) -> None:
    """Draw heads at the receipts, in the colour of each message, before marks of a size in points."""
    from matplotlib.patches import FancyArrowPatch

    messages = diagram.messages
    scale = 72 / axes.figure.dpi
    crowd = float(diagram.events["y"].value_counts().max())
    if not 0 < len(messages) <= MOST or axes.bbox.width * scale / crowd < APART:
        return
    ends = messages[["x0", "y0", "x1", "y1"]].to_numpy(dtype=np.float64).reshape(-1, 2, 2)
    first, last = (axes.transData.transform(ends[:, side]) for side in (0, 1))
    length = np.hypot(*(last - first).T)
    short = LONG + mark / 2
    low, high = axes.get_xlim()
    drawn = messages["received_shown"].to_numpy() & (length * scale > 2 * short)
    drawn &= (ends[:, 1, 0] >= low) & (ends[:, 1, 0] <= high)
    share = (short / scale / np.where(length > 0, length, 1.0))[:, None]
    begin = axes.transData.inverted().transform(last + share * (first - last))
    style: dict[str, Any] = {"mutation_scale": 8, "shrinkA": 0, "shrinkB": mark / 2, "linewidth": 1.0}
    for place in np.flatnonzero(drawn).tolist():
        head = FancyArrowPatch(
            begin[place],
            ends[place, 1],
            arrowstyle="-|>",
            color=colors[place],
            zorder=2.4,
            gid="head",
            **style,
        )
        head.set_in_layout(False)
        axes.add_patch(head)
