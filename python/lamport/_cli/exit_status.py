"""What all commands share: how they end."""

import argparse
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from lamport._model.warning import plain_warnings

__all__ = ["DONE", "FAILED", "INTERRUPTED", "MISUSED", "guard"]

DONE, FAILED, MISUSED, INTERRUPTED = 0, 1, 2, 128 + signal.SIGINT
UNHEARD = 128 + signal.SIGPIPE
"""Nobody reads the output any more, as after ``| head``."""


def guard(parser: argparse.ArgumentParser, action: Callable[[Any], int], args: argparse.Namespace) -> int:
    """Do what a command does. Errors become a line on stderr and an exit status."""
    from lamport._lamport import LamportError

    try:
        with plain_warnings():
            status = action(args)
            sys.stdout.flush()
            return status
    except BrokenPipeError:
        # What is left in the buffer goes nowhere: the interpreter would complain of it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNHEARD
    except (LamportError, OSError, ImportError) as error:
        status, message = FAILED, str(error)
    except ValueError as error:
        status, message = MISUSED, str(error)
    except KeyboardInterrupt:
        status, message = INTERRUPTED, "interrupted"
    print(f"{parser.prog}: error: {message}", file=sys.stderr, flush=True)
    return status
