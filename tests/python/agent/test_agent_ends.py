"""How an agent ends, and that nothing of it is left."""

import fcntl
import json
import os
import pty
import signal
import subprocess
import sys
import termios
import time
from array import array
from pathlib import Path

import pytest
from lone_launcher import PATIENCE, agents, begin, spread, start_order
from machines import lines

from lamport._agent.agent import Agent as AtWork


def processes_of(session):
    """The processes of a run's agents: their machines have sessions of their own, but are their children."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] != "Z" and int(fields[1]) == session:
            found.append(int(path.parent.name))
    return found


def are_gone(numbers):
    """Wait until these processes are gone, or at least ended."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        left = [number for number in numbers if is_there(number)]
        if not left:
            return True
        time.sleep(0.05)
    return False


def state(number):
    return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]


def is_there(number):
    try:
        return state(number) != "Z"
    except OSError:
        return False


def at_work(made, machines=2, duration=60, **options):
    """Let machines run; give their processes and the directory of their logs."""
    homes, ports = spread(made, machines)
    begin(made, homes, ports, duration=duration, **options)
    for agent in made:
        agent.wait_for("status")
    pids = processes_of(made[0].process.pid)
    assert len(pids) == machines
    return pids, Path(made[0].hello["directory"])


def kept(directory, machines=2):
    """The logs that an agent has kept, each complete; they are taken away."""
    logs = {path.name: lines(path) for path in directory.glob("machine_*.log")}
    assert len(logs) == machines
    for path in directory.iterdir():
        path.unlink()
    directory.rmdir()
    return logs


def wait_until_it_ticks(directory):
    until = time.monotonic() + PATIENCE
    while not all('"SEND"' in path.read_text() for path in directory.glob("*.log")):
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_machines_in_order_and_keeps_their_logs(number):
    with agents() as made:
        pids, directory = at_work(made)
        wait_until_it_ticks(directory)
        made[0].process.send_signal(number)
        assert "signal" in made[0].wait_for("failed", machine=None)["text"]
        status, errors = made[0].ended()
    assert status == 128 + number
    assert str(directory) in errors
    assert are_gone(pids)
    kept(directory)


def test_a_launcher_that_is_gone_is_the_end():
    with agents() as made:
        pids, directory = at_work(made)
        wait_until_it_ticks(directory)
        made[0].process.stdin.close()
        status, errors = made[0].ended()
    assert status == 1
    assert "the launcher is gone" in errors
    assert str(directory) in errors
    assert are_gone(pids)
    kept(directory)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a process does not hear of its parent's end")
def test_machines_that_stand_still_end_when_their_agent_is_killed():
    pause = {"fault": "pause", "machine_id": 1, "at": 0.2, "duration": 50}
    with agents() as made:
        pids, directory = at_work(made, faults=json.dumps([pause]))
        until = time.monotonic() + PATIENCE
        while not any(state(number) == "T" for number in pids):
            assert time.monotonic() < until
            made[0].order("alive")
            made[0].read(0.05)
        made[0].process.kill()
        made[0].ended()
        assert are_gone(pids)
    assert all(log[-1]["event"] == "END" for log in kept(directory).values())


def test_logs_that_were_heard_are_kept_until_it_is_sent_away():
    with agents() as made:
        homes, ports = spread(made, 2)
        begin(made, homes, ports, duration=0.5)
        made[0].wait_for("over")
        assert set(made[0].logs()) == {1, 2}
        status, errors = made[0].ended()
    assert status == 1
    directory = Path(made[0].hello["directory"])
    assert str(directory) in errors
    kept(directory)


def test_logs_that_nobody_has_heard_are_kept_by_one_that_is_sent_away():
    with agents() as made:
        homes, ports = spread(made, 2)
        begin(made, homes, ports, duration=0.5)
        made[0].wait_for("over")
        made[0].order("bye")
        made[0].wait_for("bye")
        status, errors = made[0].ended()
    assert status == 0
    directory = Path(made[0].hello["directory"])
    assert str(directory) in errors
    kept(directory)


def test_an_agent_that_cannot_say_hello_leaves_nothing(tmp_path):
    text = "import runpy, lamport._lamport as it; del it.own_addresses; runpy.run_module(%r, run_name=%r)"
    command = [sys.executable, "-c", text % ("lamport.agent", "__main__")]
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    environment = os.environ | {"TMPDIR": str(temporary)}
    ended = subprocess.run(command, stdin=subprocess.PIPE, capture_output=True, env=environment, check=False)
    assert b"own_addresses" in ended.stderr
    assert list(temporary.iterdir()) == []


