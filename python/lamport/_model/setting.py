"""Every parameter of a run and of a machine: its name, default, check, unit, place in ``run.json``, options.

Functions state their signatures themselves, and a test holds them against this table. Options of the command
line, ``run.json``, the grid of a sweep and what goes to the native module follow from it. Defaults that the
native module has too come from there, ``src/setting.rs``, where the bounds stand.
"""

from collections.abc import Mapping
from typing import Any

from lamport._model import check
from lamport._model.parameter import Parameter
from lamport._model.setting_of_algorithms import OF_ALGORITHMS
from lamport._model.setting_of_machines import ADDRESSES, RUNNING
from lamport._model.setting_of_runs import OF_RUNS

__all__ = ["BEHAVIOR", "BUILT_IN", "DISCIPLINE", "MODEL", "NUMBERS", "SETTING", "command_line", "of_function"]


def of_function(function: str) -> dict[str, Parameter]:
    """Return the parameters of a function by the names it has for them."""
    return {each.name_in(function): each for each in SETTING.values() if function in each.of}


def command_line(command: str, values: Mapping[str, Any]) -> list[str]:
    """Write parameters as the words of a command; None stands for its default."""
    words = []
    for name, value in values.items():
        option = SETTING[name].options[command]
        action = option.more.get("action")
        if action in {"store_true", "store_false"}:
            words += [option.flags[0]] if value == (action == "store_true") else []
        elif value is not None:
            # One word: a value that begins with a dash stays a value.
            words.append(f"{option.flags[0]}={value}")
    return words


SETTING: dict[str, Parameter] = {each.name: each for each in (*ADDRESSES, *OF_RUNS, *OF_ALGORITHMS, *RUNNING)}
"""The parameters by name, in the order of ``--help`` and of ``run.json``."""
MODEL = {name: each for name, each in SETTING.items() if {"simulate", "grid"} <= set(each.of)}
"""What every run in virtual time has, and a grid can vary; in real time all but `DISCIPLINE`."""
DISCIPLINE = tuple(name for name, each in MODEL.items() if "run_local" not in each.of)
"""How a program keeps its clock, which machines that talk over TCP do in one way."""
NUMBERS = tuple(name for name, each in MODEL.items() if each.check in {check.real, check.each, check.whole})
"""Those that are one number, or may be, which tables of several runs show."""
BEHAVIOR = tuple(name for name in NUMBERS if "predict" in MODEL[name].of)
"""What idle ticks do: STARTUP lines state it, and theory needs no more than it, rates and topology."""
BUILT_IN = {name: MODEL[name].of["grid"] for name in (*BEHAVIOR, "weights", *DISCIPLINE)}
"""What only the built-in behaviour has, and its defaults."""
