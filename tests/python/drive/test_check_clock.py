"""Anybody's clock against happened-before: right ones pass, wrong ones are found and made small."""

import pickle
import signal
import threading
import time
from itertools import pairwise

import matplotlib.pyplot as plt
import pytest
from own_clocks import (
    COMPLETE,
    RIGHT,
    WRONG,
    Hybrid,
    HybridNeverResets,
    Lamport,
    NewestOfEachSender,
    Vector,
    counter,
)

import lamport


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.mark.parametrize("clock", RIGHT)
def test_right_clocks_pass(clock):
    report = lamport.check_clock(clock, 300, complete=clock in COMPLETE)
    assert report, str(report)
    assert report.faults == ()
    assert (report.sound, report.irreflexive, report.repeatable, report.bounded) == (True,) * 4
    assert (report.mutated, report.raised) == (False, False)
    assert report.complete == (clock in COMPLETE)
    assert report.events > 5000
    assert report.pairs > 20_000
    overtaking = lamport.check_clock(clock, 200, fifo=False, complete=clock in COMPLETE)
    assert overtaking, str(overtaking)


@pytest.mark.parametrize("clock", WRONG)
def test_wrong_clocks_are_found_whatever_the_seed_and_made_as_small_as_is_known(clock):
    verdict, size = WRONG[clock]
    told = set()
    for seed in range(10):
        report = lamport.check_clock(clock, 200, seed)
        assert not report
        assert verdict in report.faults, str(report)
        found = report.counterexamples[verdict]
        assert len(found.steps) == size, str(found)
        told.add((found.machines, found.places, *(step[:4] for step in found.steps)))
    assert len(told) == 1, "the smallest is the same for all seeds"


def test_a_counter_that_never_resets_is_sound_and_only_grows():
    for clock in (Hybrid, HybridNeverResets):
        assert lamport.check_clock(clock, 200), "a counter has room for its digits"
    assert lamport.check_clock(Hybrid, 200, size=counter)
    report = lamport.check_clock(HybridNeverResets, 200, size=counter)
    assert report.sound
    assert report.faults == ("bounded",)
    found = report.counterexamples["bounded"]
    assert found.sizes == (1, 2, 3, 4, 5, 6, 7, 8)
    assert "keep growing: in 8 steps from 1 by 5 to 8" in found.message


def test_completeness_is_reported_and_a_fault_only_if_asked_for():
    report = lamport.check_clock(Lamport, 100)
    assert report
    assert report.complete is False
    assert "that is no fault unless complete=True" in str(report)
    found = report.counterexamples["complete"]
    assert len(found.steps) == 3
    assert [step.machine for step in found.steps] == [1, 1, 2]
    assert found.run.causality.concurrent(*found.events)
    asked = lamport.check_clock(Lamport, 100, complete=True)
    assert asked.faults == ("complete",)
    assert not asked


def test_some_clocks_are_right_only_while_messages_keep_their_order():
    assert lamport.check_clock(NewestOfEachSender, 500)
    report = lamport.check_clock(NewestOfEachSender, 500, fifo=False)
    assert report.faults == ("sound",)
    steps = report.counterexamples["sound"].steps
    assert [step.sent for step in steps if step.action == "receive"] == [2, 1], "one overtook the other"


def test_equal_seeds_give_equal_reports_and_runs_of_more_begin_with_those_of_less():
    def told(report):
        return [(each.verdict, each.number, each.steps) for each in report.counterexamples.values()]

    clock = next(iter(WRONG))
    first, again = (lamport.check_clock(clock, 50, 9) for _ in range(2))
    assert (first.events, first.pairs, told(first)) == (again.events, again.pairs, told(again))
    assert told(lamport.check_clock(clock, 100, 9)) == told(first)
    assert lamport.check_clock(clock, 50, 8).events != first.events


class OrderOfArguments(Vector):
    def __init__(self, now, machines, machine):
        assert isinstance(now(), int)
        assert 1 <= machine <= machines
        super().__init__(machine, machines)


class OtherNames(Vector):
    def __init__(self, me, everybody, clock=time.time_ns):
        assert clock is time.time_ns
        super().__init__(me, everybody)


class KeywordsOnly(Vector):
    def __init__(self, *, machine, machines, extra=3):
        super().__init__(machine, machines)


