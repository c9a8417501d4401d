"""A laboratory for logical clocks.

Machines tick at their own rates, keep Lamport clocks, send their clock values
to each other over TCP and log every event. `run_local` runs them, `run_hosts` does so
on several hosts and `simulate` in virtual time, `load` reads logs back, and a `Run` holds the
tables, plots and metrics of any of these; `sweep` simulates a grid of parameters.

Names load on first use: ``import lamport`` alone costs next to nothing.
"""

# `__init__.pyi` says the same to type checkers and editors, which run nothing.
_HOMES = {
    "Algorithm": "_model.algorithm",
    "AlgorithmError": "_model.algorithm",
    "Answer": "_runs.answer",
    "Causality": "_runs.causality",
    "ClockCounterexample": "_drive.clock_counterexample",
    "ClockReport": "_drive.clock_report",
    "ClockStep": "_drive.clock_step",
    "Constant": "_model.latency",
    "Counterexample": "_drive.counterexample",
    "Crash": "_model.fault",
    "Delay": "_model.fault",
    "Disconnect": "_model.fault",
    "Empirical": "_model.latency",
    "Exponential": "_model.latency",
    "Fault": "_model.fault",
    "Host": "_hosts.host",
    "IncomingQueue": "_lamport",
    "Jitter": "_model.ticks",
    "LamportError": "_lamport",
    "LamportWarning": "_model.warning",
    "Latency": "_model.latency",
    "LogError": "_lamport",
    "LogNormal": "_model.latency",
    "Machine": "_lamport",
    "Me": "_lamport",
    "Partition": "_model.fault",
    "Pause": "_model.fault",
    "Physical": "_model.physical",
    "Reading": "_runs.reading",
    "Rules": "_model.rules",
    "Run": "_runs.run",
    "Share": "_runs.causality",
    "Steps": "_model.ticks",
    "SweepError": "_drive.sweep",
    "Uniform": "_model.latency",
    "Verification": "_runs.verification",
    "View": "_view.view",
    "__version__": "_lamport",
    "check_clock": "_drive.check_clock",
    "check_deterministic": "_drive.check_deterministic",
    "compare": "_runs.compare",
    "from_events": "_runs.from_events",
    "grade": "_drive.grade",
    "load": "_runs.load",
    "plot_series": "_plot.series",
    "plot_sweep": "_plot.sweep",
    "predict": "_model.predict",
    "random_faults": "_model.random_faults",
    "read_text": "_runs.read_text",
    "replay": "_drive.replay",
    "rerun": "_drive.rerun",
    "run_hosts": "_hosts.run_hosts",
    "run_local": "_drive.local",
    "search": "_drive.search",
    "series": "_runs.series",
    "simulate": "_drive.simulate",
    "summarize": "_runs.summarize",
    "sweep": "_drive.sweep",
    "verify": "_runs.verify",
}

__all__ = list(_HOMES)
# A public module: classes to read and to derive from, whose names would crowd those of the package.
__all__ += ["algorithms"]
__all__.sort()


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name == "algorithms":
        return import_module(f"{__name__}.{name}")
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
