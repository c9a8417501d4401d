"""How commands end."""

import signal

__all__ = ["DONE", "FAILED", "INTERRUPTED", "MISUSED"]

DONE, FAILED, MISUSED, INTERRUPTED = 0, 1, 2, 128 + signal.SIGINT
