"""How machines are named and told apart in figures."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lamport._plot.look import MOST_TOLD_APART, Look, Style
from lamport._runs.names import in_figure, shown

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Drawn", "called", "drawn", "label"]


class Drawn(NamedTuple):
    """How a machine is drawn, and its entry in the legend, if it is not that of another."""

    style: Style
    entry: str | None


def drawn(table: "pd.DataFrame", machines: Sequence[int], look: Look) -> dict[int, Drawn]:
    """Tell machines apart: by number if the run has few, else by rate, with one entry for each in the legend.

    A machine's colour is the same in every figure of a run. Of a run of many, few that are shown have
    dashes and marks, and entries, of their own; else they stand in the order of their rates.
    """
    known = table.index.tolist()
    if len(known) <= MOST_TOLD_APART:
        styles = dict(zip(known, look.styles(len(known)), strict=True))
        return {machine: Drawn(styles[machine], label(machine, table)) for machine in machines}
    # Where no rate is known each machine is one of its own, and else those without are one at the beginning.
    rates = table["clock_rate"].fillna(-1.0).to_numpy()
    if not table["clock_rate"].notna().any():
        rates = np.arange(len(table), dtype=np.float64)
    different, of = np.unique(rates, return_inverse=True)
    groups = dict(zip(known, of.tolist(), strict=True))
    shades = look.ordered(len(different))
    if len(machines) <= MOST_TOLD_APART:
        own = look.styles(len(machines))
        return {
            machine: Drawn(own[place]._replace(color=shades[groups[machine]].color), label(machine, table))
            for place, machine in enumerate(machines)
        }
    told: set[int] = set()
    found = {}
    for machine in sorted(machines, key=groups.__getitem__):
        group = groups[machine]
        alike = [other for other in machines if groups[other] == group]
        entry = None if group in told else _entry(alike, table)
        told.add(group)
        found[machine] = Drawn(shades[group], entry)
    return found


def _entry(machines: Sequence[int], table: "pd.DataFrame") -> str:
    """Name the machines of one rate."""
    if len(machines) == 1:
        return label(machines[0], table)
    rate = float(table["clock_rate"].loc[machines[0]])
    return f"{len(machines)} machines ({'rate unknown' if np.isnan(rate) else f'{rate:g}/s'})"


def label(machine: int, table: "pd.DataFrame") -> str:
    """Name a machine, with its rate if that is known, as matplotlib takes a text."""
    rate = float(table["clock_rate"].loc[machine])
    name = in_figure(called(machine, table))
    return name if np.isnan(rate) else f"{name} ({rate:g}/s)"


def called(machine: int, table: "pd.DataFrame") -> str:
    """Name a machine of a table of machines."""
    return shown({machine: table["name"].loc[machine]} if "name" in table else {}, machine)
