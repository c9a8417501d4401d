"""The points of a sweep: which settings, and what to call them in a table."""

import json
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

from lamport._drive.algorithm import OWN, plan_of
from lamport._drive.grid_arguments import algorithm_word, argument_word, as_arguments, check_clashes, value_of
from lamport._model import read
from lamport._model.check import whole
from lamport._model.latency import Constant
from lamport._model.run_setting import run_setting
from lamport._model.setting import BEHAVIOR, MODEL, SETTING, of_function
from lamport._model.ticks import rate_word, ticks_word
from lamport._model.topology import Topology, as_topology

if TYPE_CHECKING:
    from lamport._drive.algorithm import Plan
    from lamport._lamport import _RunSetting

__all__ = ["DEFAULTS", "KNOWN", "Points", "make_points"]

DEFAULTS: dict[str, Any] = {name: each.of["grid"] for name, each in MODEL.items()}
"""What every run has, which a grid may vary."""
KNOWN = DEFAULTS | {name: of_function("sweep")[name].of["sweep"] for name in OWN}
"""The same with what only runs of algorithms have; what else a grid names is an argument of the algorithm."""
PASSED = ("duration", *OWN)
"""What `sweep` always hands on."""

MOST_POINTS = 10**6
MOST_RUNS = 10**8
LISTED = 10
"""The most rates a label lists."""

Grid = Mapping[str, Iterable[Any]] | Iterable[Mapping[str, Any]]


@dataclass
class Points:
    """The points of a grid, in order.

    Attributes
    ----------
    names : list of str
        The parameters that the grid gives.
    settings : list of dict
        Every parameter of each point, as `Settled` gives it; ``machines`` resolved.
    native : list of dict
        The same for the native module.
    algorithms : list
        What machines run at each point, None for the built-in behaviour.
    """

    names: list[str]
    settings: list[dict[str, Any]] = field(default_factory=list)
    native: "list[_RunSetting]" = field(default_factory=list)
    algorithms: "list[Plan | None]" = field(default_factory=list)

    def describe(self, number: int) -> str:
        """Name a point in a message."""
        setting = self.settings[number]
        given = ", ".join(f"{name}={_label(name, setting[name])}" for name in self.names)
        return f"point {number + 1} of {len(self.settings)}" + (f" ({given})" if given else "")

    def column(self, name: str) -> Any:
        """Return a parameter of each point: an array of numbers, else a categorical of labels in order."""
        import numpy as np
        import pandas as pd

        values = [setting[name] for setting in self.settings]
        if all(isinstance(value, bool) for value in values):
            return np.asarray(values)
        if all(isinstance(value, (int, float)) for value in values):
            return np.asarray(values, dtype=np.int64 if _is_whole(name, values) else np.float64)
        if name == "latency":
            constant = [delay.seconds for delay in values if isinstance(delay, Constant)]
            if len(constant) == len(values):
                return np.asarray(constant)
        labels = _distinct_labels(name, self.keys(name), values)
        codes = {key: code for code, key in enumerate(labels)}
        return pd.Categorical.from_codes(
            [codes[key] for key in self.keys(name)], categories=pd.Index(list(labels.values()), dtype="str")
        )

    def keys(self, name: str) -> list[Hashable]:
        """Return a key for the value of a parameter at each point: equal keys are equal settings."""
        known: dict[int, Hashable] = {}
        keys = []
        for setting, point in zip(self.settings, self.native, strict=True):
            value = setting[name]
            if id(value) not in known:
                known[id(value)] = _key(name, value, point)
            keys.append(known[id(value)])
        return keys

    def add(self, setting: dict[str, Any]) -> None:
        """Check a point, and add it.

        Raises
        ------
        TypeError, ValueError
            A parameter is not what it must be, or two disagree.
        """
        point = run_setting(setting)
        given = [name for name in self.names if name not in KNOWN and name in setting]
        algorithm = self._algorithm(setting, point, given)
        setting |= {name: value_of(algorithm, name) for name in self.names if name not in KNOWN}
        self.native.append(point)
        self.algorithms.append(algorithm)
        self.settings.append(setting | {"machines": point["machines"]})

    def _algorithm(self, setting: Mapping[str, Any], point: "_RunSetting", given: list[str]) -> "Plan | None":
        """Return what machines run."""
        try:
            arguments = as_arguments(setting["arguments"], {name: setting[name] for name in given})
            plan = plan_of({**setting, "arguments": arguments}, point)
            check_clashes(plan, self.names, KNOWN)
        except (TypeError, ValueError) as error:
            if not any(name in OWN or name not in KNOWN for name in self.names):
                raise
            label = ", ".join(f"{name}={_label(name, setting.get(name))}" for name in self.names)
            kind = TypeError if isinstance(error, TypeError) else ValueError
            raise kind(f"point {len(self.native) + 1} ({label}): {error}") from None
        return plan


