"""Words that put a process into another time: its wall clock is off, its monotonic clock is not."""

import os
import shutil
from pathlib import Path

__all__ = ["at_offset", "forget", "why_no_faketime"]

LATE_SLEEP = Path(__file__).with_name("late_sleep")
"""What is loaded by each Python there."""


def why_no_faketime():
    """Say why no clock can be put off here; empty if it can be."""
    return "" if shutil.which("faketime") else "clocks are put off by the program faketime"


def at_offset(seconds):
    """Give the words that put the wall clock of what follows them off by these seconds."""
    path = os.pathsep.join(filter(None, [str(LATE_SLEEP), os.environ.get("PYTHONPATH")]))
    return ["env", f"PYTHONPATH={path}", "faketime", "--exclude-monotonic", "-f", f"{seconds:+.6f}s"]


def forget():
    """Take away what faketime keeps in memory for processes that are gone: killed, it leaves it."""
    for kept in Path("/dev/shm").glob("*faketime_*_*"):
        if not Path("/proc", kept.name.rpartition("_")[2]).exists():
            kept.unlink(missing_ok=True)
