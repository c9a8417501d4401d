"""Calls of handlers a second in virtual time, beside SimPy and a plain heap that call the same handlers.

    python benches/handlers.py      (needs the extra `bench`)

Two algorithms with small bodies: tokens that go round a ring, and `lamport.algorithms.LamportMutex`. All
loops record each event. Prints medians of interleaved rounds, in CPU time, and ratios; then what a call
costs that does nothing, declares a state, or sends a body of some length.
"""

import json
import os
import random
import statistics
import tempfile
import time
from heapq import heappop, heappush
from typing import NamedTuple

import simpy

import lamport
from lamport.algorithms import LamportMutex

LATENCY = 0.001
ROUNDS = 5


class Tokens(lamport.Algorithm):
    """Passes on whatever comes."""

    def __init__(self, tokens=10):
        self.tokens = tokens

    def start(self, me):
        for token in range(self.tokens):
            me.send(me.peers[0], {"token": token, "hops": 0})

    def on_message(self, me, _sender, body):
        me.send(me.peers[0], {"token": body["token"], "hops": body["hops"] + 1})


class Model(NamedTuple):
    """What all loops run."""

    machines: int
    duration: float
    topology: str
    algorithm: type[lamport.Algorithm]
    arguments: dict[str, float]


class PlainMe:
    """What handlers are handed by the loops of this bench; `post` puts a message or a timer on its way."""

    def __init__(self, number, machines, peers, post, copies):
        self.id, self.machines, self.peers, self.senders = number, machines, peers, peers
        self.clock, self.sent_clock, self.now, self.is_replay = 0, None, 0.0, False
        self.random = random.Random(f"1/{number}")
        self.post, self.copies = post, copies
        self.timers, self.events, self.states = {}, [], []

    def send(self, to, body=None):
        self.clock += 1
        recipients = (to,) if isinstance(to, int) else tuple(to)
        self.events.append((self.now, self.id, "SEND", self.clock, recipients, body))
        text = json.dumps(body) if self.copies else None
        for recipient in recipients:
            own = json.loads(text) if self.copies else body
            self.post(recipient, LATENCY, ("message", self.id, self.clock, own))
        return self.clock

    def broadcast(self, body=None):
        return self.send(self.peers, body)

    def timer(self, name, seconds):
        order = self.timers[name] = self.timers.get(name, 0) + 1
        self.post(self.id, seconds, ("timer", name, order, None))

    def cancel(self, name):
        self.timers[name] = self.timers.get(name, 0) + 1

    def state(self, **values):
        self.states.append((self.now, self.id, self.clock, values))


def handle(handler, me, now, what):
    """Let a handler have what has arrived."""
    kind, who, number, body = what
    me.now = now
    if kind == "timer":
        if me.timers[who] == number:
            me.clock += 1
            me.events.append((now, me.id, "INTERNAL", me.clock, None, None))
            handler.on_timer(me, who)
    else:
        me.clock = max(me.clock, number) + 1
        me.sent_clock = number
        me.events.append((now, me.id, "RECEIVE", me.clock, who, body))
        handler.on_message(me, who, body)


def seats(model, post, copies):
    """Return handlers and what they are handed, by their ids, started."""
    ids = tuple(range(1, model.machines + 1))
    made = {}
    for number in ids:
        others = tuple(each for each in ids if each != number)
        peers = (number % model.machines + 1,) if model.topology == "ring" else others
        made[number] = model.algorithm(**model.arguments), PlainMe(number, ids, peers, post, copies)
    for handler, me in made.values():
        me.clock += 1
        handler.start(me)
    return made


def run_heap(model, copies=False):
    """Run on a heap of what is to come; with `copies` each recipient has objects of its own, through JSON."""
    heap, order, now = [], 0, 0.0

    def post(recipient, after, what):
        nonlocal order
        order += 1
        heappush(heap, (now + after, order, recipient, what))

    made = seats(model, post, copies)
    calls = model.machines
    while heap:
        now, _, recipient, what = heappop(heap)
        if now > model.duration:
            break
        handle(*made[recipient], now, what)
        calls += 1
    return calls


