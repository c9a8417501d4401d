"""Machines started by hand, as a team does in its shells."""

import signal
import socket
import time

import pytest
from machines import assert_nothing_lost, channels, ended, free_ports, lines, processes, wait_for


def arguments(machine, ports, directory, *more):
    """Give the options of machine 1, 2, ... that listens on its port and sends to all others."""
    peers = ",".join(f"127.0.0.1:{port}" for port in ports if port != ports[machine - 1])
    log = directory / f"machine_{machine}.log"
    return ["--id", machine, "--port", ports[machine - 1], "--peers", peers, "--log", log, *more]


@pytest.mark.parametrize("order", [(1, 2, 3, 4), (4, 2, 1, 3)])
def test_four_in_any_order_lose_nothing(tmp_path, order):
    ports = free_ports(4)
    options = ["--duration", 3, "--internal-probability", 0.3, "--wait", 30]
    with processes() as start:
        machines = []
        for machine in order:
            machines.append(start(*arguments(machine, ports, tmp_path, "--rate", 5 * machine, *options)))
            time.sleep(0.3)
        assert [ended(machine) for machine in machines] == [(0, "")] * 4
    logs = [lines(tmp_path / f"machine_{machine}.log") for machine in (1, 2, 3, 4)]
    assert [log[-1]["ticks"] for log in logs] == [15, 30, 45, 60]
    assert assert_nothing_lost(logs) > 10
    for log in logs:
        assert len({line["peer_id"] for line in log if line["event"] == "CONNECT"}) == 3


def test_a_late_peer_gets_every_message(tmp_path):
    ports = free_ports(3)
    options = ["--rate", 20, "--internal-probability", 0.3, "--wait", 0.5]
    with processes() as start:
        early = [start(*arguments(machine, ports, tmp_path, "--duration", 6, *options)) for machine in (1, 2)]
        time.sleep(3)
        late = start(*arguments(3, ports, tmp_path, "--duration", 1, *options))
        assert ended(late) == (0, "")
        for machine in early:
            status, errors = ended(machine)
            assert status == 0
            assert f"127.0.0.1:{ports[2]}" in errors
            assert errors.count("\n") == 1
    logs = [lines(tmp_path / f"machine_{machine}.log") for machine in (1, 2, 3)]
    sent, arrived = channels(logs)
    undelivered = {(log[0]["machine_id"], peer): n for log in logs for peer, n in log[-1]["undelivered"]}
    for channel, timestamps in sent.items():
        # The late one ended first: what came for it after its end is counted, all before arrived.
        missing = undelivered.get(channel, 0)
        assert arrived[channel] == timestamps[: len(timestamps) - missing]
        assert (missing == 0) == (channel not in {(1, 3), (2, 3)})
    began = logs[2][0]["system_time"]
    before = [
        line["new_clock"] for line in logs[0] if line["event"] == "SEND" and line["system_time"] < began
    ]
    assert set(before) & set(sent[1, 3]) <= set(arrived[1, 3])
    assert arrived[1, 3][0] < logs[0][-1]["final_clock"] / 4


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_with_a_complete_log(tmp_path, number, status):
    ports = free_ports(2)
    with processes() as start:
        options = ["--duration", 600, "--rate", 50, "--internal-probability", 0.3]
        machines = [start(*arguments(machine, ports, tmp_path, *options)) for machine in (1, 2)]
        for machine in (1, 2):
            wait_for(tmp_path / f"machine_{machine}.log", "SEND")
        for machine in machines:
            machine.send_signal(number)
        assert [ended(machine) for machine in machines] == [(status, "")] * 2
    assert assert_nothing_lost([lines(tmp_path / f"machine_{machine}.log") for machine in (1, 2)]) > 0


def test_a_signal_while_waiting_for_peers(tmp_path):
    ports = free_ports(2)
    with processes() as start:
        machine = start(*arguments(1, ports, tmp_path, "--wait", 600))
        wait_for(tmp_path / "machine_1.log", "STARTUP")
        time.sleep(0.2)
        machine.send_signal(signal.SIGINT)
        assert ended(machine) == (130, "")
    assert lines(tmp_path / "machine_1.log")[-1]["ticks"] == 0


