"""Faults as data."""

import inspect
import json
import pickle
from dataclasses import FrozenInstanceError, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import lamport
from lamport import _lamport
from lamport._model.fault import as_faults, faults_json, faults_text, read_faults

EXAMPLES = (
    lamport.Crash(1, at=10, down_for=5),
    lamport.Crash(2, at=1.5),
    lamport.Pause(3, at=0, duration=2),
    lamport.Partition([[1], [2, 3]], at=20, duration=10),
    lamport.Partition(pairs=[(1, 2), (3, 1)], at=20, duration=10),
    lamport.Delay(1, 2, 0.25, at=3, duration=1),
    lamport.Delay(1, 2, lamport.Empirical([0.1, 0.2]), at=3, duration=1),
    lamport.Disconnect(1, 2, at=7),
)

numbers = st.floats(0, 1e6)
machines = st.integers(1, 2**53 - 1)
latencies = st.one_of(
    numbers,
    st.builds(lamport.Exponential, numbers),
    st.builds(lamport.LogNormal, numbers, numbers),
    st.builds(lamport.Empirical, st.lists(numbers, min_size=1, max_size=4)),
)
faults = st.lists(
    st.one_of(
        st.builds(lamport.Crash, machines, numbers, st.none() | numbers),
        st.builds(lamport.Pause, machines, numbers, numbers),
        st.builds(lamport.Partition, st.lists(st.lists(machines)), numbers, numbers),
        st.builds(
            lamport.Partition, at=numbers, duration=numbers, pairs=st.lists(st.tuples(machines, machines))
        ),
        st.builds(lamport.Delay, machines, machines, latencies, numbers, numbers),
        st.builds(lamport.Disconnect, machines, machines, numbers),
    )
)


@given(faults)
def test_json_gives_them_back(schedule):
    text = json.dumps(faults_json(schedule))
    assert as_faults(json.loads(text)) == tuple(schedule)
    assert as_faults(json.loads(faults_text(schedule))) == tuple(schedule)


@given(faults)
def test_pickle_gives_them_back(schedule):
    assert pickle.loads(pickle.dumps(schedule)) == schedule


def test_they_are_frozen_values():
    assert len({*EXAMPLES, *EXAMPLES}) == len(EXAMPLES)
    assert replace(EXAMPLES[0], at=3) == lamport.Crash(1, 3.0, 5.0)
    with pytest.raises(FrozenInstanceError):
        EXAMPLES[0].at = 1


OLD = """[
  {"fault": "crash", "machine": 1, "at": 10, "down_for": 5},
  {"fault": "crash", "machine": 2, "at": 1.5, "down_for": null},
  {"fault": "pause", "machine": 3, "at": 0, "duration": 2},
  {"fault": "partition", "groups": [[1], [2, 3]], "at": 20, "duration": 10},
  {"fault": "partition", "pairs": [[1, 2], [3, 1]], "at": 20, "duration": 10},
  {"fault": "delay", "src": 1, "dst": 2, "latency": 0.25, "at": 3, "duration": 1},
  {"fault": "delay", "src": 1, "dst": 2, "latency": {"kind": "empirical", "delays": [0.1, 0.2]},
   "at": 3, "duration": 1},
  {"fault": "disconnect", "src": 1, "dst": 2, "at": 7}
]"""


def test_files_with_the_names_that_fields_had_are_read(tmp_path):
    path = tmp_path / "faults.json"
    path.write_text(OLD)
    assert read_faults(path) == EXAMPLES
    conductors = [_lamport.FaultConductor(text, 3, 60) for text in (OLD, faults_text(EXAMPLES))]
    for each in conductors:
        # Nothing happens to a machine before it ticks.
        assert each.next is None
        each.begin(0, 100.0)
        assert each.next == 110
        each.begin(2, 105.0)
        assert each.next == 105
    new = json.dumps(faults_json(EXAMPLES))
    assert not any(f'"{name}"' in new for name in ("machine", "src", "dst"))


