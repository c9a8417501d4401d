"""The command ``lamport keygen``."""

import argparse
from pathlib import Path

from lamport._cli.exit_status import DONE
from lamport._cli.standard_output import is_standard
from lamport._drive.key import draw_key, write_key

__all__ = ["add_keygen", "run_keygen"]


def add_keygen(parser: argparse.ArgumentParser) -> None:
    """Add the options of keygen."""
    parser.add_argument(
        "-o",
        "--output",
        "--out",
        metavar="FILE",
        help="a new file that only you can read (default: print the key)",
    )


def run_keygen(args: argparse.Namespace) -> int:
    """Make a key.

    Raises
    ------
    FileExistsError
        The file exists: a key is never overwritten.
    OSError
        There is nowhere to print it.
    """
    text = draw_key()
    if args.output is None or is_standard(args):
        if args.stdout is None:
            raise OSError("the output is closed, and nobody would have the key: give --output FILE")
        print(text, file=args.stdout)
        return DONE
    try:
        write_key(Path(args.output), text)
    except FileExistsError:
        raise FileExistsError(f"--output {args.output}: it exists, and no key is overwritten") from None
    args.say(f"wrote {args.output}")
    return DONE
