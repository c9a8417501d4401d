"""Logs of algorithms played again."""

import json
import random
import shutil
from pathlib import Path

import pytest

import lamport
from lamport.algorithms import LamportMutex

FAST = {"rates": 200, "seed": 4}
EVENTS = {"SEND", "RECEIVE", "INTERNAL"}


class Gossip(lamport.Algorithm):
    """Tells all and one, by timers and by chance, and keeps count."""

    def __init__(self, pause=0.02, most=40):
        self.pause, self.most = pause, most
        self.heard = 0

    def start(self, me):
        me.timer("all", self.pause * me.id)

    def on_timer(self, me, name):
        me.state(heard=self.heard, said=name)
        if self.heard > self.most:
            return
        me.broadcast({"to": "all", "number": me.random.random()})
        me.send(me.random.choice(me.peers), [me.now, me.clock])
        me.timer(name, self.pause)
        me.timer("late", 3 * self.pause)

    def on_message(self, me, sender, body):
        self.heard += 1
        me.state(heard=self.heard, sender=sender)
        if self.heard % 3 == 0 and sender is not None:
            me.send(me.peers + me.peers, body)


class Idler(Gossip):
    def on_idle(self, me):
        me.state(idle=me.clock)


def lines(run):
    """Return for each machine how many events its log has."""
    logs = [[json.loads(line) for line in Path(file).read_text().splitlines()] for file in run.files]
    return {log[0]["machine_id"]: sum(line["event"] in EVENTS for line in log) for log in logs}


def without_record(run, directory):
    """Copy the logs without run.json: then they tell who is who."""
    directory.mkdir()
    for file in run.files:
        shutil.copy(file, directory)
    return directory


def assert_whole(table, run):
    assert table["line"].isna().all(), table.to_string()
    assert table["events"].to_dict() == lines(run)


FAULTS = [
    lamport.Crash(2, at=0.2, down_for=0.2),
    lamport.Pause(1, at=0.3, duration=0.2),
    lamport.Crash(3, at=0.35, down_for=0.1),
    lamport.Crash(2, at=0.6, down_for=0.1),
]


@pytest.mark.parametrize(("algorithm", "processes"), [(Gossip, False), (Idler, False), (Gossip, True)])
def test_a_real_run_with_crashes_happens_again(tmp_path, algorithm, processes):
    run = lamport.run_local(
        3,
        3 if processes else 1.2,
        algorithm=algorithm,
        arguments={"most": 100},
        inputs=[(0.25, 2, {"to": "you"}), (0.5, 1, None)],
        faults=FAULTS,
        processes=processes,
        log_dir=tmp_path / "run",
        **FAST,
    )
    starts = (tmp_path / "run" / "machine_2.log").read_text().count("STARTUP")
    # A new process may not be there yet when it is to be killed once more.
    assert starts == 3 or (processes and starts == 2)
    assert_whole(lamport.replay(run), run)
    assert_whole(lamport.replay(tmp_path / "run"), run)
    assert_whole(lamport.replay(without_record(run, tmp_path / "logs")), run)


class Asymmetric(Gossip):
    """Says what it knows of the others."""

    def start(self, me):
        me.state(peers=list(me.peers), senders=list(me.senders), machines=list(me.machines))
        if me.peers:
            super().start(me)


def test_machines_that_are_made_one_by_one(tmp_path):
    given = {"clock_rate": 100, "seed": 3, "algorithm": Asymmetric, "allow": ["127.0.0.1"]}
    second = lamport.Machine(2, 0, [], tmp_path / "machine_2.log", 0.8, **given)
    peers = [("127.0.0.1", second.listen_port)]
    first = lamport.Machine(1, 0, peers, tmp_path / "machine_1.log", 0.8, **given)
    for machine in (second, first):
        machine.start()
    for machine in (second, first):
        assert machine.join(30)
    run = lamport.load(tmp_path)
    assert run.machines["receives"].gt(0).tolist() == [False, True]
    assert_whole(lamport.replay(run), run)
    assert_whole(lamport.replay(tmp_path / "machine_2.log"), lamport.load(tmp_path / "machine_2.log"))


