"""The command ``lamport view``, and the page beside a report."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lamport._cli.declared import add_reading, load_logs
from lamport._cli.exit_status import DONE
from lamport._cli.follow import add_follow, run_follow
from lamport._cli.near import near
from lamport._cli.options import add_window, reader
from lamport._cli.picture import ENDINGS, add_picture, draw, refuse_picture
from lamport._cli.say import Say
from lamport._cli.standard_output import TO_STANDARD, check_terminal, is_standard, placed
from lamport._cli.words import WordedError

if TYPE_CHECKING:
    from lamport._runs.run import Run

__all__ = ["add_beside", "add_view", "check_beside", "run_view", "write_beside"]

PAGE = "html"
BESIDE = f"run.{PAGE}"
"""The page in the directory of a run."""
MANY = 2_000_000
PER_SECOND = 1_000_000
"""Events: of more than `MANY` is said how long their page takes."""


def add_view(parser: argparse.ArgumentParser) -> None:
    """Add the options of a space-time diagram."""
    add = parser.add_argument
    add("logs", nargs="*", metavar="LOG", help="log file, glob, or directory of a run")
    add(
        "-o",
        "--output",
        metavar="FILE",
        help="the file to write: .html, a page to move in, zoom, ask and search, which loads nothing; or a "
        f"still picture, .png, .svg or .pdf; {TO_STANDARD}",
    )
    add("--as", dest="form", choices=(PAGE, *ENDINGS), help="what FILE is (default: by its ending)")
    add("--overwrite", action="store_true", help="replace FILE if it exists")
    add("--open", action="store_true", help="open FILE in a browser")
    add_window(parser)
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
        help="a line behind these events, of machines by id or name",
    )
    add("--no-texts", action="store_true", help="leave bodies and states of algorithms out of a page")
    add_picture(parser)
    add_follow(parser)
    add_reading(parser)


def run_view(args: argparse.Namespace) -> int:
    """Do what ``lamport view`` says."""
    if args.follow is not None:
        if args.logs or args.output is not None:
            raise WordedError("--follow DIR shows these logs and writes no file: leave LOG and --output out")
        return run_follow(args)
    if args.port is not None:
        raise WordedError(f"--port {args.port} goes with --follow DIR")
    form = _checked(args)
    run = load_logs(args)
    with placed(args, form) as path:
        _write(run, args, form, path)
    if is_standard(args):
        return DONE
    args.say(f"wrote {path}")
    if args.open:
        _open(path, args.say)
    return DONE


def _write(run: "Run", args: argparse.Namespace, form: str, path: Path) -> None:
    read_from = [*run.files, *map(Path, args.logs)]
    if path.exists() and any(file.exists() and file.samefile(path) for file in read_from):
        raise WordedError(f"--output {args.output} is one of the logs: give another file")
    events: dict[str, Any] = {
        "highlight": None if args.highlight is None else _named(run, args.highlight),
        "cut": None if args.cut is None else dict(_named(run, each) for each in args.cut),
    }
    if form == PAGE:
        _say_how_long(run, args)
        view = run.view(args.start, args.stop, texts=not args.no_texts, **events)
        view.save(path, overwrite=args.overwrite)
    else:
        draw(run, args, path, form, **events)


def _checked(args: argparse.Namespace) -> str:
    """Return what is to be written, if there can be such a file and it goes with what else is asked."""
    if not args.logs:
        raise WordedError("give LOG, a log file, a glob, or the directory of a run; or --follow DIR")
    if args.output is None:
        raise WordedError(f"give --output FILE, as in --output {BESIDE}")
    path = Path(args.output)
    form = str(args.form or path.suffix.removeprefix(".").lower())
    if form not in {PAGE, *ENDINGS}:
        raise WordedError(
            f"--output {args.output}: its ending is not one of {', '.join((PAGE, *ENDINGS))}: "
            f"give a file such as {BESIDE}, or --as {PAGE}"
        )
    if form == PAGE:
        refuse_picture(args)
    elif args.no_texts:
        raise WordedError("--no-texts goes with a page: give --output FILE with .html")
    if is_standard(args):
        if args.open:
            raise WordedError("--open goes with a file, not with --output -")
        check_terminal(args, form)
        return form
    if path.is_dir():
        raise IsADirectoryError(f"--output {args.output}: it is a directory: give a file in it")
    if path.exists() and not args.overwrite:
        raise FileExistsError(f"--output {args.output} exists: give another file, or --overwrite")
    return form


def add_beside(parser: argparse.ArgumentParser) -> None:
    """Add the option of a command that makes a run and its report."""
    parser.add_argument(
        "--view", action="store_true", help=f"write {BESIDE} beside the logs, a page to look at the run"
    )


def check_beside(args: argparse.Namespace, home: str | None) -> None:
    """Say before a run that its page would have no place."""
    if args.view and home is not None and Path(home, BESIDE).exists():
        raise FileExistsError(f"{Path(home, BESIDE)} exists: give another --log-dir")


def write_beside(run: "Run", args: argparse.Namespace) -> list[Path]:
    """Write the page of a run beside its logs, if it is asked for."""
    if not args.view or run.log_dir is None:
        return []
    _say_how_long(run, args)
    return [run.view().save(Path(run.log_dir, BESIDE))]


def _say_how_long(run: "Run", args: argparse.Namespace) -> None:
    count = len(run._logs.events()["time"])
    if count > MANY and not args.say.is_quiet:
        print(
            f"making a page of {count:,} events, in some {count / PER_SECOND:.0f} s or more; "
            "--start and --stop choose a part",
            file=sys.stderr,
            flush=True,
        )


def _open(path: Path, say: Say) -> None:
    import webbrowser

    place = path.resolve().as_uri()
    try:
        done = webbrowser.open(place)
    except (OSError, webbrowser.Error):
        done = False
    say(f"opened {near(path)}: {place}" if done else f"no browser was opened: it is at {place}")


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
