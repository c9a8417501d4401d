"""The command ``lamport schema``."""

import argparse
import json
from pathlib import Path
from typing import Any

from lamport._cli.exit_status import DONE

__all__ = ["SCHEMA", "add_schema", "opened", "run_schema"]

SCHEMA = Path(__file__).with_name("documents.json")
"""What the documents are that commands print with ``--json``, as a JSON Schema that allows no more."""


def add_schema(_: argparse.ArgumentParser) -> None:
    """Add no option."""


def run_schema(args: argparse.Namespace) -> int:
    """Print the schema, open: later versions may add fields, and who keeps it takes them."""
    whole = json.loads(SCHEMA.read_text(encoding="utf-8"))
    print(json.dumps(opened(whole), indent=2, ensure_ascii=False), file=args.stdout)
    return DONE


def opened(part: Any) -> Any:
    """Return a part of the schema that takes fields it does not name."""
    if isinstance(part, dict):
        closed = ("additionalProperties", False)
        return {name: opened(each) for name, each in part.items() if (name, each) != closed}
    return [opened(each) for each in part] if isinstance(part, list) else part
