"""An agent at work: it carries out orders, and says how it is with the machines of its host."""

import os
import selectors
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from lamport._agent.descriptors import check_descriptors
from lamport._agent.gathering import gathering
from lamport._agent.hosted import hosted
from lamport._agent.orders import Orders
from lamport._agent.probes import Probes
from lamport._agent.reserved import Reserved
from lamport._agent.speaker import Speaker
from lamport._agent.told import Told
from lamport._drive.machine_process import Spawn
from lamport._drive.machine_processes import MachineProcesses
from lamport._drive.spoken import SILENCE

__all__ = ["Agent"]

LOOK = 0.25
"""Seconds between two looks at processes that say nothing."""
SLOW = "that said no hello in time"
"""What a machine says of those that are slow to connect. Before ticking that is nothing to warn of: where
many connect at once some are slow, and connect again; who never does is named."""
SETTLED = 1.0
"""Seconds of ticking after which all is told that was said before."""
PATIENCE = 15.0
"""Seconds that machines have to end in order once their launcher is gone: one that is stuck has less."""
LAST = 5.0
"""Seconds in which the last words have to be heard."""


class Agent:
    """The agent of a host.

    Parameters
    ----------
    orders, words : int
        The descriptors where the launcher says what is to be done, and where it reads.
    directory : Path
        A directory of its own, for logs.
    is_asked_to_end : callable
        Whether a signal has asked for the end.
    spawn : callable
        Starts the process of a machine.
    silence : float
        Seconds without a word from the launcher after which that is gone.
    """

    def __init__(
        self,
        orders: int,
        words: int,
        directory: Path,
        is_asked_to_end: Callable[[], bool],
        spawn: Spawn,
        *,
        silence: float = SILENCE,
    ) -> None:
        # What is given in place of a pipe may be a file, or nothing.
        self._selector = selectors.PollSelector()
        self._orders, self._speaker = Orders(orders, self._selector), Speaker(words, self._selector)
        self._directory, self._silence = directory, silence
        self._is_asked_to_end, self._spawn = is_asked_to_end, spawn
        self._reserved: Reserved | None = None
        self._machines: MachineProcesses | None = None
        self._told: Told | None = None
        self._probes: Probes | None = None
        self._logs: Iterator[dict[str, Any]] | None = None
        self._has_begun = self._is_gathered = False
        self._why = ""
        self._until = 0.0
        self._status: int | None = None

    def run(self, hello: dict[str, Any]) -> int:
        """Say hello and carry out orders until it is told to go, or nobody is there to tell it so.

        Returns
        -------
        int
            The exit status: 0, and 1 where the launcher was lost.
        """
        self._speaker.say("hello", **hello)
        try:
            while self._status is None:
                for key, _ in self._selector.select(self._left()):
                    key.data()
                self._take_orders()
                self._go_on()
        except BaseException:
            self._why = self._why or "it was interrupted"
            raise
        finally:
            self._close()
        return self._status

    def _take_orders(self) -> None:
        while self._status is None:
            try:
                order = self._orders.take()
                if order is None:
                    return
                self._carry_out(order)
            except Exception as error:
                self._fail(error)

    def _carry_out(self, order: dict[str, Any]) -> None:
        match order["do"]:
            case "alive":
                pass
            case "reserve":
                self._reserve(order)
            case "probe":
                targets = [tuple(target) for target in order["targets"]]
                self._probes = Probes(targets, order["seconds"], self._selector)
            case "start":
                self._start(order)
            case "gather":
                each = () if self._machines is None else self._machines.each
                self._logs = gathering(self._directory, each)
            case "bye":
                self._speaker.say("bye")
                self._status = 0
            case "go" | "look" | "stop" | "interrupt" | "kill":
                self._order_machines(order)
            case other:
                raise ValueError(f"there is no order {other!r}: is the launcher of another version?")

    def _reserve(self, order: dict[str, Any]) -> None:
        if self._reserved is not None:
            raise ValueError("ports are reserved already")
        machines = order["machines"]
        check_descriptors(len(machines))
        self._reserved = Reserved(
            machines, order["listen"], order["ports"], keep=order["keep"], selector=self._selector
        )
        ports = {str(machine): port for machine, port in self._reserved.ports.numbers.items()}
        self._speaker.say("reserved", ports=ports)

    def _start(self, order: dict[str, Any]) -> None:
        if self._reserved is None or self._machines is not None:
            raise ValueError("machines are started once, on ports that were reserved before")
        machines = hosted(order, self._reserved.ports, self._directory, self._selector, self._spawn)
        self._reserved.hand_over()
        self._machines, self._told = machines, Told(machines)
        machines.start()

    def _order_machines(self, order: dict[str, Any]) -> None:
        if self._machines is None or self._told is None:
            if order["do"] in {"stop", "kill"}:
                # There is nothing to end.
                return
            raise ValueError(f"the order {order['do']} is for machines, and none were started")
        match order["do"]:
            case "go":
                self._has_begun = True
                self._machines.go()
            case "look":
                self._told.look(order["number"])
            case "stop":
                self._machines.stop()
            case "interrupt":
                self._machines.interrupt()
            case "kill":
                self._machines.kill()

    def _go_on(self) -> None:
        if self._status is not None:
            return
        self._go_on_with_machines()
        if self._probes is not None and (failed := self._probes.failed()) is not None:
            self._probes = None
            self._speaker.say("probed", failed=failed)
        self._go_on_with_logs()
        self._speaker.live()
        if self._why:
            if self._machines is None or self._machines.is_done or time.monotonic() > self._until:
                self._status = 1
        elif not self._orders.is_open:
            self._leave("the launcher is gone")
        elif time.monotonic() > self._orders.heard + self._silence:
            self._leave(f"the launcher has said nothing for {self._silence:g} s")
        elif self._is_asked_to_end():
            self._leave("the agent was asked to end by a signal")

    def _go_on_with_machines(self) -> None:
        machines, told = self._machines, self._told
        if machines is None or told is None:
            return
        try:
            machines.conduct(lambda machine, error: self._speaker.say("failed", **told.fail(machine, error)))
        except Exception as error:
            # A machine that is to come back cannot be started: it stays down.
            self._fail(error)
        for text in machines.warnings():
            if machines.elapsed() > SETTLED or SLOW not in text:
                self._speaker.warn(text)
        for say, more in told.news():
            self._speaker.say(say, **more)
        is_over = told.take_end()
        if (status := told.status()) is not None:
            self._speaker.tell("status", machines=status)
        if is_over:
            self._speaker.say("over")

    def _go_on_with_logs(self) -> None:
        while self._logs is not None and self._speaker.has_room:
            said = next(self._logs, None)
            if said is None:
                self._logs, self._is_gathered = None, True
            else:
                self._speaker.say(**said)

    def _leave(self, why: str) -> None:
        """End the machines in order: there is nobody any more for whom they run."""
        self._why, self._until = why, time.monotonic() + PATIENCE
        self._fail(RuntimeError(why))
        if self._machines is not None:
            self._machines.stop()

    def _fail(self, error: Exception) -> None:
        text = f"the order lacks {error}" if isinstance(error, KeyError) else str(error)
        self._speaker.say("failed", machine=None, kind=type(error).__name__, text=text, error=None)

    def _left(self) -> float:
        """Seconds until something is due."""
        left = LOOK
        if self._machines is not None and self._machines.due is not None:
            left = min(left, self._machines.due)
        if self._probes is not None:
            left = min(left, self._probes.left)
        return 0.0 if self._logs is not None and self._speaker.has_room else left

    def _close(self) -> None:
        """Leave nothing behind but logs that nobody has."""
        if self._machines is not None:
            self._machines.kill()
        elif self._reserved is not None:
            self._reserved.close()
        # Only who has them all sends it away: a launcher may have heard them, and not have written them.
        is_sent_away = self._status == 0
        kept = self._has_begun and not (self._is_gathered and is_sent_away)
        if not kept:
            import shutil

            shutil.rmtree(self._directory, ignore_errors=True)
        if self._why or (kept and is_sent_away):
            where = f"; the logs of its machines are in {self._directory}" if kept else ""
            why = self._why or "it was sent away"
            # Who is gone does not read it.
            with suppress(OSError):
                os.write(sys.stderr.fileno(), f"lamport.agent: {why}{where}\n".encode())
        self._speaker.finish(LAST)
        self._selector.close()
