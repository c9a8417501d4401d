"""Machines of several agents, which talk to each other."""

import json
import socket
from contextlib import suppress
from pathlib import Path

import pytest
from lone_launcher import agents, begin, spread, start_order, stay
from machines import assert_nothing_lost, lines


def gathered(made, tmp_path):
    logs = {}
    for agent in made:
        logs |= agent.logs()
    for machine, log in logs.items():
        (tmp_path / f"machine_{machine}.log").write_bytes(log)
    return [tmp_path / f"machine_{machine}.log" for machine in sorted(logs)]


def go(made):
    """Send agents away; they leave nothing."""
    for agent in made:
        agent.order("bye")
        agent.wait_for("bye")
        assert agent.ended() == (0, "")
        assert not Path(agent.hello["directory"]).exists()


@pytest.mark.parametrize("count", [1, 2, 3])
def test_machines_of_agents_talk_to_each_other(tmp_path, count):
    with agents(count) as made:
        homes, ports = spread(made, 4)
        begin(made, homes, ports)
        stay(made)
        logs = [lines(path) for path in gathered(made, tmp_path)]
        go(made)
    assert [log[-1]["ticks"] for log in logs] == [20] * 4
    assert assert_nothing_lost(logs) > 10
    for agent in made:
        says = [said["say"] for said in agent.heard]
        assert says[:2] == ["hello", "reserved"]
        assert says.index("started") <= says.index("ready") < says.index("over") < says.index("gathered")
        ended = [said["machine"] for said in agent.heard if said["say"] == "ended"]
        assert ended
        assert {homes[machine] for machine in ended} == {agent}
        *_, last = (said["machines"] for said in agent.heard if said["say"] == "status")
        assert {machine: clock for machine, clock, *_ in last} == {
            machine: logs[machine - 1][-1]["final_clock"] for machine in ended
        }


def test_nobody_ticks_before_it_is_told_and_then_all_do(tmp_path):
    with agents(2) as made:
        homes, ports = spread(made, 4)
        for agent in made:
            own = [machine for machine, home in homes.items() if home is agent]
            agent.order("start", **start_order(own, ports))
        for agent in made:
            agent.wait_for("ready")
        directories = [Path(agent.hello["directory"]) for agent in made]
        before = [
            json.loads(line)
            for each in directories
            for log in each.glob("*.log")
            for line in log.read_text().splitlines()
        ]
        assert {line["event"] for line in before} == {"STARTUP", "CONNECT"}
        for agent in made:
            agent.order("go")
        stay(made)
        logs = [lines(path) for path in gathered(made, tmp_path)]
        go(made)
    began = [line["began"] for log in logs for line in log if "began" in line]
    assert len(began) == 4
    assert max(began) - min(began) < 5


def test_who_is_slow_to_connect_is_warned_of_only_once_machines_tick():
    def warned():
        return [said["text"] for said in made[0].heard if said["say"] == "warning"]

    def wait_for_its_end(silent):
        silent.settimeout(0.2)
        while True:
            made[0].order("alive")
            made[0].read()
            with suppress(TimeoutError):
                return silent.recv(1)

    with agents() as made:
        homes, ports = spread(made, 2)
        made[0].order("start", **start_order(homes, ports, duration=60))
        made[0].wait_for("ready")
        with socket.create_connection(("127.0.0.1", ports[1])) as silent:
            assert wait_for_its_end(silent) == b""
        made[0].order("go")
        made[0].wait_for("status")
        assert not warned()
        with socket.create_connection(("127.0.0.1", ports[2])) as silent:
            assert wait_for_its_end(silent) == b""
        assert "machine 2: closed a connection from 127.0.0.1" in made[0].wait_for("warning")["text"]
        made[0].order("stop")
        stay(made)