def of_a_function(*arguments):
    machine, machines, now = arguments
    assert now() == now()
    return Vector(machine, machines)


@pytest.mark.parametrize(
    "make", [OrderOfArguments, OtherNames, KeywordsOnly, of_a_function, lambda i, n, t: Vector(i, n)]
)
def test_what_makes_clocks_takes_what_it_wants(make):
    assert lamport.check_clock(make, 60, complete=True)


class Together:
    """All at once, with the physical clocks of all."""

    @staticmethod
    def all(now, machines):
        assert len(now) == machines
        assert all(isinstance(each(), int) for each in now)
        return (Vector(machine, machines) for machine in range(1, machines + 1))


def test_all_clocks_at_once():
    assert lamport.check_clock(Together, 60, complete=True)
    assert lamport.check_clock(Together(), 60, complete=True)


def test_physical_clocks_are_as_bad_as_they_get():
    read = {}

    class Reads(Lamport):
        def __init__(self, machine, now):
            super().__init__()
            self.own = read.setdefault(len(read), [])
            self.clock = now

        def tick(self):
            self.own.append(self.clock())
            return super().tick()

        send = tick

    assert lamport.check_clock(Reads, 300)
    steps = [pair for own in read.values() for pair in pairwise(own)]
    assert {type(now) for pair in steps for now in pair} == {int}
    assert (
        min(sum(b < a for a, b in steps), sum(b == a for a, b in steps), sum(b > a for a, b in steps)) > 100
    )


class Box:
    def __init__(self, value):
        self.value = value

    def __lt__(self, other):
        return self.value < other.value


class Boxed(Lamport):
    """Stamps of a class of their own, as the property stamp."""

    @property
    def stamp(self):
        return Box(self.now)

    def tick(self):
        self.now += 1

    send = tick

    def receive(self, stamp):
        assert isinstance(stamp, Box)
        self.now = max(self.now, stamp.value)
        stamp.value = -1  # a copy of its own
        self.tick()


def test_stamps_travel_as_copies():
    assert lamport.check_clock(Boxed, 100)


def test_the_report_says_what_was_looked_at():
    report = lamport.check_clock(Lamport, 32)
    assert report.bounded is None
    assert "bounded      not looked at: give 33 runs or more" in str(report)
    assert lamport.check_clock(Lamport, 33).bounded is True
    assert str(report).startswith("a right clock: 32 random runs of seed 0, ")
    assert repr(report) == f"<ClockReport: {report}>"
    pickled = pickle.loads(pickle.dumps(report))
    assert str(pickled) == str(report)


def test_a_counterexample_is_told_and_drawn():
    clock = next(clock for clock in WRONG if clock.__name__ == "HybridWithoutMax")
    report = lamport.check_clock(clock)
    found = report.counterexamples["sound"]
    assert [(step.machine, step.action, step.sent) for step in found.steps] == [
        (1, "send", None),
        (2, "receive", 1),
    ]
    assert found.places == (1, 2)
    assert found.stamps == ((0, 1), (0, 1))
    assert [step.stamp for step in found.steps] == [(0, 1), (0, 1)]
    assert str(found) in str(report)
    a, b = found.events
    assert found.run.causality.happened_before(a, b)
    assert found.run.events["body"].tolist() == ["(0, 1)", "(0, 1)"]
    axes = found.plot_spacetime()
    rings = next(each for each in axes.collections if each.get_gid() == "wrong")
    assert rings.get_offsets().tolist() == [[1, 0], [2, 1]]
    assert axes.get_title(loc="left").startswith("sound: step 1 (machine 1: send) happened before step 2")
    texts = {text.get_text() for text in axes.texts}
    assert "(0, 1)" in texts


@pytest.mark.parametrize("clock", WRONG)
def test_every_counterexample_can_be_drawn(clock):
    report = lamport.check_clock(clock, 200)
    for found in report.counterexamples.values():
        assert found.plot_spacetime() is not None
        assert found.message in str(found)
        assert len(found.events) == len(found.places)


def test_ctrl_c_ends_a_check():
    timer = threading.Timer(0.2, signal.raise_signal, [signal.SIGINT])
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        lamport.check_clock(Lamport, 10**9)
    timer.join()


def test_ctrl_c_is_no_exception_of_the_clock():
    class Interrupted(Lamport):
        def receive(self, stamp):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        lamport.check_clock(Interrupted)