def make_points(grid: Grid, runs: int, fixed: Mapping[str, Any]) -> Points:
    """Spell a grid out, and check it.

    Parameters
    ----------
    grid : mapping of str to values, or mappings
        As for `sweep`.
    runs : int
        How often each point runs.
    fixed : mapping
        The parameters of all points, where they are not the default.

    Raises
    ------
    ValueError
        As for `sweep`.
    """
    if whole("runs", runs) < 1:
        raise ValueError(f"runs={runs!r}: give a whole number, 1 or more")
    _check_names(fixed, is_grid=False)
    settle = Settled()
    has_algorithm = fixed.get("algorithm") is not None
    if isinstance(grid, Mapping):
        names = list(grid)
        _check_names(names, has_algorithm=has_algorithm)
        rows = _product(grid, runs, settle)
    else:
        rows, names = _explicit(grid, runs, settle)
        _check_names(names, has_algorithm=has_algorithm)
    for name in names:
        if name in fixed and not (name in PASSED and fixed[name] == KNOWN[name]):
            raise ValueError(f"{name} is in the grid and given beside it ({name}={fixed[name]!r}): give one")
    points = Points(names)
    shared = settle(KNOWN | {name: value for name, value in fixed.items() if name not in names})
    for row in rows:
        points.add(shared | row)
    columns = [points.keys(name) for name in names]
    seen: dict[tuple[Hashable, ...], int] = {}
    for number, keys in enumerate(zip(*columns, strict=True)):
        if seen.setdefault(keys, number) != number:
            raise ValueError(
                f"the grid repeats itself: {points.describe(number)} is point {seen[keys] + 1} too"
            )
    return points


def _product(grid: Mapping[str, Iterable[Any]], runs: int, settle: "Settled") -> Iterable[dict[str, Any]]:
    """Combine all values with all others."""
    if not grid:
        raise ValueError("the grid is empty: give {parameter: [values], ...}")
    values: dict[str, Sequence[Any]] = {}
    for name, given in grid.items():
        if isinstance(given, (str, Mapping)) or not isinstance(given, Iterable):
            raise ValueError(f"grid: {name} is {given!r}: give a list of values, [{given!r}]")
        listed = given if isinstance(given, Sequence) else list(given)
        if not len(listed):
            raise ValueError(f"the grid is empty: {name} has no values")
        values[name] = listed
    _check_size(prod(len(listed) for listed in values.values()), runs)
    settled = [[settle.one(name, value) for value in listed] for name, listed in values.items()]
    return (dict(zip(values, row, strict=True)) for row in product(*settled))


def _explicit(grid: object, runs: int, settle: "Settled") -> tuple[list[dict[str, Any]], list[str]]:
    """Take the points one by one."""
    if isinstance(grid, str) or not isinstance(grid, Iterable):
        raise ValueError(f"grid {grid!r}: give {{parameter: [values], ...}} or a list of points")
    rows = []
    for row in grid:
        if not isinstance(row, Mapping):
            raise ValueError(f"grid: {row!r} is not a point: a point is a mapping {{parameter: value, ...}}")
        rows.append(settle(row))
    if not rows:
        raise ValueError("the grid is empty: give at least one point")
    _check_size(len(rows), runs)
    return rows, list(dict.fromkeys(name for row in rows for name in row))


def _check_names(names: Iterable[str], *, is_grid: bool = True, has_algorithm: bool = False) -> None:
    names = list(names)
    has_algorithm |= is_grid and "algorithm" in names
    for name in names:
        if name == "seed":
            raise ValueError("seed cannot vary: run k has the same seed at every point, made from seed=")
        if name in KNOWN or (has_algorithm and isinstance(name, str) and name.isidentifier()):
            continue
        own = " (what an algorithm takes goes into arguments=)" * (not is_grid)
        raise ValueError(f"{name!r} is not a parameter of a simulation: they are {', '.join(KNOWN)}{own}")


