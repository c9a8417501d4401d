"""A laboratory for logical clocks.

Machines tick at their own rates, keep Lamport clocks, send their clock values
to each other over TCP and log every event. `run_local` runs them, `simulate` does so
in virtual time, `load` reads logs back, and a `Run` holds the tables, plots and metrics of
any of these; `sweep` simulates a grid of parameters.

Names load on first use: ``import lamport`` alone costs next to nothing.
"""

TYPE_CHECKING = False  # as in `typing`, whose import would take longer than all else here
if TYPE_CHECKING:
    from lamport._drive.local import run_local
    from lamport._drive.replay import replay
    from lamport._drive.simulate import simulate
    from lamport._drive.sweep import SweepError, sweep
    from lamport._lamport import LamportError, LogError, Machine, __version__
    from lamport._model.fault import Crash, Delay, Disconnect, Partition, Pause
    from lamport._model.latency import Constant, Empirical, Exponential, LogNormal, Uniform
    from lamport._model.predict import predict
    from lamport._model.random_faults import random_faults
    from lamport._model.warning import LamportWarning
    from lamport._plot.sweep import plot_sweep
    from lamport._runs.compare import compare
    from lamport._runs.from_events import from_events
    from lamport._runs.load import load
    from lamport._runs.run import Run
    from lamport._runs.summarize import summarize
    from lamport._runs.verify import Verification, verify

__all__ = [
    "Constant",
    "Crash",
    "Delay",
    "Disconnect",
    "Empirical",
    "Exponential",
    "LamportError",
    "LamportWarning",
    "LogError",
    "LogNormal",
    "Machine",
    "Partition",
    "Pause",
    "Run",
    "SweepError",
    "Uniform",
    "Verification",
    "__version__",
    "compare",
    "from_events",
    "load",
    "plot_sweep",
    "predict",
    "random_faults",
    "replay",
    "run_local",
    "simulate",
    "summarize",
    "sweep",
    "verify",
]

_HOMES = {
    "Constant": "_model.latency",
    "Crash": "_model.fault",
    "Delay": "_model.fault",
    "Disconnect": "_model.fault",
    "Empirical": "_model.latency",
    "Exponential": "_model.latency",
    "LamportError": "_lamport",
    "LamportWarning": "_model.warning",
    "LogError": "_lamport",
    "LogNormal": "_model.latency",
    "Machine": "_lamport",
    "Partition": "_model.fault",
    "Pause": "_model.fault",
    "Run": "_runs.run",
    "SweepError": "_drive.sweep",
    "Uniform": "_model.latency",
    "Verification": "_runs.verification",
    "__version__": "_lamport",
    "compare": "_runs.compare",
    "from_events": "_runs.from_events",
    "load": "_runs.load",
    "plot_sweep": "_plot.sweep",
    "predict": "_model.predict",
    "random_faults": "_model.random_faults",
    "replay": "_drive.replay",
    "run_local": "_drive.local",
    "simulate": "_drive.simulate",
    "summarize": "_runs.summarize",
    "sweep": "_drive.sweep",
    "verify": "_runs.verify",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
