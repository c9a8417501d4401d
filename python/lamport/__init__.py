"""A laboratory for logical clocks.

Machines tick at their own rates, keep Lamport clocks, send their clock values
to each other over TCP and log every event. `run_local` runs them, `simulate` does so
in virtual time, `load` reads logs back, and a `Run` holds the tables, plots and metrics of
any of these; `sweep` simulates a grid of parameters.

Names load on first use: ``import lamport`` alone costs next to nothing.
"""

TYPE_CHECKING = False  # as in `typing`, whose import would take longer than all else here
if TYPE_CHECKING:
    from lamport._compare import compare
    from lamport._faults import Crash, Delay, Disconnect, Partition, Pause
    from lamport._from_events import from_events
    from lamport._lamport import LamportError, LogError, Machine, __version__
    from lamport._latency import Constant, Empirical, Exponential, LogNormal, Uniform
    from lamport._load import load
    from lamport._local import run_local
    from lamport._plot_sweep import plot_sweep
    from lamport._predict import predict
    from lamport._random_faults import random_faults
    from lamport._replay import replay
    from lamport._run import Run
    from lamport._simulate import simulate
    from lamport._summarize import summarize
    from lamport._sweep import SweepError, sweep
    from lamport._verify import Verification, verify
    from lamport._warning import LamportWarning

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
    "Constant": "_latency",
    "Crash": "_faults",
    "Delay": "_faults",
    "Disconnect": "_faults",
    "Empirical": "_latency",
    "Exponential": "_latency",
    "LamportError": "_lamport",
    "LamportWarning": "_warning",
    "LogError": "_lamport",
    "LogNormal": "_latency",
    "Machine": "_lamport",
    "Partition": "_faults",
    "Pause": "_faults",
    "Run": "_run",
    "SweepError": "_sweep",
    "Uniform": "_latency",
    "Verification": "_verify",
    "__version__": "_lamport",
    "compare": "_compare",
    "from_events": "_from_events",
    "load": "_load",
    "plot_sweep": "_plot_sweep",
    "predict": "_predict",
    "random_faults": "_random_faults",
    "replay": "_replay",
    "run_local": "_local",
    "simulate": "_simulate",
    "summarize": "_summarize",
    "sweep": "_sweep",
    "verify": "_verify",
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
