"""How machines are named and coloured in figures."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["colors", "label", "some"]


def colors(machines: Sequence[int]) -> dict[int, Any]:
    """Give each machine its colour, the same in every figure of a run."""
    import matplotlib as mpl

    if len(machines) <= 8:
        cycle = mpl.colormaps["Dark2"].colors  # type: ignore[attr-defined]
        return dict(zip(machines, cycle, strict=False))
    shades = mpl.colormaps["turbo"](np.linspace(0.05, 0.95, len(machines)))
    return dict(zip(machines, map(tuple, shades), strict=True))


def label(machine: int, table: "pd.DataFrame") -> str:
    """Name a machine, with its rate if that is known."""
    rate = float(table["clock_rate"].loc[machine])
    return f"machine {machine}" if np.isnan(rate) else f"machine {machine} ({rate:g}/s)"


def some(machines: list[int]) -> str:
    """Name the machines of a run, or the first and the last if they are many."""
    return ", ".join(map(str, machines)) if len(machines) <= 10 else f"{machines[0]}, ..., {machines[-1]}"