def test_a_machine_that_is_told_who_its_peers_are_and_meets_none(tmp_path):
    peers = {3: ("127.0.0.1", 10), 2: ("127.0.0.1", 9)}
    log = tmp_path / "machine_1.log"
    with lamport.Machine(1, 0, peers, log, 60, clock_rate=100, seed=3, algorithm=Asymmetric) as machine:
        while '"caused"' not in log.read_text():
            machine.tick()
    run = lamport.load(log)
    assert_whole(lamport.replay(log), run)
    text = log.read_text()
    # It does what it did because it knows who they are.
    log.write_text(text.replace('"recipient_ids": [3, 2]', '"recipient_ids": [4, 2]'))
    assert lamport.replay(log)["line"].notna().all()


def test_a_crash_that_outlasts_the_run(tmp_path):
    faults = [lamport.Crash(1, at=0.3)]
    run = lamport.run_local(3, 0.6, algorithm=Gossip, faults=faults, log_dir=tmp_path / "run", **FAST)
    assert '"END"' not in (tmp_path / "run" / "machine_1.log").read_text()
    assert_whole(lamport.replay(run), run)


@pytest.mark.parametrize("topology", ["full", "ring", {1: [3, 2], 2: [1], 3: [2]}])
def test_a_run_in_virtual_time_happens_again(tmp_path, topology):
    run = lamport.simulate(
        3,
        20,
        algorithm={1: Gossip, 2: Idler, 3: Gossip},
        arguments={"pause": 0.05, "most": 200},
        topology=topology,
        faults=lamport.random_faults(3, 1, machines=3, duration=20),
        inputs=[(1.5, 2, "hello"), (2, 1, None)],
        log_dir=tmp_path / "run",
        **FAST,
    )
    assert_whole(lamport.replay(run), run)
    assert_whole(lamport.replay(tmp_path / "run"), run)
    assert_whole(lamport.replay(without_record(run, tmp_path / "logs")), run)
    other = lamport.replay(run, arguments={"pause": 0.06, "most": 200})
    assert other["line"].notna().any()


def test_a_class_that_cannot_be_imported_is_given(tmp_path):
    class Own(Gossip):
        pass

    run = lamport.simulate(3, 5, algorithm=Own, log_dir=tmp_path / "run", **FAST)
    assert_whole(lamport.replay(run), run)
    with pytest.raises(ValueError, match=r"has no <locals>.* give algorithm=, what machine 1 ran"):
        lamport.replay(tmp_path / "run")
    assert_whole(lamport.replay(tmp_path / "run", algorithm=Own), run)
    assert_whole(lamport.replay(tmp_path / "run", algorithm=lambda _machine: Own()), run)
    with pytest.raises(ValueError, match="names none for machine 2"):
        lamport.replay(tmp_path / "run", algorithm={1: Own, 3: Own})


@pytest.fixture
def run(tmp_path):
    return lamport.simulate(3, 2, algorithm=Gossip, log_dir=tmp_path / "run", **FAST)


def altered(run, machine, change):
    """Change the first line of a log for which `change` gives another one. Returns its number."""
    file = Path(run.files[machine - 1])
    log = file.read_text().splitlines(keepends=True)
    for number, line in enumerate(log):
        if (new := change(line)) != line:
            log[number] = new
            file.write_text("".join(log))
            return number + 1
    raise AssertionError("no line to change")


@pytest.mark.parametrize(
    ("old", "new", "expected", "found"),
    [
        ('"to": "all"', '"to": "one"', 'SEND 1 of this step says {"to": "all"', '{"to": "one"'),
        ('"heard": 5', '"heard": 6', 'its state is {"heard": 5', 'its state is {"heard": 6'),
        ('"timer": "late"', '"timer": "early"', "no timer of this name is set", 'timer "early" is due at'),
        ('"new_clock": 9', '"new_clock": 10', "new_clock 9", "new_clock 10"),
        (', "start": true', "", "no event", "a tick that finds nothing to do"),
        (
            '", 2]]',
            '", 3]]',
            "SEND 2 of this step goes to machine 2",
            "SEND 2 of this step goes to machine 3",
        ),
    ],
)
def test_what_is_changed_is_found(run, old, new, expected, found):
    changed = altered(run, 1, lambda line: line.replace(old, new) if "STARTUP" not in line else line)
    table = lamport.replay(run)
    assert table.loc[[2, 3], "line"].isna().all()
    row = table.loc[1]
    assert (row["file"], row["line"]) == (str(run.files[0]), changed)
    assert row["expected"].startswith(expected)
    assert found in row["found"]
    # All lines before it were events, but the STARTUP.
    assert row["events"] == changed - 2


