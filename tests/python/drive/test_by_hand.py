"""A machine driven by hand, whose log fails or whose messages come by hand."""

import json
import subprocess
import sys

import pytest

import lamport

FAILS = """
import resource, signal, sys
import lamport

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

def machine(**options):
    return lamport.Machine(1, 0, [], sys.argv[1], 60, clock_rate=1, **options)

def error(call):
    try:
        call()
    except OSError as error:
        return str(error)

def room(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

first = machine()
room(3000)
steps, failure = 0, None
while failure is None:
    failure = error(first.internal_event)
    steps += failure is None
room(resource.RLIM_INFINITY)
assert "File too large" in failure, failure
for call in (first.internal_event, first.tick, first.handle_receive, first.shutdown, first.shutdown):
    assert error(call) == failure, call
assert first.local_clock == steps > 5
with machine(resume=True) as second:
    assert second.local_clock == steps
    assert second.internal_event()["new_clock"] == steps + 1
"""

BLOCK = """
import resource, signal, sys
import lamport

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with lamport.Machine(1, 0, [], sys.argv[1], 60):
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
    1 / 0
"""


def test_a_log_that_fails_fails_every_call_and_can_be_resumed_in_the_same_process(tmp_path):
    log = tmp_path / "machine_1.log"
    done = subprocess.run([sys.executable, "-c", FAILS, log], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert lamport.verify(log).ok


def test_the_error_of_a_block_is_not_replaced_by_that_of_its_end(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", BLOCK, tmp_path / "a.log"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.endswith("ZeroDivisionError: division by zero\n")
    assert "File too large" not in done.stderr


def test_a_message_by_hand_is_told_apart_in_the_log(tmp_path):
    log = tmp_path / "machine_1.log"
    with lamport.Machine(1, 0, [], log, 60) as machine:
        machine.deliver(9, sender=2)
        machine.deliver(3)
        assert machine.handle_receive()["sender"] == 2
        with pytest.raises(ValueError, match=r"the largest is 9007194959773695 \(2\^53 - 2\^32 - 1\)"):
            machine.deliver(2**53 - 2**32)
    _, received, unread, _ = map(json.loads, log.read_text().splitlines())
    assert (received["sender"], received["by_hand"], received["manual"]) == (2, True, True)
    assert (unread["sender"], "by_hand" in unread) == (None, False)
    run = lamport.load(log)
    assert run.events["sender"].tolist() == [2]
    assert run.verify().ok


def test_ticks_by_hand_among_those_that_were_due_keep_no_rate(tmp_path):
    log = tmp_path / "machine_1.log"
    with lamport.Machine(1, 0, [], log, 0.3, clock_rate=20) as machine:
        machine.start()
        while machine.ticks < 3:
            machine.tick()
        machine.join()
    run = lamport.load(log)
    assert len(run.events) == run.machines["ticks"][1] > 6
    assert run.machines["lateness_max"].isna()[1]
    assert run.verify().ok
