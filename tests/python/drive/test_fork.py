"""Machines and forked children: a machine belongs to the process that made it."""

import json
import subprocess
import sys

import pytest

import lamport

START = """
import faulthandler, multiprocessing, os, signal, sys, threading, time, warnings
warnings.simplefilter("ignore", DeprecationWarning)  # fork beside threads, from Python 3.12 on
import lamport

def machine(number=1, **options):
    options = {"clock_rate": 50, **options}
    return lamport.Machine(number, 0, [], f"machine_{number}.log", 60, **options)

def in_child(work):
    '''What work returns or raises in a forked child, which must be over soon.'''
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        try:
            said = repr(work())
        except BaseException as error:
            said = f"{type(error).__name__}: {error}"
        os.write(writing, said.encode())
        # Not os._exit: what is dropped and what runs at exit must do no harm either.
        raise SystemExit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), said
"""

CALLS = """
one = machine()
one.internal_event()
before = open("machine_1.log").read()
calls = {
    "run": one.run, "start": one.start, "join": one.join, "stop": one.stop, "shutdown": one.shutdown,
    "tick": one.tick, "internal_event": one.internal_event, "handle_receive": one.handle_receive,
    "send_message": lambda: one.send_message([("localhost", 5002)]), "deliver": lambda: one.deliver(3),
    "warnings": one.warnings, "put": lambda: one.incoming_queue.put(3),
    "qsize": lambda: one.incoming_queue.qsize(),
    "local_clock": lambda: one.local_clock, "queue_len": lambda: one.queue_len, "ticks": lambda: one.ticks,
    "with": lambda: one.__exit__(None, None, None),
}
for name, call in calls.items():
    status, said = in_child(call)
    assert status == 0, (name, status)
    assert said.startswith("LamportError: machine 1 belongs to process "), (name, said)
    assert "make one where it is to be used" in said, said
constants = lambda: (one.machine_id, one.listen_port, one.clock_rate, one.seed, one.log_filename, repr(one))
status, said = in_child(constants)
assert status == 0
assert "of another process" in said, said
assert said.startswith(f"(1, {one.listen_port}, 50.0, {one.seed}, {one.log_filename!r}"), said
assert open("machine_1.log").read() == before
assert one.internal_event()["new_clock"] == 2
one.shutdown()
"""

DROP = """
one = machine()
def drop():
    global one
    del one
assert in_child(drop) == (0, "None")
# The lock of the log is still this process's, and its port still listens.
try:
    machine()
except FileExistsError:
    pass
try:
    machine(resume=True)
except lamport.LamportError as error:
    assert "a running machine writes it" in str(error)
else:
    raise AssertionError
import socket
socket.create_connection(("localhost", one.listen_port)).close()
one.internal_event()
one.shutdown()
"""

RUNNING = """
one = machine()
one.start()
time.sleep(0.1)
def drop():
    global one
    del one
assert in_child(drop) == (0, "None")
ticks = one.ticks
time.sleep(0.2)
assert one.ticks > ticks
one.shutdown()
"""

WITH = """
with machine() as one:
    one.internal_event()
    if os.fork() == 0:
        signal.alarm(20)
        sys.exit(0)
    assert os.waitstatus_to_exitcode(os.wait()[1]) == 0
    one.internal_event()
"""

POOL = """
one = machine()
two = machine(2)
two.start()
def work(number):
    try:
        one.internal_event()
    except lamport.LamportError as error:
        return str(error)
context = multiprocessing.get_context("fork")
with context.Pool(2) as pool:
    said = pool.map_async(work, range(4)).get(20)
assert all("machine 1 belongs to process" in each for each in said), said
process = context.Process(target=work, args=(one,))
process.start()
process.join(20)
assert process.exitcode == 0, process.exitcode
assert one.local_clock == 0
one.internal_event()
one.shutdown()
two.shutdown()
"""

AGAIN = """
def run(name):
    made = lamport.run_local(2, 0.3, rates=[400, 400], log_dir=name, progress=False)
    return made.verify().violations.to_dict("records"), made.machines["ticks"].tolist()

one = machine()
one.start()
expected = ([], [120, 120])
found = run("parent")
assert found == expected, found
# While machines of the parent tick, and others just start, at any moment.
stop = threading.Event()
def busy():
    number = 10
    while not stop.is_set():
        number += 1
        lamport.run_local(2, 0.02, rates=[2000, 2000], log_dir=f"busy_{number}", progress=False)
thread = threading.Thread(target=busy)
thread.start()
try:
    for number in range(8):
        status, said = in_child(lambda: run(f"child_{number}"))
        assert (status, said) == (0, repr(expected)), (status, said)
finally:
    stop.set()
    thread.join()
def own():
    with machine(7) as seven:
        return seven.internal_event()["new_clock"]
assert in_child(own) == (0, "1")
one.shutdown()
"""


@pytest.mark.parametrize("code", [CALLS, DROP, RUNNING, WITH, POOL, AGAIN])
def test_a_machine_belongs_to_the_process_that_made_it(tmp_path, code):
    done = subprocess.run(
        [sys.executable, "-c", START + code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    for log in tmp_path.glob("machine_*.log"):
        events = [json.loads(line)["event"] for line in log.read_text().splitlines()]
        assert events.count("END") == 1
        assert events[-1] == "END"
        assert lamport.verify(log).ok
