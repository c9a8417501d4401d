"""The command ``lamport spacetime``."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lamport._cli.declared import add_reading, load_logs
from lamport._cli.exit_status import DONE
from lamport._cli.options import reader
from lamport._cli.words import WordedError
from lamport._model import read

if TYPE_CHECKING:
    from lamport._runs.run import Run

__all__ = ["add_spacetime", "run_spacetime"]

ENDINGS = ("png", "svg", "pdf")
AXES = ("real", "lamport", "step")
LABELS = ("clock", "vector", "body")
DPI = 150


def add_spacetime(parser: argparse.ArgumentParser) -> None:
    """Add the options of a space-time diagram."""
    add = parser.add_argument
    add("logs", nargs="+", metavar="LOG", help="log file, glob, or directory of a run")
    add(
        "-o",
        "--output",
        required=True,
        metavar="FILE",
        help="the picture to write, .png, .svg or .pdf; replaced if it exists",
    )
    add(
        "--start",
        type=reader(read.real),
        metavar="S",
        help="leave out what is before, in seconds from the beginning of ticking",
    )
    add("--stop", type=reader(read.real), metavar="S", help="leave out this time and what is after")
    add("--time", choices=AXES, default="real", help="what goes from left to right (default: %(default)s)")
    add(
        "--highlight",
        type=reader(_event),
        metavar="MACHINE=CLOCK",
        help="an event, whose causal past and future are coloured",
    )
    add(
        "--cut",
        type=reader(_cut),
        metavar="MACHINE=CLOCK,...",
        help="a line behind these events, of machines by id or name, and whether it is consistent",
    )
    add(
        "--labels",
        choices=LABELS,
        help="what stands beside events where there is room (default: clocks, if all have)",
    )
    add_reading(parser)


def run_spacetime(args: argparse.Namespace) -> int:
    """Do what ``lamport spacetime`` says."""
    from warnings import catch_warnings, filterwarnings

    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from lamport._plot.spacetime import plot_spacetime, size

    path = Path(args.output)
    if path.suffix.removeprefix(".").lower() not in ENDINGS:
        raise WordedError(f"--output {args.output}: its ending is not one of {', '.join(ENDINGS)}")
    run = load_logs(args)
    event = None if args.highlight is None else _named(run, args.highlight)
    cut = None if args.cut is None else dict(_named(run, each) for each in args.cut)
    figure = Figure(figsize=size(len(run._machines)), layout="constrained")
    FigureCanvasAgg(figure)
    with catch_warnings():
        # A name may have letters that the font has not: each is a box then.
        filterwarnings("ignore", message="Glyph .* missing from font")
        plot_spacetime(
            run,
            args.start,
            args.stop,
            time=args.time,
            highlight=event,
            cut=cut,
            labels=args.labels,
            ax=figure.subplots(),
        )
        path.absolute().parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=DPI)
    print(f"wrote {path}")
    return DONE


def _cut(text: str) -> list[tuple[str, int]]:
    """Read events with commas between them."""
    events = [_event(part) for part in text.split(",")]
    if len({machine for machine, _ in events}) < len(events):
        raise ValueError(f"{text!r} names a machine twice")
    return events


def _event(text: str) -> tuple[str, int]:
    """Read a machine, by id or name, and a clock."""
    machine, sign, clock = text.rpartition("=")
    if not sign or not machine.strip() or not clock.strip().isdecimal():
        raise ValueError(f"{text!r} is no event: give MACHINE=CLOCK, as in 2=88")
    return machine.strip(), int(clock)


def _named(run: "Run", event: tuple[str, int]) -> tuple[Any, int]:
    """Take a word for a name if a machine has it, else for an id if it is a number."""
    machine, clock = event
    is_id = machine.isdecimal() and machine not in run.names.values()
    return (int(machine) if is_id else machine), clock
