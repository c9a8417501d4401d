"""Several runs, compared, as a document."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lamport._cli.run_document import places, rows

if TYPE_CHECKING:
    from lamport._runs.comparison import Comparison, Group

__all__ = ["comparison_document"]


def comparison_document(comparison: "Comparison", paths: Iterable[Path] = ()) -> dict[str, Any]:
    """Return what differs between runs, what came of each, and means of those that are alike."""
    return {
        "verdict": comparison.verdict,
        "differing": comparison.differing,
        "confidence": 0.95,
        "runs": [_run(comparison, name) for name in comparison.runs],
        "groups": [_group(comparison, group) for group in comparison.groups],
        "means_of_drawn": _bands(comparison.bands_of_drawn()),
        "wrote": places(paths),
    }


def _run(comparison: "Comparison", name: str) -> dict[str, Any]:
    run = comparison.runs[name]
    return {
        "name": name,
        "log_dir": run.log_dir,
        "interrupted": run.interrupted,
        "part": run._part or None,
        "seed": run.parameters.get("seed"),
        "rates": comparison.setting(name)["rates"],
        "differing": {key: comparison.setting(name)[key] for key in comparison.differing},
        **comparison.numbers(name),
    }


def _group(comparison: "Comparison", group: "Group") -> dict[str, Any]:
    return {
        "runs": list(group.runs),
        "finished": [name for name, run in group.runs.items() if run in group.finished],
        "machines": _machines(comparison, group),
        "whole": _bands(comparison.whole_bands(group)),
    }


def _machines(comparison: "Comparison", group: "Group") -> list[dict[str, Any]] | None:
    bands = comparison.bands(group)
    if bands is None:
        return None
    table = group.finished[0]._machines
    called = rows(table.reset_index()[["machine_id", *({"name"} & {*table}), "clock_rate"]])
    return [one | (_bands(each) or {}) for one, each in zip(called, bands, strict=True)]


def _bands(bands: Mapping[str, tuple[float, float, float]] | None) -> dict[str, Any] | None:
    """Name the three numbers of each mean."""
    if bands is None:
        return None
    return {name: dict(zip(("mean", "low", "high"), band, strict=True)) for name, band in bands.items()}
