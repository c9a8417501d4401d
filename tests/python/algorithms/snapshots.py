"""Snapshots of Chandy and Lamport's algorithm, held against what `Run.causality` says of their cuts."""

import random
from collections import defaultdict

import numpy as np
from bank import Bank

import lamport
from lamport import algorithms
from lamport._lamport import body_value

DURATION = 12.0
SETTLE = 4.0
BETWEEN = 2
"""Of so many snapshots of a run it is seen that they lie between those of `Causality.snapshot`."""


class TardyMarkers(algorithms.ChandyLamport):
    """Sends its markers a tenth of a second after it recorded, and goes on in between."""

    def layer_send(self, me, to, body=None):
        self.held = [*getattr(self, "held", ()), body]
        self.layer_timer(me, "markers", 0.1)

    def on_layer_timer(self, me, name):
        if name != "markers":
            super().on_layer_timer(me, name)
            return
        for body in self.held:
            super().layer_send(me, me.peers, body)
        self.held = []


class EmptyChannels(algorithms.ChandyLamport):
    """Takes all channels for empty."""

    def before_inner(self, me, sender, body):
        pass


class HastyRecord(algorithms.ChandyLamport):
    """Records its state with the second of its markers, though it passes on the first."""

    def on_layer_message(self, me, sender, body):
        super().on_layer_message(me, sender, body)
        if body in self.records and body > getattr(self, "renewed", 0) and len(self.open[body]) == 1:
            self.renewed = body
            self.records[body] |= {"clock": self.covered, "state": dict(self.declared)}


MUTANTS = {
    TardyMarkers: "is not consistent",
    EmptyChannels: "under way",
    HastyRecord: "is not consistent",
}
"""Mistakes, and what is said of the snapshots that they make."""


def random_run(seed, algorithm=algorithms.ChandyLamport):
    """Money that goes round among two to six machines, of which snapshots are taken."""
    chance = random.Random(seed)
    machines = chance.randint(2, 6)
    latency = chance.choice(
        [0.0, 0.0005, lamport.Uniform(0, 0.3), lamport.Exponential(0.1), lamport.LogNormal(0.05, 1.0)]
    )
    faults = lamport.random_faults(
        seed, chance.choice([0.0, 0.6]), machines=machines, duration=DURATION, settle=SETTLE
    )
    return lamport.simulate(
        machines,
        DURATION,
        algorithm=algorithm,
        arguments={"inner": f"{Bank.__module__}:Bank", "every": chance.uniform(0.4, 3)},
        topology=chance.choice(["full", "ring"]),
        rates=[chance.choice([20, 50, 100]) for _ in range(machines)],
        latency=latency,
        faults=faults,
        seed=seed,
    )


def differences(run):
    """Return what `Run.causality` and the logs say against each snapshot, and how many were looked at."""
    ids = run.machines.index.tolist()
    channels = _channels(run)
    found = []
    complete = 0
    for number, parts in _parts(run).items():
        if set(parts) != set(ids):
            continue
        complete += 1
        cut = {machine: part["clock"] for machine, part in parts.items()}
        if run.causality.cut_is_consistent(cut) is not True:
            found.append(f"the cut of snapshot {number} is not consistent: {cut}")
        if complete <= BETWEEN:
            before, after = (run.causality.snapshot(time).cut for time in _ends(run, number))
            if not all(before[machine] <= clock <= after[machine] for machine, clock in cut.items()):
                found.append(f"snapshot {number} is {cut}, not between {before} and {after}")
        for (sender, recipient), messages in channels.items():
            logged = [
                body
                for sent, received, body in messages
                if sent <= cut[sender] and not (received <= cut[recipient])
            ]
            recorded = parts[recipient]["channels"].get(str(sender), [])
            if recorded != logged:
                found.append(
                    f"snapshot {number} has {recorded} of the channel from {sender} to {recipient}, "
                    f"where {logged} was under way"
                )
    return found, complete


def _ends(run, number):
    """When a snapshot began, and right after it was complete."""
    states = run.states
    of_it = states["snapshot"].map(lambda each: each is not None and each["number"] == number).astype(bool)
    began = states.loc[states["snapshots"] == number, "time"].min()
    return began, np.nextafter(states.loc[of_it, "time"].max(), np.inf)


def _parts(run):
    """The records of each snapshot, by number and machine."""
    parts = defaultdict(dict)
    for machine, record in run.states.dropna(subset="snapshot")[["machine_id", "snapshot"]].itertuples(
        index=False
    ):
        parts[record["number"]].setdefault(machine, record)
    return parts


def _channels(run):
    """What the algorithm inside sent on each channel: clocks of both ends (NaN: not received), body."""
    channels = defaultdict(list)
    for machine in run.machines.index:
        for other in run.machines.index:
            if machine != other:
                channels[machine, other] = []
    sends = run.events[run.events["event"] == "SEND"]
    bodies = {
        (machine, clock): body_value(body)
        for machine, clock, body in zip(sends["machine_id"], sends["new_clock"], sends["body"], strict=True)
    }
    ends = run.messages[["sender", "sent_clock", "recipient", "received_clock"]].astype("float64")
    for sender, sent, recipient, received in ends.itertuples(index=False):
        kind, body = bodies[sender, sent]
        if kind == "inner":
            channels[sender, recipient].append((sent, received, body))
    return {channel: sorted(messages, key=lambda each: each[0]) for channel, messages in channels.items()}
