"""One run of a search: simulated, and held against what is to be true of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from lamport._drive.algorithm import Countdown, Plan, plan_of
from lamport._drive.measure import Unmeasured, in_a_line
from lamport._drive.simulate import as_run, simulated_natively
from lamport._model.algorithm import AlgorithmError
from lamport._model.fault import AnyFault, as_faults, faults_text
from lamport._model.random_faults import random_faults
from lamport._model.run_setting import run_setting

if TYPE_CHECKING:
    from lamport._lamport import Simulated, _RunSetting
    from lamport._runs.run import Run

__all__ = ["Broken", "Found", "Trial", "search_through"]

FEWEST = 6
"""Faults that a run has at least, on average, if nobody says which; a longer one has one in ten seconds."""
WANTED = "return True if all is well, else False or a text that says what is wrong"


class Broken(NamedTuple):
    """What was not as it should be.

    Attributes
    ----------
    kind : {"property", "invariant", "algorithm"}
        Who says so; an algorithm does by an exception of a handler.
    message : str
        What was wrong.
    event : (machine, clock), optional
        The event where it shows.
    """

    kind: str
    message: str
    event: tuple[int | str, int] | None = None


Found = tuple[int, int, tuple[AnyFault, ...], Broken]
"""A run that is broken: its number, its seed, its faults, and why."""


@dataclass(frozen=True)
class Trial:
    """What is run, and what is to be true of it: all of it pickles if the user's functions do."""

    setting: "_RunSetting"
    plan: Plan | None
    property: "Callable[[Run], Any] | None"
    invariant: Callable[[Any], Any] | None

    @classmethod
    def of(
        cls,
        given: Mapping[str, Any],
        property: "Callable[[Run], Any] | None",  # noqa: A002
        invariant: Callable[[Any], Any] | None,
    ) -> "Trial":
        """Check the parameters of `simulate`.

        Raises
        ------
        TypeError, ValueError
            One is not what it must be, or two disagree.
        """
        from lamport._lamport import wrong_point

        setting = run_setting(given)
        plan = plan_of(given, setting)
        wrong = wrong_point([setting])
        if wrong is not None:
            raise ValueError(wrong[1])
        return cls(setting, plan, property, invariant)

    def look(self, seed: int, faults: Sequence[AnyFault]) -> "tuple[Broken | None, Run | None]":
        """Simulate a run and judge it.

        There is no run where a handler failed, or where nobody looks at it: an invariant alone held.

        Raises
        ------
        KeyboardInterrupt
            Ctrl-C ended the run.
        """
        setting: Any = {**self.setting, "faults": faults_text(faults)}
        judge = self.property
        try:
            if judge is None:
                asked = _Asked(self.invariant)
                violation = self._simulated(setting, seed, asked, record=False).violation
                if violation is None:
                    return None, None
                # Once more for its events, and nobody is asked again.
                made = self._simulated(setting, seed, Countdown(asked.times))
            else:
                made = self._simulated(setting, seed, self.invariant)
                violation = made.violation
        except AlgorithmError as error:
            return Broken("algorithm", in_a_line(error)), None
        run = as_run(made, setting, seed, self.plan)
        if judge is None or violation is not None:
            last = made.logs.states()[0][-1]
            event = tuple(int(made.logs.events()[name][last]) for name in ("machine_id", "new_clock"))
            return _judged("invariant", self.invariant, violation, event), run  # type: ignore[arg-type]
        return _judged("property", judge, judge(run)), run

    def _simulated(
        self, setting: "_RunSetting", seed: int, invariant: "Callable[[Any], Any] | None", record: bool = True
    ) -> "Simulated":
        made = simulated_natively(setting, seed, plan=self.plan, record=record, invariant=invariant)
        if made.interrupted:
            raise KeyboardInterrupt
        return made

    def is_repeatable(self, seed: int, faults: Sequence[AnyFault]) -> bool:
        """Whether the run, made twice, is twice the same."""
        if self.plan is None:
            return True
        setting: Any = {**self.setting, "faults": faults_text(faults)}
        one, other = (self._told(setting, seed) for _ in range(2))
        return one == other

    def _told(self, setting: "_RunSetting", seed: int) -> object:
        """Return all that a run tells, as what can be compared."""
        try:
            logs = self._simulated(setting, seed, None).logs
        except AlgorithmError as error:
            return in_a_line(error)
        rows, texts = logs.states()
        # As bytes: what is unknown is not equal to itself.
        told = [each.tolist() if each.dtype == object else each.tobytes() for each in logs.events().values()]
        return [*told, rows.tobytes(), texts]

    def draw(
        self, faults: "Sequence[AnyFault] | Callable[[int], Any] | None", seed: int
    ) -> tuple[AnyFault, ...]:
        """Return the faults of a run.

        Raises
        ------
        ValueError
            The user's function returned something else.
        """
        if faults is None:
            return tuple(_some_faults(seed, self.setting["machines"], self.setting["duration"]))
        if not callable(faults):
            return tuple(faults)
        said = faults(seed)
        try:
            return as_faults(said)
        except ValueError as error:
            raise ValueError(f"the function faults(seed) returned something else: {error}") from error


