"""What every run in real time has: what tells it from others, and what becomes of it at its end."""

import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lamport._drive.algorithm import Plan
from lamport._drive.at_work import AtWork
from lamport._drive.key import forget_key
from lamport._runs.run import Run

__all__ = ["identity", "run_of"]


def identity(key: str | None) -> dict[str, Any]:
    """Return what ``run.json`` says that tells a run in real time, beginning now, from every other."""
    from lamport._lamport import __version__

    return {
        "keyed": key is not None,
        "run_id": secrets.token_hex(8),
        "time": "real",
        "version": __version__,
        "started": datetime.now(UTC).isoformat(),
    }


def run_of(
    at_work: AtWork,
    directory: Path,
    parameters: dict[str, Any],
    *,
    key: str | None,
    plan: Plan | None,
    is_early: bool,
) -> Run:
    """Return the run that has ended, in order; early, if it was asked to."""
    if is_early:
        at_work.note_interrupt(directory)
    forget_key(directory, key)
    run = Run(directory, parameters=parameters, interrupted=at_work.is_interrupted)
    run._roles = None if plan is None else plan.roles
    return run
