"""Standard output: kept for what is asked for there, a document or a file, whatever else is printed."""

import argparse
import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from lamport._cli.words import WordedError
from lamport._model.comfort import Comfort

__all__ = ["STANDARD", "TO_STANDARD", "check_directory", "check_terminal", "is_standard", "placed", "spared"]

STANDARD = "-"
"""In place of FILE: standard output."""
TO_STANDARD = "- is standard output"
"""What help says of it."""
AT_ONCE = 1 << 20
TEXTS = {"csv", "jsonl", "shiviz", "tsviz", "chrome", "mermaid", "html", "svg"}
"""The formats that a terminal can show."""


def is_standard(args: argparse.Namespace) -> bool:
    """Whether the file that a command writes is standard output."""
    if getattr(args, "output", None) != STANDARD:
        return False
    return any(each.dest == "output" and each.metavar == "FILE" for each in args.parser._actions)


def check_directory(args: argparse.Namespace) -> None:
    """Refuse standard output where several files are written."""
    if args.output is not None and args.output in {"", STANDARD}:
        raise WordedError(f"--output {args.output or repr('')}: give a directory")


@contextmanager
def spared(args: argparse.Namespace) -> Iterator[None]:
    """Keep what is asked for apart: ``args.stdout`` is for that, all else goes to stderr."""
    args.stdout = sys.stdout
    if getattr(args, "json", False) and is_standard(args):
        raise WordedError("--json and --output - both have standard output: give one of them")
    if not (getattr(args, "json", False) or is_standard(args)):
        yield
        return
    # A closed one is None, to which nothing is printed.
    sys.stdout = sys.stderr
    try:
        yield
    finally:
        sys.stdout = args.stdout


def check_terminal(args: argparse.Namespace, form: str) -> None:
    """Say before any work that a terminal cannot show what would go there, or that it would go nowhere."""
    if not is_standard(args):
        return
    stream: TextIO | None = args.stdout
    if stream is None:
        raise OSError(errno.EBADF, "the output is closed: give --output FILE")
    if form not in TEXTS and stream.isatty():
        raise WordedError(f"--output -: a terminal cannot show {form}: give --output FILE, or a pipe behind")


@contextmanager
def placed(args: argparse.Namespace, form: str) -> Iterator[Path]:
    """Return where to write the file of a command; what is written for standard output goes there then."""
    if not is_standard(args):
        yield Path(args.output)
        return
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="lamport_") as home:
        path = Path(home, f"output.{form}")
        yield path
        _pour(path, args.stdout)


def _pour(path: Path, stream: TextIO) -> None:
    """Write the bytes of a file; a stream that loses them tells so by its exit status."""
    out = stream if isinstance(stream, Comfort) else Comfort(stream)
    with path.open("rb") as file:
        while out.lost is None and (data := file.read(AT_ONCE)):
            out.write_bytes(data)
    out.flush()
