"""What figures are drawn with on light paper and on dark: inks, palettes, dashes and marks.

Whatever tells things apart differs in grey, too: a print, a copy, and whoever sees red and green alike, have
little more than lightness.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["DASHES", "MARKERS", "MOST_TOLD_APART", "Look", "Style", "look_of", "luminance"]

LIGHT = ("#062da9", "#ca4331", "#cbac02", "#a40381", "#06a65d", "#102e05")
DARK = ("#7cc5e8", "#ed4f3f", "#f6ebc9", "#e18791", "#01f548", "#c620ab")
"""Colours whose lightness differs by 8 of 100 or more, that of the first three by 16."""
MOST_TOLD_APART = len(LIGHT)
DASHES: tuple[Any, ...] = (
    "-",
    (0, (5, 1.5)),
    (0, (8, 1.5, 1.2, 1.5)),
    (0, (2.5, 1)),
    (0, (8, 1.5, 1.2, 1.5, 1.2, 1.5)),
    (0, (12, 2.5)),
)
MARKERS = ("o", "s", "^", "D", "v", "P")
SHADES = {False: (0.0, 0.75), True: (0.3, 0.95)}
"""The part of viridis that is seen on light paper, and on dark."""
MIDDLE = 0.18
"""The luminance that is seen as half of white."""


class Style(NamedTuple):
    """How a line is told from others: by its colour, its dashes and its mark."""

    color: Any
    dashes: Any
    marker: str


@dataclass(frozen=True)
class Look:
    """What is seen on the paper of a figure.

    Attributes
    ----------
    paper : tuple of float
        Its colour: red, green and blue.
    is_dark : bool
        Whether white is seen better on it than black.
    """

    paper: tuple[float, float, float]
    is_dark: bool

    @property
    def ink(self) -> str:
        """Black, or white on dark paper."""
        return self.grey(0)

    def grey(self, share: float) -> str:
        """Return what is so much of the way from ink to paper: 0 is ink."""
        from matplotlib.colors import to_hex

        ink = float(self.is_dark)
        red, green, blue = ((1 - share) * ink + share * paper for paper in self.paper)
        return to_hex((red, green, blue))

    def of(self, pair: tuple[Any, Any]) -> Any:
        """Return the first of two colours, or the second on dark paper."""
        return pair[self.is_dark]

    def styles(self, count: int) -> list[Style]:
        """Tell lines apart that stand in no order."""
        if count <= MOST_TOLD_APART:
            return _varied(self.of((LIGHT, DARK))[:count])
        return self.ordered(count)

    def ordered(self, count: int) -> list[Style]:
        """Tell lines apart that stand in an order, from little to much."""
        import matplotlib as mpl
        import numpy as np

        low, high = SHADES[self.is_dark]
        # What is more is seen better.
        places = np.linspace(low, high, count) if self.is_dark else np.linspace(high, low, count)
        return _varied([tuple(shade[:3]) for shade in mpl.colormaps["viridis"](places).tolist()])


def _varied(colors: Sequence[Any]) -> list[Style]:
    return [
        Style(color, DASHES[place % len(DASHES)], MARKERS[place % len(MARKERS)])
        for place, color in enumerate(colors)
    ]


def look_of(axes: "Axes", *, outside: bool = False) -> Look:
    """Return the look of what is drawn into Axes, or beside them."""
    import matplotlib as mpl
    from matplotlib.colors import to_rgba

    papers = [axes.get_facecolor()] if not outside else []
    papers += [axes.figure.get_facecolor(), mpl.rcParams["savefig.facecolor"]]
    for paper in papers:
        if paper != "auto" and (known := to_rgba(paper))[3] >= 0.5:
            return Look(known[:3], luminance(known[:3]) < MIDDLE)
    return Look((1.0, 1.0, 1.0), is_dark=False)


def luminance(color: Any) -> float:
    """Return how light a colour is: 0 is black, 1 is white.

    Examples
    --------
    >>> luminance("black"), round(luminance("white"), 6)
    (0.0, 1.0)
    """
    from matplotlib.colors import to_rgb

    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in to_rgb(color)]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
