"""The command ``lamport schema``."""

import argparse
from pathlib import Path

from lamport._cli.exit_status import DONE

__all__ = ["SCHEMA", "add_schema", "run_schema"]

SCHEMA = Path(__file__).with_name("documents.json")
"""What the documents are that commands print with ``--json``, as a JSON Schema."""


def add_schema(_: argparse.ArgumentParser) -> None:
    """Add no option."""


def run_schema(args: argparse.Namespace) -> int:
    """Print the schema."""
    print(SCHEMA.read_text(encoding="utf-8"), end="", file=args.stdout)
    return DONE
