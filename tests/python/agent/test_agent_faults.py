"""Crashes, pauses and cut links of an agent's machines."""

import json
from itertools import pairwise
from pathlib import Path

import pytest
from lone_launcher import agents, begin, spread, start_order, stay
from machines import assert_nothing_lost, lines

CRASH = {"fault": "crash", "machine_id": 1, "at": 0.5, "down_for": 0.7}
PAUSE = {"fault": "pause", "machine_id": 2, "at": 0.6, "duration": 0.5}
PARTITION = {"fault": "partition", "groups": [[1, 4], [2, 3]], "at": 1.3, "duration": 0.3}


def test_each_agent_carries_out_what_strikes_its_machines(tmp_path):
    faults = json.dumps([CRASH, PAUSE, PARTITION])
    with agents(2) as made:
        homes, ports = spread(made, 4, keep=True)
        begin(made, homes, ports, duration=2.5, faults=faults, files={"faults.json": faults})
        stay(made)
        logs = [lines_of(log, tmp_path) for _, log in sorted((made[0].logs() | made[1].logs()).items())]
        for agent in made:
            agent.order("bye")
            agent.wait_for("bye")
            assert agent.ended() == (0, "")
    assert [sum(line["event"] == "STARTUP" for line in log) for log in logs] == [2, 1, 1, 1]
    ended = [said["machine"] for agent in made for said in agent.heard if said["say"] == "ended"]
    assert sorted(ended) == [1, 2, 3, 4]
    times = [line["system_time"] for line in logs[1] if "new_clock" in line]
    # A late tick still happens: it stood still, and then went on.
    assert max(after - before for before, after in pairwise(times)) > 0.4
    assert logs[1][-1]["ticks"] == 50
    began = min(line["began"] for log in logs for line in log if "began" in line)
    across = [
        line["arrival_time"] - began
        for machine, log in enumerate(logs, 1)
        for line in log
        if line["event"] == "RECEIVE" and (machine in {1, 4}) != (line["sender"] in {1, 4})
    ]
    assert not [time for time in across if 1.35 < time < 1.59]
    assert [time for time in across if time < 1.3]
    assert [time for time in across if time > 1.6]
    assert assert_nothing_lost(logs) > 10


def lines_of(log, tmp_path):
    path = tmp_path / "machine.log"
    path.write_bytes(log)
    return lines(path)


def test_a_machine_that_does_not_come_back_is_no_failure():
    faults = json.dumps([{"fault": "crash", "machine_id": 1, "at": 0.3}])
    with agents() as made:
        homes, ports = spread(made, 2)
        begin(made, homes, ports, faults=faults, files={"faults.json": faults})
        stay(made)
        logs = made[0].logs()
    assert [said["machine"] for said in made[0].heard if said["say"] == "ended"] == [2]
    assert {1: b'"END"' in logs[1], 2: b'"END"' in logs[2]} == {1: False, 2: True}


@pytest.mark.parametrize("faults", ["[{}]", "no JSON", json.dumps([{**CRASH, "machine_id": 9}])])
def test_faults_that_are_none_are_said_before_anything_starts(faults):
    with agents() as made:
        homes, ports = spread(made, 2)
        made[0].order("start", **start_order(homes, ports, faults=faults))
        assert made[0].wait_for("failed")["kind"] == "ValueError"


def test_a_machine_that_fails_is_named_and_the_others_go_on():
    with agents() as made:
        homes, ports = spread(made, 3)

        order = start_order(homes, ports)
        order["commands"]["2"].append("--rate=-1")
        order["wait"] = 0.5
        made[0].order("start", **order)
        said = made[0].wait_for("failed")
        assert (said["machine"], said["kind"], said["error"]) == (2, "ValueError", None)
        assert "--rate" in said["text"]
        made[0].wait_for("ready")
        made[0].order("go")
        made[0].order("stop")
        stay(made)
        assert set(made[0].logs()) == {1, 3}
        made[0].order("bye")
        made[0].wait_for("bye")
        assert made[0].ended() == (0, "")


def test_all_are_killed_when_that_is_ordered():
    with agents() as made:
        homes, ports = spread(made, 2)
        begin(made, homes, ports, duration=60)
        made[0].wait_for("status")
        made[0].order("kill")
        stay(made)
        made[0].order("bye")
        made[0].wait_for("bye")
        assert not [said for said in made[0].heard if said["say"] in {"failed", "ended"}]


def test_a_machine_that_cannot_come_back_stays_down_and_the_others_go_on():
    faults = json.dumps([{**CRASH, "at": 2.0, "down_for": 0.3}])
    with agents() as made:
        homes, ports = spread(made, 2, keep=True)
        begin(made, homes, ports, duration=3.5, faults=faults, files={"faults.json": faults})
        Path(made[0].hello["directory"], "machine_1.log").unlink()
        said = made[0].wait_for("failed")
        assert said["machine"] == 1
        assert "machine_1.log" in said["text"]
        stay(made)
        assert set(made[0].logs()) == {2}
