"""The key that the machines of a run share, and where it is kept."""

import os
import stat
from pathlib import Path

from lamport._model.warning import warn
from lamport._runs.directory import KEY

__all__ = [
    "AUTO",
    "ENVIRONMENT",
    "draw_key",
    "forget_key",
    "given_key",
    "keep_key",
    "key_of_run",
    "write_key",
]

ENVIRONMENT = "LAMPORT_KEY"
AUTO = "auto"
"""In place of a key: one that a run draws for itself."""
LONGEST = 1000
"""Bytes read of a key file: one that is longer is not a key."""


def draw_key() -> str:
    """Draw a key, in its text form."""
    # A machine's process starts without it.
    import secrets

    return secrets.token_hex(32)


def key_of_run(key: bytes | str | None, base_port: int) -> str | None:
    """Return the key of a run on this host, in its text form.

    Where ports are given, machines that others start may be meant to join: such a run draws no key.

    Raises
    ------
    ValueError
        It is not a key; the message does not show it.
    """
    if isinstance(key, str) and key == AUTO:
        return None if base_port else draw_key()
    if key is None:
        return None
    from lamport._lamport import key_text

    return key_text(key)


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


def write_key(path: Path, text: str) -> None:
    """Write a key to a new file that only its owner can open.

    Raises
    ------
    FileExistsError
        The file exists: a key is never overwritten.
    """
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text + "\n")


def keep_key(directory: Path, text: str | None) -> None:
    """Keep the key of a run, if it has one, beside its logs: without it no machine of it could be resumed."""
    if text is not None:
        write_key(directory / KEY, text)


def forget_key(directory: Path, text: str | None) -> None:
    """Remove what `keep_key` wrote."""
    if text is not None:
        (directory / KEY).unlink(missing_ok=True)
