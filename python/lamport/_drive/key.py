"""The key that the machines of a run share: where it is kept, and how it is made."""

import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lamport._model.warning import warn

if TYPE_CHECKING:
    import argparse

__all__ = ["ENVIRONMENT", "add_key_file", "add_keygen", "given_key", "run_keygen"]

ENVIRONMENT = "LAMPORT_KEY"
LONGEST = 1000
"""Bytes read of a key file: one that is longer is not a key."""


def add_key_file(parser: "argparse.ArgumentParser") -> None:
    """Add the option that names the file of a key."""
    parser.add_argument(
        "--key-file",
        metavar="FILE",
        help="connect only with machines that have the key in FILE, encrypted (see keygen; default: "
        f"the environment's {ENVIRONMENT}, else no key)",
    )


def given_key(path: str | None) -> str | None:
    """Return the key that the command line or the environment names, in its text form.

    Raises
    ------
    OSError
        The file cannot be read.
    ValueError
        What is there is not a key; the message does not show it.

    Warns
    -----
    LamportWarning
        Its group or every user may open the file.
    """
    text = os.environ.get(ENVIRONMENT)
    if path is None and text is None:
        return None
    from lamport._lamport import key_text

    if path is not None:
        with Path(path).open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            text = file.read(LONGEST).decode("ascii", "replace")
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            warn(f"{path}: other users of this host may open this key (mode {mode:o}): chmod 600 {path}")
    try:
        return key_text(text or "")
    except ValueError as error:
        raise ValueError(f"{ENVIRONMENT if path is None else path}: {error}") from None


def add_keygen(parser: "argparse.ArgumentParser") -> None:
    """Add the options of keygen."""
    parser.add_argument(
        "--out", metavar="FILE", help="a new file that only you can read (default: print the key)"
    )


def run_keygen(args: "argparse.Namespace") -> int:
    """Make a key.

    Raises
    ------
    FileExistsError
        The file exists: a key is never overwritten.
    """
    import secrets

    text = secrets.token_hex(32) + "\n"
    if args.out is None:
        sys.stdout.write(text)
        return 0
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with os.fdopen(os.open(args.out, flags, 0o600), "w") as file:
        file.write(text)
    print(f"wrote {args.out}")
    return 0
