"""An algorithm to take snapshots of: money that goes from machine to machine, and is never more or less."""

import lamport

FIRST = 100


class Bank(lamport.Algorithm):
    def start(self, me):
        self.balance = FIRST
        me.state(balance=self.balance)
        self.rest(me)

    def rest(self, me):
        me.timer("pay", me.random.expovariate(4))

    def on_timer(self, me, name):
        amount = me.random.randint(0, min(self.balance, 20))
        self.balance -= amount
        me.state(balance=self.balance)
        me.send(me.random.choice(me.peers), amount)
        self.rest(me)

    def on_message(self, me, sender, body):
        self.balance += body
        me.state(balance=self.balance)
