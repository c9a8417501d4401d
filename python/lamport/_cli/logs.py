"""The commands that read logs: ``lamport analyze``, ``export`` and ``verify``."""

import argparse
import sys

from lamport._cli.declared import add_reading, declared, in_words, load_logs
from lamport._cli.document import add_json, tell, tell_error
from lamport._cli.exit_status import DONE, FAILED, MISUSED
from lamport._cli.options import add_window, reader
from lamport._cli.show_run import show_run
from lamport._cli.standard_output import TO_STANDARD, check_directory, is_standard, placed
from lamport._cli.table_file import file_format
from lamport._cli.verification_document import verification_document
from lamport._cli.words import describe
from lamport._model import read
from lamport._runs.export import ENDINGS, FORMATS

__all__ = ["add_analyze", "add_export", "add_verify", "run_analyze", "run_export", "run_verify"]


def add_analyze(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``lamport analyze``."""
    _add_logs(parser)
    parser.add_argument("-o", "--output", metavar="DIR", help="where to write (default: beside the logs)")
    add_json(parser)
    add_reading(parser)


def run_analyze(args: argparse.Namespace) -> int:
    """Do what ``lamport analyze`` says."""
    check_directory(args)
    run = load_logs(args)
    show_run(args, run, run.report(args.output))
    return DONE


def add_export(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``lamport export``."""
    _add_logs(parser)
    add = parser.add_argument
    add(
        "-o",
        "--output",
        required=True,
        metavar="FILE",
        help=f"the file to write; replaced if it exists; {TO_STANDARD}",
    )
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
    with placed(args, str(form)) as path:
        load_logs(args).export(path, format=form, start=args.start, stop=args.stop)
    if not is_standard(args):
        args.say(f"wrote {path}")
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
    add_json(parser)
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
        message = f"cannot read: {describe(error, args.parser, args)}"
        print(f"{args.parser.prog}: {message}", file=sys.stderr)
        tell_error(args, MISUSED, message)
        return MISUSED
    if args.json:
        tell(args, "verification", verification_document(done, strict=args.strict))
    else:
        args.say(done)
    return DONE if done.ok else FAILED


def _add_logs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("logs", nargs="+", metavar="LOG", help="log file, glob, or directory of a run")
