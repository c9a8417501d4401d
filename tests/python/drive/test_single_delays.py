"""Shrinking leaves the delay of one message where latencies, or faults that hold many back, broke a run."""

import pytest
from test_search import WATCH, Fails, is_close, trusts, trusts_all

import lamport
from lamport._drive.single_delays import INSTANT, constant_latency, delays_of, holds_many, one_of

BEHAVIOURS = [
    {"algorithm": lamport.algorithms.LamportMutex, "rates": 100},
    {"rates": [3, 7, 9]},
    {"topology": "ring", "rates": [5] * 3},
]


def no_pause(events):
    """What of events does not depend on messages that nobody received."""
    return events.drop(columns="recipients")


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
@pytest.mark.parametrize("latency", [lamport.Exponential(0.05), {(1, 2): 0.3, None: lamport.Uniform(0, 0.1)}])
def test_a_run_is_that_of_the_delays_of_its_messages(behaviour, latency):
    run = lamport.simulate(3, 10, seed=1, latency=latency, **behaviour)
    delays = delays_of(run)
    assert len(delays) > 20
    assert all(delay.duration == INSTANT for delay in delays)
    again = lamport.simulate(3, 10, seed=1, latency=0, faults=delays, **behaviour)
    assert no_pause(again.events).equals(no_pause(run.events))
    assert not run.events.equals(lamport.simulate(3, 10, seed=1, latency=0, **behaviour).events)


HOLD = [
    lamport.Partition([[1], [2, 3]], at=2, duration=3),
    lamport.Partition([[1]], at=2, duration=3),
    lamport.Partition(pairs=[(1, 2), (3, 1)], at=2, duration=3),
    lamport.Delay(1, 2, lamport.Exponential(1), at=2, duration=3),
]


@pytest.mark.parametrize("fault", HOLD)
def test_a_fault_is_the_delays_of_the_messages_that_it_holds_back(fault):
    options = {"machines": 3, "duration": 10, "seed": 1, "latency": 0, **BEHAVIOURS[0]}
    run = lamport.simulate(**options, faults=[fault])
    delays = delays_of(run, fault)
    assert all(fault.at <= delay.at < fault.at + fault.duration for delay in delays)
    held = {(delay.sender, delay.recipient) for delay in delays if delay.latency.seconds > 0}
    pairs = (
        {(1, 2), (1, 3), (2, 1), (3, 1)}
        if fault in HOLD[:2]
        else {(1, 2), (3, 1)}
        if fault in HOLD
        else set()
    )
    assert held <= ({(1, 2)} if isinstance(fault, lamport.Delay) else pairs)
    assert held
    assert run.events.equals(lamport.simulate(**options, faults=delays).events)
    assert len(delays) < len(delays_of(run))


def test_faults_that_do_nothing_else():
    assert all(holds_many(fault) for fault in HOLD)
    others = [lamport.Crash(1, at=1), lamport.Pause(1, at=1, duration=1), lamport.Disconnect(1, 2, at=1)]
    assert not any(holds_many(fault) for fault in (*others, lamport.Delay(1, 2, 1, at=1, duration=INSTANT)))


def test_what_is_under_way_at_the_end_stays_so():
    run = lamport.simulate(2, 5, seed=1, latency=50)
    assert {delay.latency.seconds for delay in delays_of(run)} == {
        round(6 - sent, 6) for sent in run.messages["sent"]
    }


def test_too_many_messages_are_not_told_one_by_one():
    assert delays_of(lamport.simulate(3, 60, rates=[20] * 3, seed=1)) == []


def test_one_is_looked_for_by_halves():
    delays = [lamport.Delay(1, 2, 1, at, INSTANT) for at in range(33)]
    asked = []

    def is_broken(some):
        asked.append(some)
        return delays[20] in some

    assert one_of(delays, is_broken) is delays[20]
    assert len(asked) < 13
    assert one_of(delays, lambda some: len(some) > 2) is None
    assert one_of(delays, lambda _: False) is None
    assert one_of([], lambda _: True) is None


