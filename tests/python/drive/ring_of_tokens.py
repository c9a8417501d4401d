"""Algorithms that processes of machines import."""

import os

import lamport


class Ring(lamport.Algorithm):
    """A token goes round, and counts its steps."""

    def __init__(self, rounds=5):
        self.rounds = rounds

    def start(self, me):
        me.state(hash_seed=os.environ.get("PYTHONHASHSEED"), order=list({"ask", "answer", "token"}))
        if me.id == 1:
            me.timer("begin", 0.05)

    def on_timer(self, me, _name):
        me.send(2, {"token": 1})

    def on_message(self, me, _sender, body):
        me.state(token=body["token"])
        if body["token"] < self.rounds * len(me.machines):
            me.send(me.id % len(me.machines) + 1, {"token": body["token"] + 1})


class Given(lamport.Algorithm):
    """What it is given from outside goes to all."""

    def __init__(self):
        self.told = []

    def on_message(self, me, sender, body):
        if sender is None:
            me.broadcast(body)
        self.told.append(body)
        me.state(told=self.told, now=me.now, sender=sender, clock=me.sent_clock)


class Endless(lamport.Algorithm):
    """One machine does not come to an end of its second step."""

    def start(self, me):
        if me.id == 2:
            me.timer("stay", 0.1)

    def on_timer(self, _me, _name):
        while True:
            pass
