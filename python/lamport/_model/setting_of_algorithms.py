"""The parameters that only runs of algorithms have."""

from lamport._model import read
from lamport._model.parameter import EVERY, Parameter, on

__all__ = ["OF_ALGORITHMS"]

INPUTS = (
    "file of what is given to machines from outside: a JSON list of [time, machine, body] like "
    '[[1.5, 2, "request"]]'
)

OF_ALGORITHMS = (
    Parameter(
        "algorithm",
        {"run_local": None, "run_hosts": None, "simulate": None, "sweep": None, "Machine": None},
        seldom=True,
        options=on(
            EVERY,
            "--algorithm",
            "class of an algorithm that machines run, as mutex:Mutex for class Mutex in mutex.py of this "
            "directory (default: the built-in behaviour)",
            metavar="MODULE:CLASS",
        ),
    ),
    Parameter(
        "arguments",
        {"run_local": None, "run_hosts": None, "simulate": None, "sweep": None, "Machine": None},
        read=read.argument,
        seldom=True,
        options=on(
            EVERY,
            "--set",
            "argument that the class is called with: JSON, or else a text (repeatable)",
            metavar="NAME=VALUE",
            action="pairs",
        ),
    ),
    Parameter(
        "inputs",
        {"run_local": (), "run_hosts": (), "simulate": (), "sweep": ()},
        read=read.inputs_file,
        seldom=True,
        options=on("run simulate sweep", "--inputs", INPUTS, metavar="FILE"),
    ),
    Parameter(
        "until",
        {"run_local": None, "run_hosts": None, "simulate": None, "sweep": None},
        seldom=True,
        options=on(
            "run simulate sweep",
            "--until",
            "end when no message is under way and no timer is set (default: when the duration is over)",
            choices=("quiet",),
        ),
    ),
)
"""In the order of ``--help`` and of ``run.json``."""
