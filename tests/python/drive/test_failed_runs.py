"""Runs that fail: what is said of them, and how their machines end."""

import os

import pytest

import lamport
from lamport._drive import at_work, local
from lamport._runs.ended import has_ended


class Fails:
    """Machines of which every one fails, each at another look."""

    rates, began = (1.0, 1.0, 1.0), 5.0

    def __init__(self, *_):
        self.left = [1, 2, 3]
        self.told = ["why it fails"]
        self.asked = []
        self.is_killed_with = None

    def start(self):
        pass

    def stop(self):
        self.asked.append("stop")
        raise ValueError("cannot be stopped")

    def join(self, timeout):
        self.asked.append(timeout)
        if self.left:
            raise lamport.LamportError(f"machine {self.left.pop(0)} failed")
        return True

    def elapsed(self):
        return 0.0

    def status(self):
        return [0, 0, 0], [0, 0, 0]

    def warnings(self):
        told, self.told = self.told, []
        return told

    def kill(self):
        self.is_killed_with = len(self.left)


@pytest.fixture
def machines(monkeypatch):
    machines = Fails()
    monkeypatch.setattr(local, "_driver", lambda *_: machines)
    return machines


def test_what_says_why_a_run_fails_is_told(tmp_path, machines):
    with (
        pytest.warns(lamport.LamportWarning, match="why it fails"),
        pytest.raises(lamport.LamportError, match="machine 1 failed"),
    ):
        lamport.run_local(3, 1, log_dir=tmp_path / "a", progress=False)
    assert not machines.told


@pytest.mark.filterwarnings("error")
def test_where_warnings_are_errors_it_fails_of_what_it_failed_of(tmp_path, machines):
    with pytest.raises(lamport.LamportError, match="machine 1 failed"):
        lamport.run_local(3, 1, log_dir=tmp_path / "a", progress=False)
    assert not machines.told


@pytest.mark.filterwarnings("ignore")
def test_all_machines_of_a_run_that_failed_have_their_time(tmp_path, machines):
    with pytest.raises(lamport.LamportError, match="machine 1 failed"):
        lamport.run_local(3, 1, log_dir=tmp_path / "a", progress=False)
    assert machines.is_killed_with == 0
    _, stop, *times = machines.asked
    assert stop == "stop"
    assert len(times) == 3
    # One span for all of them.
    assert at_work.GRACE >= times[0] >= times[1] >= times[2] > 0


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("damage", ["truncated", "removed"])
@pytest.mark.filterwarnings("ignore")
def test_a_run_that_fails_forgets_its_key_if_all_its_logs_are_complete(tmp_path, apart, damage):
    log, key, done = tmp_path / "machine_1.log", tmp_path / "run.key", []

    def harm(elapsed, *_):
        if elapsed > 0.1 and not done:
            done.append(key.exists())
            os.truncate(log, 0) if damage == "truncated" else log.unlink()

    with pytest.raises(lamport.LamportError, match=damage):
        lamport.run_local(2, 0.4, rates=[50, 50], log_dir=tmp_path, processes=apart, progress=harm)
    assert done == [True]
    # Without its log nobody knows how a machine ended.
    assert key.exists() == (damage == "removed")


def test_which_logs_have_ended(tmp_path):
    first, second = (tmp_path / f"machine_{machine}.log" for machine in (1, 2))
    whole = '{"event": "INTERNAL"}\n{"event": "END"}\n'
    first.write_text(whole)
    assert has_ended(tmp_path, 1)
    assert not has_ended(tmp_path, 2)
    for text in ("", whole[:-1], whole + "{}\n", whole + "[1]\n", whole + "\0\n", whole[:22], whole + "\n"):
        second.write_text(text)
        assert not has_ended(tmp_path, 2), text
    second.write_text(whole)
    assert has_ended(tmp_path, 2)