def test_keywords_and_attributes_of_the_old_names():
    crash = lamport.Crash(machine=1, at=10, down_for=5)
    assert crash == EXAMPLES[0]
    assert crash.machine == crash.machine_id == 1
    delay = lamport.Delay(src=1, dst=2, latency=0.25, at=3, duration=1)
    assert delay == EXAMPLES[5]
    assert (delay.src, delay.dst) == (delay.sender, delay.recipient) == (1, 2)
    assert lamport.Disconnect(src=1, dst=2, at=7) == EXAMPLES[7]
    assert repr(crash) == "Crash(machine_id=1, at=10.0, down_for=5.0)"
    assert str(inspect.signature(lamport.Crash)) == (
        "(machine_id: int, at: float, down_for: float | None = None) -> None"
    )


def test_a_file_of_them(tmp_path):
    path = tmp_path / "faults.json"
    path.write_text(json.dumps(faults_json(EXAMPLES)))
    assert read_faults(path) == EXAMPLES
    for text in (b"[{]", b'[{"fault": "\xff"}]'):
        path.write_bytes(text)
        with pytest.raises(ValueError, match=r"faults\.json is not JSON"):
            read_faults(path)


DELAY = {"fault": "delay", "sender": 1, "recipient": 2, "at": 1, "duration": 1}


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: lamport.Crash(1.5, at=1), "1.5"),
        (lambda: lamport.Crash(True, at=1), "machine_id True"),
        (lambda: lamport.Crash(-1, at=1), "machines are numbered from 1"),
        (lambda: lamport.Crash(0, at=1), "machine_id 0 is not a machine: machines are numbered from 1"),
        (lambda: lamport.Delay(1, 0, 0.1, at=1, duration=1), "recipient 0 is not a machine"),
        (lambda: lamport.Partition([[0], [1]], at=1, duration=1), "groups 0 is not a machine"),
        (lambda: as_faults([{**DELAY, "latency": [["x"], 2]}]), r"latency \[\['x'\], 2\] is not known"),
        (lambda: as_faults([{**DELAY, "latency": {"kind": [1]}}]), "is not known"),
        (lambda: lamport.Crash(1, at="soon"), "Crash: at 'soon'"),
        (lambda: lamport.Crash(1, at=float("nan")), "nan"),
        (lambda: lamport.Crash(1, at=1, down_for=float("inf")), "down_for inf"),
        (lambda: lamport.Pause(1, at=1, duration=None), "duration None"),
        (lambda: lamport.Partition([[1], [2]], at=1), "duration None"),
        (lambda: lamport.Partition(at=1, duration=1), "either groups"),
        (lambda: lamport.Partition([[1]], at=1, duration=1, pairs=[(1, 2)]), "either groups"),
        (lambda: lamport.Partition([1, 2], at=1, duration=1), "1 is not a list"),
        (lambda: lamport.Partition(pairs=[(1, 2, 3)], at=1, duration=1), "is not a pair"),
        (lambda: lamport.Delay(1, 2, "slow", at=1, duration=1), "slow"),
        (lambda: lamport.Delay(1, 2, -1, at=1, duration=1), "-1"),
        (lambda: lamport.Disconnect(1, "x", at=1), "recipient 'x'"),
        (lambda: as_faults(lamport.Crash(1, at=1)), "give a list"),
        (lambda: as_faults("faults.json"), "give a list"),
        (lambda: as_faults([3]), "fault 3 is not known"),
        (lambda: as_faults([{"fault": "flood"}]), "flood.*crash, pause"),
        (lambda: as_faults([{"machine_id": 1}]), '"fault" is one of'),
        (lambda: as_faults([{"fault": "crash", "machine_id": 1}]), "no 'at'"),
        (lambda: as_faults([{"fault": "crash", "machine_id": 1, "at": 1, "for": 2}]), "has 'for'.*down_for"),
        (lambda: as_faults([{**DELAY, "latency": ["uniform", [1]]}]), r"latency \['uniform'.*is not known"),
        (lambda: as_faults([{**DELAY, "src": 1, "latency": 1}]), "a field twice"),
        (lambda: lamport.Crash(machine_id=1, machine=2, at=1), "a field twice"),
    ],
)  # fmt: skip
def test_what_is_no_fault_is_named(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_numbers_of_machines_are_bounded():
    assert lamport.Crash(2**53 - 1, at=1).machine_id == 2**53 - 1
    with pytest.raises(ValueError, match=r"machine_id 9007199254740992 is not a machine: .* below 2\^53"):
        lamport.Crash(2**53, at=1)
