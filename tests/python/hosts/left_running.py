"""What is left of a run: processes, wherever they went."""

import os
import secrets
import signal
import time
from contextlib import suppress
from pathlib import Path

__all__ = ["NAME", "Mark"]

NAME = "LAMPORT_TEST_MARK"


class Mark:
    """A mark in the environment of processes, by which their descendants are found.

    Attributes
    ----------
    name, value : str
        The variable.
    """

    def __init__(self):
        self.name, self.value = NAME, secrets.token_hex(8)

    def environment(self):
        """Give the environment of a process that has the mark."""
        return {**os.environ, self.name: self.value}

    def pids(self, *words):
        """Give the processes that have the mark and all of these words in their commands."""
        mark = f"{self.name}={self.value}".encode()
        found = []
        for process in Path("/proc").iterdir():
            if not process.name.isdigit():
                continue
            with suppress(OSError):
                if mark not in (process / "environ").read_bytes().split(b"\0"):
                    continue
                command = (process / "cmdline").read_bytes().split(b"\0")
                if all(word.encode() in command for word in words):
                    found.append(int(process.name))
        return sorted(found)

    def agents(self):
        return self.pids("lamport.agent")

    def wait_until_gone(self, *words, seconds=20.0):
        """Wait until no such process is there. Gives how long it took.

        Raises
        ------
        AssertionError
            Some are there still: they are named.
        """
        began = time.monotonic()
        while left := self.pids(*words):
            if time.monotonic() > began + seconds:
                raise AssertionError(f"still there after {seconds} s: {self.told(left)}")
            time.sleep(0.05)
        return time.monotonic() - began

    def told(self, pids):
        """Say what these processes are."""
        said = []
        for pid in pids:
            with suppress(OSError):
                command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
                said.append(f"{pid}: {command}")
        return said

    def kill(self):
        """End whatever has the mark."""
        for _ in range(100):
            pids = self.pids()
            if not pids:
                return
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)
