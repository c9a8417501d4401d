"""Whether the machines of a run have ended in order."""

import json
import os
from pathlib import Path

__all__ = ["has_ended"]

LONGEST = 1 << 20
"""Bytes read of the end of a log: a last line that is longer counts as none."""


def has_ended(directory: Path, machines: int) -> bool:
    """Whether the logs of machines 1 .. n are there, and the last line of each is an END."""
    return all(
        _is_end(_last_line(directory / f"machine_{machine}.log")) for machine in range(1, machines + 1)
    )


def _last_line(log: Path) -> bytes:
    """Return the last line of a log; nothing if it is torn, or there is none."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - LONGEST))
            *lines, rest = file.read().split(b"\n")
    except OSError:
        return b""
    return b"" if rest or not lines else lines[-1]


def _is_end(line: bytes) -> bool:
    try:
        return bool(json.loads(line)["event"] == "END")
    except (ValueError, LookupError, TypeError, RecursionError):
        return False
