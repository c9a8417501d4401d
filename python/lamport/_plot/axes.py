"""Where a figure is drawn."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["as_axes"]


def as_axes(name: str, value: Any) -> "Axes":
    """Return the Axes that a user gave.

    Raises
    ------
    ValueError
        It is something else.
    """
    from matplotlib.axes import Axes

    if not isinstance(value, Axes):
        kind = type(value).__name__
        raise ValueError(f"{name} holds no Axes of matplotlib but {kind}: give one, as of plt.subplots()")
    return value
