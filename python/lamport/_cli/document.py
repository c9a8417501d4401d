"""The one document that a command writes to standard output with ``--json``."""

import argparse
import sys
from collections.abc import Mapping
from typing import Any

__all__ = ["DOCUMENT", "add_json", "tell", "tell_error", "tell_misuse"]

DOCUMENT = "--json"
"""The option that asks for it."""


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add the option of a command that can say in a document what it says to people."""
    parser.add_argument(
        DOCUMENT,
        action="store_true",
        help="print one JSON document instead of text (see lamport schema)",
    )


def tell(args: argparse.Namespace, kind: str, content: Mapping[str, Any]) -> None:
    """Write the document of a command, whose schema is named by its kind."""
    _write(args.stdout, kind, content)


def tell_error(args: argparse.Namespace, status: int, message: str) -> None:
    """Write why there is no other document."""
    if getattr(args, "json", False):
        _write(args.stdout, "error", {"status": status, "message": message})


def tell_misuse(parser: argparse.ArgumentParser, status: int, message: str) -> None:
    """Write that the words of a command that was asked for a document could not be taken."""
    if DOCUMENT in parser._option_string_actions:
        _write(sys.stdout, "error", {"status": status, "message": message})


def _write(stream: Any, kind: str, content: Mapping[str, Any]) -> None:
    import json

    from lamport._cli.plain_values import plain_value
    from lamport._lamport import __version__

    document = {"kind": kind, "lamport": __version__, **content}
    print(json.dumps(plain_value(document), indent=2, allow_nan=False), file=stream, flush=True)
