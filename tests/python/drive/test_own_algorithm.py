"""`lamport.Machine` with an algorithm: its handlers, its peers, its errors, by hand and from outside."""

import json
import socket
import threading
import time
import warnings

import pytest

import lamport


class Echo(lamport.Algorithm):
    """Asks its peers for numbers and answers theirs, and says what it was given from outside."""

    def __init__(self, first=1):
        self.first, self.got, self.seat = first, [], None

    def start(self, me):
        self.seat = (me.id, me.name, me.peers, me.senders, me.machines)
        me.broadcast({"ask": self.first})

    def on_message(self, me, sender, body):
        self.got.append((sender, body))
        if sender is not None and "ask" in body:
            me.send(sender, {"answer": body["ask"] + 1})
        me.state(got=len(self.got), given=sender is None)


class Counter(lamport.Algorithm):
    """Does something at every tick."""

    def __init__(self):
        self.count = 0

    def on_idle(self, me):
        self.count += 1
        me.state(count=self.count)


def lines(log):
    return [json.loads(line) for line in log.read_text().splitlines()]


def alone(path, algorithm, seconds=60, **options):
    """A machine without peers."""
    given = {"clock_rate": 200, "seed": 7, **options}
    return lamport.Machine(1, 0, [], path / "machine_1.log", seconds, algorithm=algorithm, **given)


def pair(path, algorithm=Echo, seconds=0.6, told=None, **options):
    """Two machines, each the peer of the other; the first is told that the second has this id."""
    given = {"clock_rate": 200, "seed": 7, "algorithm": algorithm, **options}
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    peers = {1: ("127.0.0.1", port)} if told else [("127.0.0.1", port)]
    second = lamport.Machine(2, 0, peers, path / "machine_2.log", seconds, **given)
    peers = {told: ("127.0.0.1", second.listen_port)} if told else [("127.0.0.1", second.listen_port)]
    first = lamport.Machine(1, port, peers, path / "machine_1.log", seconds, **given)
    return first, second


