"""Several runs in few words: which were made alike, and what their means are."""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from lamport._model.setting import DISCIPLINE, MODEL, SETTING
from lamport._model.ticks import rate_word
from lamport._runs.intervals import t_quantile
from lamport._runs.names import in_markdown, plain
from lamport._runs.rates import drawn_rates
from lamport._runs.summarize import floor
from lamport._runs.tables import floats

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lamport._runs.run import Run

__all__ = ["Comparison", "Group"]

MADE_WITH = ("time", *(name for name in MODEL if name != "max_rate"), "processes")
"""What runs have in common that are repetitions of each other. Of `max_rate` only the rates matter."""
USUAL = {name: SETTING[name].of["simulate"] for name in DISCIPLINE}
"""How programs keep their clocks where nothing is said of it."""
OF_A_MACHINE = {
    "final_clock": "Final clock",
    "mean_jump": "Average jump",
    "max_jump": "Maximum jump",
    "max_queue_len": "Maximum queue length",
    "final_queue_len": "Final queue length",
    "queue_growth": "Queue growth (1/s)",
}
OF_A_RUN = {
    "drift": "Drift",
    "max_jump": "Maximum jump",
    "max_queue_len": "Longest queue",
    "final_queue_len": "Left in queues",
}
LISTED = 10
"""The most rates that a table lists."""
LONGEST = 40
"""The most letters of a value in a table."""

Columns = dict[str, list[str]]
Band = tuple[float, float, float]
"""A mean, and the ends of its confidence interval."""
Bands = dict[str, Band]


class Group(NamedTuple):
    """Runs that were made alike, but for their seeds."""

    runs: "dict[str, Run]"
    setting: dict[str, Any]
    name: str

    @property
    def finished(self) -> "list[Run]":
        """Those that means are over: whole, and not ended early."""
        return _finished(self.runs)


