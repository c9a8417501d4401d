"""The key that the machines of a run share, and where it is kept."""

import os
import stat
from pathlib import Path

from lamport._model.warning import warn

__all__ = ["ENVIRONMENT", "given_key"]

ENVIRONMENT = "LAMPORT_KEY"
LONGEST = 1000
"""Bytes read of a key file: one that is longer is not a key."""


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
