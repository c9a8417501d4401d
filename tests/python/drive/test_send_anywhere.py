"""`Machine.send_message` to an address that is no peer: it becomes one for as long as the machine lives."""

import json
import threading
import time

import pytest
from machines import assert_nothing_lost, channels, free_ports
from machines import lines as whole_log

import lamport

LOCAL = "127.0.0.1"


def lines(log):
    return [json.loads(line) for line in log.read_text().splitlines()]


def until(what, *, patience=30):
    deadline = time.monotonic() + patience
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def machine(path, number, peers=(), **options):
    options = {"internal_probability": 0.2, "clock_rate": 50, "seed": 5, **options}
    seconds, port = options.pop("seconds", 60), options.pop("port", 0)
    return lamport.Machine(number, port, peers, path / f"machine_{number}.log", seconds, **options)


def assert_no_alarm(path):
    """Every reader takes the logs as they are."""
    run = lamport.load(path)
    check = run.verify()
    assert check.ok, check.violations.to_string()
    assert lamport.verify(path).ok
    return run


def test_it_arrives_and_the_id_is_null_until_a_connect(tmp_path):
    (port,) = free_ports(1)
    with machine(tmp_path, 1) as first:
        event = first.send_message([("localhost", port)])
        assert event["recipients"] == [("localhost", port)]
        assert first.peer_addresses == []
        with machine(tmp_path, 2, port=port, host=LOCAL, allow=[LOCAL]) as second:
            until(lambda: second.queue_len == 1)
            first.send_message([("localhost", port)])
            until(lambda: second.queue_len == 2)
            assert [second.handle_receive()["sent_clock"] for _ in range(2)] == [1, 2]
    logs = [whole_log(tmp_path / f"machine_{number}.log") for number in (1, 2)]
    assert assert_nothing_lost(logs) == 2
    kinds = [(line["event"], line.get("recipient_ids")) for line in logs[0]]
    assert kinds == [
        ("STARTUP", None), ("SEND", [None]), ("CONNECT", None), ("SEND", [2]), ("END", None),
    ]  # fmt: skip
    assert logs[0][0]["peers"] == []
    run = assert_no_alarm(tmp_path)
    assert run.messages["recipient"].tolist() == [2, 2]
    assert run.messages["status"].tolist() == ["received"] * 2


def test_what_never_arrives_is_counted_in_end(tmp_path):
    (port,) = free_ports(1)
    with machine(tmp_path, 1) as first:
        for _ in range(3):
            first.send_message([(LOCAL, port)])
    assert lines(tmp_path / "machine_1.log")[-1]["undelivered"] == [[None, 3]]
    run = assert_no_alarm(tmp_path)
    assert run.messages["status"].tolist() == ["undelivered"] * 3


def test_ticks_send_to_the_peers_alone_and_readers_see_no_fault(tmp_path):
    """With two peers of its list and one beside: draws, tables and prediction are those of the list."""
    ports = free_ports(4)
    addresses = [(LOCAL, port) for port in ports]
    machines = []
    for number, port in enumerate(ports[:3], 1):
        peers = [address for address in addresses[:3] if address[1] != port]
        machines.append(machine(tmp_path, number, peers, port=port, seconds=0.6))
    outsider = machine(tmp_path, 4, port=ports[3], host=LOCAL, allow=[LOCAL])
    first = machines[0]
    first.send_message([addresses[3], addresses[1]])
    for each in machines:
        each.start()
    until(lambda: first.ticks > 5)
    first.send_message([addresses[3]])
    first.send_message()
    for each in machines:
        each.join()
    while outsider.queue_len:
        outsider.handle_receive()
    outsider.shutdown()
    logs = [whole_log(tmp_path / f"machine_{number}.log") for number in (1, 2, 3, 4)]
    by_hand = [line["recipients"] for line in logs[0] if line["event"] == "SEND" and line.get("manual")]
    all_peers = [list(address) for address in addresses[1:3]]
    assert by_hand == [[list(addresses[3]), list(addresses[1])], [list(addresses[3])], all_peers]
    ticked = [line["recipients"] for line in logs[0] if line["event"] == "SEND" and not line.get("manual")]
    assert ticked
    assert all(list(addresses[3]) not in each for each in ticked)
    assert max(map(len, ticked)) == 2
    sent, arrived = channels(logs)
    assert len(arrived[1, 4]) == 2
    assert arrived == sent
    run = assert_no_alarm(tmp_path)
    assert sorted(run.messages.query("recipient == 4")["sent_clock"]) == sent[1, 4]
    # Whom ticks send to is what a prediction is of.
    assert run.parameters["topology"] == {"1": [2, 3], "2": [1, 3], "3": [1, 2], "4": []}
    (tmp_path / "machine_4.log").unlink()
    run = assert_no_alarm(tmp_path)
    alone = lamport.simulate(rates=[50] * 3, internal_probability=0.2, duration=1)
    assert run.machines["load_predicted"].tolist() == pytest.approx(alone.machines["load_predicted"].tolist())


