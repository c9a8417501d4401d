"""The command ``lamport sweep``."""

import argparse
import json
import re
from functools import partial
from typing import TYPE_CHECKING, Any

from lamport._cli.algorithm import check_algorithm
from lamport._cli.document import add_json, tell
from lamport._cli.exit_status import DONE, INTERRUPTED
from lamport._cli.options import add_parameters, given, reader
from lamport._cli.standard_output import TO_STANDARD
from lamport._cli.sweep_document import sweep_document
from lamport._cli.table_file import add_format, file_format, write_table
from lamport._cli.words import WordedError, as_options
from lamport._lamport import LamportError
from lamport._model import read
from lamport._model.algorithm import AlgorithmError
from lamport._model.setting import SETTING

if TYPE_CHECKING:
    import pandas as pd

    from lamport._drive.sweep import SweepError
    from lamport._runs.summarize import Wanted

__all__ = ["add_sweep", "run_sweep"]

READ = {"latency": read.latency_text, "topology": read.topology, "faults": read.faults_file}
OF_GRID = re.compile(r"point |the grid |grid\b|'?\w+'?=|'\w+' is not|seed cannot|\w+ is in the grid")
"""What messages begin with that are of the grid."""
BETWEEN = re.compile(r",(?![^()]*\))")
"""What stands between two values: a comma, but not one of ``max(clock, T)``."""
SHOWN = ("drift", "mean_drift", "mean_wait", "mean_jump", "max_jump", "max_queue_len", "queue_growth")
"""The metrics that are printed, of those that there are."""
MOST_SHOWN = 40
"""The most points whose table is printed whole."""


def add_sweep(parser: argparse.ArgumentParser) -> None:
    """Add the options of a sweep."""
    add = parser.add_argument
    add(
        "--grid",
        type=_values,
        action="append",
        default=[],
        metavar="NAME=V,V,...",
        help="values of a parameter, or of an argument of --algorithm, all combined with those of other "
        "--grid; lists and mappings as JSON: 'rates=[[1, 3, 6], [1, 6, 6]]'",
    )
    add_parameters(parser, "sweep")
    add(
        "--since",
        type=reader(read.real),
        metavar="S",
        help="leave the first seconds of each run out, and say what runs came to over time"
        " (default: neither)",
    )
    add(
        "--statistic",
        type=_statistic,
        default="mean",
        metavar="WHAT",
        help="what is printed of the runs: mean, median or a quantile, as 0.9 (%(default)s)",
    )
    add(
        "--confidence",
        type=reader(read.real),
        default=0.95,
        metavar="P",
        help="how often printed intervals hold what they are of (%(default)g)",
    )
    add(
        "-o",
        "--output",
        metavar="FILE",
        help=f"write one row per machine and run; FILE is replaced if it exists; {TO_STANDARD}",
    )
    add_format(parser)
    add("--no-progress", action="store_true", help="show no progress bar")
    add_json(parser)


def run_sweep(args: argparse.Namespace) -> int:
    """Do what ``lamport sweep`` says."""
    from lamport._drive.grid import KNOWN
    from lamport._drive.sweep import SweepError, sweep
    from lamport._runs.summarize import as_wanted

    form = file_format(args)
    wanted = as_wanted(args.statistic, args.confidence, None)
    grid = dict(args.grid)
    if len(grid) < len(args.grid):
        raise ValueError("--grid names a parameter twice: give all its values in one")
    fixed = given(args, "sweep", grid)
    # An option that says the default says nothing against a grid.
    for name in grid:
        if name in SETTING and fixed.get(name) == SETTING[name].of.get("grid"):
            fixed.pop(name, None)
    # What the class needs, the grid may give.
    own = {name: values[0] for name, values in grid.items() if name not in KNOWN}
    check_algorithm({**fixed, "arguments": {**own, **(fixed["arguments"] or {})}}, args.parser)
    try:
        shows = False if args.no_progress else None
        frame = sweep(grid or [{}], **fixed, since=args.since, progress=shows)
    except ValueError as error:
        if args.grid and OF_GRID.match(str(error)):
            # A grid names parameters as Python does; what it does not name has an option.
            text = str(error)
            text = as_options(text, args.parser) if "arguments=" in text else text
            raise WordedError(f"--grid: {text}") from None
        raise
    except SweepError as error:
        raise _worded(error) from error
    paths = write_table(args, frame, form)
    if args.json:
        tell(args, "sweep", sweep_document(frame, wanted, args.statistic, paths))
    elif not args.say.is_quiet:
        args.say(f"seed {frame.attrs['seed']}")
        _print(frame, wanted, args)
        for path in paths:
            args.say(f"wrote {path}")
    return INTERRUPTED if frame.attrs["interrupted"] else DONE


def _worded(error: "SweepError") -> LamportError:
    """Say what ended a sweep without what only Python has, and with what only its cause tells."""
    text = str(error).partition(", their rows are in")[0]
    if not isinstance(error.__cause__, AlgorithmError):
        return LamportError(text)
    return AlgorithmError("\n".join([text, *str(error.__cause__).splitlines()[1:]]))


def _values(text: str) -> tuple[str, list[Any]]:
    """Read a parameter and its values."""
    name, equals, given = text.partition("=")
    name = name.strip().replace("-", "_")
    if not equals or not given.strip():
        raise argparse.ArgumentTypeError(f"{text!r} has no values: the form is max_rate=2,6,12")
    if given.lstrip().startswith(("[", "{")):
        try:
            values = json.loads(given)
            return name, values if isinstance(values, list) else [values]
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"{text!r} is not JSON: {error}") from None
    return name, [_value(name, word.strip()) for word in BETWEEN.split(given)]


def _value(name: str, word: str) -> Any:
    """Read one value: what the parameter's own option reads, or --set; else a number, or a name."""
    from lamport._drive.grid import KNOWN

    if name not in KNOWN and name.isidentifier():
        return reader(partial(read.argument_value, name))(word)
    if name == "rates":
        raise argparse.ArgumentTypeError("rates are lists, in JSON: 'rates=[[1, 3, 6], [1, 6, 6]]'")
    if name in READ:
        return reader(READ[name])(word)
    for kind in (int, read.real):
        try:
            return kind(word)
        except ValueError:
            continue
    return word


def _statistic(text: str) -> str | float:
    try:
        return float(text)
    except ValueError:
        return text


def _print(frame: "pd.DataFrame", wanted: "Wanted", args: argparse.Namespace) -> None:
    """Print means, or what is wanted, and intervals of the points."""
    from lamport._runs.summarize import summarize

    say, statistic = args.say, args.statistic
    if frame.empty:
        say("no run is finished")
        return
    table = summarize(
        frame, frame.attrs["grid"] or ["machines"], statistic=statistic, confidence=wanted.level
    )
    what = f"{statistic:g} quantiles" if wanted.name == "quantile" else f"{wanted.name}s"
    say(f"{what} over runs, and their {wanted.level * 100:g} % confidence intervals")
    shown = [name for name in SHOWN if name in table.columns.get_level_values(0)]
    for name in shown:
        mean, low, high = (table[name, each].map("{:.4g}".format) for each in (wanted.name, "low", "high"))
        table[f"{name} ", ""] = mean + " [" + low + ", " + high + "]"
    flat = table[[(f"{name} ", "") for name in shown]].droplevel(1, axis=1)
    flat.insert(0, "runs", table["runs", "count"])
    flat.columns = flat.columns.str.strip()
    say(flat.reset_index().to_string(index=False, max_rows=MOST_SHOWN))
