"""The machines of one host as its processes: those of a run there, or all of it."""

import selectors
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from lamport._drive.machine_process import Condition, Look, MachineProcess, Spawn
from lamport._drive.ports import Ports

if TYPE_CHECKING:
    from lamport._lamport import FaultConductor

__all__ = ["MachineProcesses"]


class MachineProcesses:
    """Machines as processes, and what happens to them: they start, crash, come back, stand still, end.

    A crash is SIGKILL; the machine comes back as a new process that resumes the log, on the same port.
    Until then the port is kept, but nobody listens: connections are refused. A pause is
    SIGSTOP and SIGCONT.

    Parameters
    ----------
    commands : mapping of int to list of str
        For each machine the words that start its process.
    ports : Ports
        Where they listen.
    environment : mapping of str to str
        Of the processes.
    origin : int
        The Unix time of the zero of this host's monotonic clock, in ns.
    conductor : FaultConductor
        Whom it strikes down or lets stand still, of all machines 1 .. n of the run.
    duration, wait : float
        How long they tick, and wait for their peers.
    pipe : callable, optional
        Opens a pipe with what the process of a machine is handed of its algorithm.
    selector : BaseSelector
        Where their pipes are watched; each key's data is to be called.
    waits_for_start : bool
        They tick from `go` on, where they do not begin by themselves once they are connected.
    spawn : callable, optional
        Starts a process; None: as a program.
    """

    def __init__(
        self,
        commands: Mapping[int, list[str]],
        ports: Ports,
        *,
        environment: dict[str, str],
        origin: int,
        conductor: "FaultConductor",
        duration: float,
        wait: float,
        pipe: Callable[[int], AbstractContextManager[int]] | None,
        selector: selectors.BaseSelector,
        waits_for_start: bool = False,
        spawn: Spawn | None = None,
    ) -> None:
        self.each = {machine: MachineProcess(machine, selector, environment, spawn) for machine in commands}
        self.is_stopping = False
        self._commands, self._ports, self._conductor = commands, ports, conductor
        self._origin, self._duration, self._wait = origin, duration, wait
        self._pipe = pipe
        self._waits_for_start = waits_for_start

    def start(self) -> None:
        """Start the processes."""
        for machine, process in self.each.items():
            words = [f"--wait={self._wait}", self._clock]
            listener = self._ports.listeners[machine]
            if self._waits_for_start:
                ours, theirs = socket.socketpair()
                with theirs:
                    words.append(f"--start-line-fd={theirs.fileno()}")
                    process.wait_at(ours)
                    self._start(machine, words, listener, theirs.fileno())
            else:
                self._start(machine, words, listener)
        self._ports.hand_over()

    def _start(self, machine: int, more: Sequence[str], listener: socket.socket, *handed: int) -> None:
        process, words = self.each[machine], [*self._commands[machine], *more]
        if self._pipe is None:
            process.start(words, listener, *([handed] if handed else []))
            return
        with self._pipe(machine) as reading:
            process.start([*words, f"--algorithm-fd={reading}"], listener, (reading, *handed))

    def go(self) -> None:
        """Let those begin that wait for it."""
        for process in self.each.values():
            process.go()

    def stop(self) -> None:
        """Ask every process to end early, as Ctrl-C would."""
        self.is_stopping = True
        self._conductor.cancel()
        for process in self.each.values():
            process.interrupt()

    def interrupt(self) -> None:
        """Interrupt handlers that are at work."""
        if self._pipe is not None:
            for process in self.each.values():
                process.interrupt_handler()

    def conduct(self, failed: Callable[[int, Exception], object]) -> None:
        """Do what is due, and notice what became of processes, whose pipes were read before.

        Parameters
        ----------
        failed : callable
            Is told the machines that fail, and how.
        """
        for machine, process in self.each.items():
            if process.began is not None:
                self._conductor.begin(machine - 1, process.began)
        self._conductor.carry_out(self.now(), self)
        if self.is_stopping:
            # Some may not have been there when it was said.
            self.stop()
        is_over = self.is_stopping or self.elapsed() > self._duration
        past = 0.0 if self._pipe is None else self.elapsed()
        for machine, process in self.each.items():
            try:
                process.check(interrupted=self.is_stopping)
                process.miss(machines=len(self.each), past=past, is_over=is_over)
            except Exception as error:
                failed(machine, error)

    @property
    def is_done(self) -> bool:
        """Whether all have ended, and none comes back."""
        return self._conductor.next is None and all(process.done for process in self.each.values())

    @property
    def due(self) -> float | None:
        """Seconds until somebody is to be struck."""
        next_ = self._conductor.next
        return None if next_ is None else max(0.0, next_ - self.now())

    @property
    def looks(self) -> list[Look] | None:
        """The last looks at all machines; None while one cannot be looked at."""
        if self._conductor.has_machine_down:
            return None
        looks = [process.look for process in self.each.values()]
        known = [look for look in looks if look is not None]
        return known if len(known) == len(looks) else None

    @property
    def began(self) -> float | None:
        """The Unix time at which the first of the machines began to tick, as its log says; None before."""
        told = (process.began for process in self.each.values())
        return min((began for began in told if began is not None), default=None)

    def elapsed(self) -> float:
        """Seconds since ticking started, 0 before."""
        began = self.began
        return max(0.0, self.now() - began) if began is not None else 0.0

    def now(self) -> float:
        """Return the Unix time by the clock of the run, whoever sets that of the host meanwhile."""
        return (time.monotonic_ns() + self._origin) / 1e9

    def warnings(self) -> list[str]:
        """Take the warnings since the last call."""
        return [warning for process in self.each.values() for warning in process.take_warnings()]

    def kill(self) -> None:
        """End every process that is still there, and close what belongs to them."""
        self._conductor.cancel()
        for process in self.each.values():
            # Its log has no end then.
            (process.kill if process.done else process.crash)()
        self._ports.close()

    def close(self) -> None:
        """Give up the ports."""
        self._ports.close()

    @property
    def _clock(self) -> str:
        return f"--unix-origin={self._origin}"

    # What the conductor of faults calls, machines counted from 0.

    def condition(self, machine: int) -> Condition:
        """How it is with a machine's process."""
        return self.each[machine + 1].condition

    def crash(self, machine: int) -> None:
        """Kill a machine's process."""
        self.each[machine + 1].crash()

    def restart(self, machine: int) -> None:
        """Start a process that resumes the log of one that was killed."""
        with self._ports.open(machine + 1) as listener:
            again = ["--resume", "--wait=0", self._clock, f"--began={self.each[machine + 1].began!r}"]
            self._start(machine + 1, again, listener)

    def pause(self, machine: int) -> None:
        """Stop a machine's process where it stands."""
        self.each[machine + 1].pause()

    def go_on(self, machine: int) -> None:
        """Let a process that was stopped go on."""
        self.each[machine + 1].go_on()
