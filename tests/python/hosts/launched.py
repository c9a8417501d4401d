"""A launcher in a process of its own, which can be killed."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress

__all__ = ["Launcher", "here", "host", "hosts_file", "launcher"]

PATIENCE = 60


def host(where, **given):
    """Give a host whose Python is this one."""
    return {"where": where, "python": sys.executable, **given}


def here(**given):
    """Give a host that is this one, by a program that only runs what follows it."""
    return host(["env"], address="127.0.0.1") | given


def hosts_file(path, hosts, **common):
    """Write a file of hosts, each a mapping, and what is given for all of them."""
    text = _toml(common)
    for host in hosts:
        text += f"\n[[hosts]]\n{_toml(host)}"
    path.write_text(text)
    return path


def _toml(values):
    return "".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items())


class Launcher:
    """``lamport run --hosts`` at work, in a session of its own as if a terminal had started it."""

    def __init__(self, words, directory, environment):
        self.directory = directory
        words = [sys.executable, "-m", "lamport", "run", *map(str, words)]
        self.process = subprocess.Popen(
            [*words, "--log-dir", str(directory), "--no-report", "--no-progress"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
            start_new_session=True,
        )

    def wait_until_ticking(self):
        """Wait until the machines tick: the launcher writes down when they began."""
        record = self.directory / "run.json"
        until = time.monotonic() + PATIENCE
        while True:
            with suppress(OSError, json.JSONDecodeError):
                if "began" in json.loads(record.read_text()):
                    return
            if self.process.poll() is not None:
                raise AssertionError(f"it ended before it began: {self.process.communicate()}")
            assert time.monotonic() < until, "it does not begin"
            time.sleep(0.02)

    def press_ctrl_c(self):
        """As a terminal does it: the whole process group of the launcher hears it."""
        os.killpg(self.process.pid, signal.SIGINT)

    def end(self):
        """Wait for its end. Gives its exit status, and what it wrote to stdout and stderr."""
        output, errors = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, output, errors


@contextmanager
def launcher(words, directory, environment):
    """Give a `Launcher`; end it by force if it is still there."""
    made = Launcher(words, directory, environment)
    try:
        yield made
    finally:
        with suppress(ProcessLookupError):
            os.killpg(made.process.pid, signal.SIGKILL)
        made.process.communicate()