def run_simpy(model):
    """Run as users of SimPy do: a store for each machine, a process for what is on its way."""
    environment = simpy.Environment()
    stores = {number: simpy.Store(environment) for number in range(1, model.machines + 1)}

    def deliver(recipient, after, what):
        yield environment.timeout(after)
        yield stores[recipient].put(what)

    def post(recipient, after, what):
        environment.process(deliver(recipient, after, what))

    calls = model.machines
    made = seats(model, post, copies=False)

    def machine(number):
        nonlocal calls
        while True:
            what = yield stores[number].get()
            handle(*made[number], environment.now, what)
            calls += 1

    for number in stores:
        environment.process(machine(number))
    environment.run(until=model.duration)
    return calls


def run_lamport(model, log_dir=None):
    """Run with every event recorded; with `log_dir` its logs are written, too."""
    run = lamport.simulate(
        model.machines, model.duration, topology=model.topology, algorithm=model.algorithm,
        arguments=model.arguments, rates=1e6, seed=1, latency=LATENCY, log_dir=log_dir, progress=False,
    )  # fmt: skip
    return int(run.machines["ticks"].sum())


def run_logged(model):
    """Run with every event recorded, and logs."""
    with tempfile.TemporaryDirectory() as directory:
        return run_lamport(model, log_dir=f"{directory}/logs")


def run_copies(model):
    """Run on a heap, where each recipient has objects of its own."""
    return run_heap(model, copies=True)


LOOPS = {
    "lamport": run_lamport,
    "lamport with logs": run_logged,
    "SimPy": run_simpy,
    "heap, objects shared": run_heap,
    "heap, copies by JSON": run_copies,
}


def speed(run, model):
    """Give thousands of calls per second of CPU time, of which a busy host takes less than of a clock's."""
    begin = time.process_time()
    return run(model) / (time.process_time() - begin) / 1e3


def compare(name, model):
    """Print the speed of each loop, and how many times as fast ours is."""
    found = {loop: [] for loop in LOOPS}
    for _ in range(ROUNDS):
        for loop, run in LOOPS.items():
            found[loop].append(speed(run, model))
    print(f"{name}: thousands of calls a second, and how many times as fast lamport is")
    for loop, speeds in found.items():
        ratio = statistics.median(own / other for own, other in zip(found["lamport"], speeds, strict=True))
        print(f"    {loop:22} {statistics.median(speeds):7.0f}  {ratio:5.2f}")


class Cost(lamport.Algorithm):
    """Does the same at each of many timers."""

    def __init__(self, what="nothing", length=0):
        self.what, self.body = what, {"text": "x" * length} if length else None

    def start(self, me):
        me.timer("next", 0)

    def on_message(self, me, sender, body):
        pass

    def on_timer(self, me, _name):
        me.timer("next", 0)
        if self.what == "send":
            me.send(me.peers[0], self.body)
        elif self.what == "state":
            me.state(x=1, y=2)


def cost(what, length=0):
    """Give nanoseconds of a call that does this, with the receipt that follows from a send."""
    begin = time.process_time()
    run = lamport.simulate(
        2, 0.2, algorithm=Cost, arguments={"what": what, "length": length}, rates=1e6, seed=1, record=False,
        progress=False,
    )  # fmt: skip
    return (time.process_time() - begin) / int(run.machines["ticks"].sum()) * 1e9


def main():
    print("load", *os.getloadavg())
    compare("ring, 5 machines, 10 tokens each", Model(5, 8, "ring", Tokens, {}))
    compare("mutex, 5 machines", Model(5, 60, "full", LamportMutex, {"hold": 0.001, "pause": 0.001}))
    print("ns a call, not recorded:")
    for what, length in ("nothing", 0), ("state", 0), ("send", 0), ("send", 100), ("send", 10_000):
        shown = f"{what}, a body of {length} bytes" if what == "send" else what
        print(f"    {shown:32} {statistics.median(cost(what, length) for _ in range(ROUNDS)):7.0f}")


if __name__ == "__main__":
    main()
