"""Machines 1 .. n on several hosts, each with an agent, watched by this process."""

import json
import os
import selectors
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lamport._drive.handed import Handed
from lamport._drive.key import ENVIRONMENT
from lamport._drive.machine_words import first_rates, senders
from lamport._hosts import steps
from lamport._hosts.address import settle_addresses
from lamport._hosts.line import Line
from lamport._hosts.orders import start_orders
from lamport._hosts.place import Place
from lamport._hosts.quiet import Quiet
from lamport._hosts.station import Station
from lamport._runs.rates import drawn_rates

if TYPE_CHECKING:
    from lamport._drive.algorithm import Plan
    from lamport._lamport import _RunSetting

__all__ = ["HostsRun"]

LOOK = 0.25
"""Seconds between two looks at hosts that say nothing."""
ENDING = 5.0
"""Seconds that an agent has to end once it was told to."""
BEGINNING = 2.0
"""Seconds that it has if it had not said a word yet."""
LISTENING = (
    'ports="9000:9100" says on which ports its machines may listen, one for each; left out, on free ones; '
    "listen= says on which of its addresses"
)
READY = 60.0
"""Seconds, and one more for each machine, that machines may take beyond their wait until they are ready."""


class HostsRun:
    """The hosts of a run, with the methods of the native ``LocalRun``.

    Nothing ticks before all hosts are ready: until then whatever fails ends the run, everywhere. From then on
    a host that is lost costs its own machines; the others go on, and their logs are gathered.

    Parameters
    ----------
    setting : dict
        What `run_setting` returns, every machine told its peers.
    places : sequence of Place
        The hosts, and their machines.
    directory : Path
        Where the logs go.
    parameters : dict
        What ``run.json`` says; of hosts it is told here.
    ports, listen
        Where machines listen, on hosts that do not say so themselves.
    wait : float
        Seconds to wait for all connections.
    key : str or None
        The key of the run.
    plan : Plan or None
        The algorithm.
    is_ended : callable
        Whether the run is to end although it has not begun.

    Raises
    ------
    FileExistsError
        The directory holds a log of one of the machines.
    ValueError
        The algorithm cannot be handed to a process.
    """

    def __init__(
        self,
        setting: "_RunSetting",
        places: Sequence[Place],
        directory: Path,
        parameters: dict[str, Any],
        *,
        ports: range | None,
        listen: str | None,
        wait: float,
        key: str | None,
        plan: "Plan | None",
        is_ended: Callable[[], bool],
    ) -> None:
        for place in places:
            for machine in place.machines:
                if (log := directory / f"machine_{machine}.log").exists():
                    raise FileExistsError(f"{log} exists: a log is never overwritten; give another log_dir")
        self._setting, self._places, self._directory = setting, places, directory
        self._parameters, self._wait, self._key = parameters, wait, key
        self._ports, self._listen, self._is_ended = ports, listen, is_ended
        peers = setting["topology"]
        assert not isinstance(peers, str), "every machine is told its peers"
        self._peers = peers
        self._senders = senders(peers)
        self._handed = None
        if plan is not None:
            # Tried with an interpreter of this host, which may find what it needs by its environment alone.
            environment = {name: value for name, value in os.environ.items() if name != ENVIRONMENT}
            environment.setdefault("PYTHONHASHSEED", "0")
            self._handed = Handed(plan, self._senders, environment, elsewhere=True)
        self._has_algorithm = plan is not None
        self._quiet = Quiet() if plan is not None and plan.until == "quiet" else None
        self._rates = first_rates(setting)
        self._stations: list[Station] = []
        self._selector = selectors.DefaultSelector()
        self._went: float | None = None
        self._stopping = False
        self._warnings: list[str] = []

    @property
    def rates(self) -> list[float] | None:
        """The rates: those that were given, or that the seed draws."""
        if self._rates is None:
            known = self._parameters
            self._rates = drawn_rates(len(self._peers), self._setting["max_rate"], known["seed"])
        return self._rates

    def start(self) -> None:
        """Start an agent on each host, and have them begin together.

        Raises
        ------
        LamportError
            A host is not there, does not fit, or cannot connect to another one.
        OSError, ValueError
            Machines cannot start there.
        KeyboardInterrupt
            The run is to end.
        """
        for index, place in enumerate(self._places):
            line = Line(place.open(), self._selector)
            algorithm = self._has_algorithm
            self._stations.append(
                Station(index, place.host, place.machines, line, self._directory, has_handlers=algorithm)
            )
        stations = self._stations
        ahead = steps.Ahead(stations, self._read, self._is_ended)
        ahead.wait(lambda station: station.hello, steps.HELLO, "saying hello")
        for station in stations:
            assert station.hello is not None, "all have said hello"
            steps.check_hello(station, station.hello)
            steps.check_files(station, station.hello, self._peers)
        settle_addresses(stations)
        answer = steps.ANSWER + len(self._peers)
        listens = self._reserve()
        ahead.wait(lambda station: station.ports, answer, "listening", LISTENING)
        self._probe()
        ahead.wait(lambda station: station.failed is not None, answer, "connecting to other hosts")
        steps.check_reached(stations)
        self._note_hosts()
        self._begin(listens)
        ahead.wait(lambda station: station.has_started, READY + len(self._peers), "starting machines")
        longest = self._wait + READY + len(self._peers)
        ahead.wait(lambda station: station.is_ready, longest, "connecting machines")
        for station in stations:
            station.order(do="go")
        self._went = time.monotonic()

    def _reserve(self) -> dict[int, str | None]:
        """Have every host listen; return where."""
        known = self._parameters
        listens = {each.index: steps.listen_of(each, self._listen) for each in self._stations}
        faults = json.loads(self._setting["faults"])
        for station in self._stations:
            station.order(
                do="reserve",
                run_id=known["run_id"],
                machines=list(station.machines),
                listen=listens[station.index],
                ports=steps.ports_of(station, self._ports),
                keep=any(fault["fault"] == "crash" for fault in faults),
            )
        return listens

    def _probe(self) -> None:
        """Have every host connect to those to which its machines do."""
        for index, others in steps.pairs(self._stations, self._peers).items():
            targets = [
                [other.index, other.name, other.address, other.ports[other.machines[0]]] for other in others
            ]
            self._stations[index].order(do="probe", targets=targets, seconds=steps.PROBE)

    def _begin(self, listens: dict[int, str | None]) -> None:
        known = self._parameters
        same = {name: known[name] for name in ("seed", "run_id", "sync", "precise")}
        if self._key is None:
            # Whoever may connect is known by its address alone.
            found = {station.address for station in self._stations}
            same["allow"] = ",".join(sorted(found | {"127.0.0.1", "::1"}))
        orders = start_orders(self._setting, self._stations, self._senders, listens, self._handed, **same)
        for station, order in zip(self._stations, orders, strict=True):
            station.order(**order, wait=self._wait, key=self._key)

    def stop(self) -> None:
        """Ask every machine to end early, as Ctrl-C would."""
        if not self._stopping:
            self._stopping = True
            for station in self._stations:
                station.order(do="stop")

    def interrupt(self) -> None:
        """Interrupt handlers that are at work."""
        for station in self._stations:
            station.order(do="interrupt")

    def join(self, timeout: float | None = None) -> bool:
        """Wait until every host is done. Returns whether they are; raises what made one machine fail."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self._turn(deadline):
            if deadline is not None and time.monotonic() >= deadline:
                return False
        self._close()
        if all(station.lost for station in self._stations):
            from lamport._lamport import LamportError

            why = "; ".join(f"{station.name}: {station.lost}" for station in self._stations)
            raise LamportError(f"every host was lost, and no log is here: {why}")
        return True

    def _turn(self, deadline: float | None) -> bool:
        """Read what there is and do what is due; return whether all is over."""
        self._read(LOOK if deadline is None else deadline - time.monotonic())
        for station in self._stations:
            if station.trouble and station.is_here:
                if station.is_dismissed:
                    station.is_gone = True  # nothing more was to come
                else:
                    self._lose(station)
        for station in self._stations:
            if station.errors:
                raise station.errors.pop(0)
        here = [station for station in self._stations if station.is_here]
        for station in here:
            if station.is_over and not station.is_asked:
                station.is_asked = True
                station.order(do="gather")
            if station.is_whole and not station.is_dismissed:
                station.is_dismissed = True
                station.order(do="bye")
        if self._quiet is not None and not self._stopping and len(here) == len(self._stations):
            is_over = any(station.is_over for station in here)
            if not is_over and self._quiet.turn(here):
                self.stop()
        self._note_began()
        return not here

    def _read(self, seconds: float) -> None:
        """Read what there is, waiting so long at most."""
        for key, _ in self._selector.select(min(max(0.0, seconds), LOOK)):
            key.data()
        for station in self._stations:
            station.turn()

    def _lose(self, station: Station) -> None:
        """Go on without a host: the rest of the run does not need it."""
        station.lost = station.trouble
        station.line.kill()
        first, last = station.machines[0], station.machines[-1]
        which = f"machine {first}" if first == last else f"machines {first} to {last}"
        directory = _home(station)
        self._warnings.append(
            f"host {station.name} is lost: {station.lost}; its {which} ended there, the others go on; "
            f"what was logged is on that host, if it is still there, in {directory}"
        )
        self._parameters.setdefault("lost", []).append(
            {
                "host": station.name,
                "machines": list(station.machines),
                "at": round(self.elapsed(), 3),
                "why": station.lost,
                "logs": directory,
            }
        )

    def _note_hosts(self) -> None:
        """Say in ``run.json`` where the machines are."""
        self._parameters["hosts"] = [
            {
                "name": station.name,
                "where": place.where,
                "address": station.address,
                "machines": list(station.machines),
            }
            for station, place in zip(self._stations, self._places, strict=True)
        ]

    def _note_began(self) -> None:
        for station, told in zip(self._stations, self._parameters.get("hosts", ()), strict=False):
            if station.began:
                told["began"] = min(station.began.values())

    @property
    def began(self) -> float | None:
        """When ticking began on the first host that has, by its own clock, as Unix time; None before."""
        return next((min(station.began.values()) for station in self._stations if station.began), None)

    def elapsed(self) -> float:
        """Seconds since ticking started, 0 before."""
        return 0.0 if self._went is None else time.monotonic() - self._went

    def status(self) -> tuple[list[int], list[int]]:
        """Each machine's clock and queue length, as it last told."""
        stations = self._stations
        clocks = [clock for station in stations for clock in station.clocks.values()]
        return clocks, [queue for station in stations for queue in station.queues.values()]

    def warnings(self) -> list[str]:
        """Take the warnings since the last call."""
        taken, self._warnings = self._warnings, []
        for station in self._stations:
            taken += station.warnings
            station.warnings = []
        return taken

    def kill(self) -> None:
        """End every machine and every agent that is still there, and what belongs to them."""
        for station in self._stations:
            self._let_go(station)
        began = time.monotonic()
        while any(station.line.is_open for station in self._stations):
            past = time.monotonic() - began
            if past > (ENDING if any(map(_is_heard, self._stations)) else BEGINNING):
                break
            # What fails now changes nothing.
            with suppress(OSError):
                self._read(LOOK)
        self._close()

    def _let_go(self, station: Station) -> None:
        """Have an agent end at once; if its logs are not here, it keeps them."""
        station.order(do="kill")
        if station.line.has_said and (self._went is None or station.is_whole):
            station.order(do="bye")
            return
        if self._went is not None and station.is_here:
            place = _home(station)
            self._warnings.append(f"host {station.name} keeps what its machines logged, in {place}")
        # Nothing is said to who may be no agent: one that has just begun ends by itself.
        station.line.end_input()

    def _close(self) -> None:
        """End what carries the lines: agents that have said bye are gone by themselves."""
        for station in self._stations:
            if station.is_gone:
                station.line.end.status(ENDING)
            station.line.kill()
        self._selector.close()


def _home(station: Station) -> str:
    """Return where a host keeps its logs."""
    return "" if station.hello is None else station.hello.directory


def _is_heard(station: Station) -> bool:
    return station.line.is_open and station.line.has_said
