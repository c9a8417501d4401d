"""How late ticks with handlers are, in real time.

    python benches/handler_lateness.py [SECONDS [MACHINES [RATE]]]

Runs MACHINES (20) machines at RATE (100) ticks a second for SECONDS (20), each in turn: the built-in
behaviour, then an algorithm with a handler call at every tick (`on_idle`) which at each tenth tick sends a
small body to a peer, in threads of one process and in a process each. Prints of the lateness of all ticks, as
the END lines have it, the median of the machines' p50, and the largest of their p99 and max, in
milliseconds. The threads share one interpreter's lock; so do their handlers.
"""

import json
import sys
import tempfile
from pathlib import Path
from statistics import median

import lamport


class Busy(lamport.Algorithm):
    def __init__(self):
        self.ticks = 0

    def on_idle(self, me):
        self.ticks += 1
        if self.ticks % 10 == 0:
            me.send(me.random.choice(me.peers), {"ticks": self.ticks})

    def on_message(self, me, _sender, body):
        me.state(heard=body["ticks"])


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 20.0
    machines = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    rate = float(sys.argv[3]) if len(sys.argv) > 3 else 100.0
    kinds = {
        "built-in behaviour, threads": {},
        "handlers, threads": {"algorithm": Busy},
        "handlers, processes": {"algorithm": Busy, "processes": True},
    }
    for name, options in kinds.items():
        with tempfile.TemporaryDirectory() as directory:
            run = lamport.run_local(
                machines,
                seconds,
                rates=rate,
                seed=1,
                log_dir=Path(directory, "run"),
                progress=False,
                **options,
            )
            ends = [log.read_text().splitlines()[-1] for log in run.log_dir.glob("machine_*.log")]
            late = [json.loads(end)["lateness"] for end in ends]
        p50 = median(each["p50"] for each in late) * 1e3
        p99, most = (max(each[of] for each in late) * 1e3 for of in ("p99", "max"))
        print(f"{name}: p50 {p50:.3f} ms, p99 {p99:.3f} ms, max {most:.1f} ms ({len(late)} machines)")


if __name__ == "__main__":
    main()
