"""A run that breaks what was to be true of it, with all that makes it again."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from lamport._lamport import LamportError
from lamport._model.fault import AnyFault
from lamport._model.public import public
from lamport._model.warning import warn
from lamport._runs.directory import RECORD, record_text

if TYPE_CHECKING:
    from lamport._drive.trial import Broken, Trial
    from lamport._runs.run import Run

__all__ = ["Counterexample"]

SHOWN = 20
"""The most faults that are told one by one."""


@public
@dataclass(frozen=True, repr=False)
class Counterexample:
    """A run that breaks a property; `lamport.search` finds it.

    Two are equal if seed, faults, message and parameters are.

    Attributes
    ----------
    seed : int
        The seed of the run.
    faults : tuple of faults
        What goes wrong in it.
    message : str
        What was wrong.
    kind : {"property", "invariant", "algorithm"}
        Who said so; an algorithm did by an exception of a handler.
    event : (machine, clock) or None
        The event where it shows, if that is known.
    number : int
        Which run of the search it was, from 0.
    found : tuple of faults
        What went wrong in the run as it was found, before `shrink`.
    interrupted : bool
        Whether `shrink` was ended before nothing could be left out.

    Examples
    --------
    >>> import lamport
    >>> def is_close(run):
    ...     return run.drift <= 5 or f"clocks are {run.drift} apart at the end"
    >>> faults = [lamport.Crash(2, at=3), lamport.Pause(1, at=6, duration=1)]
    >>> found = lamport.search(is_close, faults=faults, duration=10, rates=[9, 9, 9])
    >>> found.kind, found.seed, len(found.faults)
    ('property', 1932045086981743, 2)
    >>> again = lamport.simulate(**found.parameters)
    >>> is_close(again) == found.message
    True
    """

    seed: int
    faults: tuple[AnyFault, ...]
    message: str
    kind: str
    event: tuple[int | str, int] | None
    number: int
    found: tuple[AnyFault, ...]
    interrupted: bool
    _told: str
    """The parameters as ``run.json`` has them."""
    _given: Mapping[str, Any] = field(compare=False)
    _trial: "Trial" = field(compare=False)

    @classmethod
    def _of(
        cls,
        given: Mapping[str, Any],
        trial: "Trial",
        seed: int,
        faults: tuple[AnyFault, ...],
        broken: "Broken",
        *,
        number: int,
    ) -> "Counterexample":
        return cls(
            seed=seed,
            faults=faults,
            message=broken.message,
            kind=broken.kind,
            event=broken.event,
            number=number,
            found=faults,
            interrupted=False,
            _told=record_text(_recorded(trial, seed, faults)),
            _given=given,
            _trial=trial,
        )

    __hash__: ClassVar[None] = None  # type: ignore[assignment]

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters of `lamport.simulate` that make the run again, where they are not its defaults."""
        from lamport._model.latency import as_latency
        from lamport._model.setting import of_function
        from lamport._model.topology import Topology

        defaults = {name: each.of["simulate"] for name, each in of_function("simulate").items()}
        defaults["latency"] = as_latency(defaults["latency"])
        own = {**self._given, "faults": self.faults, "seed": self.seed}
        own = {name: each.given if isinstance(each, Topology) else each for name, each in own.items()}
        is_default = {name for name, each in own.items() if _equal(each, defaults[name])}
        return {
            name: list(each) if name == "faults" else each
            for name, each in own.items()
            if name not in is_default and each not in ((), [])
        }

    @cached_property
    def run(self) -> "Run | None":
        """The run, simulated when it is first asked for; None if a handler failed, for then it has no end."""
        return self._trial.look(self.seed, self.faults)[1]

    @property
    def events(self) -> int | None:
        """How many events it takes: those that can have caused `event`, and itself; else those of the run.

        None if a handler failed.
        """
        run = self.run
        if run is None:
            return None
        if self.event is not None:
            try:
                return int(run.causality.past(self.event).sum()) + 1
            except (LamportError, ValueError, KeyError):
                pass
        return len(run.events)

    def shrink(self, progress: bool | Callable[[int], object] | None = None) -> "Counterexample":
        """Leave out what is not needed, as long as the run is still broken in the same way.

        Faults go first: all of them; then in parts, by delta debugging [1]_, until none can be left out; then
        every single one and every pair is tried, of those that were found. What stays becomes shorter and
        rounder. Latencies that are drawn become one for all messages, if need be with a `Delay` of each that
        has to be late; and a `Partition` or `Delay` that holds many messages back becomes that of one, if one
        is enough: such a `Delay` lasts a microsecond, from when the message is sent. Then come fewer machines
        and a shorter run; and all of it again, until nothing changes.

        The run is broken in the same way if the same asks so: the property, the invariant, or an exception of
        a handler. If faults are needed, a shorter run and one of fewer machines must be as it should be
        without them: else the end of the run would be what breaks it.

        Parameters
        ----------
        progress : bool or callable, optional
            A progress bar; None: in a terminal or a notebook, if it takes long enough to be seen. A callable
            gets the number of runs, of which there are at most 2,000.

        Returns
        -------
        Counterexample
            The smallest found; after Ctrl-C, or 2,000 runs, the smallest so far, with `interrupted`.

        References
        ----------
        .. [1] A. Zeller and R. Hildebrandt, "Simplifying and Isolating Failure-Inducing Input",
           IEEE Transactions on Software Engineering 28 (2), 2002.

        Examples
        --------
        >>> import lamport
        >>> def is_close(run):
        ...     return run.drift <= 5 or f"clocks are {run.drift} apart at the end"
        >>> faults = [lamport.Crash(2, at=3), lamport.Pause(1, at=6, duration=1)]
        >>> found = lamport.search(is_close, faults=faults, duration=10, rates=[9, 9, 9])
        >>> found.shrink().faults
        (Crash(machine_id=2, at=3.0, down_for=None),)
        """
        from lamport._drive.shrink import Shrinker, Smallest
        from lamport._drive.trial import Broken

        broken = Broken(self.kind, self.message, self.event)
        smallest = Shrinker(Smallest(self._given, self._trial, self.faults, broken), self.seed, progress)
        is_done = smallest.go()
        given, trial, faults, broken = smallest.best
        made = Counterexample._of(given, trial, self.seed, faults, broken, number=self.number)
        return replace(made, found=self.found, interrupted=not is_done)

    def save(self, path: str | PathLike[str]) -> Path:
        """Write a ``run.json``: ``lamport rerun`` makes the run again, with logs, figure and summary.

        What was wrong stands there too, as ``"message"``.

        Parameters
        ----------
        path : path
            A file that ends in ``.json``, or a directory where ``run.json`` is made; either with what is
            above it.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        FileExistsError
            It is there.

        Warns
        -----
        LamportWarning
            The algorithm cannot be imported elsewhere: it stands in a notebook, a script or a function.

        Examples
        --------
        >>> import lamport
        >>> def is_close(run):
        ...     return run.drift <= 5 or f"clocks are {run.drift} apart at the end"
        >>> faults = [lamport.Crash(2, at=3), lamport.Pause(1, at=6, duration=1)]
        >>> found = lamport.search(is_close, faults=faults, duration=10, rates=[9, 9, 9])
        >>> import tempfile
        >>> path = found.save(tempfile.mkdtemp())
        >>> path.name, lamport.rerun(path).drift == found.run.drift
        ('run.json', True)
        """
        file = Path(path)
        if file.suffix != ".json":
            file /= RECORD
        file.parent.mkdir(parents=True, exist_ok=True)
        told = record_text({**json.loads(self._told), "message": self.message})
        try:
            with file.open("x", encoding="utf-8") as opened:
                opened.write(told)
        except FileExistsError:
            raise FileExistsError(f"{file} exists; give another path") from None
        for name in _algorithms(self._trial):
            if name.startswith("__main__:") or "<" in name:
                warn(
                    f"{file} says algorithm {name}, which only this process knows: lamport rerun needs a "
                    "class at the top of a module"
                )
        return file

    def __str__(self) -> str:
        many = len(self.found)
        which = f"{len(self.faults) or 'no'} fault{'s' * (len(self.faults) != 1)}"
        of = f" of {many}" if many > len(self.faults) else ""
        setting = self._trial.setting
        machines = setting["machines"]
        lines = [
            f"{self.message}",
            f"  by {self.kind}; seed {self.seed} (run {self.number} of the search), "
            f"{machines} machine{'s' * (machines != 1)}, {setting['duration']:g} s, {which}{of}"
            + (":" if self.faults else ""),
            *(f"    {fault}" for fault in self.faults[:SHOWN]),
        ]
        if len(self.faults) > SHOWN:
            lines.append(f"    ... and {len(self.faults) - SHOWN} more")
        if self.event is not None:
            machine, clock = self.event
            lines.append(f"  at machine {machine}, clock {clock}; see .run.plot_spacetime")
        if self.interrupted:
            lines.append("  smaller ones may be left: shrinking was ended early")
        lines.append("  again: lamport.simulate(**found.parameters), or found.save(path) and lamport rerun")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<Counterexample: {self}>"

    def __getstate__(self) -> dict[str, Any]:
        # The run is made again where it is asked for.
        return {name: value for name, value in self.__dict__.items() if name != "run"}


def _recorded(trial: "Trial", seed: int, faults: tuple[AnyFault, ...]) -> dict[str, Any]:
    from lamport._drive.algorithm import kept_of
    from lamport._lamport import __version__
    from lamport._model.fault import faults_json
    from lamport._model.run_setting import keep

    return {
        **kept_of(keep(trial.setting), trial.plan),
        "faults": faults_json(faults),
        "seed": seed,
        "time": "virtual",
        "version": __version__,
    }


def _algorithms(trial: "Trial") -> list[str]:
    if trial.plan is None:
        return []
    named = trial.plan.roles.recorded
    return [named] if isinstance(named, str) else sorted(set(named.values()))


def _equal(value: object, default: object) -> bool:
    try:
        return bool(value == default)
    except (TypeError, ValueError):  # lists of numbers of another library
        return False
