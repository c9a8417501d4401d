"""Runs that fail: what is said of them, and how their machines end."""

import pytest

import lamport
from lamport._drive import at_work, local


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
