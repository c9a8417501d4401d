"""What is smaller than a run, and simpler than a fault."""

import pytest

import lamport
from lamport._drive.single_delays import INSTANT
from lamport._drive.smaller import fewer_machines, shorter, simpler

GIVEN = {
    "machines": None,
    "topology": "ring",
    "weights": None,
    "rates": [1.0, 2.0, 3.0],
    "internal_probability": [0.1, 0.2, 0.3],
    "broadcast_share": 0.5,
    "algorithm": {1: "a", 2: "b", 3: "c"},
    "inputs": [(0.1, 1, None), (2.0, 3, "x"), (9.0, 2, "y")],
}
FAULTS = (
    lamport.Crash(2, at=3.2, down_for=1),
    lamport.Pause(3, at=1, duration=1),
    lamport.Delay(1, 2, 0.1, at=1, duration=1),
    lamport.Delay(1, 3, 0.1, at=1, duration=1),
    lamport.Disconnect(3, 1, at=1),
    lamport.Partition([[1], [2, 3]], at=1, duration=1),
    lamport.Partition([[1, 2], [3]], at=1, duration=1),
    lamport.Partition([[3]], at=1, duration=1),
    lamport.Partition(pairs=[(1, 2), (1, 3)], at=1, duration=1),
    lamport.Partition(pairs=[(3, 1)], at=1, duration=1),
)


def test_fewer_machines_come_without_what_is_of_others():
    (one, none), (two, some) = fewer_machines(GIVEN, {"machines": 3}, FAULTS)
    assert (one["machines"], two["machines"]) == (1, 2)
    assert none == ()
    assert some == (
        FAULTS[0],
        FAULTS[2],
        lamport.Partition([[1], [2]], at=1, duration=1),
        lamport.Partition(pairs=[(1, 2)], at=1, duration=1),
    )
    assert two["rates"] == [1.0, 2.0]
    assert two["internal_probability"] == [0.1, 0.2]
    assert two["broadcast_share"] == 0.5
    assert two["algorithm"] == {1: "a", 2: "b"}
    assert two["inputs"] == [(0.1, 1, None), (9.0, 2, "y")]
    assert one["inputs"] == [(0.1, 1, None)]
    assert GIVEN["rates"] == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("given", [{"topology": {1: [2], 2: [1], 3: [1]}}, {"weights": {1: {2: 3}}}])
def test_machines_that_are_named_stay(given):
    assert list(fewer_machines({**GIVEN, **given}, {"machines": 3}, FAULTS)) == []


def test_shorter_runs_end_in_round_numbers_or_soon_after_the_last_fault():
    made = list(shorter(GIVEN, {"duration": 60.0}, FAULTS))
    lengths = [given["duration"] for given, _ in made]
    assert lengths == sorted({*lengths})
    assert {0.5, 10.0, 50.0, *range(6, 16)} <= {*lengths}
    assert max(lengths) < 60
    assert all(faults == FAULTS for _, faults in made)
    inputs = {given["duration"]: [time for time, _, _ in given["inputs"]] for given, _ in made}
    assert (inputs[0.05], inputs[2.0], inputs[5.0], inputs[10.0]) == ([], [0.1], [0.1, 2.0], [0.1, 2.0, 9.0])
    assert max(given["duration"] for given, _ in shorter(GIVEN, {"duration": 8.0}, FAULTS)) < 8


def test_the_delay_of_a_message_stays_at_its_time():
    delay = lamport.Delay(1, 2, 1.999261, at=1.234567, duration=INSTANT)
    others = list(simpler(delay))
    assert {(other.at, other.duration) for other in others} == {(1.234567, INSTANT)}
    assert {other.latency.seconds for other in others} >= {0.01, 1.0, 2.0}
    lasting = lamport.Delay(1, 2, 2.0, at=1.5, duration=3)
    others = list(simpler(lasting))
    assert {other.at for other in others} == {1.5, 1.0, 2.0}
    assert max(other.latency.seconds for other in others) == 2.0, "round already"
