"""States and bodies of runs with an algorithm, as their logs tell them."""

import json

import pandas as pd
import pytest

import lamport


@pytest.fixture
def logs(tmp_path):
    """The logs of two machines with an algorithm, by hand."""

    def write(machine, lines):
        path = tmp_path / f"machine_{machine}.log"
        texts = (json.dumps({**line, "machine_id": machine}) for line in lines)
        path.write_text("".join(f"{text}\n" for text in texts))
        return path

    def internal(time, clock, **more):
        return {"event": "INTERNAL", "system_time": time, "old_clock": clock - 1, "new_clock": clock, **more}

    def send(time, clock, to, **more):
        address = {"recipients": [["virtual", to]], "recipient_ids": [to], "caused": True}
        return {**internal(time, clock, **address, **more), "event": "SEND"}

    def startup(machine):
        algorithm = {"algorithm": "mine:Mutex", "arguments": {"hold": 0.1}, "python": "3.12"}
        common = {"clock_rate": 100, "local_clock": 0, "time": "virtual", "run_id": "r", "seed": 1}
        history = {"history": f"{machine:016x}", "peers": [["virtual", 3 - machine]]}
        return {"event": "STARTUP", "system_time": 0.0, **common, **history, **algorithm}

    received = {"queue_len": 0, "sender": 1, "sent_clock": 2, "arrival_time": 1.25}
    return [
        write(
            1,
            [
                startup(1),
                internal(1.0, 1, start=True, state={"held": False, "time": 7}),
                send(1.0, 2, 2, body=["ask", 1]),
                internal(2.0, 3, timer="t", due=1.5, state={"held": None, "queue": [1, {"a": 2}]}),
            ],
        ),
        write(
            2,
            [
                startup(2),
                internal(1.0, 1, start=True),
                {
                    **internal(1.5, 3, body=["ask", 1], state={"wait": 0.5, "large": 2**70}, **received),
                    "event": "RECEIVE",
                    "old_clock": 1,
                },
                send(1.5, 4, 1),
                internal(3.0, 5, timer="t", due=2.5, state={"wait": 1}),
            ],
        ),
    ]


def test_states_are_carried_forward_on_each_machine(logs):
    states = lamport.load(logs).states
    assert list(states.columns[:4]) == ["machine_id", "time", "new_clock", "held"]
    assert states["machine_id"].tolist() == [1, 2, 1, 2]
    assert states["time"].tolist() == [1.0, 1.5, 2.0, 3.0]
    assert states["new_clock"].tolist() == [1, 3, 3, 5]
    # What is declared as None is so, and not what it was before.
    assert states["held"].dtype == "boolean"
    assert states["held"].isna().tolist() == [False, True, True, True]
    assert states["time_"].dtype == "Int64"
    assert states["time_"].fillna(-1).tolist() == [7, -1, 7, -1]
    assert states["queue"].tolist() == [None, None, [1, {"a": 2}], None]
    assert states["wait"].dtype == "float64"
    assert states["wait"].fillna(-1).tolist() == [-1, 0.5, -1, 1]
    assert states["large"].tolist() == [None, 2**70, None, 2**70]


def test_states_are_the_users_own(logs):
    run = lamport.load(logs)
    run.states["wait"] = 0.0
    states = lamport.load(logs).states
    states["wait"] = 9.0
    assert lamport.load(logs).states["wait"].max() == 1


def test_a_run_without_an_algorithm_has_neither(tmp_path):
    run = lamport.simulate(2, 5, seed=1, progress=False)
    assert run.states.empty
    assert list(run.states.columns) == ["machine_id", "time", "new_clock"]
    assert "body" not in run.events.columns
    assert not run.events["caused"].any()


def test_bodies_are_json_beside_the_recipients(logs):
    events = lamport.load(logs).events
    sends = events[events["event"] == "SEND"]
    assert sends["caused"].all()
    assert not events.loc[events["event"] != "SEND", "caused"].any()
    assert sends["body"].tolist() == ['["ask", 1]', None]
    received = events[events["event"] == "RECEIVE"]
    assert received["body"].tolist() == ['["ask", 1]']
    assert events["body"].isna().sum() == len(events) - 2


def test_verification_takes_them_for_what_they_are(logs):
    assert lamport.verify(logs).ok
    text = logs[1].read_text().replace('"caused": true', '"caused": false')
    logs[1].write_text(text)
    found = lamport.verify(logs)
    assert not found.ok
    assert "sends in steps" in str(found)


def test_ticks_count_no_caused_sends(logs):
    machines = lamport.load(logs).machines
    assert machines["ticks"].tolist() == [2, 3]
    assert machines["sends"].tolist() == [1, 1]


def test_a_run_saved_again_has_them(logs, tmp_path):
    run = lamport.load(logs)
    merged = tmp_path / "merged.log"
    run.export(merged, format="jsonl")
    again = lamport.load([merged])
    pd.testing.assert_frame_equal(again.states, run.states)
    assert again.events["body"].tolist() == run.events["body"].tolist()