def test_one_latency_is_no_longer_than_usual():
    run = lamport.simulate(2, 20, seed=1, latency=lamport.Exponential(0.1))
    median = (run.messages["arrived"] - run.messages["sent"]).median()
    tried = [given["latency"].seconds for given, _ in constant_latency(run, {}, {}, ())]
    assert tried[:2] == [0.0005, 0.0]
    assert 0.02 < max(tried) <= median < 0.11
    assert len(list(constant_latency(None, {}, {}, ()))) > len(tried)


def test_of_latencies_that_are_drawn_one_late_message_is_left():
    found = lamport.search(invariant=trusts, **WATCH, faults=(), latency=lamport.Exponential(0.3))
    smallest = found.shrink()
    (delay,) = smallest.faults
    assert (delay.duration, delay.latency) == (INSTANT, lamport.Constant(2))
    assert smallest.parameters["latency"] == lamport.Constant(0)
    run = lamport.simulate(**smallest.parameters)
    sent = run.messages.loc[(run.messages["sent"] - delay.at).abs() < 1e-7, ["sender", "recipient"]]
    assert [delay.sender, delay.recipient] in sent.to_numpy().tolist(), "it is of a message"
    assert not trusts_all(run)
    assert trusts_all(lamport.simulate(**smallest.parameters | {"faults": []}))
    assert "1 fault:" in str(smallest)
    assert smallest.shrink() == smallest


def test_latencies_that_do_not_matter_become_the_usual_one():
    found = lamport.search(
        algorithm=Fails, rates=100, duration=10, latency=lamport.Exponential(0.1), faults=()
    )
    assert "latency" not in found.shrink().parameters
    found = lamport.search(lambda run: run.drift > 9, duration=5, latency=lamport.Exponential(0.1), faults=())
    assert "latency" not in found.shrink().parameters


@pytest.mark.parametrize(
    "fault",
    [
        lamport.Partition([[1], [2, 3]], at=3, duration=4),
        lamport.Delay(1, 3, lamport.Exponential(3), at=3, duration=4),
    ],
)
def test_of_what_holds_many_messages_back_one_is_left(fault):
    found = lamport.search(trusts_all, **WATCH, faults=[fault])
    (delay,) = found.shrink().faults
    assert (delay.duration, delay.latency) == (INSTANT, lamport.Constant(2))
    assert fault.at <= delay.at < fault.at + fault.duration


def test_what_takes_many_messages_stays_as_it_is():
    """Two machines must be cut off from each other for this."""

    def are_apart(run):
        suspects = run.states.filter(like="suspects").notna().any(axis=1)
        return run.states.loc[suspects, "machine_id"].nunique() < 3

    found = lamport.search(are_apart, **WATCH, faults=[lamport.Partition([[1], [2], [3]], at=3, duration=4)])
    (fault,) = found.shrink().faults
    assert isinstance(fault, lamport.Partition)


def test_simpler_faults_do_not_break_it_later_by_chance():
    """The clocks of a run of the built-in behaviour part again and again."""

    def stays_close(run):
        apart = run.clocks()
        late = (apart.max(axis=1) - apart.min(axis=1)) > 25
        if not late.any():
            return True
        before = run.events[run.events["time"] <= late.idxmax()].iloc[-1]
        return "apart", (int(before["machine_id"]), int(before["new_clock"]))

    faults = [lamport.Pause(1, at=2.25, duration=3.75), lamport.Pause(2, at=13.5, duration=3.25)]
    found = lamport.search(stays_close, rates=[9, 9, 9], duration=30, faults=faults)
    smallest = found.shrink()
    assert len(smallest.faults) == 1
    assert smallest.event[1] <= 1.5 * found.event[1]


def test_is_close_under_latency():
    assert is_close(lamport.simulate(duration=10, rates=[9, 9, 9], seed=1)) is True
