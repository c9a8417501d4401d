"""A hundred machines, of which a tenth crashes every ten seconds; memory and what the logs say.

Run ``python benches/faults.py [--duration S] [--machines N] [--rate R] [--processes]``. With
``--duration 600`` the slope of the memory says whether anything is kept that should not be. Needs networkx.
"""

import argparse
import json
import os
import random
import tempfile
import time
from pathlib import Path

import networkx
import numpy as np

import lamport

EVERY = 10.0
DOWN = 2.0


def schedule(machines: int, duration: float, seed: int) -> list[lamport.Crash]:
    """Crash a tenth of the machines, others each time, every ten seconds."""
    draw = random.Random(seed)
    crashes = []
    at = EVERY / 2
    while at + DOWN + 2 < duration:
        chosen = draw.sample(range(1, machines + 1), max(1, machines // 10))
        crashes += [lamport.Crash(machine, at + draw.uniform(0, 0.5), DOWN) for machine in chosen]
        at += EVERY
    return crashes


def resident() -> float:
    """Give the memory of this process in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--duration", type=float, default=60)
    parser.add_argument("--machines", type=int, default=100)
    parser.add_argument("--rate", type=float, default=20)
    parser.add_argument("--seed", type=int, default=1978)
    parser.add_argument("--calm", action="store_true", help="no crashes: what a run needs without them")
    parser.add_argument("--processes", action="store_true")
    args = parser.parse_args()
    samples: list[tuple[float, float]] = []

    def look(elapsed: float, *_: list[int]) -> None:
        if not samples or elapsed >= samples[-1][0] + 1:
            samples.append((elapsed, resident()))

    crashes = [] if args.calm else schedule(args.machines, args.duration, args.seed)
    with tempfile.TemporaryDirectory() as directory:
        began, used = time.monotonic(), time.process_time()
        run = lamport.run_local(
            duration=args.duration,
            rates=[args.rate] * args.machines,
            topology=networkx.random_regular_graph(4, args.machines, seed=args.seed),
            faults=crashes,
            seed=args.seed,
            log_dir=Path(directory, "run"),
            processes=args.processes,
            progress=look,
        )
        took, used = time.monotonic() - began, time.process_time() - used
        lines = [
            json.loads(line)
            for path in run.files
            for line in path.read_text().splitlines()
            if '"STARTUP"' in line or '"END"' in line
        ]
        done = run.verify()
        times, memory = np.array(samples).T
        # By then most machines have crashed once, and hold what those that come back need.
        steady = times >= args.duration / 2
        slope = np.polyfit(times[steady], memory[steady], 1)[0] * 60 if steady.sum() > 2 else float("nan")
        status = run.messages["status"].value_counts()
        starts = sum(line["event"] == "STARTUP" for line in lines)
        undelivered = sum(n for line in lines if line["event"] == "END" for _, n in line["undelivered"])
        shape = f"{args.machines} machines at {args.rate:g} ticks/s, 4-regular"
        print(f"{shape}, for {args.duration:g} s ({took:.1f} s), {len(crashes)} crashes")
        print(f"starts {starts}, ends {sum(line['event'] == 'END' for line in lines)}")
        print(f"events {len(run.events):,}, messages {status.sum():,}, undelivered {undelivered}")
        print(status.to_string())
        print(f"processor time {used / took:.0%} of a core")
        shown = ", ".join(f"{memory[times >= at][0]:.1f}" for at in np.linspace(0, times[-1], 11))
        print(f"memory in MB, at eleven times from first to last: {shown}; slope {slope:+.3f} MB/minute")
        print(done)
        if not done.ok:
            print(done.violations.to_string())
            raise SystemExit(1)


if __name__ == "__main__":
    main()
