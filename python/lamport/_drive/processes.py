"""Machines 1 .. n as processes of this host, watched by this one."""

import json
import os
import selectors
import socket
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lamport._drive.algorithm import Plan
from lamport._drive.handed import Handed
from lamport._drive.key import ENVIRONMENT
from lamport._drive.machine_process import Condition, MachineProcess
from lamport._drive.machine_words import LONGEST_WORD, first_rates, machine_words, senders
from lamport._drive.ports import HOST, Ports
from lamport._runs.directory import FAULTS, LATENCY

if TYPE_CHECKING:
    from lamport._lamport import _RunSetting

__all__ = ["ProcessRun"]

NONE = "[]"
"""No faults, as JSON."""
LOOK = 0.25
"""Seconds between two looks at processes that say nothing."""


class ProcessRun:
    """The processes of a run, with the methods of the native ``LocalRun``.

    Every port is bound here and handed down, so no other program can take one in between. Each
    process writes its clock and queue length to a pipe; when that pipe breaks, it ends by itself.

    A crash is SIGKILL; the machine comes back as a new process that resumes the log, on the same port.
    Until then the port is kept, but nobody listens: connections are refused. A pause is
    SIGSTOP and SIGCONT. Partitions, delays and disconnects are read by each process from ``faults.json``.

    Raises
    ------
    FileExistsError
        The directory holds a log of one of the machines.
    OSError
        A port is in use.
    ValueError
        A fault is not possible in this run, or the algorithm cannot be handed to a process.
    """

    def __init__(
        self,
        setting: "_RunSetting",
        log_dir: str,
        *,
        seed: int,
        run_id: str,
        base_port: int,
        wait: float,
        sync: bool,
        precise: bool,
        key: str | None,
        plan: Plan | None,
    ) -> None:
        peers, faults = setting["topology"], setting["faults"]
        assert not isinstance(peers, str), "every machine is told its peers"
        self._logs = [Path(log_dir, f"machine_{machine}.log") for machine in range(1, len(peers) + 1)]
        for log in self._logs:
            if log.exists():
                raise FileExistsError(f"{log} exists: a log is never overwritten; give another log_dir")
        from lamport._lamport import FaultConductor, unix_origin

        self._origin = unix_origin()
        self._conductor = FaultConductor(faults, len(peers), setting["duration"])
        # These can be longer than a command line may be.
        files = {
            "faults": None if faults == NONE else _write(faults, Path(log_dir, FAULTS)),
            "latency": _write_long(setting["latency"], Path(log_dir, LATENCY)),
        }
        same = {"seed": seed, "run_id": run_id, "allow": HOST, "sync": sync, "precise": precise, **files}
        # A list of processes shows every user their words, but not their environments.
        self._environment = {name: value for name, value in os.environ.items() if name != ENVIRONMENT}
        self._handed: Handed | None = None
        if plan is not None:
            # Of sets and dicts a handler sees the same order in all lives.
            self._environment.setdefault("PYTHONHASHSEED", "0")
            self._handed = Handed(plan, senders(peers), self._environment)
        self._until_quiet = plan is not None and plan.until == "quiet"
        # After all that may fail, so that nothing is left open.
        self._selector = selectors.DefaultSelector()
        try:
            self._ports = Ports(base_port, len(peers), keep=self._conductor.has_restart)
        except BaseException:
            self._selector.close()
            raise
        self._commands = [
            _command(machine_words(setting, machine, self._addresses(row), **same, log_filename=log))
            for machine, (row, log) in enumerate(zip(peers, self._logs, strict=True))
        ]
        if base_port == 0 or plan is not None:
            # All that may send are here; where the ports are known, others may join, but no algorithm.
            for command, ids in zip(self._commands, senders(peers), strict=True):
                command.append(f"--senders={','.join(map(str, ids))}")
        self._wait = wait
        self._duration = setting["duration"]
        if key is not None:
            self._environment[ENVIRONMENT] = key
        self._processes: list[MachineProcess] = []
        self._rates = first_rates(setting)
        self._started = False
        self._stopping = False

    def _addresses(self, peers: Sequence[int]) -> list[str]:
        return [f"{HOST}:{self._ports.numbers[peer]}" for peer in peers]

    @property
    def rates(self) -> list[float] | None:
        """The rates, once every machine has told its own in its log."""
        if self._rates is None and self._started:
            self._rates = [_first_line(log)["clock_rate"] for log in self._logs]
        return self._rates

    def start(self) -> None:
        """Start the processes."""
        for machine, command in enumerate(self._commands, 1):
            process = MachineProcess(machine, self._selector, self._environment)
            self._processes.append(process)
            words = [*command, f"--wait={self._wait}", self._clock]
            self._start(process, words, self._ports.listeners[machine - 1])
        self._ports.hand_over()

    def _start(self, process: MachineProcess, words: list[str], listener: socket.socket) -> None:
        if self._handed is None:
            process.start(words, listener)
            return
        with self._handed.pipe(process.machine) as reading:
            process.start([*words, f"--algorithm-fd={reading}"], listener, handed=(reading,))

    def stop(self) -> None:
        """Ask every process to end early, as Ctrl-C would."""
        self._stopping = True
        self._conductor.cancel()
        for process in self._processes:
            process.interrupt()

    def interrupt(self) -> None:
        """Interrupt handlers that are at work."""
        if self._handed is not None:
            for process in self._processes:
                process.interrupt_handler()

    def join(self, timeout: float | None = None) -> bool:
        """Wait until every process is done. Returns whether they are; raises what made one fail."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self._turn(deadline):
            if deadline is not None and time.monotonic() >= deadline:
                return False
        self._close()
        return True

    def _turn(self, deadline: float | None) -> bool:
        """Read what there is and do what is due; return whether all is over."""
        for key, _ in self._selector.select(self._left(deadline)):
            key.data()
        self._started = self._started or all(process.ready for process in self._processes)
        for machine, process in enumerate(self._processes):
            if process.began is not None:
                self._conductor.begin(machine, process.began)
        self._conductor.carry_out(self._now(), self)
        if self._stopping or (self._until_quiet and self._is_quiet()):
            self.stop()
        for process in self._processes:
            process.check(interrupted=self._stopping)
        is_over = self._stopping or self.elapsed() > self._duration
        past = 0.0 if self._handed is None else self.elapsed()
        for process in self._processes:
            process.miss(machines=len(self._processes), past=past, is_over=is_over)
        return self._conductor.next is None and all(process.done for process in self._processes)

    def _is_quiet(self) -> bool:
        """Whether there was a time at which nothing was under way anywhere: then nothing happens any more.

        Each process tells since when its machine stands as it does, and until when that was looked at.
        """
        looks = [process.look for process in self._processes]
        if self._conductor.has_machine_down or None in looks:
            return False
        known = [look for look in looks if look is not None]
        # What waits at a machine that has stopped stays there.
        return (
            all(look.is_idle for look in known)
            and sum(look.kept for look in known) == sum(look.unread for look in known)
            and max(look.since for look in known) <= min(look.until for look in known)
        )

    @property
    def began(self) -> float | None:
        """The Unix time at which the first of the machines began to tick, as its log says; None before."""
        return min((process.began for process in self._processes if process.began is not None), default=None)

    def elapsed(self) -> float:
        """Seconds since ticking started, 0 before."""
        return max(0.0, self._now() - self.began) if self.began is not None else 0.0

    def status(self) -> tuple[list[int], list[int]]:
        """Each machine's clock and queue length, as it last told."""
        return [process.clock for process in self._processes], [process.queue for process in self._processes]

    def warnings(self) -> list[str]:
        """Take the warnings since the last call."""
        return [warning for process in self._processes for warning in process.take_warnings()]

    def kill(self) -> None:
        """End every process that is still there, and close what belongs to them."""
        self._conductor.cancel()
        for process in self._processes:
            process.kill()
        self._close()

    def _close(self) -> None:
        self._ports.close()
        self._selector.close()

    def _left(self, deadline: float | None) -> float:
        """Seconds until something is due."""
        now = time.monotonic()
        due = [now + LOOK, *([] if deadline is None else [deadline])]
        if self._conductor.next is not None:
            due.append(now + self._conductor.next - self._now())
        return max(0.0, min(due) - now)

    def _now(self) -> float:
        """Return the Unix time by the clock of the run, whoever sets that of the host meanwhile."""
        return (time.monotonic_ns() + self._origin) / 1e9

    @property
    def _clock(self) -> str:
        return f"--unix-origin={self._origin}"

    # What the conductor of faults calls, machines counted from 0.

    def condition(self, machine: int) -> Condition:
        """How it is with a machine's process."""
        return self._processes[machine].condition

    def crash(self, machine: int) -> None:
        """Kill a machine's process."""
        self._processes[machine].crash()

    def restart(self, machine: int) -> None:
        """Start a process that resumes the log of one that was killed."""
        with self._ports.open(machine) as listener:
            again = ["--resume", "--wait=0", self._clock, f"--began={self._processes[machine].began!r}"]
            self._start(self._processes[machine], [*self._commands[machine], *again], listener)

    def pause(self, machine: int) -> None:
        """Stop a machine's process where it stands."""
        self._processes[machine].pause()

    def go_on(self, machine: int) -> None:
        """Let a process that was stopped go on."""
        self._processes[machine].go_on()


def _write(text: str, path: Path) -> Path:
    path.write_text(json.dumps(json.loads(text), indent=1) + "\n", encoding="utf-8")
    return path


def _write_long(text: str, path: Path) -> "str | Path":
    """Return JSON as it is, or the file of it if it is long."""
    return text if len(text) <= LONGEST_WORD else _write(text, path)


def _command(words: list[str]) -> list[str]:
    return [sys.executable, "-m", "lamport.machine", *words]


def _first_line(log: Path) -> dict[str, Any]:
    with log.open(encoding="utf-8") as lines:
        first: dict[str, Any] = json.loads(lines.readline())
    return first
