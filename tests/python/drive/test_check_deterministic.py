"""Algorithms that do the same for the same calls, and those that do not."""

import os
import random
import re
import threading
import time

import pytest

import lamport

GIVEN = {"rates": 20, "interpreters": 2}


class Speaker(lamport.Algorithm):
    """Says something that may be another thing the next time."""

    def start(self, me):
        me.timer("say", 0.1 * me.id)

    def on_timer(self, me, name):
        me.broadcast({"said": self.words(me)})
        me.timer(name, 0.2)

    def words(self, me):
        names = {f"machine {number}" for number in range(20)}
        return [sorted(names), me.random.random(), me.now, me.clock, hash(7)]


class Order(Speaker):
    def words(self, _me):
        return list({f"machine {number}" for number in range(20)})


class Hash(Speaker):
    def words(self, _me):
        return hash("machine")


class Identity(Speaker):
    def words(self, _me):
        return id(self)


class TimeOfDay(Speaker):
    def words(self, _me):
        # Two interpreters that start together can read the same microsecond.
        return time.time_ns()


class Chance(Speaker):
    def words(self, _me):
        return random.random()


class Bytes(Speaker):
    def words(self, _me):
        return os.urandom(8).hex()


class Shared(Speaker):
    said = 0

    def words(self, _me):
        type(self).said += 1
        return self.said


def test_what_does_the_same_is_let_pass():
    class Own(Speaker):
        def __init__(self, word):
            self.word = word

        def words(self, me):
            return [self.word, *super().words(me)]

    faults = [lamport.Crash(2, at=1, down_for=0.5)]
    inputs = iter([(0.5, 1, "hello")])
    assert (
        lamport.check_deterministic(
            Own, 3, 3, arguments={"word": "x"}, faults=faults, inputs=inputs, rates=20
        )
        is None
    )
    assert lamport.check_deterministic({1: Speaker, 2: lambda _machine: Own("y")}, 2, 1, **GIVEN) is None
    assert lamport.check_deterministic("lamport.algorithms:LamportMutex", 2, 1, **GIVEN) is None


@pytest.mark.parametrize("algorithm", [Order, Hash, Identity, TimeOfDay, Chance, Bytes])
def test_what_does_something_else_is_found(algorithm):
    with pytest.raises(lamport.AlgorithmError) as caught:
        lamport.check_deterministic(algorithm, 3, 1, seed=5, **GIVEN)
    error = caught.value
    # The first line that differs is the SEND of machine 1, after STARTUP, start and timer.
    assert (error.machine, error.line, error.seed) == (1, "line 4 of its log", 5)
    assert 0.1 <= error.time < 0.2
    text = str(error)
    assert text.startswith(f"machine 1: not deterministic (line 4 of its log, {error.time:.6f} s after")
    one, other = re.findall(r'^  (\{"event": "SEND".*\})$', text, re.MULTILINE)
    assert one != other
    assert "draw from me.random, read me.now" in text


def test_what_machines_share_is_found_where_it_was_made():
    with pytest.raises(lamport.AlgorithmError, match="called again in the same interpreter") as caught:
        lamport.check_deterministic(Shared, 2, 1, **GIVEN)
    assert (caught.value.machine, caught.value.line) == (1, "line 4 of its log")


def test_an_exception_of_a_handler_is_raised_here():
    class Failing(Speaker):
        def words(self, me):
            raise KeyError(me.id)

    with pytest.raises(
        lamport.AlgorithmError, match=r"machine 1: on_timer\(\"say\"\) raised KeyError"
    ) as caught:
        lamport.check_deterministic(Failing, 2, 1, **GIVEN)
    assert "in words" in str(caught.value)


def test_an_interpreter_that_dies_is_named():
    class Dying(Speaker):
        def words(self, _me):
            os.write(2, b"farewell")
            os._exit(3)

    with pytest.raises(lamport.LamportError, match="ended early, with status 3: farewell"):
        lamport.check_deterministic(Dying, 2, 1, **GIVEN)


def test_what_cannot_be_is_named():
    with pytest.raises(ValueError, match="'log_dir' is not a parameter here: they are"):
        lamport.check_deterministic(Speaker, log_dir="x")
    with pytest.raises(ValueError, match="interpreters=1: the logs of 2 or more are compared"):
        lamport.check_deterministic(Speaker, interpreters=1)
    with pytest.raises(ValueError, match="a clock rate of -1"):
        lamport.check_deterministic(Speaker, 2, 1, rates=-1, interpreters=2)
    lock = threading.Lock()
    with pytest.raises(TypeError, match="does not pickle"):
        lamport.check_deterministic(lambda _machine: Speaker(lock), 2, 1, **GIVEN)
