"""Algorithms with a mistake each: two of each, one of which does harm only where something goes wrong."""

from dataclasses import dataclass

from lamport import algorithms


class ImpatientMutex(algorithms.LamportMutex):
    """Takes it that a second after it asked all must have answered."""

    def ask(self, me):
        super().ask(me)
        me.timer("impatient", 1.0)

    def on_timer(self, me, name):
        if name != "impatient":
            super().on_timer(me, name)
        elif me.id in self.queue and not self.held and self.is_first(me):
            self.enter(me)

    def is_first(self, me):
        return min((clock, machine) for machine, clock in self.queue.items())[1] == me.id


class DeafMutex(algorithms.LamportMutex):
    """Does not look whether it is its turn when another machine leaves, only when one asks or answers."""

    def on_message(self, me, sender, body):
        if body == "release":
            self.heard[sender] = me.sent_clock
            del self.queue[sender]
        else:
            super().on_message(me, sender, body)


class CountingAgrawala(algorithms.RicartAgrawala):
    """Asks again after a second, and counts answers without a look at whose they are."""

    def ask(self, me):
        super().ask(me)
        self.answers = 0
        me.timer("again", 1.0)

    def on_timer(self, me, name):
        if name != "again":
            super().on_timer(me, name)
        elif self.asked is not None and not self.held:
            me.broadcast("request")
            me.timer("again", 1.0)

    def on_message(self, me, sender, body):
        if body != "answer":
            super().on_message(me, sender, body)
            return
        self.answers += 1
        if self.asked is not None and not self.held and self.answers >= len(me.peers):
            self.enter(me)

    def release(self, me):
        self.waiting = sorted({*self.waiting})
        super().release(me)


class ForgetfulAgrawala(algorithms.RicartAgrawala):
    """Answers only one of those that it let wait."""

    def release(self, me):
        self.waiting = self.waiting[:1]
        super().release(me)


class ImpatientOrder(algorithms.TotalOrderMulticast):
    """Takes a message half a second after it came, in the order of timestamps, whoever was not heard of."""

    def on_message(self, me, sender, body):
        super().on_message(me, sender, body)
        if self.waiting:
            me.timer("impatient", 0.5)

    def on_timer(self, me, name):
        if name != "impatient":
            super().on_timer(me, name)
            return
        newest = [[*place, self.waiting.pop(place)] for place in sorted(self.waiting)]
        self.taken += len(newest)
        me.state(taken=self.taken, newest=newest)


class LazyOrder(algorithms.TotalOrderMulticast):
    """Does not tell that it has a message: its own next one will tell."""

    def on_message(self, me, sender, body):
        self.heard[sender] = me.sent_clock
        self.waiting[me.sent_clock, sender] = body[1]
        self.take(me)


class ImpatientSnapshot(algorithms.ChandyLamport):
    """Takes it that a second after its record no message is under way that was sent before it."""

    def record(self, me, number):
        super().record(me, number)
        self.layer_timer(me, f"close {number}", 1.0)

    def on_layer_timer(self, me, name):
        if name == "begin":
            super().on_layer_timer(me, name)
            return
        number = int(name.split()[1])
        if number in self.open:
            self.open[number] = set()
            self.close(me, number)

    def on_layer_message(self, me, sender, body):
        if body > self.begun or body in self.open:
            super().on_layer_message(me, sender, body)


class PoliteSnapshot(algorithms.ChandyLamport):
    """Sends no marker to whom it had one from."""

    def on_layer_message(self, me, sender, body):
        self.had = sender
        super().on_layer_message(me, sender, body)

    def layer_send(self, me, to, body=None):
        return super().layer_send(me, [peer for peer in to if peer != getattr(self, "had", None)], body)


class ImpatientElection(algorithms.ChangRoberts):
    """Takes itself for the leader if no higher id came for half a second after it stood."""

    def stand(self, me):
        if not self.is_candidate and self.leader is None:
            me.timer("impatient", 0.5)
        super().stand(me)

    def on_message(self, me, sender, body):
        if body[1] > me.id:
            me.cancel("impatient")
        super().on_message(me, sender, body)

    def on_timer(self, me, name):
        if name != "impatient":
            super().on_timer(me, name)
        elif self.leader is None:
            self.elect(me, me.id)


class LoyalElection(algorithms.ChangRoberts):
    """Passes on no id after that of one candidate."""

    def on_message(self, me, sender, body):
        if body[0] == "leader" or body[1] == me.id or not self.is_candidate:
            super().on_message(me, sender, body)


class SuspiciousGossip(algorithms.Gossip):
    """Tells all others in turn, but never again one that was not heard of for one and a half seconds."""

    def start(self, me):
        self.round, self.seen = 0, dict.fromkeys(me.peers, 1.0)
        super().start(me)

    def on_timer(self, me, name):
        self.round += 1
        self.seen = {peer: seen for peer, seen in self.seen.items() if me.now - seen < 1.5}
        peer = me.peers[self.round % len(me.peers)]
        if peer in self.seen:
            me.send(peer, {"told": self.known})
        me.timer("round", self.every)

    def on_message(self, me, sender, body):
        if sender in self.seen:
            self.seen[sender] = me.now
        if sender is None or sender in self.seen:
            super().on_message(me, sender, body)


class LocalGossip(algorithms.Gossip):
    """Tells only the machine with the lowest id, and answers nothing."""

    def on_timer(self, me, name):
        me.send(me.peers[0], {"told": self.known})
        me.timer("round", self.every)

    def on_message(self, me, sender, body):
        if sender is None:
            super().on_message(me, sender, body)
        else:
            self.learn(me, body["told"])


@dataclass(frozen=True)
class Mutant:
    algorithm: type
    case: str
    says: str
    """What is broken, in a word of what the promise says."""
    runs: int
    """In how many runs under faults, from seed 0 on, it is found."""
    needs_fault: bool
    left: tuple[int, int]
    """Faults and events, at most, of the smallest run in which `lamport.search` finds it by 20 runs."""


MUTANTS = [
    Mutant(ImpatientMutex, "LamportMutex", "was inside", 5, needs_fault=True, left=(1, 320)),
    Mutant(DeafMutex, "LamportMutex", "not granted", 1, needs_fault=False, left=(0, 343)),
    Mutant(CountingAgrawala, "RicartAgrawala", "was inside", 1, needs_fault=True, left=(1, 84)),
    Mutant(ForgetfulAgrawala, "RicartAgrawala", "not granted", 1, needs_fault=False, left=(0, 430)),
    Mutant(ImpatientOrder, "TotalOrderMulticast", "took", 1, needs_fault=True, left=(1, 175)),
    Mutant(LazyOrder, "TotalOrderMulticast", "not taken", 1, needs_fault=False, left=(0, 14)),
    Mutant(ImpatientSnapshot, "ChandyLamport", "recorded", 1, needs_fault=True, left=(1, 686)),
    Mutant(PoliteSnapshot, "ChandyLamport", "not complete", 1, needs_fault=False, left=(0, 143)),
    Mutant(ImpatientElection, "ChangRoberts", "for the leader", 13, needs_fault=True, left=(1, 8)),
    Mutant(LoyalElection, "ChangRoberts", "knew no leader", 2, needs_fault=False, left=(0, 12)),
    Mutant(SuspiciousGossip, "Gossip", "not known", 1, needs_fault=True, left=(1, 268)),
    Mutant(LocalGossip, "Gossip", "not known", 1, needs_fault=False, left=(0, 185)),
]
