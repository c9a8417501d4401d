"""Commands that are sent signals, and what must be true of them afterwards."""

import json
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import lamport

PATIENCE = 60
RATE = 40
COMMANDS = ("run", "run --processes", "machine", "python -m lamport.machine")


def lines_of(log):
    """The lines of a log, all of them whole."""
    text = log.read_text()
    assert text.endswith("\n"), log
    return [json.loads(line) for line in text.splitlines()]


def processes_below(pid):
    """The children of a process, and theirs."""
    found = []
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in map(int, (task / "children").read_text().split()):
                found += [child, *processes_below(child)]
    except OSError:
        pass
    return found


class Signalled:
    """A command in a process of its own, with a directory of its own."""

    def __init__(self, command, home, *, duration=60, report=False, ignored=None, prefix=()):
        self.report = report
        self.is_run = command.startswith("run")
        self.home = Path(home)
        self.logs = [self.home / f"machine_{number}.log" for number in ((1, 2) if self.is_run else (1,))]
        start, *words = command.split()
        lead = [sys.executable, "-m", "lamport", start] if start != "python" else [sys.executable, *words]
        if self.is_run:
            options = [*words, f"--rates={RATE},{RATE}", f"--log-dir={home}", "--internal-probability=0.2"]
            options += [] if report else ["--no-report"]
        else:
            options = ["--id=1", f"--rate={RATE}", f"--log={self.logs[0]}"]
        self._words = [*prefix, *lead, *options, f"--duration={duration}"]
        self._ignored = ignored
        self._output, self._errors = (tempfile.TemporaryFile("w+") for _ in range(2))  # noqa: SIM115
        self._below = set()
        self.out = self.error = ""

    def start(self):
        self.home.parent.mkdir(parents=True, exist_ok=True)
        ignored = self._ignored
        before = None if ignored is None else signal.signal(ignored, signal.SIG_IGN)
        try:
            self.process = subprocess.Popen(
                self._words, stdout=self._output, stderr=self._errors, start_new_session=True
            )
        finally:
            if ignored is not None:
                signal.signal(ignored, before)
        return self

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def wait_until_at_work(self):
        """Wait until every machine has ticked."""
        deadline = time.monotonic() + PATIENCE
        while not all(log.exists() and log.read_text().count("\n") > 3 for log in self.logs):
            assert self.process.poll() is None, "it ended by itself"
            assert time.monotonic() < deadline, "its machines do not tick"
            time.sleep(0.02)

    def send(self, number):
        self._below |= set(processes_below(self.process.pid))
        if self.process.poll() is None:
            self.process.send_signal(number)

    def wait(self):
        status = self.process.wait(timeout=PATIENCE)
        for file, name in ((self._output, "out"), (self._errors, "error")):
            file.seek(0)
            setattr(self, name, file.read())
            file.close()
        left = [pid for pid in self._below if Path(f"/proc/{pid}").exists()]
        assert not left, f"left running: {left}"
        return status

    def check_ended(self, number):
        """It ended in order, and says by which signal."""
        assert (self.wait(), self.error) == (128 + number, self.error)
        self._check_whole()

    def check_done(self):
        """It ended by itself."""
        assert self.wait() == 0, self.error
        self._check_whole()

    def check_any_end(self, number):
        """It left nothing, or ended in order, or was over. Gives which."""
        status = self.wait()
        if not any(log.exists() for log in self.logs):
            # Before the command begins the interpreter speaks, which says what it says to Ctrl-C.
            by_itself = number == signal.SIGINT and "KeyboardInterrupt" in self.error
            assert by_itself or status in {128 + number, -number}, (status, self.error)
            assert by_itself or self.error.endswith("interrupted\n") or not self.error, self.error
            assert not self.home.exists() or not any(self.home.iterdir()), "something is left"
            return "nothing made"
        self._check_whole()
        if status == 128 + number:
            is_short = self.is_run and lamport.load(self.home).interrupted
            return "ended in order" if is_short or not self.is_run else "came after the last tick"
        # As the interpreter ends it handles signals as it does by itself.
        assert status in {0, -number}, (status, self.error)
        return "came too late"

    def _check_whole(self):
        assert "Traceback" not in self.error
        for log in self.logs:
            assert lines_of(log)[-1]["event"] == "END", log
        if self.is_run:
            for name in ("analysis_summary.md", "analysis_subplots.png"):
                assert (self.home / name).exists() is self.report
            done = lamport.load(self.home).verify()
            assert done.ok, done
