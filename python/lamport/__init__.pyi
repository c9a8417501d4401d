# What `lamport` offers, for type checkers and editors; `__init__.py` loads it on first use.
# Some of them take only `import X as X` for a name that is there for others.

from lamport import algorithms as algorithms
from lamport._drive.check_clock import check_clock as check_clock
from lamport._drive.check_deterministic import check_deterministic as check_deterministic
from lamport._drive.clock_counterexample import ClockCounterexample as ClockCounterexample
from lamport._drive.clock_report import ClockReport as ClockReport
from lamport._drive.clock_step import ClockStep as ClockStep
from lamport._drive.counterexample import Counterexample as Counterexample
from lamport._drive.grade import grade as grade
from lamport._drive.local import run_local as run_local
from lamport._drive.replay import replay as replay
from lamport._drive.rerun import rerun as rerun
from lamport._drive.search import search as search
from lamport._drive.simulate import simulate as simulate
from lamport._drive.sweep import SweepError as SweepError
from lamport._drive.sweep import sweep as sweep
from lamport._hosts.host import Host as Host
from lamport._hosts.run_hosts import run_hosts as run_hosts
from lamport._lamport import IncomingQueue as IncomingQueue
from lamport._lamport import LamportError as LamportError
from lamport._lamport import LogError as LogError
from lamport._lamport import Machine as Machine
from lamport._lamport import Me as Me
from lamport._lamport import __version__ as __version__
from lamport._model.algorithm import Algorithm as Algorithm
from lamport._model.algorithm import AlgorithmError as AlgorithmError
from lamport._model.fault import Crash as Crash
from lamport._model.fault import Delay as Delay
from lamport._model.fault import Disconnect as Disconnect
from lamport._model.fault import Fault as Fault
from lamport._model.fault import Partition as Partition
from lamport._model.fault import Pause as Pause
from lamport._model.latency import Constant as Constant
from lamport._model.latency import Empirical as Empirical
from lamport._model.latency import Exponential as Exponential
from lamport._model.latency import Latency as Latency
from lamport._model.latency import LogNormal as LogNormal
from lamport._model.latency import Uniform as Uniform
from lamport._model.physical import Physical as Physical
from lamport._model.predict import predict as predict
from lamport._model.random_faults import random_faults as random_faults
from lamport._model.rules import Rules as Rules
from lamport._model.ticks import Jitter as Jitter
from lamport._model.ticks import Steps as Steps
from lamport._model.warning import LamportWarning as LamportWarning
from lamport._plot.series import plot_series as plot_series
from lamport._plot.sweep import plot_sweep as plot_sweep
from lamport._runs.answer import Answer as Answer
from lamport._runs.causality import Causality as Causality
from lamport._runs.causality import Share as Share
from lamport._runs.compare import compare as compare
from lamport._runs.from_events import from_events as from_events
from lamport._runs.load import load as load
from lamport._runs.read_text import read_text as read_text
from lamport._runs.reading import Reading as Reading
from lamport._runs.run import Run as Run
from lamport._runs.series import series as series
from lamport._runs.summarize import summarize as summarize
from lamport._runs.verification import Verification as Verification
from lamport._runs.verify import verify as verify
from lamport._view.view import View as View

__all__ = [
    "Algorithm",
    "AlgorithmError",
    "Answer",
    "Causality",
    "ClockCounterexample",
    "ClockReport",
    "ClockStep",
    "Constant",
    "Counterexample",
    "Crash",
    "Delay",
    "Disconnect",
    "Empirical",
    "Exponential",
    "Fault",
    "Host",
    "IncomingQueue",
    "Jitter",
    "LamportError",
    "LamportWarning",
    "Latency",
    "LogError",
    "LogNormal",
    "Machine",
    "Me",
    "Partition",
    "Pause",
    "Physical",
    "Reading",
    "Rules",
    "Run",
    "Share",
    "Steps",
    "SweepError",
    "Uniform",
    "Verification",
    "View",
    "__version__",
    "algorithms",
    "check_clock",
    "check_deterministic",
    "compare",
    "from_events",
    "grade",
    "load",
    "plot_series",
    "plot_sweep",
    "predict",
    "random_faults",
    "read_text",
    "replay",
    "rerun",
    "run_hosts",
    "run_local",
    "search",
    "series",
    "simulate",
    "summarize",
    "sweep",
    "verify",
]

def __dir__() -> list[str]: ...
