"""What functions take, written with types: type checkers read this file, and tests run it.

Numbers of numpy, paths, tables and graphs of other libraries, iterables: what works is what stubs accept.
"""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, assert_type

import networkx as nx
import numpy as np
import pandas as pd
from numpy.typing import NDArray

import lamport
from lamport.algorithms import LamportMutex, mutual_exclusion


def simulations(home: Path) -> lamport.Run:
    """Runs of arguments of many types."""
    rates: NDArray[np.float64] = np.array([1.0, 3.0, 6.0])
    run = lamport.simulate(np.int64(3), np.float32(20), rates=rates, seed=np.int64(7), log_dir=home / "a")
    lamport.simulate(duration=Fraction(5, 2), rates=(rate for rate in (1, 2)), threads=np.int8(1))
    lamport.simulate(topology=nx.path_graph(3), duration=5)
    lamport.simulate(topology=nx.DiGraph([(1, 2)]), duration=5)
    lamport.simulate(topology={1: (2, 3), 2: {1}, 3: range(1, 3)}, weights={1: {2: np.int64(2)}}, duration=5)
    lamport.simulate(internal_probability=np.array([0.5, 0.6]), rates=pd.Series([1.0, 2.0]), duration=5)
    faults: list[lamport.Fault] = [
        lamport.Crash(np.int64(1), at=np.float64(2)),
        lamport.Pause(2, at=np.float32(1), duration=Fraction(1, 2)),
        lamport.Partition(({1}, (2, 3)), at=1, duration=np.int64(1)),
        lamport.Delay(1, np.int32(2), latency=np.float32(0.5), at=3, duration=1),
        lamport.Disconnect(1, 2, at=4),
    ]
    lamport.simulate(3, 20, faults=faults, latency=lamport.Empirical(np.array([0.1, 0.2])))
    lamport.simulate(3, 20, faults=(fault for fault in faults), latency={(1, 2): np.float32(0.1), None: 0})
    lamport.simulate(3, 5, faults=[{"fault": "crash", "machine_id": 1, "at": 1}])
    inputs: Iterable[tuple[np.float64, np.int64, object]] = [(np.float64(1), np.int64(1), None)]
    mutex = lamport.simulate(3, 5, algorithm=LamportMutex, arguments={"pause": None}, inputs=inputs)
    assert mutual_exclusion(mutex) is True
    assert_type(run, lamport.Run)
    return run


def latencies() -> list[lamport.Latency]:
    """Latencies of other numbers than floats."""
    return [
        lamport.Constant(np.float32(1)),
        lamport.Uniform(0, np.int64(1)),
        lamport.Exponential(Fraction(1, 2), minimum=np.float64(0.1)),
        lamport.LogNormal(np.float64(1), 2),
        lamport.Empirical(delay / 10 for delay in range(3)),
    ]


def readings(run: lamport.Run, home: Path) -> None:
    """Logs by paths of any type, and what is asked of them."""
    logs = sorted((home / "a").glob("machine_*.log"))
    for source in (home / "a", str(home / "a"), logs, (str(log) for log in logs)):
        assert_type(lamport.load(source), lamport.Run)
        assert lamport.load(home / "a").verify(clock_uncertainty=np.float64(0.1))
    event = run.events.iloc[-1]
    last = (event["machine_id"], event["new_clock"])
    assert_type(run.causality.past(last), NDArray[np.bool_])
    run.plot_spacetime(np.float64(10), np.int64(30), highlight=last)
    run.clocks(every=np.float64(0.5))
    run.causality.concurrent_share(samples=np.int64(10), seed=np.int64(1))
    run.machines_since(np.float32(1))
    run.export(home / "events.csv", start=np.int64(1), stop=np.float64(9))
    run.save(str(home / "copy"))
    run.report(home / "report")


def tables(run: lamport.Run) -> None:
    """Tables of events and of sweeps, by columns and by rows."""
    rows: list[Mapping[str, Any]] = [{"machine_id": 1, "event": "INTERNAL", "new_clock": 1}]
    assert_type(lamport.from_events(rows), lamport.Run)
    lamport.from_events({"machine_id": np.array([1]), "event": ["INTERNAL"], "new_clock": pd.Series([1])})
    assert lamport.verify(run.events).ok
    frame = lamport.sweep({"max_rate": range(2, 4), "duration": np.array([5.0])}, runs=np.int64(2))
    assert_type(frame, pd.DataFrame)
    lamport.summarize(frame.to_dict("list"), by=("max_rate",), statistic=np.float64(0.5))
    lamport.plot_sweep(frame, "max_rate", "drift", confidence=np.float32(0.9))
    lamport.compare({"one": [run], "two": [run, run]}, since=np.float64(1))
    lamport.compare(each for each in [run, run])
    lamport.series([run], np.float64(1), since=np.int64(1))


def others() -> None:
    """What takes numbers and lists beside these."""
    lamport.predict(np.array([1.0, 3.0]), topology=nx.path_graph(2))
    lamport.predict((1, np.float32(2)), weights={1: {2: np.int64(1)}})
    lamport.random_faults(np.int64(1), np.float32(0.1), machines=np.arange(1, 4), duration=np.int64(9))
    lamport.Steps([(0, np.float64(1)), (np.int64(5), 2)])
    lamport.Jitter(np.float32(0.1))
    lamport.Physical(offset=(np.float64(0), 1), ppm=np.int64(3))
    lamport.Rules(channel=["lossy"], step=np.int64(1))


def machine(home: Path) -> None:
    """A machine by hand."""
    peers: list[tuple[str, int]] = []
    with lamport.Machine(
        np.int64(1), 0, peers, home / "m.log", np.float64(60), clock_rate=np.float32(10), seed=np.int64(1)
    ) as one:
        assert_type(one, lamport.Machine)
        one.deliver(np.int64(4))
        one.internal_event()
        assert_type(one.incoming_queue, lamport.IncomingQueue)
