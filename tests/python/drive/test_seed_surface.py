"""What scripts call: `lamport.machine.Machine`, its queue, and what a subclass may not do."""

import json

import pytest

import lamport
import lamport.machine


def events(log):
    return [json.loads(line)["event"] for line in log.read_text().splitlines()]


def test_start_blocks_and_the_log_is_closed(tmp_path):
    log = tmp_path / "machine_1.log"
    machine = lamport.machine.Machine(
        machine_id=1, listen_port=0, peer_addresses=[], log_filename=str(log), run_seconds=0.3, clock_rate=20
    )
    machine.start()
    assert machine.ticks == 6
    assert events(log)[-1] == "END"
    assert machine.join()
    open_files = [link.resolve() for link in __import__("pathlib").Path("/proc/self/fd").iterdir()]
    assert log not in open_files
    with pytest.raises(lamport.LamportError, match="started already"):
        machine.start()


def test_it_is_the_same_class_in_all_else(tmp_path):
    made = lamport.machine.Machine
    assert issubclass(made, lamport.Machine)
    assert (made.__module__, made.__name__) == ("lamport.machine", "Machine")
    with made(1, 0, [], tmp_path / "a.log", 60) as machine:
        assert machine.internal_event()["new_clock"] == 1
    assert events(tmp_path / "a.log") == ["STARTUP", "INTERNAL", "END"]
    with pytest.raises(AttributeError, match="no attribute 'Computer'"):
        lamport.machine.Computer  # noqa: B018


def test_two_that_block_in_threads(tmp_path):
    """As a script runs a team of them: each `start` in a thread of its own."""
    from threading import Thread

    first = lamport.machine.Machine(1, 0, [], tmp_path / "machine_1.log", 0.5, allow=["127.0.0.1"])
    second = lamport.machine.Machine(
        2, 0, [("localhost", first.listen_port)], tmp_path / "machine_2.log", 0.5, clock_rate=50
    )
    threads = [Thread(target=each.start) for each in (first, second)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert lamport.load(tmp_path).verify().ok


def test_the_incoming_queue(tmp_path):
    log = tmp_path / "machine_1.log"
    with lamport.Machine(1, 0, [], log, 60) as machine:
        queue = machine.incoming_queue
        assert (queue.qsize(), queue.empty()) == (0, True)
        queue.put(10)
        assert (queue.qsize(), queue.empty(), machine.queue_len) == (1, False, 1)
        assert machine.handle_receive()["new_clock"] == 11
        assert machine.local_clock == 11
        with pytest.raises(ValueError, match="the largest is"):
            queue.put(2**53)
        with pytest.raises(TypeError):
            queue.put("10")
        del machine
        queue.put(3)
    received, unread = (json.loads(line) for line in log.read_text().splitlines()[1:3])
    assert (received["sender"], received["sent_clock"]) == (None, 10)
    assert unread["sent_clock"] == 3


class Counting(lamport.Machine):
    """One that may run: what it adds, a run does not need."""

    made = 0

    def shutdown(self):
        Counting.made += 1
        super().shutdown()

    def report(self):
        return self.local_clock


class Ticking(lamport.Machine):
    def tick(self):
        return super().tick()


class Below(Ticking):
    pass


class Queueing(lamport.machine.Machine):
    incoming_queue = None


def test_a_subclass_whose_methods_no_run_calls(tmp_path):
    for made, name in [(Ticking, "tick"), (Below, "tick"), (Queueing, "incoming_queue")]:
        with made(1, 0, [], tmp_path / f"{made.__name__}.log", 0.1, clock_rate=20) as machine:
            for call in (machine.run, machine.start):
                words = f"{made.__name__} overrides {name}, which no run calls.*lamport.Algorithm"
                with pytest.raises(TypeError, match=words):
                    call()
            assert machine.ticks == 0
    with Ticking(1, 0, [], tmp_path / "by_hand.log", 60) as machine:
        assert machine.tick()["new_clock"] == 1
    with Counting(1, 0, [], tmp_path / "counting.log", 0.1, clock_rate=20) as machine:
        machine.run()
        assert machine.report() == machine.ticks == 2
    with Counting(1, 0, [], tmp_path / "own.log", 0.1) as machine:
        machine.send_message = print
        with pytest.raises(TypeError, match="Counting overrides send_message"):
            machine.run()
