"""How machines are named and coloured in figures."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lamport._runs.names import in_figure, shown

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["called", "colors", "label"]


def colors(machines: Sequence[int]) -> dict[int, Any]:
    """Give each machine its colour, the same in every figure of a run."""
    import matplotlib as mpl

    if len(machines) <= 8:
        cycle = mpl.colormaps["Dark2"].colors  # type: ignore[attr-defined]
        return dict(zip(machines, cycle, strict=False))
    shades = mpl.colormaps["turbo"](np.linspace(0.05, 0.95, len(machines)))
    return dict(zip(machines, map(tuple, shades), strict=True))


def label(machine: int, table: "pd.DataFrame") -> str:
    """Name a machine, with its rate if that is known, as matplotlib takes a text."""
    rate = float(table["clock_rate"].loc[machine])
    name = in_figure(called(machine, table))
    return name if np.isnan(rate) else f"{name} ({rate:g}/s)"


def called(machine: int, table: "pd.DataFrame") -> str:
    """Name a machine of a table of machines."""
    return shown({machine: table["name"].loc[machine]} if "name" in table else {}, machine)
