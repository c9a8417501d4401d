"""Algorithms of an agent's machines, and what it says of what is under way."""

import base64
import time

import pytest
from lone_launcher import agents, begin, spread, stay

import lamport
from lamport._drive.algorithm import plan_of
from lamport._drive.handed import Handed, told_error


class PingPong(lamport.Algorithm):
    """A ball goes to and fro until it is spent."""

    def __init__(self, rounds):
        self.rounds = rounds

    def start(self, me):
        if me.id == 1:
            me.send(2, self.rounds)

    def on_message(self, me, sender, body):
        if body:
            me.send(sender, body - 1)


class Careless(lamport.Algorithm):
    def start(self, me):
        if me.id == 2:
            raise LookupError("nowhere")


class Endless(lamport.Algorithm):
    def start(self, me):
        while me.id == 2:
            pass


def algorithm(kind, arguments=None, until=None):
    given = {"algorithm": kind, "arguments": arguments, "inputs": (), "until": until}
    plan = plan_of(given, {"machines": 2, "duration": 60})
    handed = Handed(plan, [[2], [1]], {}, elsewhere=True)
    return {str(machine): base64.b64encode(handed.to(machine)).decode() for machine in (1, 2)}


def words(handed):
    return {
        "algorithm": handed,
        "environment": {"PYTHONHASHSEED": "0"},
        "duration": 60,
        "rate": 100,
    }


def at_work(made, handed):
    homes, ports = spread(made, 2)
    begin(made, homes, ports, peers={1: [2], 2: [1]}, **words(handed))


@pytest.mark.parametrize("count", [1, 2])
def test_looks_tell_when_nothing_is_under_way(count):
    rounds = 40
    with agents(count) as made:
        at_work(made, algorithm(PingPong, {"rounds": rounds}, until="quiet"))
        number, is_quiet = 0, False
        was_busy = False
        while not is_quiet:
            number += 1
            before = time.monotonic_ns()
            for agent in made:
                agent.order("look", number=number)
            rows, took = [], 0
            for agent in made:
                rows += agent.wait_for("look", number=number)["machines"]
                took = max(took, time.monotonic_ns() - before)
            assert {row[0] for row in rows} == {1, 2}
            kept, unread = sum(row[2] for row in rows), sum(row[3] for row in rows)
            is_quiet = all(row[1] and row[4] >= took for row in rows) and kept == unread
            was_busy = was_busy or not is_quiet
            time.sleep(0.05)
        assert was_busy
        for agent in made:
            agent.order("stop")
        stay(made)
        logs = {}
        for agent in made:
            logs |= agent.logs()
    # The last look was right: all had happened by then.
    assert sum(log.count(b'"RECEIVE"') for log in logs.values()) == rounds + 1


def test_what_a_handler_raises_comes_back_as_it_is():
    with agents() as made:
        at_work_and_fails = algorithm(Careless)
        homes, ports = spread(made, 2)
        begin(made, homes, ports, peers={1: [2], 2: [1]}, **words(at_work_and_fails))
        said = made[0].wait_for("failed", machine=2)
        assert said["kind"] == "AlgorithmError"
        error = told_error(said["error"])
        assert isinstance(error, lamport.AlgorithmError)
        assert isinstance(error.__cause__, LookupError)
        assert said["text"] == str(error)
        made[0].order("stop")
        stay(made)


def test_a_handler_that_does_not_return_is_interrupted():
    with agents() as made:
        at_work(made, algorithm(Endless))
        made[0].wait_for("status")
        made[0].order("stop")
        made[0].wait_for("ended", machine=1)
        made[0].order("interrupt")
        stay(made)


def test_a_class_that_is_not_there_is_named():
    with agents() as made:
        handed = algorithm(PingPong, {"rounds": 1})
        spoiled = base64.b64decode(handed["2"]).replace(b"PingPong", b"PongPing")
        homes, ports = spread(made, 2)
        from lone_launcher import start_order

        handed["2"] = base64.b64encode(spoiled[:-40]).decode()
        made[0].order("start", **start_order(homes, ports, {1: [2], 2: [1]}, **words(handed)))
        said = made[0].wait_for("failed")
        assert said["machine"] == 2
