"""The runs that `view.py` makes pages of, and what it takes to make one, in a process of its own."""

import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

import lamport

LATE = lamport.Exponential(0.02)
UNEVEN = [100, 2500, 700, 1200, 3000, 50, 2000, 2450]


class Store(lamport.Algorithm):
    """Machines that tell each other values, and say what they have: a body or a state at each event."""

    def __init__(self):
        self.values = {}

    def on_idle(self, me):
        key = f"key-{me.random.randrange(1000)}"
        me.send(me.random.choice(me.peers), {"put": key, "value": me.random.randrange(10**6), "by": me.id})
        me.state(asked=key)

    def on_message(self, me, sender, body):
        self.values[body["put"]] = body["value"]
        me.state(has=len(self.values), last=body["put"], of=sender)


def real(scale, home):
    """Eight machines over TCP, with uneven rates; its logs are loaded for each page."""
    rates = [12.5 * rate for rate in UNEVEN]
    lamport.run_local(rates=rates, duration=7 * scale, seed=1, log_dir=home / "run", progress=False)
    return lambda: lamport.load(home / "run")


def simulated(machines, duration, rates, **more):
    def of(scale, _home):
        return lambda: lamport.simulate(
            machines, duration=duration * scale, rates=rates, seed=1, latency=LATE, progress=False, **more
        )

    return of


RUNS = {
    "real 8": real,
    "8": simulated(8, 83, UNEVEN),
    "30": simulated(30, 62, [100 + 30 * machine for machine in range(30)]),
    "300": simulated(300, 63, [20 + machine % 70 for machine in range(300)]),
    "8, texts": simulated(8, 52, UNEVEN, algorithm=Store),
}


def measured(name, scale, path, times):
    """Make a page some times; return how long it took, its bytes, and the memory before and at most."""
    made = {"made": [], "cpu": [], "load": os.getloadavg()[0]}
    with tempfile.TemporaryDirectory() as home:
        again = RUNS[name](scale, Path(home))
        for _ in range(times):
            run = again()
            made["events"] = len(run._logs.events()["time"])
            made.setdefault("before", resident())
            wall, cpu = time.perf_counter(), time.process_time()
            view = run.view()
            made["bytes"] = len(view.html)
            made["made"].append(time.perf_counter() - wall)
            made["cpu"].append(time.process_time() - cpu)
            made.setdefault("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        made["messages"] = len(run._logs.messages()["sent"])
        view.save(path, overwrite=True)
    return made


def resident():
    """The memory of this process, in MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / 2**20


if __name__ == "__main__":
    name, scale, path, times = sys.argv[1:]
    print(json.dumps(measured(name, float(scale), path, int(times))))
