"""The table of violations."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["COLUMNS", "violations"]

COLUMNS = ("rule", "file", "line", "machine_id", "clock", "expected", "found")
"""What is said of a violation."""


def violations(found: Mapping[str, Any]) -> "pd.DataFrame":
    """Return one row per violation of what the native module found."""
    import pandas as pd

    table = pd.DataFrame({name: found[name] for name in COLUMNS})
    return table.astype({"line": "int64", "machine_id": "int64", "clock": "Int64"})
