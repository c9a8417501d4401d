"""A process that was stopped, and whose parent is gone."""

import ctypes
import signal
import sys

__all__ = ["go_on_when_orphaned"]

PR_SET_PDEATHSIG = 1


def go_on_when_orphaned() -> None:
    """Have this process go on should its parent end while it is stopped: else nobody would ever let it.

    Only Linux does this.
    """
    if sys.platform == "linux":
        # Whoever is at work does not notice; and where it is refused, all is as elsewhere.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGCONT)
