"""The same model in SimPy, beside `lamport.simulate` and `lamport.sweep`.

    python benches/simulate_baseline.py      (needs the extra `bench`)

Prints events a second of three machines (rates 1, 3, 6) and of 1,000 machines (fully connected,
no broadcasts) in both, medians of interleaved rounds and their ratio; then the time of 10,000
runs of three machines for 60 s, and the speed-up of two threads over one on many more.
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


def run_simpy(rates, duration, broadcast_share):
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
    begin = time.perf_counter()
    return function(*arguments) / (time.perf_counter() - begin) / 1e6


def compare(name, rates, broadcast_share, seconds, factor):
    theirs, ours = [], []
    for _ in range(ROUNDS):
        theirs.append(speed(run_simpy, rates, seconds, broadcast_share))
        ours.append(speed(run_lamport, rates, seconds * factor, broadcast_share))
    ratio = statistics.median(own / other for own, other in zip(ours, theirs, strict=True))
    ours, theirs = statistics.median(ours), statistics.median(theirs)
    print(f"{name}: lamport {ours:.1f} M events/s, SimPy {theirs:.2f}, ratio {ratio:.0f}")


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
    every, runs = os.sched_getaffinity(0), 200_000
    one, two = [], []
    for _ in range(3):
        two.append(sweep_seconds(runs))
        os.sched_setaffinity(0, {min(every)})
        one.append(sweep_seconds(runs))
        os.sched_setaffinity(0, every)
    print(f"{runs} runs: {len(every)} cores {statistics.median(one) / statistics.median(two):.2f} x one")


if __name__ == "__main__":
    main()
