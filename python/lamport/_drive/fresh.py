"""Simulations in interpreters of their own, each with another hash seed."""

import os
import pickle
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lamport._lamport import LamportError
from lamport._model.algorithm import REMEDY, AlgorithmError

if TYPE_CHECKING:
    from lamport._runs.run import Run

__all__ = ["simulate_afresh"]

BOOT = "import pickle, sys; sys.path[:] = pickle.load(sys.stdin.buffer); pickle.load(sys.stdin.buffer)()"
"""What such an interpreter runs: it finds what this one finds, and calls what it is handed."""
OUTCOME, STDERR = "outcome.pickle", "stderr"


def simulate_afresh(given: Mapping[str, Any], directories: Sequence[Path]) -> "list[AlgorithmError | None]":
    """Simulate with logs in each of these directories, all at once in a new interpreter each, and replay.

    Returns
    -------
    list of AlgorithmError or None
        Of each run, what was done otherwise when its logs were played again.

    Raises
    ------
    Exception
        What `lamport.simulate` raised in the first that did not come to its end.
    LamportError
        An interpreter died.
    TypeError
        Something does not pickle.
    """
    import cloudpickle

    try:
        job = cloudpickle.dumps(dict(given))
    except Exception as error:
        raise TypeError(f"this does not pickle, to be simulated in another interpreter: {error}") from error
    started: list[subprocess.Popen[bytes]] = []
    try:
        for number, directory in enumerate(directories, 1):
            directory.mkdir()
            started.append(_start(number, directory, job))
        return [_outcome(process, directory) for process, directory in zip(started, directories, strict=True)]
    finally:
        for process in started:
            process.kill()
            process.wait()


def _start(hash_seed: int, directory: Path, job: bytes) -> "subprocess.Popen[bytes]":
    with Path(directory, STDERR).open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-c", BOOT],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            env={**os.environ, "PYTHONHASHSEED": str(hash_seed)},
        )
    assert process.stdin is not None
    with suppress(BrokenPipeError), process.stdin as pipe:  # it is told when it is waited for
        pipe.write(pickle.dumps(sys.path) + pickle.dumps(partial(_simulate, directory, job)))
    return process


def _outcome(process: "subprocess.Popen[bytes]", directory: Path) -> "AlgorithmError | None":
    """Wait for an interpreter, and raise what it raised."""
    process.wait()
    file = directory / OUTCOME
    if process.returncode or not file.exists():
        said = (directory / STDERR).read_text(errors="replace").strip()
        raise LamportError(
            f"the interpreter that was to simulate the run ended early, with status {process.returncode}: "
            f"{said or 'it says nothing'}"
        )
    raised, differs = pickle.loads(file.read_bytes())
    if raised is not None:
        raise raised
    return differs  # type: ignore[no-any-return]


def _simulate(directory: Path, job: bytes) -> None:
    """Do so, in the new interpreter."""
    from lamport._drive.simulate import simulate

    raised = differs = None
    try:
        run = simulate(**pickle.loads(job), record=False, log_dir=directory / "logs", progress=False)
        differs = _difference(run)
    except Exception as error:
        raised = error
    try:
        told = pickle.dumps((raised, differs))
        pickle.loads(told)
    except Exception:  # of a class that no other interpreter knows
        told = pickle.dumps((LamportError(f"{type(raised).__name__}: {raised}"), None))
    (directory / OUTCOME).write_bytes(told)


def _difference(run: "Run") -> AlgorithmError | None:
    """Return what handlers do otherwise when they are called again."""
    from lamport._drive.replay_algorithm import replayed
    from lamport._lamport import algorithm_of_log

    told = [(file, algorithm_of_log(file)) for file in run.files]
    logs = {file: log for file, log in told if log is not None}
    for machine, _, _, line, expected, found in sorted(replayed(run, logs, None, None)):
        if line is None:
            continue
        where, seed = f"line {line} of its log", run.parameters["seed"]
        return AlgorithmError(
            f"machine {machine}: not deterministic ({where}, seed {seed}): in the run\n  {found}\nand when "
            f"its handlers are called again in the same interpreter\n  {expected}\n{REMEDY}",
            machine=machine, line=where, seed=seed,
        )  # fmt: skip
    return None