def test_who_is_told_has_ids_in_the_log_before_it_connects(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        peers = {2: server.getsockname()}
        log = tmp_path / "machine_1.log"
        with lamport.Machine(1, 0, peers, log, 60, algorithm=Echo, clock_rate=200, seed=7) as machine:
            machine.tick()
    sent = [line for line in lines(log) if line["event"] == "SEND"]
    assert [line["recipient_ids"] for line in sent] == [[2]]


@pytest.mark.parametrize("told", [None, 2])
def test_two_machines(tmp_path, told):
    made = {}

    def make(machine):
        made[machine] = Echo(10 * machine)
        return made[machine]

    machines = pair(tmp_path, make, told=told)
    for machine in machines:
        machine.start()
    for machine in machines:
        assert machine.join(30)
    assert made[1].seat == (1, "1", (2,), (2,), (1, 2))
    assert sorted(map(str, made[1].got)) == ["(2, {'answer': 11})", "(2, {'ask': 20})"]
    assert sorted(map(str, made[2].got)) == ["(1, {'answer': 21})", "(1, {'ask': 10})"]
    run = lamport.load(tmp_path)
    assert run.verify().ok
    assert len(run.states) == 4
    assert lines(tmp_path / "machine_1.log")[0]["algorithm"].endswith("make")


def test_steps_by_hand(tmp_path):
    with alone(tmp_path, Echo) as machine:
        with pytest.raises(lamport.LamportError, match="starts at the first tick"):
            machine.handle_receive()
        event = machine.tick()
        assert (event["event"], event["new_clock"]) == ("INTERNAL", 1)
        assert machine.tick() is None
        assert machine.handle_receive() is None
        machine.deliver(body={"question": [1, None]})
        machine.deliver(5, 3, body={})
        machine.incoming_queue.put(9)
        assert machine.queue_len == 3
        assert machine.tick()["event"] == "RECEIVE"
        event = machine.handle_receive()
        assert (event["event"], event["new_clock"]) == ("RECEIVE", 6)
        assert machine.internal_event()["new_clock"] == 7
        assert machine.queue_len == 1
    received = [line for line in lines(tmp_path / "machine_1.log") if line["event"] == "RECEIVE"]
    assert [line.get("body") for line in received] == [{"question": [1, None]}, {}]
    assert received[1]["sender"] == 3
    assert [line.get("by_hand") for line in received] == [None, True]
    assert received[0]["state"] == {"got": 1, "given": True}
    assert received[1]["state"]["given"] is False


class Interrupted(Counter):
    """Raises what it is told to, as a Ctrl-C while a handler is at work does."""

    def on_message(self, me, _sender, body):
        me.broadcast("never")
        if body != "good":
            raise {"kbd": KeyboardInterrupt, "exit": SystemExit}[body]
        me.state(heard=body)


@pytest.mark.parametrize(("body", "raised"), [("kbd", KeyboardInterrupt), ("exit", SystemExit)])
def test_an_interrupt_by_hand_is_raised_once_and_the_machine_goes_on(tmp_path, body, raised):
    machine = alone(tmp_path, Interrupted)
    machine.tick()
    for take in (machine.tick, machine.handle_receive):
        machine.deliver(body=body)
        machine.deliver(body="good")
        with pytest.raises(raised):
            take()
        assert machine.queue_len == 1
        assert take()["event"] == "RECEIVE"
    assert machine.tick()["event"] == "INTERNAL"
    clock = machine.local_clock
    del machine, take
    log = tmp_path / "machine_1.log"
    told = [line["state"] for line in lines(log) if "state" in line]
    assert told == [{"heard": "good"}, {"heard": "good"}, {"count": 1}]
    with alone(tmp_path, Interrupted, resume=True) as again:
        assert again.local_clock == clock
    run = lamport.load(tmp_path)
    assert run.verify().ok
    assert lamport.replay(run)["line"].isna().all()


class Busy(lamport.Algorithm):
    """Takes longer than it should."""

    def start(self, me):
        me.timer("t", 0.01)

    def on_timer(self, me, _name):
        time.sleep(6)
        me.stop()


def test_a_run_that_blocks_says_which_handler_it_waits_for(tmp_path):
    said = r'machine 1: its handler on_timer\("t"\) has been at work for [56] s: .* Ctrl-C twice'
    machine = alone(tmp_path, Busy, 0.5)
    with pytest.warns(lamport.LamportWarning, match=said) as caught:
        machine.run()
    assert caught[0].filename == __file__
    assert machine.warnings() == []


def test_nobody_is_his_own_sender(tmp_path):
    for options in ({"algorithm": Echo}, {}):
        with lamport.Machine(1, 0, [], tmp_path / f"{len(options)}.log", 60, **options) as machine:
            with pytest.raises(ValueError, match="sender 1 is the machine itself"):
                machine.deliver(3, sender=1)
            assert machine.queue_len == 0


def test_the_built_in_behaviour_takes_no_bodies(tmp_path):
    with lamport.Machine(1, 0, [], tmp_path / "machine_1.log", 60) as machine:
        machine.deliver()
        machine.deliver(3, body=None)
        with pytest.raises(ValueError, match=r"without an algorithm a message says nothing \(body\)"):
            machine.deliver(3, body={})
        assert machine.queue_len == 2


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({1: 2}, "body"),
        (float("nan"), "body"),
        ([{"a": {1, 2}}], r'body\[0\]\["a"\]'),
        ("x" * 65_537, "longer than 65536 bytes, .* it has 65537"),
    ],
)
def test_what_is_no_body(tmp_path, body, told):
    with alone(tmp_path, Echo) as machine:
        with pytest.raises((TypeError, ValueError), match=told):
            machine.deliver(body=body)
        assert machine.queue_len == 0


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"algorithm": None, "arguments": {"first": 1}}, "arguments= is for an algorithm: give algorithm="),
        ({"algorithm": {2: Echo}}, "algorithm= names none for machine 1"),
        ({"arguments": {"frist": 1}}, r"Echo has no argument frist \(did you mean first\?\)"),
        ({"algorithm": "nowhere:Echo"}, "there is no module nowhere"),
        ({"algorithm": Echo()}, "is an instance, and each machine needs its own"),
        ({"internal_probability": 0.5}, "internal_probability= is for the built-in behaviour"),
        ({"broadcast_share": 0.5}, "broadcast_share= is for the built-in behaviour"),
        ({"peer_weights": []}, "peer_weights= is for the built-in behaviour"),
    ],
)
def test_what_does_not_go_together(tmp_path, options, told):
    with pytest.raises((TypeError, ValueError), match=told):
        alone(tmp_path, **{"algorithm": Echo, **options})
    assert not any(tmp_path.iterdir())


def test_of_a_mapping_a_machine_runs_what_is_for_its_id(tmp_path):
    with alone(tmp_path, {1: Counter, 2: Echo}) as machine:
        machine.tick()
        machine.tick()
    assert [line["state"] for line in lines(tmp_path / "machine_1.log") if "state" in line] == [{"count": 1}]