def test_a_port_in_use_is_named(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as held, processes() as start:
        port = held.getsockname()[1]
        status, errors = ended(
            start("--id", 1, "--port", port, "--host", "127.0.0.1", "--log", tmp_path / "a")
        )
    assert status in {1, 2}
    assert f"port {port}" in errors
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--peers", "127.0.0.1:{port}"], ["127.0.0.1:{port}", "its own address"]),
        (["--peers", "127.0.0.1:1,nonsense"], ["'nonsense'", "host:port"]),
        (["--peers", "127.0.0.1:99999"], ["127.0.0.1:99999", "65535"]),
        (["--peers", "127.0.0.1:"], ["127.0.0.1:", "host:port"]),
        (["--peers", "127.0.0.1:1,127.0.0.1:1"], ["127.0.0.1:1", "twice"]),
        (["--duration", "0"], ["duration"]),
        (["--duration", "nan"], ["duration"]),
        (["--rate", "-1"], ["-1", "rate"]),
        (["--rate", "inf"], ["rate"]),
        (["--internal-probability", "1.5"], ["1.5"]),
        (["--run-id", "two words"], ["two words"]),
        (["--allow", "10.0.0.0/64"], ["10.0.0.0/64"]),
        (["--wait", "-1"], ["wait"]),
        (["--id", str(2**53)], [str(2**53)]),
        (["--id", "-1"], ["-1"]),
    ],
)
def test_a_bad_option_is_shown(tmp_path, options, words):
    (port,) = free_ports(1)
    fill = [text.format(port=port) for text in options]
    with processes() as start:
        status, errors = ended(
            start("--id", 1, "--host", "127.0.0.1", "--port", port, "--log", tmp_path / "log", *fill)
        )
    assert status == 2, errors
    assert "Traceback" not in errors
    for word in words:
        assert word.format(port=port).strip("'") in errors
    assert not (tmp_path / "log").exists()


def test_an_unknown_host_is_named(tmp_path):
    with processes() as start:
        status, errors = ended(
            start("--id", 1, "--peers", "no-such-host.invalid:9", "--log", tmp_path / "log")
        )
    assert status in {1, 2}
    assert "no-such-host.invalid" in errors
    assert not (tmp_path / "log").exists()


def test_two_machines_with_one_id_both_say_so(tmp_path):
    ports = free_ports(2)
    options = ["--id", 7, "--duration", 1, "--wait", 1]
    with processes() as start:
        machines = [start(*arguments(machine, ports, tmp_path, *options)) for machine in (1, 2)]
        for machine in machines:
            status, errors = ended(machine)
            # No connection between them ever worked.
            assert status == 1
            assert "duplicate id" in errors
            # The name of the machine stands there once.
            assert "machine 7: machine 7:" not in errors


def test_a_third_with_the_id_of_another_is_refused_by_both(tmp_path):
    ports = free_ports(3)
    options = ["--duration", 3, "--wait", 1, "--rate", 20]
    with processes() as start:
        first, second = (start(*arguments(machine, ports[:2], tmp_path, *options)) for machine in (1, 2))
        wait_for(tmp_path / "machine_1.log", "CONNECT")
        third = start(*arguments(3, ports, tmp_path, *options, "--id", 2, "--duration", 1))
        status, errors = ended(third)
        assert status == 1
        *warned, last = errors.splitlines()
        assert sum("duplicate id" in line for line in warned) == 2
        assert last.count("ever worked: it refused this machine: duplicate id") == 2
        for machine in (first, second):
            status, errors = ended(machine)
            assert status == 0
            assert errors.count("duplicate id") == 1
    assert_nothing_lost([lines(tmp_path / f"machine_{machine}.log") for machine in (1, 2)])


def test_an_existing_log_is_kept(tmp_path):
    log = tmp_path / "log"
    log.write_text("precious\n")
    with processes() as start:
        status, errors = ended(start("--id", 1, "--log", log, "--duration", 0.1))
        assert status in {1, 2}
        assert str(log) in errors
        assert "--overwrite" in errors
        assert log.read_text() == "precious\n"
        assert ended(start("--id", 1, "--log", log, "--duration", 0.1, "--overwrite")) == (0, "")
    assert lines(log)[-1]["event"] == "END"


def test_a_log_on_a_full_device_is_an_error(tmp_path):
    with processes() as start:
        status, errors = ended(start("--id", 1, "--log", "/dev/full", "--overwrite", "--duration", 0.1))
    assert status == 1
    assert "/dev/full" in errors
