"""A run as a document."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from lamport._runs.recorded import Recorded

__all__ = ["places", "rows", "run_document"]


def run_document(run: "Recorded", paths: Iterable[Path] = ()) -> dict[str, Any]:
    """Return what is said of a run: what it was made with, what became of each machine, what was written."""
    is_whole = not run._absent or len(run._machines) > 1
    return {
        "log_dir": run.log_dir,
        "interrupted": run.interrupted,
        "seed": run.parameters.get("seed"),
        "drift": run.drift if is_whole else None,
        "parameters": run.parameters,
        "machines": rows(run.machines.reset_index()),
        "notes": run.notes,
        "wrote": places(paths),
    }


def rows(table: "pd.DataFrame") -> list[dict[Any, Any]]:
    """Return an object for each row of a table."""
    objects = table.astype("object")
    objects = objects.where(objects.notna(), None)
    columns = {str(name): objects[name].tolist() for name in objects}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def places(paths: Iterable[Path] | Sequence[str]) -> list[str]:
    """Return the files that were written, by their whole paths."""
    return [str(Path(path).absolute()) for path in paths]
