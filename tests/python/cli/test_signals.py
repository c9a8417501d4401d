"""Signals to commands: an orderly end, logs and report whole, an exit status that tells, and nothing left."""

import json
import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import termios
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from signalled import COMMANDS, Signalled, processes_below

import lamport
from lamport._cli import commands, machine
from lamport._cli.signals import ENDING, Signals

PATIENCE = 60


@pytest.mark.parametrize("command", COMMANDS)
def test_an_orderly_end(tmp_path, command):
    with ExitStack() as stack:
        children = {
            number: stack.enter_context(Signalled(command, tmp_path / str(number), report=True))
            for number in ENDING
        }
        for number, child in children.items():
            child.wait_until_at_work()
            child.send(number)
        for number, child in children.items():
            child.check_ended(number)
            if child.is_run:
                assert "interrupted: it ended early, in order" in child.out
                assert lamport.load(child.home).interrupted
                assert json.loads((child.home / "run.json").read_text())["interrupted"] is True
                assert not (child.home / "run.key").exists()


def test_at_any_moment(tmp_path):
    """A short form of `benches/signals.py`: before anything is made, at work, at the end, in the report."""
    times = iter((0.05, 0.25, 0.4, 0.55, 0.7, 0.85, 1.0, 1.2, 1.4, 1.6, 1.8, 2.0))
    started = []
    for command in COMMANDS:
        for number in ENDING:
            child = Signalled(command, tmp_path / f"{command}{number}", duration=1, report=True).start()
            threading.Timer(next(times), child.send, [number]).start()
            started.append((child, number))
    for child, number in started:
        child.check_any_end(number)


def test_two_signals_that_are_one(tmp_path):
    """`timeout` sends its own twice, and a terminal that goes away too."""
    with Signalled("run", tmp_path) as child:
        child.wait_until_at_work()
        child.send(signal.SIGTERM)
        time.sleep(0.01)
        child.send(signal.SIGTERM)
        time.sleep(0.4)
        child.send(signal.SIGHUP)
        child.check_ended(signal.SIGTERM)


def test_a_machine_that_is_told_by_others_too(tmp_path):
    """On shutdown every process gets SIGTERM, and the run passes its own on."""
    with Signalled("run --processes", tmp_path) as child:
        child.wait_until_at_work()
        for each in [child.process.pid, *processes_below(child.process.pid)]:
            os.kill(each, signal.SIGTERM)
        child.check_ended(signal.SIGTERM)


@pytest.mark.parametrize("command", COMMANDS)
def test_what_was_ignored_stays_ignored(tmp_path, command):
    """As with ``nohup``."""
    with Signalled(command, tmp_path, duration=1.5, ignored=signal.SIGHUP) as child:
        child.wait_until_at_work()
        child.send(signal.SIGHUP)
        child.check_done()


def test_machines_of_a_run_that_ignores_ctrl_c_can_be_ended(tmp_path):
    """As in the background of a script, where a shell has SIGINT ignored."""
    with Signalled("run --processes", tmp_path, ignored=signal.SIGINT) as child:
        child.wait_until_at_work()
        child.send(signal.SIGINT)
        time.sleep(0.3)
        assert child.process.poll() is None
        child.send(signal.SIGTERM)
        child.check_ended(signal.SIGTERM)


def can_unshare():
    if shutil.which("unshare") is None:
        return False
    return (
        subprocess.run(["unshare", "--pid", "--fork", "true"], check=False, capture_output=True).returncode
        == 0
    )


@pytest.mark.skipif(not can_unshare(), reason="a new PID namespace is forbidden here")
@pytest.mark.parametrize("command", COMMANDS)
def test_as_the_first_process_of_a_container(tmp_path, command):
    """The system drops what such a process does not handle."""
    with Signalled(command, tmp_path, prefix=["unshare", "--pid", "--fork", "--kill-child"]) as child:
        child.wait_until_at_work()
        (first, *_) = processes_below(child.process.pid)
        os.kill(first, signal.SIGTERM)
        child.check_ended(signal.SIGTERM)


def test_handlers_are_put_back(tmp_path, monkeypatch, capsys):
    before = [signal.getsignal(number) for number in ENDING]
    assert commands.main(["keygen", "-o", str(tmp_path / "key")]) == 0
    assert commands.main(["verify", str(tmp_path / "nothing")]) == 2
    words = ["--id", "1", "--duration", "0.05", "--rate", "20", "--log", str(tmp_path / "a.log")]
    assert machine.main(words) == 0
    assert [signal.getsignal(number) for number in ENDING] == before


def test_handlers_are_for_the_main_thread_alone(tmp_path, capsys):
    status = []
    words = ["run", "--duration", "0.2", "--rates", "20,40", "--no-report", "--log-dir", str(tmp_path / "a")]
    thread = threading.Thread(target=lambda: status.append(commands.main(words)))
    thread.start()
    thread.join()
    assert status == [0]


@pytest.mark.parametrize("processes", [False, True])
def test_a_library_call_installs_none(tmp_path, processes):
    before = [signal.getsignal(number) for number in ENDING]
    seen = []

    def look(*_):
        seen.append([signal.getsignal(number) for number in ENDING])

    options = {"processes": processes, "log_dir": tmp_path / "a", "progress": look}
    lamport.run_local(1, 0.3, rates=[20], **options)
    assert seen
    assert all(each == before for each in seen)


