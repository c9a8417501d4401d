"""What is told of machines while they are at work: each thing once, clocks as often as they are worth it."""

import time
from collections.abc import Iterator
from typing import Any

from lamport._drive.machine_processes import MachineProcesses

__all__ = ["Told"]

STATUS = 0.25
"""Seconds from one status to the next at least."""


class Told:
    """What of some machines the launcher was told so far.

    Parameters
    ----------
    machines : MachineProcesses
        The machines.
    """

    def __init__(self, machines: MachineProcesses) -> None:
        self._machines = machines
        self._has_started = self._is_ready = self._is_over = False
        self._ended: set[int] = set()
        self._failed: set[int] = set()
        self._status: list[Any] = []
        self._at = 0.0
        self._looks: list[tuple[int, int]] = []

    def fail(self, machine: int, error: Exception) -> dict[str, Any]:
        """Return what is said of a machine that has failed."""
        self._failed.add(machine)
        return {
            "machine": machine,
            "kind": type(error).__name__,
            "text": str(error),
            "error": self._machines.each[machine].told_error,
        }

    def look(self, number: int) -> None:
        """Take the order to look whether anything is under way."""
        self._looks.append((number, time.monotonic_ns()))

    def news(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Give what there is to say."""
        each = self._machines.each
        if not self._has_started and all(process.ready or process.done for process in each.values()):
            self._has_started = True
            yield "started", {}
        if not self._is_ready and all(process.is_at_start or process.done for process in each.values()):
            self._is_ready = True
            yield "ready", {}
        for number, asked in tuple(self._looks):
            if (looked := self._looked(asked)) is not None:
                self._looks.remove((number, asked))
                yield "look", {"number": number, "machines": looked}
        for machine, process in each.items():
            is_ended = process.done and not process.crashed
            if is_ended and machine not in self._ended and machine not in self._failed:
                self._ended.add(machine)
                yield "ended", {"machine": machine}

    def take_end(self) -> bool:
        """Say whether all have ended since this was asked last."""
        is_new = self._machines.is_done and not self._is_over
        self._is_over = self._is_over or is_new
        return is_new

    def status(self) -> list[Any] | None:
        """Return clocks and queues, if they are worth telling now."""
        now = time.monotonic()
        if now < self._at + STATUS and not self._is_over:
            return None
        each = self._machines.each
        status = [[machine, one.clock, one.queue, one.began] for machine, one in each.items()]
        if status == self._status:
            return None
        self._status, self._at = status, now
        return status

    def _looked(self, asked: int) -> list[Any] | None:
        """Return a look at all machines that is newer than the question, once there is one."""
        rows = []
        for machine, process in self._machines.each.items():
            look = process.look
            if process.done and not process.crashed and look is not None:
                # It stays as it is.
                rows.append([machine, look.is_idle, look.kept, look.unread, max(0, asked - look.since)])
            elif look is None or process.crashed or process.is_paused:
                rows.append([machine, False, 0, 0, 0])
            elif look.until < asked:
                return None
            else:
                rows.append([machine, look.is_idle, look.kept, look.unread, max(0, asked - look.since)])
        return rows
