"""Machines' processes that are copies of the agent: nothing of it is in them."""

import os
import signal
import subprocess
import threading
from pathlib import Path

import pytest

from lamport._agent.forked import Forked, forking

COMMAND = ["python", "-m", "lamport.machine", "one", "two"]


def told(main, environment=None, handed=()):
    """Let a copy do this with its words; how it ended, and what it wrote to stderr."""
    process = forking(main)(COMMAND, environment or {}, handed)
    assert isinstance(process, Forked)
    with process.stderr:
        text = process.stderr.read().decode()
    return process.wait(), text


def is_open(fd):
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True


def say(*words):
    os.write(2, (" ".join(map(str, words)) + "\n").encode())


def test_it_does_what_a_program_would_with_its_words_and_its_environment():
    def main(words):
        say(*words, dict(os.environ), os.getsid(0) == os.getpid(), signal.getsignal(signal.SIGTERM).name)
        return 7

    status, text = told(main, {"LAMPORT_KEY": "secret"})
    assert status == 7
    assert text == "one two {'LAMPORT_KEY': 'secret'} True SIG_DFL\n"
    assert "LAMPORT_KEY" not in os.environ


def test_it_has_what_it_is_handed_and_no_other_descriptor():
    reading, writing = os.pipe()
    others = os.pipe()

    def main(_):
        say([fd for fd in range(256) if is_open(fd)])
        say(*(Path(f"/proc/self/fd/{fd}").readlink() for fd in (0, 1)))
        os.write(writing, b"here")
        return 0

    status, text = told(main, handed=(writing,))
    assert status == 0
    assert text == f"{[0, 1, 2, writing]}\n/dev/null /dev/null\n"
    assert os.read(reading, 9) == b"here"
    for fd in (reading, writing, *others):
        os.close(fd)


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (RuntimeError("no luck"), 1, "RuntimeError: no luck"),
        (SystemExit(2), 2, ""),
        (SystemExit("words"), 1, ""),
        (KeyboardInterrupt(), 1, "KeyboardInterrupt"),
    ],
)
def test_what_it_raises_is_its_end_and_never_comes_back_here(error, status, words):
    def main(_):
        raise error

    found, text = told(main)
    assert found == status
    assert words in text


def test_its_end_by_a_signal_is_told():
    process = forking(lambda _: signal.pause())(COMMAND, {}, ())
    assert process.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.01)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    # Then its number may be another's.
    process.send_signal(signal.SIGKILL)
    process.stderr.close()


def test_beside_another_thread_a_program_is_started(monkeypatch):
    started = []
    monkeypatch.setattr("lamport._agent.forked.execute", lambda *words: started.append(words))
    stay = threading.Event()
    thread = threading.Thread(target=stay.wait)
    thread.start()
    forking(lambda _: 0)(COMMAND, {}, ())
    stay.set()
    thread.join()
    assert started == [(COMMAND, {}, ())]
