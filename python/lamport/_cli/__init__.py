"""The command line."""

from lamport._cli.commands import main

__all__ = ["main"]
