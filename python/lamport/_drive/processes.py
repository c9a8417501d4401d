"""Machines 1 .. n as processes of this host, watched by this one."""

import json
import os
import selectors
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from lamport._drive.algorithm import Plan
from lamport._drive.handed import Handed
from lamport._drive.key import ENVIRONMENT
from lamport._drive.machine_processes import MachineProcesses
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

    Crashes and pauses are carried out from here, see `MachineProcesses`; partitions, delays and disconnects
    are read by each process from ``faults.json``.

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

        conductor = FaultConductor(faults, len(peers), setting["duration"])
        # These can be longer than a command line may be.
        files = {
            "faults": None if faults == NONE else _write(faults, Path(log_dir, FAULTS)),
            "latency": _write_long(setting["latency"], Path(log_dir, LATENCY)),
        }
        same = {"seed": seed, "run_id": run_id, "allow": HOST, "sync": sync, "precise": precise, **files}
        # A list of processes shows every user their words, but not their environments.
        environment = {name: value for name, value in os.environ.items() if name != ENVIRONMENT}
        self._handed: Handed | None = None
        if plan is not None:
            # Of sets and dicts a handler sees the same order in all lives.
            environment.setdefault("PYTHONHASHSEED", "0")
            self._handed = Handed(plan, senders(peers), environment)
        self._until_quiet = plan is not None and plan.until == "quiet"
        # After all that may fail, so that nothing is left open.
        self._selector = selectors.DefaultSelector()
        try:
            ports = Ports(
                {machine: [base_port and base_port + machine - 1] for machine in range(1, len(peers) + 1)},
                keep=conductor.has_restart,
            )
        except BaseException:
            self._selector.close()
            raise
        numbers = ports.numbers
        commands = {
            machine: _command(
                machine_words(
                    setting,
                    machine - 1,
                    [f"{HOST}:{numbers[peer + 1]}" for peer in row],
                    **same,
                    log_filename=log,
                )
            )
            for machine, (row, log) in enumerate(zip(peers, self._logs, strict=True), 1)
        }
        if base_port == 0 or plan is not None:
            # All that may send are here; where the ports are known, others may join, but no algorithm.
            for command, ids in zip(commands.values(), senders(peers), strict=True):
                command.append(f"--senders={','.join(map(str, ids))}")
        if key is not None:
            environment[ENVIRONMENT] = key
        self._machines = MachineProcesses(
            commands,
            ports,
            environment=environment,
            origin=unix_origin(),
            conductor=conductor,
            duration=setting["duration"],
            wait=wait,
            pipe=None if self._handed is None else self._handed.pipe,
            selector=self._selector,
        )
        self._rates = first_rates(setting)
        self._started = False

    @property
    def rates(self) -> list[float] | None:
        """The rates, once every machine has told its own in its log."""
        if self._rates is None and self._started:
            self._rates = [_first_line(log)["clock_rate"] for log in self._logs]
        return self._rates

    def start(self) -> None:
        """Start the processes."""
        self._machines.start()

    def stop(self) -> None:
        """Ask every process to end early, as Ctrl-C would."""
        self._machines.stop()

    def interrupt(self) -> None:
        """Interrupt handlers that are at work."""
        self._machines.interrupt()

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
        each = self._machines.each.values()
        self._started = self._started or all(process.ready for process in each)
        if self._until_quiet and self._is_quiet():
            self.stop()
        self._machines.conduct(_fail)
        return self._machines.is_done

    def _is_quiet(self) -> bool:
        """Whether there was a time at which nothing was under way anywhere: then nothing happens any more.

        Each process tells since when its machine stands as it does, and until when that was looked at.
        """
        looks = self._machines.looks
        # What waits at a machine that has stopped stays there.
        return (
            looks is not None
            and all(look.is_idle for look in looks)
            and sum(look.kept for look in looks) == sum(look.unread for look in looks)
            and max(look.since for look in looks) <= min(look.until for look in looks)
        )

    @property
    def began(self) -> float | None:
        """The Unix time at which the first of the machines began to tick, as its log says; None before."""
        return self._machines.began

    def elapsed(self) -> float:
        """Seconds since ticking started, 0 before."""
        return self._machines.elapsed()

    def status(self) -> tuple[list[int], list[int]]:
        """Each machine's clock and queue length, as it last told."""
        each = self._machines.each.values()
        return [process.clock for process in each], [process.queue for process in each]

    def warnings(self) -> list[str]:
        """Take the warnings since the last call."""
        return self._machines.warnings()

    def kill(self) -> None:
        """End every process that is still there, and close what belongs to them."""
        self._machines.kill()
        self._close()

    def _close(self) -> None:
        self._machines.close()
        self._selector.close()

    def _left(self, deadline: float | None) -> float:
        """Seconds until something is due."""
        left = LOOK if deadline is None else min(LOOK, max(0.0, deadline - time.monotonic()))
        due = self._machines.due
        return left if due is None else min(left, due)


def _fail(_machine: int, error: Exception) -> NoReturn:
    raise error


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
