"""What a run is made with, as the native module takes it and as ``run.json`` keeps it."""

import json
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lamport._model.check import whole
from lamport._model.fault import faults_text
from lamport._model.latency import latency_text
from lamport._model.setting import BEHAVIOR, DISCIPLINE, MODEL, of_function
from lamport._model.topology import resolve, to_mapping

if TYPE_CHECKING:
    from lamport._lamport import _RunSetting

__all__ = ["check_others", "keep", "make_seed", "record", "run_setting"]


def run_setting(given: Mapping[str, Any]) -> "_RunSetting":
    """Check the parameters that every run has.

    Parameters
    ----------
    given : mapping of str to object
        All of the model, as users pass them, where they have them all; others are left alone.

    Returns
    -------
    dict
        What the native module takes.

    Raises
    ------
    ValueError
        One is not what it must be, or two disagree.
    """
    settled = {name: MODEL[name].of["grid"] for name in DISCIPLINE} | dict(given)
    checked = {name: each.check(name, settled[name]) for name, each in MODEL.items()}
    lists = {name: checked[name] for name in BEHAVIOR}
    machines, topology = resolve(checked.pop("machines"), checked["rates"], checked.pop("topology"), lists)
    # `run.json` of a simulation has always had the topology second.
    native: Any = {"machines": machines, "topology": topology, **checked}
    if isinstance(checked["rates"], float):
        native["rates"] = [checked["rates"]] * machines
    native["latency"] = latency_text(checked["latency"])
    native["faults"] = faults_text(checked["faults"])
    return native  # type: ignore[no-any-return]


def check_others(function: str, given: Mapping[str, Any]) -> None:
    """Check the parameters of a function that are not of every run.

    Raises
    ------
    ValueError
        One is not what it must be.
    """
    for name, each in of_function(function).items():
        if name not in MODEL and name != "seed":
            each.check(name, given[name])


def keep(setting: "_RunSetting") -> dict[str, Any]:
    """Return what `run_setting` does as ``run.json`` keeps it."""
    topology = setting["topology"]
    kept = {
        **setting,
        "topology": topology if isinstance(topology, str) else to_mapping(topology),
        "latency": json.loads(setting["latency"]),
        "faults": json.loads(setting["faults"]),
    }
    if setting["weights"]:
        # As JSON keeps keys.
        weights = setting["weights"].items()
        kept["weights"] = {str(of): {str(peer): number for peer, number in to.items()} for of, to in weights}
    else:
        del kept["weights"]
    if setting["ticks"] == "periodic":
        del kept["ticks"]
    return kept


def record(function: str, given: Mapping[str, Any], kept: Mapping[str, Any]) -> dict[str, Any]:
    """Return what ``run.json`` has of a function's parameters, in the order of the setting.

    Parameters
    ----------
    function : str
        Its name.
    given : mapping of str to object
        Its arguments. Whole numbers stay as they are given.
    kept : mapping of str to object
        Those of `keep`.
    """
    recorded = [
        name
        for name, each in of_function(function).items()
        if each.recorded and (name in kept or not each.seldom)
    ]
    return {
        name: given[name] if isinstance(given[name], int) else kept.get(name, given[name])
        for name in recorded
    }


def make_seed(seed: object) -> int:
    """Return the seed, drawn if None."""
    return secrets.randbelow(2**53) if seed is None else whole("seed", seed)