def test_a_timer_that_was_due_before_is_found(run):
    """A message was taken although a timer was due before it arrived."""
    file = Path(run.files[0])
    log = [json.loads(line) for line in file.read_text().splitlines()]
    timer = next(n for n in range(1, len(log)) if "timer" in log[n] and log[n - 1]["event"] == "RECEIVE")
    due = log[timer]["due"]
    log[timer - 1] |= {"system_time": log[timer]["system_time"], "arrival_time": due + 0.000001}
    file.write_text("".join(json.dumps(line) + "\n" for line in log))
    row = lamport.replay(run).loc[1]
    assert row["line"] == timer
    assert row["expected"] == f'timer "{log[timer]["timer"]}", due at {due:.6f}'
    assert row["found"] == f"a message that arrived at {due + 0.000001:.6f}"


def test_an_algorithm_that_is_not_deterministic_is_found(tmp_path):
    class Careless(Gossip):
        def on_message(self, me, _sender, _body):
            me.state(number=random.random())

    run = lamport.simulate(3, 2, algorithm=Careless, log_dir=tmp_path / "run", **FAST)
    table = lamport.replay(run)
    assert table["line"].notna().all()
    for row in table.itertuples():
        assert json.loads(Path(row.file).read_text().splitlines()[row.line - 1])["event"] == "RECEIVE"
        assert row.expected.startswith('its state is {"number": 0.')
        assert row.found.startswith('its state is {"number": 0.')


def test_handlers_are_called_again(tmp_path):
    calls = []

    class Noting(Gossip):
        def on_message(self, me, sender, body):
            calls.append((me.id, me.is_replay, me.now, sender, body, me.sent_clock, me.senders, me.machines))
            super().on_message(me, sender, body)

    run = lamport.simulate(3, 2, algorithm=Noting, log_dir=tmp_path / "run", **FAST)
    before = sorted(calls, key=lambda call: call[0])
    assert not any(call[1] for call in calls)
    calls.clear()
    assert_whole(lamport.replay(run), run)
    assert calls == [(call[0], True, *call[2:]) for call in before]


def test_an_exception_is_raised_with_its_place(run):
    class Failing(Gossip):
        def on_timer(self, me, _name):
            raise KeyError(me.id)

    with pytest.raises(lamport.AlgorithmError, match="machine 1: a handler raised KeyError") as caught:
        lamport.replay(run, algorithm=Failing)
    assert caught.value.line == f"{run.files[0]}:3"
    assert isinstance(caught.value.__cause__, KeyError)
    assert (caught.value.machine, caught.value.seed, caught.value.time) == (
        1,
        4,
        pytest.approx(0.02, abs=0.01),
    )

    class Unmade(Gossip):
        def __init__(self):
            raise KeyError("no")

    with pytest.raises(lamport.AlgorithmError, match="machine 1: __init__ raised KeyError"):
        lamport.replay(run, algorithm=Unmade)


def test_the_log_of_a_handler_that_failed_fails_again(tmp_path):
    class Failing(LamportMutex):
        def on_message(self, me, sender, body):
            if me.now > 0.3:
                raise ZeroDivisionError
            super().on_message(me, sender, body)

    with pytest.raises(lamport.AlgorithmError) as first:
        lamport.run_local(3, 5, algorithm=Failing, log_dir=tmp_path / "run", **FAST)
    machine = first.value.machine
    with pytest.raises(lamport.AlgorithmError, match="ZeroDivisionError") as again:
        lamport.replay(tmp_path / "run" / f"machine_{machine}.log", algorithm=Failing)
    assert again.value.machine == machine
    assert first.value.line == again.value.line
    assert again.value.time > 0.3


def test_what_cannot_be_played_says_why(run, tmp_path):
    with pytest.raises(ValueError, match="no log files to play again: simulate with log_dir="):
        lamport.replay(lamport.simulate(3, 1, algorithm=Gossip, **FAST))
    classic = lamport.simulate(3, 1, seed=1, log_dir=tmp_path / "classic")
    with pytest.raises(ValueError, match="no log here tells of one"):
        lamport.replay(classic, algorithm=Gossip)


def test_another_python_warns(run):
    altered(run, 1, lambda line: line.replace('"python": "3', '"python": "2'))
    with pytest.warns(
        lamport.LamportWarning, match=r"the algorithm ran with Python 2\.\d+, and this is 3\.\d+"
    ):
        lamport.replay(run)
