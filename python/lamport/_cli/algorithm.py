"""What a command line says of an algorithm that cannot run."""

import argparse
import traceback
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from lamport._cli.words import WordedError, as_options

__all__ = ["check_algorithm"]

BETWEEN = (__name__, "lamport._model.roles", "importlib")
"""Modules between a command and the module that it imports."""


def check_algorithm(parameters: Mapping[str, Any], parser: argparse.ArgumentParser) -> None:
    """Import the algorithm that these parameters of a run name, if one, and look whether it can be made.

    Raises
    ------
    WordedError
        There is no such module or class, it is no algorithm, or it takes other arguments.
    AlgorithmError
        The module fails while it is imported.
    """
    algorithm = parameters.get("algorithm")
    if algorithm is None:
        return
    from lamport._model.roles import Roles

    for name in algorithm.values() if isinstance(algorithm, Mapping) else [algorithm]:
        _load(name)
    try:
        Roles(algorithm, parameters.get("arguments"))
    except (TypeError, ValueError) as error:
        text = as_options(str(error), parser)
        told = f"--algorithm {algorithm}: " if isinstance(algorithm, str) and "--" not in text else ""
        raise WordedError(f"{told}{text}") from None


def _load(name: str) -> None:
    from lamport._model.algorithm import AlgorithmError
    from lamport._model.roles import load_algorithm

    try:
        load_algorithm(name)
    except Exception as error:
        said = str(error)
        if isinstance(error, ValueError) and said.startswith("algorithm "):
            raise WordedError(f"--{said}") from None
        trace = "".join(traceback.format_exception(type(error), error, _theirs(error.__traceback__)))
        told = f"module {name.partition(':')[0]} cannot be imported: {type(error).__name__}"
        raise AlgorithmError(f"--algorithm {name}: {told}\n{trace.rstrip()}") from error


def _theirs(trace: TracebackType | None) -> TracebackType | None:
    """Return a traceback from where it enters the module."""
    while trace is not None and trace.tb_frame.f_globals.get("__name__", "").startswith(BETWEEN):
        trace = trace.tb_next
    return trace
