"""Faults drawn at random."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

import lamport
from lamport import _lamport
from lamport._model.fault import faults_json, faults_text

KINDS = ["crash", "pause", "partition", "delay", "disconnect"]


@given(
    st.integers(0, 2**53 - 1),
    st.floats(0, 20),
    st.integers(1, 8),
    st.floats(0, 100),
    st.lists(st.sampled_from(KINDS), min_size=1, unique=True),
)
def test_random_faults(seed, rate, count, duration, kinds):
    if count == 1 and not {"crash", "pause"} & set(kinds):
        return
    options = {"machines": count, "duration": duration, "kinds": kinds, "settle": 2}
    schedule = lamport.random_faults(seed, rate, **options)
    assert schedule == lamport.random_faults(seed, rate, **options)
    assert [fault.at for fault in schedule] == sorted(fault.at for fault in schedule)
    assert {type(fault).__name__.lower() for fault in schedule} <= set(kinds)
    busy = {}
    for fault in schedule:
        lasts = getattr(fault, "down_for", None) or getattr(fault, "duration", 0)
        assert 0 <= fault.at <= fault.at + lasts <= duration - 2 + 1e-6
        if isinstance(fault, lamport.Crash | lamport.Pause):
            assert 1 <= fault.machine_id <= count
            assert busy.get(fault.machine_id, 0) <= fault.at
            busy[fault.machine_id] = round(fault.at + lasts, 6)
        elif isinstance(fault, lamport.Partition):
            assert sorted(sum(fault.groups, ())) == list(range(1, count + 1))
            assert all(fault.groups)
        else:
            assert fault.sender != fault.recipient
    # The schedule is possible: the core takes it.
    _lamport.FaultConductor(faults_text(schedule), count, duration)


def test_random_faults_come_at_their_rate():
    counts = [len(lamport.random_faults(seed, 2, machines=50, duration=101)) for seed in range(200)]
    # 2 a second over 100 s, less a few that would end too late; the standard error of the mean is 1.
    assert 190 < sum(counts) / len(counts) < 202
    kinds = [type(fault).__name__ for fault in lamport.random_faults(1, 50, machines=50, duration=101)]
    assert all(kinds.count(name.capitalize()) > 700 for name in KINDS)


def test_random_faults_are_the_same_for_ever():
    first = lamport.random_faults(1978, 0.5, machines=3, duration=10)
    assert json.dumps(faults_json(first)) == FOR_EVER


FOR_EVER = (
    '[{"fault": "pause", "machine_id": 3, "at": 0.131921, "duration": 1.977949}, '
    '{"fault": "delay", "sender": 1, "recipient": 3, "latency": {"kind": "exponential", "mean": 0.1}, '
    '"at": 0.654806, "duration": 1.061387}, '
    '{"fault": "crash", "machine_id": 1, "at": 1.778916, "down_for": 0.799035}]'
)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"rate": -1}, "rate=-1"),
        ({"machines": 0}, "machines=0"),
        ({"machines": [1, 1]}, "each number once"),
        ({"kinds": ["flood"]}, "flood"),
        ({"machines": 1, "kinds": ["delay"]}, "nothing"),
        ({"length": (2, 1)}, "length"),
        ({"length": 1}, "length"),
        ({"seed": 1.5}, "seed"),
        ({"duration": float("nan")}, "duration"),
    ],
)
def test_random_faults_refuse(options, words):
    given = {"seed": 1, "rate": 1, "machines": 3, "duration": 10} | options
    with pytest.raises(ValueError, match=words):
        lamport.random_faults(given.pop("seed"), given.pop("rate"), **given)