@pytest.mark.parametrize(
    ("peers", "told"),
    [
        ({1: ("127.0.0.1", 5)}, "is told to be machine 1, which this machine is"),
        ({"2": ("127.0.0.1", 5)}, "2 is not the id of a machine"),
        ({2: "127.0.0.1:5"}, "it is not a pair"),
        ({-2: ("127.0.0.1", 5)}, "-2 is not the id of a machine"),
    ],
)
def test_ids_that_are_none(tmp_path, peers, told):
    with pytest.raises((TypeError, ValueError), match=told):
        lamport.Machine(1, 0, peers, tmp_path / "machine_1.log", 1, algorithm=Echo)
    assert not any(tmp_path.iterdir())


def test_a_peer_that_is_another_machine_is_refused(tmp_path):
    first, second = pair(tmp_path, told=3)
    second.start()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with pytest.raises(lamport.LamportError, match="it is machine 2, and was told to be machine 3"):
            first.run()
    with pytest.raises(lamport.LamportError, match="machine 2 is not a peer"):
        second.join()
    assert any("machine 2 is none of its peers" in str(warning.message) for warning in caught)
    assert first.warnings() == []


def test_who_told_ids_need_not_wait_and_an_algorithm_that_lacks_them_names_who_is_missing(tmp_path):
    with pytest.raises(
        lamport.AlgorithmError, match=r"needs the ids of all its peers, and 127\.0\.0\.1:9 did"
    ) as caught:
        lamport.Machine(
            1, 0, [("127.0.0.1", 9)], tmp_path / "a.log", 1, wait=0.1, algorithm=Echo, seed=3
        ).run()
    assert (caught.value.machine, caught.value.seed, caught.value.time) == (1, 3, None)
    assert "--peers 2=host:port" in str(caught.value)
    with lamport.Machine(
        1, 0, {2: ("127.0.0.1", 9)}, tmp_path / "b.log", 60, wait=60, algorithm=Echo
    ) as machine:
        machine.start()
        while machine.local_clock < 2:
            assert not machine.join(0.01)
    assert [line["event"] for line in lines(tmp_path / "b.log")] == ["STARTUP", "INTERNAL", "SEND", "END"]


class Thrower(Counter):
    def __init__(self, at=None):
        super().__init__()
        if at is None:
            raise RuntimeError("no place to stand")
        self.at = at

    def on_idle(self, me):
        super().on_idle(me)
        if self.count == self.at:
            raise ZeroDivisionError(f"at {me.now}")


def test_an_algorithm_that_cannot_be_made(tmp_path):
    with pytest.raises(lamport.AlgorithmError, match="its algorithm cannot be made") as caught:
        alone(tmp_path, Thrower).run()
    error = caught.value
    assert isinstance(error.__cause__, RuntimeError)
    assert (error.machine, error.time, error.line) == (1, None, None)
    assert "in __init__" in str(error)
    assert str(error).endswith("RuntimeError: no place to stand")


def test_an_exception_says_when_and_resuming_raises_it_again(tmp_path):
    log = tmp_path / "machine_1.log"
    with pytest.raises(lamport.AlgorithmError, match="ZeroDivisionError: at ") as caught:
        alone(tmp_path, Thrower, arguments={"at": 3}).run()
    last = lines(log)[-1]
    began = next(line["began"] for line in lines(log) if "began" in line)
    assert caught.value.time == round(last["system_time"] - began, 6)
    assert str(caught.value).endswith(f"at {caught.value.time}")
    assert caught.value.line == f"{log}:{len(lines(log))}"
    with pytest.raises(
        lamport.AlgorithmError, match=r"fails when it is run again, at .*machine_1.log:"
    ) as again:
        alone(tmp_path, Thrower, arguments={"at": 3}, resume=True)
    assert (again.value.time, again.value.line) == (caught.value.time, caught.value.line)
    for other, name in [({"at": 4}, '{"at": 4}'), (None, "{}")]:
        with pytest.raises(ValueError, match=r"is of algorithm .*:Thrower with .*, not of algorithm") as told:
            alone(tmp_path, Counter if other is None else Thrower, arguments=other, resume=True)
        assert 'with {"at": 3}, not' in str(told.value)
        assert f"with {name}: resume it as it was" in str(told.value)
    with pytest.raises(ValueError, match="not of no algorithm"):
        lamport.Machine(1, 0, [], log, 1, clock_rate=200, resume=True)


def test_resumed_with_mended_code_it_goes_on(tmp_path, monkeypatch):
    with pytest.raises(lamport.AlgorithmError):
        alone(tmp_path, Thrower, arguments={"at": 3}).run()
    monkeypatch.setattr(Thrower, "on_idle", Counter.on_idle)
    with alone(tmp_path, Thrower, 0.2, arguments={"at": 3}, resume=True) as machine:
        machine.run()
    told = lines(tmp_path / "machine_1.log")
    states = [line["state"]["count"] for line in told if "state" in line]
    # The line of the step that failed has no state.
    assert states == [1, 2, *range(4, len(states) + 2)]
    assert len(states) > 10
    assert [line["event"] for line in told].count("STARTUP") == 2


