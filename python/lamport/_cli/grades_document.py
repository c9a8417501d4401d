"""What submissions were judged to be, as a document."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lamport._cli.run_document import places, rows

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["grades_document"]

OF_ALL = ("submission", "verdict", "diagnosis", "remark", "page")
"""The columns that are not of a rule."""


def grades_document(table: "pd.DataFrame", paths: Iterable[Path]) -> dict[str, Any]:
    """Return a verdict for each submission, and what became of each rule."""
    return {
        "interrupted": table.attrs["interrupted"],
        "submissions": [_submission(row) for row in rows(table)],
        "wrote": places(paths),
    }


def _submission(row: dict[str, Any]) -> dict[str, Any]:
    told = {name: row.get(name) for name in OF_ALL}
    return told | {"rules": {name: cell for name, cell in row.items() if name not in OF_ALL and cell}}