class Comparison:
    """Several runs: what differs between them, and means over those that are alike.

    Machines are never averaged over runs that differ in anything but the seed: machine 1 of one is not
    machine 1 of another. Runs that ended early, or of which some logs are missing, are in no mean.

    Parameters
    ----------
    runs : mapping of str to Run
        The runs by name, in order.
    """

    def __init__(self, runs: "Mapping[str, Run]") -> None:
        self.runs = dict(runs)
        self._settings = {name: _made_with(run) for name, run in self.runs.items()}

    @cached_property
    def differing(self) -> list[str]:
        """The names of what the runs were made with that is not the same in all of them."""
        return [name for name in MADE_WITH if len({row[name] for row in self._texts.values()}) > 1]

    @cached_property
    def _texts(self) -> dict[str, dict[str, str]]:
        return {
            name: {key: json.dumps(value, sort_keys=True) for key, value in row.items()}
            for name, row in self._settings.items()
        }

    @cached_property
    def groups(self) -> list[Group]:
        """The runs that were made alike, in order of their first."""
        found: dict[tuple[str, ...], dict[str, Run]] = {}
        for name, run in self.runs.items():
            found.setdefault(tuple(self._texts[name].values()), {})[name] = run
        return [Group(runs, self._settings[next(iter(runs))], self._name(runs)) for runs in found.values()]

    def _name(self, runs: "Mapping[str, Run]") -> str:
        first = self._settings[next(iter(runs))]
        told = ", ".join(
            f"{_words(name)} {_value(name, first[name])} {_unit(name)}".rstrip() for name in self.differing
        )
        if len(runs) == 1:
            return f"{next(iter(runs))}: {told}" if told else next(iter(runs))
        return f"{len(runs)} runs: {told}" if told else f"{len(runs)} runs"

    @property
    def verdict(self) -> str:
        """Say whether the runs are alike, and what that means for means."""
        if len(self.runs) == 1:
            return "There is one run: nothing is averaged."
        if not self.differing:
            return "The runs were made alike, but for their seeds: each machine has its mean over the runs."
        differ = " and ".join(_words(name) for name in self.differing)
        some = any(len(group.runs) > 1 for group in self.groups)
        then = "means are over those alike only" if some else "their machines are not averaged"
        return f"The runs differ in {differ}: machine 1 of one is not machine 1 of another, so {then}."

    def facts(self) -> dict[str, str]:
        """Return what all runs were made with."""
        (first, *_) = self._settings.values()
        shared = [name for name in MADE_WITH if name not in self.differing and first[name] is not None]
        shown = [name for name in shared if first[name] or name not in {"processes", "faults"}]
        shown = [name for name in shown if first[name] != USUAL.get(name)]
        return {_words(name): f"{_value(name, first[name])} {_unit(name)}".rstrip() for name in shown}

    def table(self) -> Columns:
        """Return one row per run: its seed, its rates, what differs, and what came of it."""
        rows = [self._row(name, run) for name, run in self.runs.items()]
        columns = {name: [row[name] for row in rows] for name in rows[0]}
        return {name: cells for name, cells in columns.items() if name != "Remark" or any(cells)}

    def _row(self, name: str, run: "Run") -> dict[str, str]:
        setting, whole = self._settings[name], _of_run(run)
        seed = run.parameters.get("seed")
        more = {
            _words(key).capitalize(): _value(key, setting[key]) for key in self.differing if key != "rates"
        }
        results = {said: _number(whole[key]) for key, said in OF_A_RUN.items()}
        remarks = ["ended early"] * run.interrupted + ([run._part] if run._part else [])
        return {
            "Run": name,
            "Seed": "-" if seed is None else str(seed),
            "Rates (ticks/s)": _value("rates", setting["rates"]),
            **more,
            **results,
            "Remark": ", ".join(remarks),
        }

    def setting(self, name: str) -> dict[str, Any]:
        """Return what a run was made with."""
        return self._settings[name]

    def numbers(self, name: str) -> dict[str, float]:
        """Return the numbers of a whole run."""
        return _of_run(self.runs[name])

    def bands(self, group: Group) -> list[Bands] | None:
        """Return means and intervals of each machine of runs that are alike; None if they are too few."""
        runs = group.finished
        if len(runs) < 2:
            return None
        values = {name: np.array([floats(run._machines[name]) for run in runs]).T for name in OF_A_MACHINE}
        return [
            {name: band(values[name][place], floor(name)) for name in OF_A_MACHINE}
            for place in range(len(runs[0]._machines))
        ]

    def means(self, group: Group) -> Columns | None:
        """Return the same in words, with the names of the machines and their rates."""
        bands = self.bands(group)
        if bands is None:
            return None
        first = group.finished[0]._machines
        return {
            "Machine": _names(first),
            "Rate (ticks/s)": [_number(rate) for rate in first["clock_rate"]],
            **{said: [_interval(each[name]) for each in bands] for name, said in OF_A_MACHINE.items()},
        }

    def whole_bands(self, group: Group) -> Bands | None:
        """Return means and intervals of whole runs that are alike; None if they are too few."""
        return _whole_bands(group.finished)

    def whole_means(self, group: Group) -> Columns | None:
        """Return the same in words."""
        return _worded(self.whole_bands(group))

    def bands_of_drawn(self) -> Bands | None:
        """Return means of whole runs that differ in their rates alone, which their seeds drew; else None."""
        runs = _finished(self.runs)
        if self.differing != ["rates"] or not all(map(_drew_its_rates, runs)):
            return None
        return _whole_bands(runs)

    def means_of_drawn(self) -> Columns | None:
        """Return the same in words."""
        return _worded(self.bands_of_drawn())


def band(values: "NDArray[np.float64] | Sequence[float]", least: float = 0.0) -> Band:
    """Return a mean and its 95 % confidence interval, Student's, of values that are never below `least`.

    Of one value there is no interval, and of none no mean: NaN.

    Examples
    --------
    >>> [round(each, 2) for each in band([10.0, 12.0, 14.0])], band([3.0, 3.0])
    ([12.0, 7.03, 16.97], (3.0, 3.0, 3.0))
    """
    known = np.asarray(values, dtype=np.float64)
    known = known[~np.isnan(known)]
    if not len(known):
        return np.nan, np.nan, np.nan
    mean = float(known.mean())
    if len(known) < 2:
        return mean, np.nan, np.nan
    if not float(np.ptp(known)):
        return mean, mean, mean
    half = t_quantile(len(known) - 1) * float(known.std(ddof=1)) / len(known) ** 0.5
    return mean, max(mean - half, least), mean + half


