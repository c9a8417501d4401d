"""Clocks that are none, raise, share something, or return no stamp: each is told, and what is right."""

import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from typing import ClassVar

import pytest
from own_clocks import Lamport, Vector

import lamport


class WithoutReceive:
    def tick(self):
        return 1


class SendsTo(Lamport):
    def send(self, to):
        return self.tick()


class Awaits(Lamport):
    async def tick(self):
        return 1


class BeforeOfThree(Vector):
    def before(a, b):  # noqa: N805 - the mistake: it is no static method
        return a < b


class BeforeIsNone(Vector):
    before = 3


def needs_four(machine, machines, now, more):
    return Lamport()


def needs_seats(*, seats):
    return Lamport()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (3, "make=3 cannot be called: give a class of clocks, or a function make(machine, machines, now)"),
        (None, "make=None cannot be called"),
        (Lamport(), "is a clock: give its class, or what makes one for a machine"),
        (
            needs_four,
            "make(machine, machines, now, more) takes more than there is: it is called with machine",
        ),
        (needs_seats, "make(seats) takes more than there is"),
        (
            WithoutReceive,
            "a WithoutReceive has no send() and no receive(stamp): a clock has tick(), send() and",
        ),
        (lambda: 3, "a int has no tick() and no send() and no receive(stamp)"),
        (SendsTo, "SendsTo.send(to) does not take what it is called with: SendsTo.send()"),
        (Awaits, "Awaits.tick awaits or yields: Awaits.tick() must return at once"),
        (
            BeforeOfThree,
            "BeforeOfThree.before(b) does not take what it is called with: BeforeOfThree.before(a, b); it",
        ),
        (BeforeIsNone, "BeforeIsNone.before is a int, not a method"),
    ],
)
def test_what_makes_no_clocks_is_refused(make, message):
    with pytest.raises(TypeError, match=re.escape(message)):
        lamport.check_clock(make)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"runs": 0}, ValueError, "runs=0: give a whole number, 1 or more"),
        ({"runs": -1}, ValueError, "runs=-1 is out of range"),
        ({"runs": 2.5}, ValueError, "runs=2.5 is not a whole number"),
        ({"runs": True}, ValueError, "runs=True is not a whole number"),
        ({"seed": -1}, ValueError, "seed=-1 is out of range"),
        ({"seed": "x"}, ValueError, "seed='x' is not a whole number"),
        ({"fifo": 1}, ValueError, "fifo=1: give True or False"),
        ({"complete": None}, ValueError, "complete=None: give True or False"),
        ({"size": 3}, TypeError, "size=3 cannot be called: give a function of a stamp"),
    ],
)
def test_arguments_that_make_no_sense(arguments, error, message):
    with pytest.raises(error, match=re.escape(message)):
        lamport.check_clock(Lamport, **arguments)


class RaisesSecondTime(Lamport):
    def tick(self):
        if self.now == 1:
            raise ZeroDivisionError("by the second")
        return super().tick()


class ReturnsNothing(Lamport):
    def tick(self):
        pass

    send = tick


class StampIsAMethod(ReturnsNothing):
    def stamp(self):
        return self.now


class StampFails(ReturnsNothing):
    @property
    def stamp(self):
        raise OSError("no such stamp")


class CannotBePickled(Lamport):
    def tick(self):
        return lambda: 0

    send = tick


class Dicts(Lamport):
    def tick(self):
        super().tick()
        return {"now": self.now}

    send = tick

    def receive(self, stamp):
        return self.tick()


class SaysOne(Lamport):
    @staticmethod
    def before(a, b):
        return int(a < b)


class Unmakeable(Lamport):
    def __init__(self, machine):
        super().__init__()
        if machine == 2:
            raise KeyError("two")


class OneForAll(Lamport):
    @classmethod
    def all(cls):
        return [cls()]


class Stubborn(Lamport):
    def receive(self, stamp):
        raise ValueError(stamp)


@pytest.mark.parametrize(
    ("clock", "message", "cause", "size"),
    [
        (
            RaisesSecondTime,
            "tick() of machine 1 in step 2 raised ZeroDivisionError: by the second (found in run ",
            ZeroDivisionError,
            2,
        ),
        (
            ReturnsNothing,
            "the stamp of machine 1 in step 1 raised TypeError: it returned None, and the clock has no stamp",
            TypeError,
            1,
        ),
        (StampIsAMethod, "it returned None, and stamp is a method and no property", TypeError, 1),
        (StampFails, "the stamp of machine 1 in step 1 raised OSError: no such stamp", OSError, 1),
        (CannotBePickled, "; return what pickle takes: numbers, texts", Exception, 1),
        (
            Dicts,
            "'<' not supported between instances of 'dict' and 'dict' (found in run 0); give the clock",
            TypeError,
            1,
        ),
        (SaysOne, "two stamps gave an object of class int: it must be True or False", TypeError, 1),
        (Unmakeable, "make(machine, machines, now) of machine 2 raised KeyError: 'two'", KeyError, 0),
        (OneForAll, "make.all(machines=2) returned 1 clocks: return one for each machine", TypeError, 0),
        (Stubborn, "receive(stamp) of machine 2 in step 2 raised ValueError: 1", ValueError, 2),
    ],
)
def test_what_a_clock_raises_is_told_with_where_and_its_cause(clock, message, cause, size):
    report = lamport.check_clock(clock, 100)
    assert "raised" in report.faults
    assert report.raised
    found = report.counterexamples["raised"]
    assert message in found.message
    assert isinstance(found.error, lamport.LamportError)
    assert isinstance(found.error.__cause__, cause)
    assert len(found.steps) == size, str(found)


