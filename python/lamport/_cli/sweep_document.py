"""The runs of a sweep in few numbers, as a document."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lamport._cli.run_document import places, rows

if TYPE_CHECKING:
    import pandas as pd

    from lamport._runs.summarize import Wanted

__all__ = ["sweep_document"]


def sweep_document(
    frame: "pd.DataFrame", wanted: "Wanted", statistic: str | float, paths: Iterable[Path]
) -> dict[str, Any]:
    """Return of each point what its runs came to: means, or what is wanted, and their intervals."""
    return {
        "interrupted": frame.attrs["interrupted"],
        "seed": frame.attrs["seed"],
        "grid": frame.attrs["grid"],
        "statistic": statistic,
        "confidence": wanted.level,
        "points": [] if frame.empty else _points(frame, wanted, statistic),
        "wrote": places(paths),
    }


def _points(frame: "pd.DataFrame", wanted: "Wanted", statistic: Any) -> list[dict[str, Any]]:
    from lamport._runs.summarize import summarize

    keys = frame.attrs["grid"] or ["machines"]
    table = summarize(frame, keys, statistic=statistic, confidence=wanted.level)
    metrics = [name for name in dict.fromkeys(table.columns.get_level_values(0)) if name != "runs"]
    parts = {name: rows(table[name].rename(columns={wanted.name: "value"})) for name in metrics}
    points = rows(table.index.to_frame())
    counts = table["runs", "count"].tolist()
    return [
        {"parameters": point, "runs": count, "metrics": {name: parts[name][place] for name in metrics}}
        for place, (point, count) in enumerate(zip(points, counts, strict=True))
    ]