def test_the_second_word_of_an_impatient_user(monkeypatch):
    signals = Signals(managed=False)
    with signals.handled(), signals.noted():
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)
        assert signals.status == 128 + signal.SIGTERM
        monkeypatch.setattr("lamport._cli.signals.TWICE", 0)
        signal.raise_signal(signal.SIGHUP)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signals.status == 128 + signal.SIGTERM


def test_a_command_that_cannot_wait_is_ended_at_once():
    signals = Signals(managed=False)
    with signals.handled(), pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGHUP)
    assert signals.is_caught


INTERRUPTED = """
import argparse, sys
from lamport._cli.guard import guard
parser, args = argparse.ArgumentParser(prog="x"), argparse.Namespace()
sys.exit(guard(parser, lambda _: exec("raise KeyboardInterrupt"), args))
"""


def test_the_exit_status_is_right_wherever_the_interrupt_was_raised(tmp_path):
    """In code that was a string, as that of named tuples is, ``python -m`` takes it for unhandled."""
    (tmp_path / "interrupted.py").write_text(INTERRUPTED)
    command = [sys.executable, "-m", "interrupted"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (130, "x: error: interrupted\n")


@pytest.mark.parametrize("number", ENDING)
def test_a_pipe_that_nobody_reads_is_waited_for_until_a_signal(tmp_path, number):
    pipe = tmp_path / "machine_1.log"
    os.mkfifo(pipe)
    words = ["--id=1", "--duration=60", "--rate=20", "--overwrite", f"--log={pipe}"]
    command = [sys.executable, "-m", "lamport.machine", *words]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as child:
        wait_until_handled(child)
        child.send_signal(number)
        _, error = child.communicate(timeout=PATIENCE)
    assert child.returncode == 128 + number
    assert error == "python -m lamport.machine: error: interrupted\n"


def wait_until_handled(child):
    """Wait until it handles signals."""
    status = Path(f"/proc/{child.pid}/status")
    bit = 1 << (signal.SIGHUP - 1)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        caught = next(line for line in status.read_text().splitlines() if line.startswith("SigCgt"))
        if int(caught.split()[1], 16) & bit:
            return
        time.sleep(0.02)
    raise AssertionError("it handles no signals")


def test_a_pipe_that_is_read_is_a_log(tmp_path):
    pipe = tmp_path / "machine_1.log"
    os.mkfifo(pipe)
    words = ["--id=1", "--duration=0.3", "--rate=20", "--overwrite", f"--log={pipe}"]
    with subprocess.Popen([sys.executable, "-m", "lamport.machine", *words]) as child:
        time.sleep(0.2)
        text = pipe.read_text()
    assert child.returncode == 0
    assert [json.loads(line)["event"] for line in text.splitlines()][-1] == "END"
    with pytest.raises(lamport.LamportError, match="it is a pipe, and keeps nothing to resume"):
        lamport.Machine(1, 0, [], pipe, 0.1, resume=True)


def test_a_script_that_waits_for_a_reader_can_be_ended(tmp_path):
    pipe = tmp_path / "machine_1.log"
    os.mkfifo(pipe)
    code = f"import lamport; print('on', flush=True); machine = (1, 0, [], {str(pipe)!r}, 1)\n"
    code += "lamport.Machine(*machine, overwrite=True)"
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", code], text=True, **streams) as child:
        assert child.stdout.readline() == "on\n"
        time.sleep(0.1)
        child.send_signal(signal.SIGINT)
        _, error = child.communicate(timeout=PATIENCE)
    assert error.endswith("KeyboardInterrupt\n")


STUCK = """
import sys, lamport
machine = lamport.Machine(1, 0, [], sys.argv[1], 60, clock_rate=1e5, overwrite=True)
if sys.argv[2] == "block":
    with machine:
        machine.run()
machine.run()
"""


@pytest.mark.parametrize("way", ["run", "block"])
def test_a_log_that_nobody_takes_further_does_not_hold_a_script(tmp_path, way):
    """Its reader is there, and does not read: each Ctrl-C ends one wait."""
    pipe = tmp_path / "machine_1.log"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    command = [sys.executable, "-c", STUCK, str(pipe), way]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as child:
        while not select.select([reader], [], [], 0.05)[0] or not os.read(reader, 1):
            assert child.poll() is None
        time.sleep(0.5)
        for _ in range(3):
            child.send_signal(signal.SIGINT)
            time.sleep(0.2)
        # The exit waits for an orderly end, for seconds.
        _, error = child.communicate(timeout=PATIENCE)
    os.close(reader)
    assert "KeyboardInterrupt" in error


def test_a_machine_shows_how_far_it_is_in_a_terminal(tmp_path):
    words = ["--id=1", "--duration=1", "--rate=20", f"--log={tmp_path / 'machine_1.log'}"]
    for more, shown in (([], True), (["--no-progress", "--overwrite"], False)):
        screen, terminal = pty.openpty()
        termios.tcsetwinsize(terminal, (24, 100))
        command = [sys.executable, "-m", "lamport.machine", *words, *more]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=terminal) as child:
            os.close(terminal)
            text = b""
            with suppress(OSError):  # the terminal is gone
                while data := os.read(screen, 4096):
                    text += data
        os.close(screen)
        assert child.returncode == 0
        assert (b"1 machine:" in text and b"of 1 s" in text) is shown, text
