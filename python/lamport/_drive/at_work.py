"""A run of machines on this host at work: from the claim of its directory to its last line."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from os import PathLike
from pathlib import Path
from typing import Any, Protocol

from lamport._drive.progress import Progress
from lamport._drive.work import STEP, Work
from lamport._model.warning import warn
from lamport._runs.claim import Claim
from lamport._runs.directory import write_record

__all__ = ["AtWork", "Driver"]

GRACE = 5.0
"""Seconds in which the machines of a run that failed may end in order."""


class Driver(Protocol):
    """What runs the machines: threads of this process, or processes."""

    @property
    def rates(self) -> Sequence[float] | None: ...
    @property
    def began(self) -> float | None: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...
    def join(self, timeout: float | None = None) -> bool: ...
    def elapsed(self) -> float: ...
    def status(self) -> tuple[list[int], list[int]]: ...
    def warnings(self) -> list[str]: ...
    def kill(self) -> None: ...
    def interrupt(self) -> None: ...


class AtWork:
    """A run at work, and what of it is shown meanwhile.

    Attributes
    ----------
    begun : Path or None
        The directory of the logs, once their machines are started.
    """

    def __init__(
        self,
        parameters: dict[str, Any],
        log_dir: str | PathLike[str] | None,
        make: Callable[[Path], Driver],
        grace: float = GRACE,
    ) -> None:
        self._parameters = parameters
        self._log_dir = log_dir
        self._make, self._grace = make, grace
        self.begun: Path | None = None
        self._driver: Driver | None = None
        self._warnings: deque[str] = deque()

    def run(self, work: Work[Path]) -> Path:
        """Run the machines to their end; return the directory of their logs.

        A run that does not begin leaves nothing behind.
        """
        claim = Claim(self._log_dir, self._parameters)
        try:
            driver = self._make(claim.path)
            try:
                self._record(driver, claim.path)
                driver.start()
            except BaseException:
                driver.kill()
                raise
        except BaseException:
            claim.give_up()
            raise
        self._driver, self.begun = driver, claim.path
        try:
            self._drive(driver, claim.path, work)
        except BaseException:
            _abandon(driver, self._grace)
            raise
        return claim.path

    def warn(self) -> None:
        """Warn of what is to be warned of."""
        while self._warnings:
            warn(self._warnings.popleft())

    def tell(self, bar: Progress) -> None:
        """Show how far it is, and warn of what is to be warned of."""
        self.warn()
        if self._driver is not None:
            bar(self._driver.elapsed(), *self._driver.status())

    @property
    def is_interrupted(self) -> bool:
        """Whether the run was written down as interrupted."""
        return "interrupted" in self._parameters

    def note_interrupt(self, directory: Path) -> None:
        """Write down that the run was interrupted."""
        if not self.is_interrupted:
            self._parameters["interrupted"] = True
            write_record(directory, self._parameters)

    def _drive(self, driver: Driver, directory: Path, work: Work[Path]) -> None:
        parameters = self._parameters
        done = False
        while not done:
            if work.fails.is_set():
                if work.ends.is_set():
                    # A second Ctrl-C: a handler may be at work that does not return.
                    driver.interrupt()
                _abandon(driver, self._grace)
                return
            if work.ends.is_set() and not self.is_interrupted:
                driver.stop()
                self.note_interrupt(directory)
            try:
                done = driver.join(STEP)
            except (KeyboardInterrupt, SystemExit) as error:
                # Of a handler: signals come to another thread. Its step was none, and all end in order.
                if self.is_interrupted:
                    raise
                self._warnings.append(
                    f"a handler raised {error!r}{_where(error)}: the run ended there; "
                    "me.stop() ends one machine"
                )
                driver.stop()
                self.note_interrupt(directory)
            finally:
                # They say why it failed.
                self._warnings.extend(driver.warnings())
            if parameters["rates"] is None and driver.rates is not None:
                self._record(driver, directory)
            if (began := driver.began) is not None and began != parameters.get("began"):
                # The Unix time from which times and faults count, by the clock of the logs.
                parameters["began"] = began
                write_record(directory, parameters)

    def _record(self, driver: Driver, directory: Path) -> None:
        rates = driver.rates
        if self._parameters["rates"] is None:
            self._parameters["rates"] = None if rates is None else list(rates)
        write_record(directory, self._parameters)


def _where(error: BaseException) -> str:
    """Say in which line of a handler it was raised, if that is known."""
    import traceback

    ours = str(Path(__file__).parents[1])
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(ours)
    ]
    return f" in {frames[-1].name} ({frames[-1].filename}:{frames[-1].lineno})" if frames else ""


def _abandon(driver: Driver, grace: float) -> None:
    """End the machines of a run that failed: their logs stay complete where that is possible."""
    until = time.monotonic() + grace
    # What made the run fail is raised: others of its machines that fail meanwhile change nothing.
    with suppress(Exception):
        driver.stop()
    for _ in range(1 + len(driver.status()[0])):  # each may fail once
        with suppress(Exception):
            driver.join(max(0.0, until - time.monotonic()))
            break
    driver.kill()
