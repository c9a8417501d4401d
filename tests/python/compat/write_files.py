"""Makes the files of a version, with that version: python make.py DIRECTORY.

What it can make it makes: each run with `expected.json` beside it, what this version itself said of it.
"""

import inspect
import json
import shutil
import sys
from pathlib import Path

import lamport

USUAL = {"rates": [2, 4, 6], "internal_probability": 0.3}


def knows(function, name):
    """Whether a function of this version has a parameter."""
    return hasattr(lamport, function) and name in inspect.signature(getattr(lamport, function)).parameters


def faults():
    """One of each kind."""
    return [
        lamport.Crash(2, at=0.6, down_for=0.5),
        lamport.Pause(3, at=0.3, duration=0.2),
        lamport.Partition([[1], [2, 3]], at=1.3, duration=0.2),
        lamport.Delay(1, 3, lamport.Constant(0.05), at=0.1, duration=1),
        lamport.Disconnect(3, 1, at=1.7),
    ]


def runs(home):
    """Make each run that this version can make; yields its name, and the run."""
    yield "local", lamport.run_local(duration=2, seed=7, **USUAL, log_dir=home / "local")
    if hasattr(lamport, "simulate"):
        yield (
            "simulated",
            lamport.simulate(
                duration=3, seed=5, **USUAL, latency=lamport.Exponential(0.05), log_dir=home / "simulated"
            ),
        )
    if hasattr(lamport, "Crash"):
        given = {"duration": 2, "seed": 9, "faults": faults(), **USUAL}
        yield "faults", lamport.run_local(**given, processes=True, log_dir=home / "faults")
        yield "simulated_faults", lamport.simulate(**given, log_dir=home / "simulated_faults")
    if knows("simulate", "stamp"):
        yield (
            "mistaken",
            lamport.simulate(duration=2, seed=3, **USUAL, stamp="before", log_dir=home / "mistaken"),
        )
    if knows("simulate", "ticks"):
        yield (
            "uneven",
            lamport.simulate(
                duration=2,
                rates=[4, lamport.Steps([(0, 2), (1, 9)])],
                seed=3,
                ticks="poisson",
                log_dir=home / "uneven",
            ),
        )
    if knows("simulate", "algorithm"):
        from lamport.algorithms import LamportMutex

        given = {"duration": 2, "rates": [20, 30, 10], "seed": 4, "algorithm": LamportMutex}
        given["arguments"] = {"hold": 0.1, "pause": 0.3}
        yield "algorithm", lamport.run_local(**given, log_dir=home / "algorithm")
        yield "simulated_algorithm", lamport.simulate(**given, log_dir=home / "simulated_algorithm")


def said(run):
    """What this version says of a run."""
    machines = run.machines
    told = {
        "events": len(run.events),
        "kinds": {kind: int(count) for kind, count in run.events["event"].astype(str).value_counts().items()},
        "final_clocks": {str(machine): int(clock) for machine, clock in machines["final_clock"].items()},
        "ticks": {str(machine): int(ticks) for machine, ticks in machines["ticks"].dropna().items()},
        "drift": int(run.drift),
        "messages": {
            str(status): int(count)
            for status, count in run.messages["status"].astype(str).value_counts().items()
        },
        "notes": [note.split("/")[-1] for note in run.notes],
    }
    if hasattr(run, "verify"):
        told["ok"] = bool(run.verify().ok)
    if hasattr(run, "causality"):
        causality = run.causality
        told["concurrent_share"] = causality.concurrent_share().value
        last = tuple(int(value) for value in run.events[["machine_id", "new_clock"]].iloc[-1])
        told["vector_of_the_last"] = [int(count) for count in causality.vector_clock(last)]
    return told


def main():
    """Make all."""
    home = Path(sys.argv[1])
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    for name, made in runs(home):
        run = lamport.load(home / name)
        (home / name / "expected.json").write_text(json.dumps(said(run), indent=1) + "\n", encoding="utf-8")
        if name in {"local", "uneven"}:
            run.events.to_csv(home / name / "events.csv", index=False)
        print(name, "made" if made else "", run.notes)
    if hasattr(lamport, "sweep"):
        frame = lamport.sweep({"max_rate": [3, 6]}, runs=2, duration=5, seed=1)
        frame.to_csv(home / "sweep.csv", index=False)


if __name__ == "__main__":
    main()
