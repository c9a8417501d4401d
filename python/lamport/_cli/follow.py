"""A run that goes on, in a browser: ``lamport view --follow``, and ``--live`` of other commands."""

import argparse
import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lamport._cli.exit_status import DONE
from lamport._cli.options import reader
from lamport._cli.words import WordedError
from lamport._model import read

if TYPE_CHECKING:
    from lamport._live.live import Live

__all__ = ["add_follow", "add_live", "run_follow", "shown_live"]

STEP = 0.2
SILENT = 3.0
"""Seconds after which is said that no log is there."""
LAST_PORT = 65_535


def add_follow(parser: argparse.ArgumentParser) -> None:
    """Add the options that follow logs while they are written."""
    group = parser.add_argument_group("a run that goes on")
    group.add_argument(
        "--follow",
        metavar="DIR",
        help="in place of LOG and FILE: serve a page on this host that shows the logs of DIR while they are "
        "written, until Ctrl-C or their end",
    )
    group.add_argument(
        "--port", type=reader(_port), metavar="PORT", help="of that page (default: a free one)"
    )


def add_live(parser: argparse.ArgumentParser, *, is_port_needed: bool) -> None:
    """Add the options that show machines while they run."""
    more: dict[str, Any] = {} if is_port_needed else {"nargs": "?", "const": 0}
    parser.add_argument(
        "--live",
        type=reader(_port),
        metavar="PORT",
        help="serve a page on this host that shows the logs while they are written"
        + ("" if is_port_needed else " (default: at a free port)"),
        **more,
    )
    parser.add_argument("--open", action="store_true", help="with --live, open the page in a browser")


def run_follow(args: argparse.Namespace) -> int:
    """Do what ``lamport view --follow`` says."""
    from lamport._live.follower import Follower

    place = Path(args.follow)
    if not args.follow or (place.exists() and not place.is_dir()):
        raise WordedError(f"--follow {args.follow}: give the directory that logs are written to")
    with args.signals.noted(), _served(args, place.absolute().name, args.port or 0) as live:
        live.begin(Follower(place))
        told_from = time.monotonic() + SILENT
        while not args.signals.is_caught and not live.wait(STEP):
            if time.monotonic() >= told_from and not any(place.glob("machine_*.log")):
                told_from = math.inf
                args.say(f"no log in {args.follow} yet: waiting, Ctrl-C ends it")
        if args.signals.is_caught:
            live.end("whoever served this page ended it; the logs may go on")
    return DONE


@contextmanager
def shown_live(args: argparse.Namespace, title: str) -> Iterator[Callable[[Path], None]]:
    """Serve a page if ``--live`` says so; call what this returns with the directory, or the log, to show."""
    if args.live is None:
        if args.open:
            raise WordedError("--open goes with --live")
        yield lambda _: None
        return
    from lamport._live.follower import Follower

    with _served(args, title, args.live) as live:
        yield lambda place: live.begin(Follower(place if place.is_dir() else [place], title=title))


@contextmanager
def _served(args: argparse.Namespace, title: str, port: int) -> "Iterator[Live]":
    from lamport._live.live import Live

    with Live(title, port) as live:
        args.say(f"live: {live.url}")
        if args.open and not live.open() and not args.say.is_quiet:
            print("no browser was opened: open this address", file=sys.stderr, flush=True)
        yield live


def _port(text: str) -> int:
    port = read.whole(text)
    if not 0 < port <= LAST_PORT:
        raise ValueError(f"{text} is out of range: give a port, 1 to {LAST_PORT}")
    return port