def interval(values: "NDArray[np.float64] | Sequence[float]", least: float = 0.0) -> str:
    """Write a mean and its interval, where it has one, see `band`.

    Examples
    --------
    >>> interval([10.0, 12.0, 14.0]), interval([3.0, 3.0]), interval([2.0, 4.0], 1.0)
    ('12 [7.032, 16.97]', '3', '3 [1, 15.71]')
    """
    return _interval(band(values, least))


def _interval(band: Band) -> str:
    mean, low, high = band
    if np.isnan(low) or low == high:
        return _number(mean)
    return f"{_number(mean)} [{_number(low)}, {_number(high)}]"


def _whole_bands(runs: "Sequence[Run]") -> Bands | None:
    if len(runs) < 2:
        return None
    rows = [_of_run(run) for run in runs]
    return {name: band([row[name] for row in rows], floor(name)) for name in OF_A_RUN}


def _worded(bands: Bands | None) -> Columns | None:
    if bands is None:
        return None
    return {said: [_interval(bands[name])] for name, said in OF_A_RUN.items()}


def _of_run(run: "Run") -> dict[str, float]:
    """Return the numbers of a whole run."""
    table = run._machines
    queues = {name: floats(table[name]) for name in ("max_queue_len", "final_queue_len")}
    unknown = not len(table)
    return {
        "drift": np.nan if run._part and len(table) == 1 else run.drift,
        "max_jump": np.nan if unknown else float(table["max_jump"].max()),
        "max_queue_len": np.nan if unknown else float(queues["max_queue_len"].max()),
        "final_queue_len": float(queues["final_queue_len"].sum()),
    }


def _finished(runs: "Mapping[str, Run]") -> "list[Run]":
    return [run for run in runs.values() if not run.interrupted and not run._part]


def _made_with(run: "Run") -> dict[str, Any]:
    """Return what a run was made with, as JSON has it; None for what is unknown."""
    table = run._machines
    rates = [None if np.isnan(rate) else float(rate) for rate in table["clock_rate"]]
    known: Mapping[str, Any] = run.parameters
    setting = {name: known.get(name, USUAL.get(name)) for name in MADE_WITH}
    setting["processes"] = bool(setting["processes"])
    setting["faults"] = list(setting["faults"] or ())
    # Of part of a run, the rates that are known are those of its logs.
    told = known.get("rates") or []
    told = told if run._part or any(isinstance(rate, list) for rate in told) else None
    return setting | {"machines": known.get("machines", len(table)), "rates": told or rates}


def _drew_its_rates(run: "Run") -> bool:
    known = run.parameters
    if any(known.get(name) is None for name in ("machines", "max_rate", "seed")):
        return False
    rates = run._machines["clock_rate"].tolist()
    if known["machines"] != len(rates):
        return False  # nor is room made for as many as a file says
    return drawn_rates(known["machines"], known["max_rate"], known["seed"]) == rates


def _words(name: str) -> str:
    return name.replace("_", " ")


def _unit(name: str) -> str:
    return SETTING[name].unit if name in SETTING else ""


def _value(name: str, value: Any) -> str:
    """Put what a run was made with into a few words."""
    if value is None:
        return "-"
    if name == "rates":
        return _rates(value)
    if name == "faults":
        return f"{len(value) or 'no'} fault{'s' * (len(value) != 1)}"
    if name == "topology" and isinstance(value, Mapping):
        text = json.dumps(value)
        links = sum(len(peers) for peers in value.values())
        return text if len(text) <= LONGEST else f"{len(value)} machines, {links} links"
    if name == "latency" and isinstance(value, Mapping):
        from lamport._model.latency import as_latency

        return str(as_latency(value))
    return _number(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else str(value)


def _names(table: "pd.DataFrame") -> list[str]:
    if "name" not in table:
        return [str(machine) for machine in table.index]
    return [in_markdown(plain(name)) for name in table["name"]]


def _rates(rates: Iterable[Any]) -> str:
    texts = ["?" if rate is None else rate_word(rate) for rate in rates]
    if len(texts) <= LISTED:
        return ", ".join(texts)
    return f"{', '.join(texts[:3])}, ..., {texts[-1]} ({len(texts)})"


def _number(value: float) -> str:
    return "-" if pd.isna(value) else f"{value:.0f}" if float(value).is_integer() else f"{value:.4g}"
