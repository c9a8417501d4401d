"""What a command says to people."""

import argparse

__all__ = ["Say", "add_quiet"]


class Say:
    """Prints a line where the output goes, or nothing where a command is to be quiet.

    Parameters
    ----------
    is_quiet : bool
        Whether nothing is to be said.
    """

    def __init__(self, *, is_quiet: bool) -> None:
        self.is_quiet = is_quiet

    def __call__(self, text: object = "") -> None:
        """Say this."""
        if not self.is_quiet:
            print(text, flush=True)


def add_quiet(parser: argparse.ArgumentParser) -> None:
    """Add the option of a command that is to say nothing."""
    parser.add_argument("-q", "--quiet", action="store_true", help="say nothing but errors")
