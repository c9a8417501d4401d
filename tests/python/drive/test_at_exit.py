"""A script that ends while machines run."""

import json
import os
import subprocess
import sys
import time

import pytest

import lamport

START = """
import os, sys, threading, time
import lamport

def machine(number, **options):
    return lamport.Machine(number, 0, [], f"machine_{number}.log", 60, clock_rate=50, **options)
"""
WORDS = "still ran when the script ended: it was ended early, with a complete log"


def script(path, code, *options):
    """Run a script; give its exit status, what it printed, and what it said on stderr."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, *options, "-c", START + code], cwd=path, capture_output=True, text=True, check=False
    )
    assert time.monotonic() - began < 40
    return done.returncode, done.stdout, done.stderr


def last(log):
    return json.loads(log.read_text().splitlines()[-1])


@pytest.mark.parametrize(
    ("code", "status", "warned"),
    [
        ("one = machine(1); one.start(); time.sleep(0.2)", 0, 1),
        ("machine(1).start(); machine(2).start(); time.sleep(0.2)", 0, 2),
        ("one = machine(1); one.start(); time.sleep(0.2); sys.exit(3)", 3, 1),
        ("one = machine(1); one.start(); time.sleep(0.2); 1 / 0", 1, 1),
        ("one = machine(1); one.start(); time.sleep(0.2); one.stop()", 0, 0),
        ("one = machine(1, wait=60); one.start()", 0, 1),
        ("one = machine(1); one.start(); time.sleep(0.2); one.stop(); one.join()", 0, 0),
        ("one = machine(1); one.start(); one.shutdown()", 0, 0),
    ],
)
def test_they_end_in_order(tmp_path, code, status, warned):
    returned, _, errors = script(tmp_path, code)
    assert returned == status
    assert errors.count(WORDS) == warned
    for number in (1, 2):
        log = tmp_path / f"machine_{number}.log"
        if log.exists():
            assert last(log)["event"] == "END"
            assert lamport.verify(log).ok


def test_a_run_in_a_daemon_thread(tmp_path):
    code = """
go = lambda: lamport.run_local(2, 60, rates=[50, 50], log_dir="run", progress=False)
threading.Thread(target=go, daemon=True).start()
while not (os.path.exists("run/machine_2.log") and "INTERNAL" in open("run/machine_2.log").read()):
    time.sleep(0.02)
"""
    status, _, errors = script(tmp_path, code)
    assert status == 0
    assert "a run on this host" in errors
    for number in (1, 2):
        assert last(tmp_path / "run" / f"machine_{number}.log")["event"] == "END"


def test_what_cannot_end_in_order_says_so(tmp_path):
    status, _, errors = script(tmp_path, "machine(1).start(); time.sleep(0.2); os.remove('machine_1.log')")
    assert status == 0
    assert "machine 1 still ran when the script ended: log file" in errors
    assert "removed or renamed" in errors


def test_a_forked_child_ends_nothing(tmp_path):
    """Its exit is no end of its parent's machines, and writes nothing into their logs."""
    code = """
one = machine(1)
one.start()
time.sleep(0.2)
sys.stdout.flush()
if (child := os.fork()) == 0:
    sys.exit(5)
_, status = os.waitpid(child, 0)
ticks = one.ticks
time.sleep(0.2)
print(os.waitstatus_to_exitcode(status), one.ticks > ticks)
"""
    status, said, errors = script(tmp_path, code)
    assert (status, said) == (0, "5 True\n")
    assert errors.count(WORDS) == 1
    text = (tmp_path / "machine_1.log").read_text()
    assert text.count('"END"') == 1
    assert lamport.verify(tmp_path / "machine_1.log").ok


def test_what_a_forked_child_starts_itself_is_ended(tmp_path):
    code = """
one = machine(1)
one.start()
time.sleep(0.1)
if (child := os.fork()) == 0:
    two = machine(2)
    two.start()
    time.sleep(0.1)
    sys.exit(0)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    status, said, errors = script(tmp_path, code)
    assert (status, said) == (0, "0\n")
    assert errors.count(WORDS) == 2
    for number in (1, 2):
        assert (tmp_path / f"machine_{number}.log").read_text().count('"END"') == 1
        assert last(tmp_path / f"machine_{number}.log")["event"] == "END"


def test_it_is_bounded(tmp_path):
    """A log that takes nothing more holds the exit up for seconds, not for ever."""
    os.mkfifo(tmp_path / "machine_1.log")
    code = """
reader = os.open("machine_1.log", os.O_RDONLY | os.O_NONBLOCK)
one = machine(1, overwrite=True)
for _ in range(1000):
    one.deliver(5)
one.start()
# The pipe is full once nobody reads.
time.sleep(0.1)
threading.Timer(0, lambda: None)
import fcntl
writer = os.open("machine_1.log", os.O_WRONLY | os.O_NONBLOCK)
try:
    while True:
        os.write(writer, b" " * 512)
except BlockingIOError:
    pass
"""
    status, _, errors = script(tmp_path, code)
    assert status == 0
    assert "did not end within 5 s, and its log has no END" in errors