def test_nothing_is_kept_of_machines_that_never_ticked():
    with agents() as made:
        homes, ports = spread(made, 2)
        made[0].order("start", **start_order(homes, ports))
        made[0].wait_for("ready")
        pids = processes_of(made[0].process.pid)
        made[0].process.stdin.close()
        status, errors = made[0].ended()
    assert status == 1
    assert "logs" not in errors
    assert are_gone(pids)
    assert not Path(made[0].hello["directory"]).exists()


def test_machines_end_with_an_agent_that_is_killed():
    with agents() as made:
        pids, directory = at_work(made)
        wait_until_it_ticks(directory)
        made[0].process.kill()
        assert are_gone(pids)
    kept(directory)


def test_machines_that_wait_for_their_start_end_with_an_agent_that_is_killed():
    with agents() as made:
        homes, ports = spread(made, 2)
        made[0].order("start", **start_order(homes, ports))
        made[0].wait_for("ready")
        pids = processes_of(made[0].process.pid)
        assert len(pids) == 2
        made[0].process.kill()
        assert are_gone(pids)
    directory = Path(made[0].hello["directory"])
    assert all(
        {line["event"] for line in log} <= {"STARTUP", "CONNECT", "END"} for log in kept(directory).values()
    )


def test_silence_is_the_end():
    """Once with the seconds that hold for everybody."""
    with agents() as made:
        pids, directory = at_work(made)
        began = time.monotonic()
        while made[0].read(1.0):
            if any(said["say"] == "failed" for said in made[0].heard):
                break
        assert time.monotonic() - began > 5
        assert "has said nothing for 15 s" in made[0].heard[-1]["text"]
        status, errors = made[0].ended()
    assert status == 1
    assert str(directory) in errors
    assert are_gone(pids)
    kept(directory)


def test_it_says_that_it_is_there(tmp_path):
    """At least every two seconds, as long as a launcher says so too."""
    with agents() as made:
        began = time.monotonic()
        alive = [made[0].wait_for("alive") for _ in range(2)]
        assert time.monotonic() - began > 2
        assert len(alive) == 2
        made[0].order("bye")
        made[0].wait_for("bye")


def test_a_launcher_that_is_short_of_patience_hears_of_a_shorter_one(tmp_path):
    reading, orders = os.pipe()
    words, writing = os.pipe()
    directory = tmp_path / "own"
    directory.mkdir()
    agent = AtWork(reading, writing, directory, lambda: False, None, silence=0.3)
    assert agent.run({}) == 1
    said = os.read(words, 65536).decode()
    assert "has said nothing for 0.3 s" in said
    assert not directory.exists()
    for fd in (reading, orders, words, writing):
        os.close(fd)


@pytest.mark.skipif(not hasattr(fcntl, "F_SETPIPE_SZ"), reason="pipes have one size here")
def test_a_reader_who_is_slow_does_not_stop_machines():
    with agents() as made:
        fcntl.fcntl(made[0].process.stdout, fcntl.F_SETPIPE_SZ, 4096)
        homes, ports = spread(made, 8)
        begin(made, homes, ports, duration=6)
        # Nothing is read: the pipe takes some seconds of what there is to say, then it is full.
        until = time.monotonic() + 7
        while time.monotonic() < until:
            made[0].order("alive")
            time.sleep(0.5)
        waiting = array("i", [0])
        fcntl.ioctl(made[0].process.stdout, termios.FIONREAD, waiting)
        assert waiting[0] > 3000
        made[0].wait_for("over")
        told = [said["machines"] for said in made[0].heard if said["say"] == "status"]
        logs = made[0].logs()
        made[0].order("bye")
        made[0].wait_for("bye")
        assert made[0].ended() == (0, "")
    last = {machine: json.loads(log.splitlines()[-1]) for machine, log in logs.items()}
    assert {machine: line["ticks"] for machine, line in last.items()} == dict.fromkeys(homes, 120)
    # What it was like in between may be left out, how it is at last is not.
    assert {machine: clock for machine, clock, *_ in told[-1]} == {
        machine: line["final_clock"] for machine, line in last.items()
    }


def test_a_terminal_is_refused():
    leading, following = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "lamport.agent"],
        stdin=following,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    os.close(leading)
    os.close(following)
    assert done.returncode == 2
    assert done.stdout == b""
    assert b"not from a terminal: remove what makes one of it, as -t of ssh" in done.stderr
    assert done.stderr.count(b"\n") == 1


def test_words_are_refused():
    done = subprocess.run(
        [sys.executable, "-m", "lamport.agent", "--hosts"],
        input=b"",
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 2
    assert b"takes no arguments" in done.stderr


def test_no_input_is_no_launcher():
    done = subprocess.run(
        [sys.executable, "-m", "lamport.agent"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == b"lamport.agent: the launcher is gone\n"