def test_a_machine_that_was_killed_goes_on(tmp_path):
    """Its peers' ids, in another order than its log has them, are those of the log."""
    first = alone(tmp_path, Counter)
    for _ in range(5):
        first.tick()
    del first  # without END, as if it was killed
    with alone(tmp_path, Counter, resume=True) as again:
        assert (again.local_clock, again.ticks) == (5, 5)
        again.tick()
    assert lines(tmp_path / "machine_1.log")[-2]["state"] == {"count": 5}


def test_ids_of_peers_that_never_connected_are_told_again(tmp_path):
    log = tmp_path / "machine_1.log"
    peers = {2: ("127.0.0.1", 9), 3: ("127.0.0.1", 10)}
    given = {"clock_rate": 20, "algorithm": Echo, "seed": 1}
    first = lamport.Machine(1, 0, peers, log, 60, **given)
    first.tick()
    del first
    with pytest.raises(
        ValueError, match=r"does not tell those of 127\.0\.0\.1:9, 127\.0\.0\.1:10: tell them"
    ):
        lamport.Machine(1, 0, list(peers.values()), log, 60, resume=True, **given)
    others = dict(zip((2, 4), peers.values(), strict=True))
    with pytest.raises(ValueError, match=r"has machine 3 at 127\.0\.0\.1:10, which is not machine 4"):
        lamport.Machine(1, 0, others, log, 60, resume=True, **given)
    swapped = dict(reversed(peers.items()))
    with lamport.Machine(1, 0, swapped, log, 60, resume=True, **given) as again:
        assert again.local_clock == 2
        assert again.peer_addresses == list(peers.values())


def test_another_version_of_python_is_warned_of(tmp_path):
    first = alone(tmp_path, Counter)
    first.tick()
    del first
    log = tmp_path / "machine_1.log"
    text = log.read_text()
    assert '"python": "3.' in text
    log.write_text(text.replace('"python": "3.', '"python": "2.', 1))
    with alone(tmp_path, Counter, resume=True) as again:
        (warning,) = again.warnings()
    assert "its algorithm ran on Python 2." in warning


class Kept(lamport.Algorithm):
    """Does to its machine, and to what it was handed, what is asked of it."""

    machine = None

    def __init__(self):
        self.me = None
        self.told = []

    def on_idle(self, me):
        self.me, machine = me, type(self).machine
        self.properties = (machine.machine_id, machine.local_clock, machine.queue_len, machine.ticks)
        assert "machine 1" in repr(machine).lower()
        assert (machine.elapsed >= 0, machine.began > 0, machine.warnings()) == (True, True, [])

        def send():
            return machine.send_message([("127.0.0.1", 9)])

        for act in (machine.start, machine.run, machine.tick, machine.handle_receive, machine.internal_event,
                    send, machine.join, machine.stop, machine.shutdown):  # fmt: skip
            with pytest.raises(lamport.LamportError) as caught:
                act()
            self.told.append(str(caught.value))

        def elsewhere():
            with pytest.raises(lamport.LamportError, match="from another thread") as caught:
                me.broadcast()
            self.told.append(str(caught.value))

        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
        machine.deliver(body="later")
        me.stop()


@pytest.mark.parametrize("by_hand", [False, True])
def test_what_a_handler_may_not_do_with_its_machine(tmp_path, by_hand):
    made = []

    def make(_):
        made.append(Kept())
        return made[0]

    with alone(tmp_path, make, 0.3) as machine:
        Kept.machine = machine
        try:
            if by_hand:
                machine.tick()
                machine.tick()
            else:
                machine.run()
        finally:
            Kept.machine = None
        (algorithm,) = made
        *own, other = algorithm.told
        assert len(own) == 9
        assert all("a handler cannot start, step, join or stop its own machine" in text for text in own)
        assert "do it in the handler itself" in other
        assert algorithm.properties[0] == 1
        with pytest.raises(lamport.LamportError, match="while no handler of it runs"):
            algorithm.me.broadcast()


def test_overriding_what_no_run_calls_points_to_algorithms(tmp_path):
    class Mine(lamport.Machine):
        def tick(self):
            return super().tick()

    with Mine(1, 0, [], tmp_path / "machine_1.log", 1, algorithm=Counter) as machine:
        assert machine.tick()["event"] == "INTERNAL"
        with pytest.raises(TypeError, match=r"Mine overrides tick, .*a class derived of lamport\.Algorithm"):
            machine.run()
