"""A handler that does not return: a second Ctrl-C is raised into it, and logs stay whole."""

import json
import signal
import subprocess
import sys
import time

import pytest

HEAD = """
import os, sys, time, lamport

WITHIN = []

class Endless(lamport.Algorithm):
    def on_idle(self, me):
        me.state(clock=me.clock)
        if me.id == 1 and me.clock == 4:
            print("within", flush=True)
            WITHIN.append(me.id)
            while True:
                pass
"""
MACHINE = """
machine = lamport.Machine(1, 0, [], "machine_1.log", 600, clock_rate=100, algorithm=Endless)
"""
RUNS = {
    "machine": MACHINE + "machine.run()",
    "run": "lamport.run_local(2, 600, algorithm=Endless, rates=100, log_dir='.', progress=False)",
}
COMMANDS = {
    "lamport machine": "machine --id=1 --algorithm=endless:Endless --rate=100 --log=machine_1.log",
    "lamport run": "run -n=2 --algorithm=endless:Endless --rates=100 --log-dir=. --no-progress --no-report",
}


def start(path, name):
    (path / "endless.py").write_text(HEAD)
    words = ["-c", HEAD + RUNS[name]] if name in RUNS else ["-m", "lamport", *COMMANDS[name].split()]
    return subprocess.Popen(
        [sys.executable, *words], cwd=path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def lines(log):
    return [json.loads(line) for line in log.read_text().splitlines()]


def check(path):
    """The step of the handler did not happen, and every log has its end."""
    told = lines(path / "machine_1.log")
    assert [line["state"]["clock"] for line in told if "state" in line] == [2, 3]
    for log in path.glob("machine_*.log"):
        assert lines(log)[-1]["event"] == "END"


def wait_for_handler(process):
    while "within" not in (line := process.stdout.readline()):
        assert line, process.communicate()


@pytest.mark.parametrize("name", [*RUNS, *COMMANDS])
def test_a_second_ctrl_c_ends_it(tmp_path, name):
    with start(tmp_path, name) as process:
        wait_for_handler(process)
        process.send_signal(signal.SIGINT)
        # Two that come at once are one.
        time.sleep(0.7)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert process.returncode in ({-signal.SIGINT} if name in RUNS else {130}), said
    check(tmp_path)
    if name in RUNS:
        assert said.splitlines()[-1] == "KeyboardInterrupt"
        assert "LamportWarning" not in said
    else:
        assert said.splitlines()[-1].endswith("error: interrupted")


def test_the_end_of_a_script_ends_it(tmp_path):
    script = HEAD + MACHINE + "machine.start()\nwhile not WITHIN: time.sleep(0.01)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "machine 1 still ran when the script ended: a handler that did not return was inter" in done.stderr
    check(tmp_path)


def test_it_is_interrupted_by_a_word(tmp_path):
    script = (
        HEAD + MACHINE + "machine.interrupt()\nmachine.start()\nwhile not WITHIN: time.sleep(0.01)\n"
        "time.sleep(0.2)\nassert not machine.join(0)\nmachine.interrupt()\n"
        "try:\n    machine.join()\nexcept KeyboardInterrupt:\n    print('done')\nassert machine.join(0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout.split(), done.stderr) == (0, ["within", "done"], "")
    check(tmp_path)


def test_in_a_forked_child_its_methods_fail(tmp_path):
    script = (
        HEAD
        + MACHINE
        + """
machine.start()
while not WITHIN: time.sleep(0.01)
child = os.fork()
if child == 0:
    for call in (machine.tick, machine.deliver, machine.interrupt, machine.join, machine.stop):
        try:
            call()
        except lamport.LamportError as error:
            print(str(error))
    sys.stdout.flush()
    os._exit(0)
os.waitpid(child, 0)
machine.stop()
machine.interrupt()
try:
    machine.join()
except KeyboardInterrupt:
    pass
"""
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    _, *told = done.stdout.splitlines()
    assert len(told) == 5
    assert all("machine 1" in line and "process" in line for line in told), told
    check(tmp_path)