def test_the_traceback_is_that_of_the_clock():
    report = lamport.check_clock(RaisesSecondTime, 20)
    raised = report.counterexamples["raised"].error.__cause__
    assert raised.__traceback__.tb_frame.f_code.co_filename == __file__
    assert 'raise ZeroDivisionError("by the second")' in str(report)


def test_without_stamps_nothing_is_said_of_them():
    def make():
        made.append(1)
        if len(made) > 1:
            raise RuntimeError("out of clocks")
        return Lamport()

    made = []
    report = lamport.check_clock(make, 50)
    assert report.faults == ("raised",)
    assert (report.sound, report.complete, report.mutated, report.bounded) == (None,) * 4
    assert "sound        not looked at\n" in str(report)
    with pytest.raises(lamport.LamportError, match="there is no step to draw: make"):
        report.counterexamples["raised"].plot_spacetime()
    assert report.counterexamples["raised"].events == ()


def test_without_comparisons_nothing_is_said_of_them():
    report = lamport.check_clock(Dicts, 100)
    assert report.faults == ("raised",)
    assert (report.sound, report.irreflexive, report.complete, report.mutated) == (None, None, None, False)


def test_a_size_is_a_number():
    report = lamport.check_clock(Lamport, 40, size=lambda stamp: float("nan"))
    assert report.faults == ("raised",)
    found = report.counterexamples["raised"]
    assert "size(stamp) of machine 1 in step 1 raised TypeError" in found.message
    assert "size(stamp) returned nan: it must be a finite number" in found.message
    assert len(found.steps) == 1
    report = lamport.check_clock(Lamport, 40, size=str)
    assert "size(stamp) returned '1': it must be a finite number" in report.counterexamples["raised"].message


def test_what_clocks_share_is_found_by_making_the_same_run_again():
    class Shared(Lamport):
        known: ClassVar = {}

        def tick(self):
            self.known["all"] = self.known.get("all", 0) + 1
            return self.known["all"]

        send = tick

        def receive(self, stamp):
            return self.tick()

    report = lamport.check_clock(Shared, 20)
    assert report.faults == ("repeatable",)
    assert report.repeatable is False
    assert "clocks share something, like an attribute of their class, or read a time of their own" in str(
        report
    )

    class OwnTime:
        def tick(self):
            return time.monotonic_ns()

        send = tick

        def receive(self, stamp):
            return self.tick()

    assert "repeatable" in lamport.check_clock(OwnTime, 20).faults


class ChangesWhatItCompares:
    """Its stamps are lists, and `before` writes into one."""

    def __init__(self):
        self.now = 0

    def tick(self):
        self.now += 1
        return [self.now]

    send = tick

    def receive(self, stamp):
        self.now = max(self.now, stamp[0])
        return self.tick()

    @staticmethod
    def before(a, b):
        b.insert(0, 0)
        return a[-1] < b[-1]


def test_stamps_that_change_when_they_are_compared():
    report = lamport.check_clock(ChangesWhatItCompares, 40)
    assert report.faults == ("mutated",)
    found = report.counterexamples["mutated"]
    assert found.message.endswith(": comparing it with others changes it")
    assert len(found.steps) <= 2
    assert found.stamps[0] == [1]
    assert found.stamps[1] != [1]


class Exits(Lamport):
    def receive(self, _stamp):
        sys.exit("out of patience")


def exits():
    raise SystemExit(3)


def test_who_would_end_the_interpreter_is_told_of_and_ends_nothing():
    report = lamport.check_clock(Exits, 20)
    assert report.faults == ("raised",)
    found = report.counterexamples["raised"]
    assert "receive(stamp) of machine 2 in step 2 raised SystemExit: out of patience" in found.message
    assert isinstance(found.error.__cause__, SystemExit)
    assert len(found.steps) == 2
    assert "make(machine, machines, now)" in str(lamport.check_clock(exits, 3))


def test_a_stamp_whose_text_cannot_be_told():
    report = lamport.check_clock(Shy, 20)
    assert report.faults == ("sound",)
    assert "<Untold whose repr raises RuntimeError>" in str(report)


class Untold:
    def __repr__(self):
        raise RuntimeError

    def __lt__(self, other):
        return False


class Shy(Lamport):
    def tick(self):
        return Untold()

    send = tick

    def receive(self, stamp):
        return self.tick()


SLOW = """
    import lamport, sys
    class Clock:
        def __init__(self):
            self.now = 0
        def tick(self):
            self.now += 1
            return self.now
        send = tick
        def receive(self, stamp):
            self.now = max(self.now, stamp) + 1
            return self.now
    print("begun", flush=True)
    lamport.check_clock(Clock, 10**8)
"""


def test_ctrl_c_is_answered():
    """Within 100 ms on a free host; here that it is, and ends as Python ends."""
    program = [sys.executable, "-c", textwrap.dedent(SLOW)]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout.readline() == "begun\n"
        time.sleep(0.3)
        os.kill(running.pid, signal.SIGINT)
        _, told = running.communicate(timeout=60)
    assert told.rstrip().endswith("KeyboardInterrupt")
