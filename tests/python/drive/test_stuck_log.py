"""Threads that wait for one another: for a log that takes nothing more, for what starts. Python goes on."""

import subprocess
import sys

import pytest

START = """
import atexit, os, threading, time
import lamport
from lamport._lamport import LocalRun

def pipe():
    # Opened, so that the log opens; read by nobody.
    os.mkfifo("pipe")
    return os.open("pipe", os.O_RDONLY | os.O_NONBLOCK)

def machine(log, **options):
    return lamport.Machine(1, 0, [("127.0.0.1", 1)], log, 60, clock_rate=50, **options)

def fill():
    writer = os.open("pipe", os.O_WRONLY | os.O_NONBLOCK)
    for size in (4096, 1):
        try:
            while True:
                os.write(writer, b" " * size)
        except BlockingIOError:
            pass
    os.close(writer)

def threads(*functions):
    made = [threading.Thread(target=function, daemon=True) for function in functions]
    for thread in made:
        thread.start()
    return made

def read_until_done(reader, made):
    while any(thread.is_alive() for thread in made):
        try:
            os.read(reader, 1 << 16)
        except BlockingIOError:
            time.sleep(0.001)
"""

DELIVER = """
reader = pipe()
one = machine("pipe", overwrite=True)
fill()
made = threads(one.internal_event)
time.sleep(0.3)
made += threads(lambda: one.deliver(5))
time.sleep(0.3)
assert all(thread.is_alive() for thread in made)
read_until_done(reader, made)
print(one.local_clock, one.queue_len)
"""

SEND = """
reader = pipe()
one = machine("pipe", overwrite=True)
to = [("127.0.0.1", 2)]

def send():
    for _ in range(500):
        assert one.send_message(to)["recipients"] == to

made = threads(*[send] * 6)
time.sleep(0.5)
assert all(thread.is_alive() for thread in made)
read_until_done(reader, made)
print(one.local_clock, one.queue_len)
"""

DROP = """
import socket

reader = pipe()
with socket.create_server(("127.0.0.1", 0)) as taken:
    port = taken.getsockname()[1]
one = lamport.Machine(1, 0, [("127.0.0.1", port)], "pipe", 60, overwrite=True)
fill()
held = [lamport.Machine(2, port, [], "machine_2.log", 60, allow=["127.0.0.1"])]
# One's CONNECT line waits, and with it all that the machines of this process have of a network.
time.sleep(2)
made = threads(held.clear)
time.sleep(0.3)
assert all(thread.is_alive() for thread in made)
read_until_done(reader, made)
print(one.local_clock, one.queue_len)
"""

# What `start` does in Python, made to last; the first start of a process does it.
SLOW = """
register, inside = atexit.register, threading.Event()

def slow(function):
    inside.set()
    time.sleep(0.5)
    return register(function)

atexit.register = slow
"""

START_MACHINE = (
    SLOW
    + """
one = machine("machine_1.log")

def look():
    inside.wait()
    print(one.elapsed < 60)
    one.stop()

made = threads(look)
one.start()
made[0].join()
print(one.join(60))
"""
)

START_RUN = (
    SLOW
    + """
runs = []

def local_run(*given, **options):
    runs.append(LocalRun(*given, **options))
    return runs[0]

def look():
    inside.wait()
    print(runs[0].elapsed() < 60)
    runs[0].stop()

lamport._lamport.LocalRun = local_run
made = threads(look)
lamport.run_local(2, 60, rates=[50, 50], log_dir="run", progress=False)
made[0].join()
print(runs[0].join(60))
"""
)


def printed(path, code):
    """Run a script that would not end if all its threads stood still; give what it prints."""
    command = [sys.executable, "-c", START + code]
    done = subprocess.run(command, cwd=path, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(("code", "said"), [(DELIVER, "1 1\n"), (SEND, "3000 0\n"), (DROP, "0 0\n")])
def test_threads_that_wait_for_the_log_hold_up_no_other(tmp_path, code, said):
    assert printed(tmp_path, code) == said


@pytest.mark.parametrize("code", [START_MACHINE, START_RUN])
def test_threads_that_look_at_what_starts_hold_up_no_other(tmp_path, code):
    assert printed(tmp_path, code) == "True\nTrue\n"
