"""The same model in SimPy, beside `lamport.simulate` and `lamport.sweep`.

    python benches/simulate_baseline.py      (needs the extra `bench`)

Prints events a second of three machines (rates 1, 3, 6) and of 1,000 machines (fully connected,
no broadcasts) in both, medians of interleaved rounds and their ratio; then the time of 10,000
runs of three machines for 60 s, and the speed-up of two cores over one on many more. SimPy runs the
model twice: as its users write it, and as sparing with its events as the model allows.
"""

import os
import random
import statistics
import time
from collections import deque

import simpy

import lamport

DELAY = 0.0005
ROUNDS = 5


def run_processes(rates, duration, broadcast_share):
    """Run a process a machine, and a process a message that waits and then puts it into a Store.

    That is how SimPy's own examples model a delay on the way ("Event Latency" in its documentation).
    """
    environment = simpy.Environment()
    stores = [simpy.Store(environment) for _ in rates]

    def deliver(store, timestamp):
        yield environment.timeout(DELAY)
        yield store.put(timestamp)

    def machine(number, rate):
        draw = random.Random(number)
        peers = [store for other, store in enumerate(stores) if other != number]
        store, clock, period = stores[number], 0, 1 / rate
        yield environment.timeout(draw.random() * period)
        for _ in range(round(rate * duration)):
            if store.items:
                timestamp = yield store.get()
                clock = max(clock, timestamp) + 1
            else:
                clock += 1
                action = draw.random()
                if action >= 0.7 + 0.3 * broadcast_share:
                    environment.process(deliver(draw.choice(peers), clock))
                elif action >= 0.7:
                    for peer in peers:
                        environment.process(deliver(peer, clock))
            yield environment.timeout(period)

    for number, rate in enumerate(rates):
        environment.process(machine(number, rate))
    environment.run()
    return round(sum(rates) * duration)


def run_lean(rates, duration, broadcast_share):
    """Run the same with as few SimPy events as there can be: a message is a list entry with its arrival."""
    environment = simpy.Environment()
    queues = [deque() for _ in rates]
    clocks = [0] * len(rates)

    def machine(number, rate):
        draw = random.Random(number)
        peers = [queue for other, queue in enumerate(queues) if other != number]
        queue, clock, period = queues[number], 0, 1 / rate
        yield environment.timeout(draw.random() * period)
        for _ in range(round(rate * duration)):
            if queue and queue[0][0] <= environment.now:
                clock = max(clock, queue.popleft()[1]) + 1
            else:
                clock += 1
                action = draw.random()
                if action >= 0.7:
                    message = (environment.now + DELAY, clock)
                    if action < 0.7 + 0.3 * broadcast_share:
                        for peer in peers:
                            peer.append(message)
                    else:
                        draw.choice(peers).append(message)
            clocks[number] = clock
            yield environment.timeout(period)

    for number, rate in enumerate(rates):
        environment.process(machine(number, rate))
    environment.run()
    return round(sum(rates) * duration)


def run_lamport(rates, duration, broadcast_share):
    run = lamport.simulate(
        rates=rates, duration=duration, broadcast_share=broadcast_share, seed=1, record=False, progress=False
    )
    return int(run.machines.ticks.sum())


def speed(function, *arguments):
    """Give millions of events per second of CPU time, of which a busy host takes less than of a clock's."""
    begin = time.process_time()
    return function(*arguments) / (time.process_time() - begin) / 1e6


def compare(name, rates, broadcast_share, seconds, factor):
    ours, theirs = [], {run_processes: [], run_lean: []}
    for _ in range(ROUNDS):
        for run, speeds in theirs.items():
            speeds.append(speed(run, rates, seconds, broadcast_share))
        ours.append(speed(run_lamport, rates, seconds * factor, broadcast_share))
    print(f"{name}: lamport {statistics.median(ours):.1f} M events/s")
    for run, what in (run_processes, "a process a message"), (run_lean, "a list entry a message"):
        speeds = theirs[run]
        ratio = statistics.median(own / other for own, other in zip(ours, speeds, strict=True))
        print(f"    SimPy, {what}: {statistics.median(speeds):.2f}, ratio {ratio:.0f}")


def sweep_seconds(runs):
    begin = time.perf_counter()
    lamport.sweep({"max_rate": [6]}, runs=runs, duration=60, progress=False)
    return time.perf_counter() - begin


def main():
    print("load", *os.getloadavg())
    compare("3 machines", [1, 3, 6], 1 / 3, 20_000, 100)
    compare("1,000 machines", [1 + i % 6 for i in range(1000)], 0, 60, 40)
    sweep_seconds(100)
    print(
        f"10,000 runs of 3 machines, 60 s: {statistics.median(sweep_seconds(10_000) for _ in range(5)):.3f} s"
    )
    every, runs = os.sched_getaffinity(0), 1_000_000
    one, two = [], []
    for _ in range(3):
        two.append(sweep_seconds(runs))
        os.sched_setaffinity(0, {min(every)})
        one.append(sweep_seconds(runs))
        os.sched_setaffinity(0, every)
    print(f"{runs} runs: {len(every)} cores {statistics.median(one) / statistics.median(two):.2f} x one")


if __name__ == "__main__":
    main()
