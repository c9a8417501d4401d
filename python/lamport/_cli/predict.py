"""The command ``lamport predict``."""

import argparse
from collections.abc import Sequence
from math import isnan
from typing import TYPE_CHECKING, Any

from lamport._cli.document import add_json, tell
from lamport._cli.exit_status import DONE
from lamport._cli.options import add_parameters, given
from lamport._cli.run_document import rows
from lamport._cli.say import Say

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["add_predict", "run_predict"]

MOST_SHOWN = 40
"""The most machines, and solutions, that are printed."""
WORDS = {
    "unique": "the idle rates are unique",
    "several": "several idle rates are possible",
    "continuum": "idle rates may lie anywhere between these",
    "not decided": "it is not decided how many idle rates are possible",
}


def add_predict(parser: argparse.ArgumentParser) -> None:
    """Add the options of a prediction."""
    add_parameters(parser, "predict")
    add_json(parser)


def run_predict(args: argparse.Namespace) -> int:
    """Do what ``lamport predict`` says."""
    from lamport._model.predict import predict

    parameters = given(args, "predict")
    table = predict(**parameters)
    if args.json:
        tell(args, "prediction", _document(table, parameters))
    elif not args.say.is_quiet:
        _print(table, args.say)
    return DONE


def _document(table: "pd.DataFrame", parameters: dict[str, Any]) -> dict[str, Any]:
    told = {name: table.attrs[name] for name in ("fixed_point", "solutions", "is_continuum", "drift_growth")}
    return {"parameters": parameters, **told, "machines": rows(table.reset_index())}


def _print(table: "pd.DataFrame", say: Say) -> None:
    say(table.to_string(float_format="{:.4g}".format, max_rows=MOST_SHOWN))
    drift: float = table.attrs["drift_growth"]
    say("how drift grows is not said" if isnan(drift) else f"drift grows by {drift:.4g} per s")
    say(WORDS[table.attrs["fixed_point"]])
    solutions: Sequence[Sequence[float]] = table.attrs["solutions"]
    if len(solutions) > 1:
        for solution in solutions[:MOST_SHOWN]:
            say(f"  {' '.join(f'{rate:.4g}' for rate in solution)}")
    if len(solutions) > MOST_SHOWN:
        say(f"  ... and {len(solutions) - MOST_SHOWN} more")
