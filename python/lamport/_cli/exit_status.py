"""What all commands share: how they end."""

import argparse
import signal
import sys
from collections.abc import Callable
from typing import Any

from lamport._cli.signals import Signals
from lamport._cli.words import describe
from lamport._model.warning import plain_warnings

__all__ = ["DONE", "FAILED", "INTERRUPTED", "MISUSED", "guard"]

DONE, FAILED, MISUSED, INTERRUPTED = 0, 1, 2, 128 + signal.SIGINT


def guard(parser: argparse.ArgumentParser, action: Callable[[Any], int], args: argparse.Namespace) -> int:
    """Do what a command does. Errors become a line on stderr and an exit status.

    The command finds the signals that ask it to end in ``args.signals``.
    """
    from lamport._lamport import LamportError

    args.signals = Signals(managed=getattr(args, "status_fd", None) is not None)
    try:
        with args.signals.handled(), plain_warnings():
            status = action(args)
            return args.signals.status or status if status in {DONE, INTERRUPTED} else status
    except (LamportError, OSError, ImportError) as error:
        status, message = FAILED, describe(error, parser, args)
    except ValueError as error:
        status, message = MISUSED, describe(error, parser, args)
    except KeyboardInterrupt:
        # Raised in code that was a string, as that of named tuples is, it would pass for unhandled at the
        # interpreter's exit, which then ends by SIGINT; other code that was a string takes that back.
        exec("")
        status, message = args.signals.status or INTERRUPTED, "interrupted"
    print(f"{parser.prog}: error: {message}", file=sys.stderr, flush=True)
    return status
