"""What all commands share: what they find in their arguments, and how they end."""

import argparse
import sys
import warnings
from collections.abc import Callable
from typing import Any

from lamport._cli.document import tell_error
from lamport._cli.exit_status import DONE, FAILED, INTERRUPTED, MISUSED
from lamport._cli.say import Say
from lamport._cli.signals import Signals
from lamport._cli.standard_output import spared
from lamport._cli.words import describe
from lamport._model.warning import LamportWarning, plain_warnings

__all__ = ["guard"]


def guard(parser: argparse.ArgumentParser, action: Callable[[Any], int], args: argparse.Namespace) -> int:
    """Do what a command does. Errors become a line on stderr and an exit status.

    The command finds the signals that ask it to end in ``args.signals``, what it says things to people with
    in ``args.say``, and where documents and files go that are asked for there in ``args.stdout``.
    """
    from lamport._lamport import LamportError

    args.signals = Signals(managed=getattr(args, "status_fd", None) is not None)
    args.say = Say(is_quiet=getattr(args, "quiet", False))
    args.no_progress = args.say.is_quiet or getattr(args, "no_progress", False)
    try:
        with args.signals.handled(), plain_warnings(), spared(args):
            if args.say.is_quiet:
                warnings.simplefilter("ignore", LamportWarning)
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
    tell_error(args, status, message)
    return status