def _check_size(points: int, runs: int) -> None:
    if points * runs > MOST_RUNS:
        raise ValueError(
            f"the grid has {points:,} points, {points * runs:,} runs in all, more than {MOST_RUNS:,}: "
            "give fewer runs or fewer values"
        )
    if points > MOST_POINTS:
        raise ValueError(f"the grid has {points:,} points, more than {MOST_POINTS:,}: give fewer values")


class Settled:
    """Takes each value as the user gives it once, however many points have it.

    What can be read only once (a generator) is the same at every point, and what takes long to read (a graph)
    is read once. Numbers become Python's own, latencies, faults and topologies objects.
    """

    def __init__(self) -> None:
        # Each with the value itself: only while it lives, its id is its own.
        self._known: dict[tuple[str, int], tuple[Any, Any]] = {}

    def __call__(self, setting: Mapping[str, Any]) -> dict[str, Any]:
        """Settle every parameter of a point."""
        return {name: self.one(name, value) for name, value in setting.items()}

    def one(self, name: str, value: Any) -> Any:
        """Settle a parameter."""
        key = name, id(value)
        if key not in self._known:
            self._known[key] = value, _settle(name, value)
        return self._known[key][1]


def _settle(name: str, value: Any) -> Any:
    if type(value).__module__ == "numpy":
        value = value.tolist()
    if name in {"latency", "faults"}:
        return MODEL[name].check(name, value)
    if name == "inputs":
        return tuple(value) if isinstance(value, Iterable) else value
    if name == "topology":
        return as_topology(value)
    if name in {"rates", *BEHAVIOR} and isinstance(value, Iterable) and not isinstance(value, str):
        return list(value)
    return value


def _key(name: str, value: Any, point: "_RunSetting") -> Hashable:
    if name == "rates":
        return json.dumps(point["rates"])
    if name == "topology":
        shape = point["topology"]
        return shape if isinstance(shape, str) else tuple(map(tuple, shape))
    if name == "weights":
        return json.dumps(point["weights"], sort_keys=True)
    if name == "ticks":
        return json.dumps(point["ticks"])
    if name not in DEFAULTS:
        return json.dumps(value, sort_keys=True, default=lambda role: f"object {id(role)}")
    key: Hashable = tuple(value) if isinstance(value, list) else value
    return key


def _is_whole(name: str, values: list[Any]) -> bool:
    if name in SETTING:
        return SETTING[name].read is read.whole
    return all(isinstance(value, int) for value in values)


def _distinct_labels(name: str, keys: list[Hashable], values: list[Any]) -> dict[Hashable, str]:
    """Give each value a label of its own, in order of appearance."""
    labels: dict[Hashable, str] = {}
    taken: set[str] = set()
    for key, value in zip(keys, values, strict=True):
        if key in labels:
            continue
        label, number = _label(name, value), 2
        while label in taken:
            label, number = f"{_label(name, value)} ({number})", number + 1
        taken.add(label)
        labels[key] = label
    return labels


def _label(name: str, value: Any) -> str:
    """Put a value into a few words."""
    if isinstance(value, Topology):
        value = value.given
    if name in WORDS:
        return WORDS[name](value)
    if name not in DEFAULTS:
        return argument_word(value)
    if isinstance(value, list):
        return _list(value)
    if isinstance(value, Mapping):
        if len(value) <= LISTED // 2:
            return str(dict(value))
        links = sum(len(peers) for peers in value.values())
        return f"{len(value)} machines, {links} links"
    return str(value)


def _list(rates: Iterable[Any]) -> str:
    numbers = [rate_word(rate) for rate in rates]
    if len(numbers) <= LISTED:
        return ", ".join(numbers)
    return f"{', '.join(numbers[:3])}, ... ({len(numbers)} rates)"


WORDS: dict[str, Callable[[Any], str]] = {
    "algorithm": algorithm_word,
    "inputs": lambda inputs: f"{len(inputs) or 'no'} input{'s' * (len(inputs) != 1)}",
    "faults": lambda faults: f"{len(faults) or 'no'} fault{'s' * (len(faults) != 1)}",
    "rates": lambda rates: "drawn" if rates is None else _list(rates),
    "ticks": ticks_word,
    "weights": lambda weights: "all 1" if weights is None else str(dict(weights)),
}
"""What some parameters are called in a label."""
