"""Legends: beside what is drawn, never on it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lamport._plot.look import look_of

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

__all__ = ["put_legend"]

ROWS = 12
"""Entries of a column."""
COLUMNS = 3
"""Columns of a legend that stands below."""
BELOW = 40
"""Points for the numbers and the name of an axis, below which such a legend stands."""


def put_legend(axes: "Axes", handles: "Sequence[Artist]", *, title: str | None = None, **style: Any) -> None:
    """Give Axes a legend: to their right, or below where other Axes stand there and nobody makes room."""
    if not handles:
        return
    ink = look_of(axes, outside=True).ink
    place = _below(axes) if _is_taken(axes, right=True) and not _is_taken(axes, right=False) else _right()
    place.setdefault("ncols", -(-len(handles) // ROWS))
    legend = axes.legend(
        handles=list(handles),
        title=title,
        loc="upper left",
        frameon=False,
        fontsize="small",
        labelcolor=ink,
        handlelength=2.8,
        columnspacing=1.2,
        **place | style,
    )
    legend.get_title().set_color(ink)


def _right() -> dict[str, Any]:
    return {"bbox_to_anchor": (1.01, 1.0)}


def _below(axes: "Axes") -> dict[str, Any]:
    from matplotlib.transforms import ScaledTranslation

    down = ScaledTranslation(0, -BELOW / 72, axes.figure.dpi_scale_trans)
    return {"bbox_to_anchor": (0, 0), "bbox_transform": axes.transAxes + down, "ncols": COLUMNS}


def _is_taken(axes: "Axes", *, right: bool) -> bool:
    """Whether other Axes stand to the right, or below, of a figure that makes no room for legends."""
    if axes.figure.get_layout_engine() is not None:
        return False
    own = axes.get_position()
    for other in axes.figure.axes:
        box = other.get_position()
        beside = box.y0 < own.y1 and own.y0 < box.y1 if right else box.x0 < own.x1 and own.x0 < box.x1
        further = box.x0 >= own.x1 if right else box.y1 <= own.y0
        if other is not axes and beside and further:
            return True
    return False
