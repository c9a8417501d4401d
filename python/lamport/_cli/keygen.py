"""The command ``lamport keygen``."""

import argparse
import os
import sys

from lamport._cli.exit_status import DONE

__all__ = ["add_keygen", "run_keygen"]


def add_keygen(parser: argparse.ArgumentParser) -> None:
    """Add the options of keygen."""
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="a new file that only you can read (default: print the key)",
    )


def run_keygen(args: argparse.Namespace) -> int:
    """Make a key.

    Raises
    ------
    FileExistsError
        The file exists: a key is never overwritten.
    """
    import secrets

    text = secrets.token_hex(32) + "\n"
    if args.output is None:
        sys.stdout.write(text)
        return DONE
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with os.fdopen(os.open(args.output, flags, 0o600), "w") as file:
        file.write(text)
    print(f"wrote {args.output}")
    return DONE
