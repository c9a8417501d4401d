"""The commands that read logs: ``lamport analyze``, ``export`` and ``verify``."""

import argparse
import sys

from lamport._cli.declared import add_reading, declared, in_words, load_logs
from lamport._cli.exit_status import DONE, FAILED, MISUSED
from lamport._cli.options import add_window, reader
from lamport._cli.print_run import print_run
from lamport._cli.table_file import file_format
from lamport._cli.words import WordedError, describe
from lamport._model import read
from lamport._runs.export import ENDINGS, FORMATS

__all__ = ["add_analyze", "add_export", "add_verify", "run_analyze", "run_export", "run_verify"]


def add_analyze(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``lamport analyze``."""
    _add_logs(parser)
    parser.add_argument("-o", "--output", metavar="DIR", help="where to write (default: beside the logs)")
    add_reading(parser)


def run_analyze(args: argparse.Namespace) -> int:
    """Do what ``lamport analyze`` says."""
    if args.output is not None and not args.output:
        raise WordedError("--output '': give a directory")
    run = load_logs(args)
    print_run(run, run.report(args.output))
    return DONE


def add_export(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``lamport export``."""
    _add_logs(parser)
    add = parser.add_argument
    add("-o", "--output", required=True, metavar="FILE", help="the file to write; replaced if it exists")
    add(
        "--format",
        choices=FORMATS,
        help="default: by the ending of FILE (.json: chrome, .mmd: mermaid); shiviz and tsviz are viewers of "
        "vector clocks, chrome is a trace for Perfetto and chrome://tracing, mermaid a sequence diagram",
    )
    add_window(parser)
    add_reading(parser, form="--log-format")


def run_export(args: argparse.Namespace) -> int:
    """Do what ``lamport export`` says."""
    form = file_format(args, FORMATS, ENDINGS)
    path = load_logs(args).export(args.output, format=form, start=args.start, stop=args.stop)
    print(f"wrote {path}")
    return DONE


def add_verify(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``lamport verify``."""
    _add_logs(parser)
    add = parser.add_argument
    add(
        "--clock-uncertainty",
        type=reader(read.real),
        metavar="S",
        help="how far the clocks of two hosts may differ",
    )
    add("--strict", action="store_true", help="exit status 1 if anything is unchecked, too")
    add_reading(parser)


def run_verify(args: argparse.Namespace) -> int:
    """Do what ``lamport verify`` says."""
    from lamport._lamport import LamportError
    from lamport._runs.verify import verify_declared

    try:
        with in_words(args):
            done = verify_declared(
                args.logs, declared(args), clock_uncertainty=args.clock_uncertainty, strict=args.strict
            )
    except (LamportError, OSError) as error:
        print(f"{args.parser.prog}: cannot read: {describe(error, args.parser, args)}", file=sys.stderr)
        return MISUSED
    print(done)
    return DONE if done.ok else FAILED


def _add_logs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("logs", nargs="+", metavar="LOG", help="log file, glob, or directory of a run")
