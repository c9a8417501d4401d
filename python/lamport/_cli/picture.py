"""The still picture of ``lamport view``."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lamport._cli.words import WordedError

if TYPE_CHECKING:
    from lamport._runs.run import Run

__all__ = ["ENDINGS", "add_picture", "draw", "refuse_picture"]

ENDINGS = ("png", "svg", "pdf")
AXES = ("real", "lamport", "step")
LABELS = ("clock", "vector", "body")
DPI = 150


def add_picture(parser: argparse.ArgumentParser) -> None:
    """Add the options that a still picture alone has."""
    group = parser.add_argument_group("a picture (.png, .svg, .pdf)")
    parser.set_defaults(of_pictures=group._group_actions)
    group.add_argument(
        "--time",
        choices=AXES,
        help="what goes from left to right (default: real; in a page it is chosen there)",
    )
    group.add_argument(
        "--labels",
        choices=LABELS,
        help="what stands beside events where there is room (default: clocks, if all have)",
    )


def refuse_picture(args: argparse.Namespace) -> None:
    """Say of what is asked of a picture that there is none."""
    for action in args.of_pictures:
        if getattr(args, action.dest) is not None:
            raise WordedError(
                f"{action.option_strings[0]} {getattr(args, action.dest)} goes with a picture: "
                f"give --output FILE with {', '.join(f'.{ending}' for ending in ENDINGS)}"
            )


def draw(run: "Run", args: argparse.Namespace, path: Path, form: str, **events: Any) -> None:
    """Draw a run, with what is asked of `events`, `highlight` and `cut`."""
    from warnings import catch_warnings, filterwarnings

    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from lamport._plot.spacetime import plot_spacetime, size

    figure = Figure(figsize=size(len(run._machines)), layout="constrained")
    FigureCanvasAgg(figure)
    with catch_warnings():
        # A name may have letters that the font has not: each is a box then.
        filterwarnings("ignore", message="Glyph .* missing from font")
        plot_spacetime(
            run,
            args.start,
            args.stop,
            time=args.time or "real",
            labels=args.labels,
            ax=figure.subplots(),
            **events,
        )
        path.absolute().parent.mkdir(parents=True, exist_ok=True)
        try:
            figure.savefig(path, dpi=DPI, format=form)
        except OSError as error:  # of a disk that is full it does not say where
            raise OSError(error.errno, error.strerror, str(path)) from None
