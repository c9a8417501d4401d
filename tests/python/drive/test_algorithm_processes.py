"""Algorithms in machines that are processes: kill -9, what reaches them, what comes out of them."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest
from ring_of_tokens import Given, Ring

import lamport

HERE = Path(__file__).parent
LOCK = threading.Lock()
FAST = {"rates": 200, "seed": 4}


def tokens(run):
    return sorted(run.states.drop_duplicates(["machine_id", "token"])["token"].dropna().tolist())


def log(directory, machine):
    return [json.loads(line) for line in Path(directory, f"machine_{machine}.log").read_text().splitlines()]


def given_to(lines):
    received = [line for line in lines if line["event"] == "RECEIVE"]
    return [line for line in received if line["sender"] is None and line["sent_clock"] == 0]


def test_a_process_that_is_killed_comes_back_with_all_it_was(tmp_path):
    faults = [lamport.Crash(2, at=0.3, down_for=0.2), lamport.Pause(3, at=0.6, duration=0.2)]
    run = lamport.run_local(
        3, 30, algorithm=Ring, arguments={"rounds": 60}, topology="ring", faults=faults, until="quiet",
        processes=True, log_dir=tmp_path / "run", **FAST,
    )  # fmt: skip
    assert tokens(run) == list(range(1, 181))
    assert run.verify().ok
    assert not run.interrupted
    lines = log(tmp_path / "run", 2)
    startups = [line for line in lines if line["event"] == "STARTUP"]
    assert len(startups) == 2
    assert {line["algorithm"] for line in startups} == {"ring_of_tokens:Ring"}
    assert [line["arguments"] for line in startups] == [{"rounds": 60}] * 2
    assert sum(line.get("start", False) for line in lines) == 1
    assert lines[-1]["event"] == "END"
    # Sets are in the same order in every life.
    assert set(run.states["hash_seed"]) == {os.environ.get("PYTHONHASHSEED", "0")}


def test_a_class_of_a_function_reaches_its_processes(tmp_path):
    step = 3

    class Counting(Ring):
        def on_message(self, me, sender, body):
            me.state(counted=body["token"] * step)
            super().on_message(me, sender, body)

    run = lamport.run_local(
        2, 20, algorithm=Counting, until="quiet", processes=True,
        faults=[lamport.Crash(1, at=0.1, down_for=0.1)], log_dir=tmp_path / "run", **FAST,
    )  # fmt: skip
    assert run.states["counted"].dropna().max() == 30
    name = f"{__name__}:test_a_class_of_a_function_reaches_its_processes.<locals>.Counting"
    assert log(tmp_path / "run", 1)[0]["algorithm"] == name


def test_a_class_of_a_script_reaches_its_processes(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent(
            """
            import lamport
            LIMIT = 6
            class Count(lamport.Algorithm):
                def start(self, me):
                    if me.id == 1:
                        me.send(2, 1)
                def on_message(self, me, sender, body):
                    me.state(count=body)
                    if body < LIMIT:
                        me.send(sender, body + 1)
            if __name__ == "__main__":
                run = lamport.run_local(2, 20, algorithm=Count, rates=200, until="quiet", processes=True)
                print(run.log_dir, run.states["count"].tolist())
            """
        )
    )
    done = subprocess.run([sys.executable, script], cwd=tmp_path, capture_output=True, text=True, check=True)
    directory, _, counted = done.stdout.partition(" ")
    assert counted.strip() == "[1, 2, 3, 4, 5, 6]"
    assert log(tmp_path / directory, 1)[0]["algorithm"] == "__main__:Count"


def test_what_cannot_be_handed_over_is_named_before_anything_starts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    class Locked(Ring):
        def on_message(self, _me, _sender, _body):
            with LOCK:
                pass

    with pytest.raises(
        ValueError, match=r"algorithm=\S*Locked cannot be handed .* pickle '_thread.lock'.*threads"
    ):
        # By value, as a class of a notebook.
        lamport.run_local(2, 1, algorithm=Locked, processes=True, **FAST)
    made = type(sys)("made_here")
    exec("import lamport\nclass Mine(lamport.Algorithm):\n def start(self, me): pass", vars(made))
    monkeypatch.setitem(sys.modules, "made_here", made)
    with pytest.raises(
        ValueError, match=r"algorithm=made_here:Mine .* No module named 'made_here'. Let its module"
    ):
        lamport.run_local(2, 1, algorithm=made.Mine, processes=True, **FAST)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("processes", [False, True])
def test_an_exception_of_a_handler_comes_out_with_its_place(tmp_path, processes):
    class TooMuchError(Exception):
        pass

    class Failing(Ring):
        def on_message(self, me, _sender, _body):
            raise TooMuchError(me.id)

    with pytest.raises(lamport.AlgorithmError, match="machine 2: ") as caught:
        lamport.run_local(3, 5, algorithm=Failing, processes=processes, log_dir=tmp_path / "run", **FAST)
    error, lines = caught.value, log(tmp_path / "run", 2)
    assert isinstance(error.__cause__, TooMuchError)
    assert error.__cause__.args == (2,)
    assert (error.machine, error.seed, lines[-1]["event"]) == (2, 4, "RECEIVE")
    began = next(line["began"] for line in lines if "began" in line)
    assert error.time == pytest.approx(lines[-1]["system_time"] - began, abs=2e-6)
    assert str(len(lines)) in error.line
    assert "in on_message" in str(error)
    assert "raise TooMuchError(me.id)" in str(error)
    assert log(tmp_path / "run", 1)[-1]["event"] == "END"


@pytest.mark.parametrize("processes", [False, True])
def test_an_exception_of_init_comes_out_with_its_traceback(tmp_path, processes):
    class Failing(Ring):
        def __init__(self):
            self.part = 1 // 0

    with pytest.raises(lamport.AlgorithmError, match="cannot be made") as caught:
        lamport.run_local(2, 5, algorithm=Failing, processes=processes, log_dir=tmp_path / "run", **FAST)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert "in __init__" in str(caught.value)
    assert "self.part = 1 // 0" in str(caught.value)


@pytest.mark.parametrize("processes", [False, True])
def test_what_is_given_from_outside_comes_at_its_time(tmp_path, processes):
    given = {
        "algorithm": Given,
        "inputs": [(1.6, 2, {"ask": "b"}), (0.0, 1, "a"), (4.5, 1, None)],
        "faults": [lamport.Crash(2, at=1.5, down_for=0.3)],
        "until": "quiet",
        "rates": 200,
        "seed": 1,
    }
    run = lamport.run_local(2, 30, processes=processes, log_dir=tmp_path / "run", **given)
    told = {machine: states["told"].iloc[-1] for machine, states in run.states.groupby("machine_id")}
    expected = ["a", {"ask": "b"}, None]
    assert told == {1: expected, 2: expected}
    assert run.verify().ok
    assert lamport.replay(run)["line"].isna().all()
    received = given_to(log(tmp_path / "run", 1))
    began = run.parameters["began"]
    assert [line["arrival_time"] - began for line in received] == pytest.approx([0.0, 4.5], abs=0.05)
    # Given while it is down, it has it once it is up.
    (late,) = given_to(log(tmp_path / "run", 2))
    assert late["arrival_time"] - began >= 1.8
    again = lamport.rerun(run, log_dir=tmp_path / "again", time="virtual")
    assert again.states["told"].iloc[-1] == expected
    assert lamport.load(tmp_path / "run").parameters["inputs"] == [
        [0.0, 1, "a"], [1.6, 2, {"ask": "b"}], [4.5, 1, None]
    ]  # fmt: skip


@pytest.mark.parametrize("processes", [False, True])
def test_what_a_crash_finds_in_the_queue_is_given_again(tmp_path, processes):
    # Ticks are 0.25 s from each other: what comes after the first waits when the machine is killed.
    inputs = [(0.0, 1, "before"), (0.1, 1, "a"), (0.2, 1, "b"), (2.3, 1, "never")]
    with pytest.warns(lamport.LamportWarning, match="never given"):
        run = lamport.run_local(
            1, 2, algorithm=Given, inputs=inputs, faults=[lamport.Crash(1, at=0.28, down_for=0.1)], rates=4,
            topology={1: []}, processes=processes, log_dir=tmp_path / "run", seed=3,
        )  # fmt: skip
    assert run.states["told"].iloc[-1] == ["before", "a", "b"]
    lines = log(tmp_path / "run", 1)
    at = [number for number, line in enumerate(lines) if line["event"] == "STARTUP"][1]
    assert [line["body"] for line in lines[at:] if line["event"] == "RECEIVE"]
    assert "never" not in json.dumps(lines)
    assert run.verify().ok


def test_a_handler_that_does_not_return_is_named_and_ctrl_c_ends_it(tmp_path):
    words = ["-n", "3", "--duration", "60", "--algorithm", "ring_of_tokens:Endless", "--rates", "200"]
    running = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "lamport",
            "run",
            *words,
            "--processes",
            "--log-dir",
            tmp_path / "run",
            "--no-report",
        ],
        cwd=HERE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stderr is not None
    for line in running.stderr:
        if "its handler " in line and " has been at work for 5 s" in line:
            assert "machine 2" in line
            break
    else:
        pytest.fail("it was not named")
    children = {
        int(pid) for pid in Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text().split()
    }
    assert len(children) == 3 or not children
    running.send_signal(signal.SIGINT)
    time.sleep(0.5)
    running.send_signal(signal.SIGINT)
    running.stderr.read()
    assert running.wait(20) == 128 + signal.SIGINT
    for machine in (1, 2, 3):
        assert log(tmp_path / "run", machine)
    running.stderr.close()
    assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]


def test_a_handler_that_does_not_return_does_not_outlive_the_run(tmp_path):
    words = ["-n", "2", "--duration", "60", "--algorithm", "ring_of_tokens:Endless", "--rates", "200"]
    words += ["--processes", "--log-dir", str(tmp_path / "run"), "--no-report"]
    running = subprocess.Popen(
        [sys.executable, "-m", "lamport", "run", *words], cwd=HERE, stderr=subprocess.PIPE, text=True
    )
    assert running.stderr is not None
    assert any("has been at work for 5 s" in line for line in running.stderr)
    children = Path(f"/proc/{running.pid}/task").glob("*/children")
    pids = [int(pid) for each in children for pid in each.read_text().split()]
    assert len(pids) == 2
    running.kill()
    running.wait()
    running.stderr.close()
    deadline = time.monotonic() + 20
    while alive := [pid for pid in pids if is_running(pid)]:
        assert time.monotonic() < deadline, alive
        time.sleep(0.1)


def is_running(pid):
    """Whether a process runs that is more than what its parent has not asked for yet."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
