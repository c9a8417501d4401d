"""Rows of tables of events, with no more than what a program must tell."""


def send(machine, clock, to=None, **more):
    return {"machine_id": machine, "event": "SEND", "new_clock": clock, "recipients": to, **more}


def receive(machine, clock, sender=None, sent_clock=None, **more):
    row = {"machine_id": machine, "event": "RECEIVE", "new_clock": clock}
    return row | {"sender": sender, "sent_clock": sent_clock} | more


def internal(machine, clock, **more):
    return {"machine_id": machine, "event": "INTERNAL", "new_clock": clock, **more}
