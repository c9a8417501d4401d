"""The command ``lamport completion``."""

import argparse

from lamport._cli.completable import commands_of
from lamport._cli.completion_bash import bash
from lamport._cli.completion_fish import fish
from lamport._cli.completion_zsh import zsh
from lamport._cli.exit_status import DONE

__all__ = ["add_completion", "run_completion"]

SHELLS = {"bash": bash, "zsh": zsh, "fish": fish}


def add_completion(parser: argparse.ArgumentParser) -> None:
    """Add the options of completion."""
    parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help=f"one of {', '.join(SHELLS)}")


def run_completion(args: argparse.Namespace) -> int:
    """Print the script of a shell."""
    script = SHELLS[args.shell](*commands_of(args.whole))
    print(script, end="", file=args.stdout)
    return DONE
