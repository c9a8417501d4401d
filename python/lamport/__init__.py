"""A laboratory for logical clocks.

Machines tick at their own rates, keep Lamport clocks, send their clock values
to each other over TCP and log every event. `run_local` runs them, `load` reads
logs back, and a `Run` holds the tables, plots and metrics of either.

Names load on first use: ``import lamport`` alone costs next to nothing.
"""

TYPE_CHECKING = False  # as in `typing`, whose import would take longer than all else here
if TYPE_CHECKING:
    from lamport._compare import compare
    from lamport._lamport import LamportError, LogError, Machine, __version__
    from lamport._load import from_events, load
    from lamport._local import run_local
    from lamport._predict import predict
    from lamport._run import Run
    from lamport._verify import Verification, verify
    from lamport._warning import LamportWarning

__all__ = [
    "LamportError",
    "LamportWarning",
    "LogError",
    "Machine",
    "Run",
    "Verification",
    "__version__",
    "compare",
    "from_events",
    "load",
    "predict",
    "run_local",
    "verify",
]

_HOMES = {
    "LamportError": "_lamport",
    "LamportWarning": "_warning",
    "LogError": "_lamport",
    "Machine": "_lamport",
    "Run": "_run",
    "Verification": "_verify",
    "__version__": "_lamport",
    "compare": "_compare",
    "from_events": "_load",
    "load": "_load",
    "predict": "_predict",
    "run_local": "_local",
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