class _Asked:
    """An invariant, and how many times it was asked."""

    def __init__(self, invariant: Callable[[Any], Any] | None) -> None:
        self._invariant, self.times = invariant, 0

    def __call__(self, states: Any) -> Any:
        self.times += 1
        return None if self._invariant is None else self._invariant(states)


def search_through(
    trial: Trial,
    faults: "Sequence[AnyFault] | Callable[[int], Any] | None",
    numbered: Sequence[tuple[int, int]],
    tell: Callable[[int], object] = lambda _: None,
) -> tuple[int, int, tuple[AnyFault, ...], Broken] | None:
    """Simulate runs, by number and seed, until one is broken: its number, its seed, its faults, and why.

    Raises
    ------
    Unmeasured
        A function of the user failed.
    """
    for number, seed in numbered:
        try:
            drawn = trial.draw(faults, seed)
            broken, _ = trial.look(seed, drawn)
        except Exception as error:
            raise Unmeasured(0, number, seed, in_a_line(error)) from error
        tell(number + 1)
        if broken is not None:
            return number, seed, drawn, broken
    return None


def _some_faults(seed: int, machines: int, duration: float) -> list[AnyFault]:
    """Draw faults of every kind, that are over before the run is."""
    rate = max(0.1, FEWEST / duration) if duration > 0 else 0.0
    settle = min(1.0, duration / 10)
    length = max(0.001, min(0.5, duration / 20)), max(0.001, min(2.0, duration / 5))
    return random_faults(seed, rate, machines=machines, duration=duration, length=length, settle=settle)


def _judged(
    kind: str, function: object, said: Any, event: tuple[int | str, int] | None = None
) -> Broken | None:
    """Take what a function of the user says of a run."""
    name = getattr(function, "__qualname__", repr(function))
    if isinstance(said, tuple) and len(said) == 2 and kind == "property":
        said, event = said[0], _as_event(name, said[1])
    if said is None or type(said).__name__ in {"bool", "bool_"}:  # NumPy's own is not loaded for this
        return None if said is None or bool(said) else Broken(kind, f"{name} does not hold", event)
    if isinstance(said, str) and said:
        return Broken(kind, said, event)
    word = "an empty text" if isinstance(said, str) else f"a {type(said).__name__}"
    raise TypeError(f"{kind} {name} gives {word}: {WANTED}")


def _as_event(name: str, event: Any) -> tuple[int | str, int]:
    try:
        machine, clock = event
        return machine if isinstance(machine, str) else int(machine), int(clock)
    except (TypeError, ValueError):
        raise TypeError(
            f"property {name} gives {event!r} for an event: it is (machine, clock), as (2, 17)"
        ) from None