def test_a_resume_keeps_the_addresses(tmp_path):
    """What was sent there before the crash arrives after it, from a listed peer's place on."""
    listed, beside, later = free_ports(3)
    options = {"peers": [(LOCAL, listed)], "port": 0}
    first = machine(tmp_path, 1, **options)
    first.send_message([(LOCAL, beside)])
    first.send_message([(LOCAL, beside), (LOCAL, listed)])
    first.send_message([("localhost", later)])
    del first
    with (
        machine(tmp_path, 1, **options, resume=True) as first,
        machine(tmp_path, 2, port=listed, host=LOCAL, allow=[LOCAL]) as second,
        machine(tmp_path, 3, port=beside, host=LOCAL, allow=[LOCAL]) as third,
        machine(tmp_path, 4, port=later, host=LOCAL, allow=[LOCAL]) as fourth,
    ):
        until(lambda: (second.queue_len, third.queue_len, fourth.queue_len) == (1, 2, 1))
        assert first.send_message([(LOCAL, beside)])["new_clock"] == 4
        assert first.send_message()["recipients"] == [(LOCAL, listed)]
        until(lambda: (second.queue_len, third.queue_len) == (2, 3))
        for each in (second, third, fourth):
            while each.handle_receive():
                pass
    logs = [whole_log(tmp_path / f"machine_{number}.log") for number in range(1, 5)]
    sent, arrived = channels(logs)
    assert arrived == sent == {(1, 2): [2, 5], (1, 3): [1, 2, 4], (1, 4): [3]}
    run = assert_no_alarm(tmp_path)
    assert run.messages["recipient"].value_counts().to_dict() == {3: 3, 2: 2, 4: 1}


def test_threads_that_send_at_once_add_an_address_once(tmp_path):
    addresses = [(LOCAL, port) for port in free_ports(3)]
    with machine(tmp_path, 1) as first:
        threads = [
            threading.Thread(target=first.send_message, args=([address, addresses[0]],))
            for address in addresses[1:]
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    undelivered = lines(tmp_path / "machine_1.log")[-1]["undelivered"]
    assert sorted(undelivered) == [[None, 8], [None, 8], [None, 16]]
    assert_no_alarm(tmp_path)


def test_another_name_of_a_peer_is_that_peer(tmp_path):
    with machine(tmp_path, 2, host=LOCAL, allow=[LOCAL]) as second:
        port = second.listen_port
        with machine(tmp_path, 1, [(LOCAL, port)]) as first:
            assert first.send_message([("localhost", port)])["recipients"] == [(LOCAL, port)]
            with pytest.raises(ValueError, match=f"the recipient {LOCAL}:{port} is listed twice"):
                first.send_message([("localhost", port), (LOCAL, port)])
            until(lambda: second.queue_len == 1)
    assert lines(tmp_path / "machine_1.log")[-1]["undelivered"] == []


def test_two_names_of_a_new_address_are_one(tmp_path):
    (port,) = free_ports(1)
    names = [("localhost", port), (LOCAL, port)]
    with machine(tmp_path, 1) as first:
        with pytest.raises(ValueError, match=f"the recipient localhost:{port} is listed twice"):
            first.send_message(names)
        threads = [threading.Thread(target=first.send_message, args=([name],)) for name in names * 8]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len({tuple(first.send_message([name])["recipients"]) for name in names}) == 1
    assert lines(tmp_path / "machine_1.log")[-1]["undelivered"] == [[None, 18]]
    assert_no_alarm(tmp_path)


def test_the_answer_of_one_without_peers_is_let_in(tmp_path):
    """An address that is sent to is that of a peer, and so may connect."""
    with machine(tmp_path, 1, host=LOCAL) as first, machine(tmp_path, 2, host=LOCAL, allow=[LOCAL]) as second:
        first.send_message([(LOCAL, second.listen_port)])
        until(lambda: second.queue_len == 1)
        second.handle_receive()
        second.send_message([(LOCAL, first.listen_port)])
        until(lambda: first.queue_len == 1)
        assert first.handle_receive()["new_clock"] == 4
        assert first.warnings() == second.warnings() == []


def test_bad_recipients(tmp_path):
    (port,) = free_ports(1)
    with machine(tmp_path, 1, host=LOCAL) as first:
        for recipients, error, words in [
            ([(LOCAL, first.listen_port)], ValueError, "is its own address"),
            ([("localhost", first.listen_port)], ValueError, "is its own address"),
            ([(LOCAL, port), (LOCAL, port)], ValueError, "listed twice"),
            ([("no-such-host.invalid", port)], OSError, 'unknown host "no-such-host.invalid"'),
            ([(LOCAL, 0)], ValueError, "1 to 65535"),
            ([LOCAL], ValueError, "not a pair"),
            ([], lamport.LamportError, "has no peers to send to"),
            (None, lamport.LamportError, "has no peers to send to"),
        ]:
            with pytest.raises(error, match=words):
                first.send_message(recipients)
        assert first.local_clock == 0
    # Nothing of it has become a peer.
    assert [line["event"] for line in lines(tmp_path / "machine_1.log")] == ["STARTUP", "END"]
    assert lines(tmp_path / "machine_1.log")[-1]["undelivered"] == []


def test_an_address_that_stands_in_no_list_is_still_a_violation(tmp_path):
    log = tmp_path / "machine_1.log"
    ports = free_ports(2)
    with machine(tmp_path, 1, [(LOCAL, ports[0])]) as first:
        first.send_message([(LOCAL, ports[1])])
        first.send_message()
    assert lamport.verify(log).ok
    log.write_text(log.read_text().replace(', "manual": true}', "}", 1))
    violations = lamport.verify(log).violations
    assert violations["rule"].tolist().count("structure") >= 1
    assert violations["expected"].str.contains("or one sent to by hand before").any()
