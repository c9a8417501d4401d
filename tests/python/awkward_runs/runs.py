"""Runs to begin with: in virtual time, and of real machines."""

import time
from contextlib import suppress

from machines import free_ports

import lamport


def simulated(awkward, chance):
    machines = chance.choice([1, 2, 2, 3, 3, 3, 4, 5, 7])
    duration = chance.choice([1e-6, 0.05, 1, 3, 8, 15])
    rates = [chance.choice([0.2, 1, 2, 3, 6, 6, 10, 2.5]) for _ in range(machines)]
    if chance.random() < 0.3:
        rates = [rates[0]] * machines  # equal ticks, equal arrivals
    latency = chance.choice(
        [0, 0, 0.0005, 0.1, 1, lamport.Exponential(0.3), lamport.Uniform(0, 2), lamport.LogNormal(0.05, 1.5)]
    )
    given = {
        "duration": duration,
        "rates": rates,
        "latency": latency,
        "topology": topology(chance, machines),
        "internal_probability": chance.choice([0, 0.1, 0.3, 0.7, 1]),
        "broadcast_share": chance.choice([0, 1 / 3, 1]),
        "faults": faults(chance, machines, duration),
        "seed": chance.randrange(2**50),
    }
    awkward.said.append(f"simulate({given})")
    lamport.simulate(**given, log_dir=awkward.home, progress=False)


def topology(chance, machines):
    kind = chance.choice(["full", "full", "ring", "star", "line", "directed", "sparse"])
    if kind in {"directed", "sparse"}:
        share = 0.6 if kind == "directed" else 0.2
        ids = range(1, machines + 1)
        return {one: [two for two in ids if two != one and chance.random() < share] for one in ids}
    return kind


def faults(chance, machines, duration):
    """Draw faults of every kind, some of them longer than the run."""
    if duration < 1 or chance.random() < 0.4:
        return []
    found = lamport.random_faults(
        chance.randrange(2**30),
        chance.choice([0.1, 0.5, 2]),
        machines=machines,
        duration=duration,
        kinds=["crash", "pause", "partition", "delay", "disconnect"][: 5 if machines > 1 else 2],
        length=(0.01, duration / 4),
        settle=chance.choice([0, duration / 10]),
    )
    struck = {fault.machine_id for fault in found if hasattr(fault, "machine_id")}
    free = [machine for machine in range(1, machines + 1) if machine not in struck]
    if free and chance.random() < 0.4:
        at = duration * chance.random()
        last = [lamport.Crash(free[0], at=at), lamport.Pause(free[0], at=at, duration=2 * duration)]
        found.append(chance.choice(last))
    return found


def by_hand(awkward, chance):
    """Real machines without peers, step by step: messages in others' names, some left in the queue."""
    awkward.said.append("by hand")
    awkward.home.mkdir(parents=True)
    for machine in (1, 2):
        log = awkward.home / f"machine_{machine}.log"
        with lamport.Machine(machine, 0, [], log, 60, run_id="hands", wait=0) as one:
            for _ in range(chance.randrange(12)):
                step = chance.randrange(5)
                if step == 0:
                    one.internal_event()
                elif step == 1:
                    one.deliver(chance.randrange(40), sender=chance.choice([None, 3 - machine, 9]))
                elif step == 2 and one.queue_len:
                    one.handle_receive()
                elif step == 3:
                    # To any address, where nobody may be.
                    one.send_message([("127.0.0.1", chance.randrange(1, 3))])
                else:
                    one.deliver(chance.randrange(40))


def real(awkward, chance):
    """Real machines in threads, of which some come back from their logs."""
    given = {
        "duration": 0.3,
        "rates": [chance.choice([20, 50, 50, 100]) for _ in range(3)],
        "topology": topology(chance, 3),
        "internal_probability": chance.choice([0.1, 0.5]),
        "latency": chance.choice([0, 0.005, lamport.Exponential(0.01)]),
        "faults": [
            lamport.Crash(1, at=0.05, down_for=0.05),
            lamport.Pause(2, at=0.1, duration=0.05),
            lamport.Partition(pairs=[(2, 3), (3, 1)], at=0.12, duration=0.08),
            lamport.Crash(3, at=0.25),
        ],
        "seed": chance.randrange(2**50),
    }
    given["faults"] = chance.sample(given["faults"], chance.randrange(5))
    awkward.said.append(f"run_local({given})")
    lamport.run_local(**given, log_dir=awkward.home, progress=False)


def late(awkward, chance):
    """Real machines of which one comes when the other has long begun, and one never does."""
    awkward.said.append("late")
    awkward.home.mkdir(parents=True)
    ports = free_ports(3)
    options = {"run_id": "late", "wait": 0, "clock_rate": 100, "internal_probability": 0.3}
    addresses = [("127.0.0.1", port) for port in ports]
    machines = [
        lamport.Machine(
            number,
            ports[number - 1],
            [address for address in addresses if address[1] != ports[number - 1]],
            awkward.home / f"machine_{number}.log",
            0.4 if number == 1 else 0.2,
            **options,
        )
        for number in (1, 2)
    ]
    machines[0].start()
    time.sleep(0.1 * chance.random())
    machines[1].start()
    for machine in machines:
        # The third machine is missed at the end.
        with suppress(lamport.LamportError):
            machine.join()
