"""Runs of algorithms: what they are made with, and what breaks them in virtual time."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lamport._lamport import body_text, body_value
from lamport._model.algorithm import REMEDY, AlgorithmError
from lamport._model.check import real, whole
from lamport._model.own_role import own_role
from lamport._model.roles import Roles
from lamport._model.setting import BUILT_IN
from lamport._model.warning import warn

if TYPE_CHECKING:
    from lamport._lamport import Logs, Simulated, _Role, _RunSetting

__all__ = ["OWN", "Countdown", "Plan", "kept_of", "plan_again", "plan_of", "plan_until"]

OWN = ("algorithm", "arguments", "inputs", "until")
"""The parameters that only runs of algorithms have."""


@dataclass(frozen=True)
class Plan:
    """What a run of an algorithm is made with, beside what every run has."""

    roles: Roles
    inputs: tuple[tuple[float, int, str | None], ...]
    until: str | None

    @property
    def recorded(self) -> dict[str, Any]:
        """What ``run.json`` has of it."""
        inputs = [
            [time, machine, None if body is None else body_value(body)] for time, machine, body in self.inputs
        ]
        return {
            "algorithm": self.roles.recorded,
            **({"arguments": self.roles.arguments} if self.roles.arguments else {}),
            **({"inputs": inputs} if inputs else {}),
            **({"until": self.until} if self.until else {}),
        }

    def native(self, machines: int) -> "list[_Role]":
        """Return what the native module is told of machines 1 .. n."""
        return [own_role(self.roles, machine) for machine in range(1, machines + 1)]

    @property
    def given(self) -> list[tuple[float, int, str | None]]:
        """What is given to machines from outside, machines counted from 0."""
        return [(time, machine - 1, body) for time, machine, body in self.inputs]

    def simulate(
        self,
        setting: "_RunSetting",
        *,
        seed: int,
        record: bool,
        log_dir: Path | None,
        progress: Callable[[float], object] | None,
        since: float | None = None,
        invariant: "Callable[[dict[int, dict[str, object]]], object] | None" = None,
    ) -> "Simulated":
        """Run it.

        Raises
        ------
        AlgorithmError
            A handler failed, or a machine that came back did not do again what it did.
        """
        from lamport._lamport import simulate_algorithm

        made = simulate_algorithm(
            setting,
            seed=seed,
            roles=self.native(setting["machines"]),
            inputs=self.given,
            until_quiet=self.until == "quiet",
            invariant=invariant,
            record=record,
            since=since,
            log_dir=log_dir,
            progress=progress,
        )
        if isinstance(made, tuple):
            raise _broken(made, seed, log_dir)
        return made


def _broken(
    failure: "tuple[int, float, int, str, BaseException | str]", seed: int, log_dir: Path | None
) -> AlgorithmError:
    machine, time, number, handler, why = failure
    line = (
        f"line {number} of its log" if log_dir is None else f"{log_dir / f'machine_{machine}.log'}:{number}"
    )
    name = f"machine {machine}"
    if isinstance(why, str):
        return AlgorithmError(
            f"{name}: not deterministic here ({line}, seed {seed}): {why}. {REMEDY}",
            machine=machine, time=time, line=line, seed=seed,
        )  # fmt: skip
    return AlgorithmError._of(
        why, name=name, handler=handler, machine=machine, time=time, line=line, seed=seed
    )


def kept_of(kept: dict[str, Any], plan: Plan | None) -> dict[str, Any]:
    """Return what ``run.json`` keeps of a run, of which `kept` is what every run has."""
    if plan is None:
        return kept
    own = {name: value for name, value in kept.items() if name not in BUILT_IN and name not in OWN}
    return own | plan.recorded


def plan_of(given: Mapping[str, Any], setting: "_RunSetting") -> Plan | None:
    """Check the parameters of an algorithm; None without one.

    Parameters
    ----------
    given : mapping of str to object
        The arguments of the function.
    setting : dict
        What `run_setting` makes of them.

    Raises
    ------
    TypeError, ValueError
        One is not what it must be, or does not go with the others.
    """
    if given["algorithm"] is None:
        for name in OWN[1:]:
            if given.get(name):
                raise ValueError(
                    f"{name}= is for an algorithm: give algorithm=, a class derived of lamport.Algorithm"
                )
        return None
    for name, default in BUILT_IN.items():
        if given.get(name, default) != default:
            raise ValueError(
                f"{name}= is for the built-in behaviour: an algorithm says itself what machines do"
            )
    machines = setting["machines"]
    roles = Roles(given["algorithm"], given["arguments"])
    roles.check(range(1, machines + 1))
    if given["until"] not in {None, "quiet"}:
        raise ValueError(f"until={given['until']!r}: it is 'quiet', or None for the whole duration")
    plan = Plan(roles, _inputs(given.get("inputs", ()), machines), given["until"])
    for time, machine, _ in plan.inputs:
        if time >= setting["duration"]:
            warn(
                f"machine {machine} is never given the input of {time:g} s: the run ends at "
                f"{setting['duration']:g} s"
            )
    return plan


def _inputs(given: Any, machines: int) -> tuple[tuple[float, int, str | None], ...]:
    inputs = []
    if not isinstance(given, Iterable):
        raise TypeError(f"inputs={given!r} is not a list of (time, machine, body), as [(1.5, 2, 'request')]")
    for number, each in enumerate(given):
        try:
            time, machine, body = each
        except (TypeError, ValueError):
            raise ValueError(
                f"inputs[{number}]={each!r} is not (time, machine, body), as (1.5, 2, 'request')"
            ) from None
        time, machine = (
            real(f"time of inputs[{number}]", time),
            whole(f"machine of inputs[{number}]", machine),
        )
        if not 0 <= time <= 1e9:
            raise ValueError(f"inputs[{number}] is at {time} s: times are seconds from the start, 0 to 1e9")
        if not 1 <= machine <= machines:
            raise ValueError(f"inputs[{number}] is for machine {machine}: there are machines 1 to {machines}")
        text = None if body is None else body_text(body, f"inputs[{number}]")
        inputs.append((time, machine, text))
    return tuple(sorted(inputs, key=lambda each: each[0]))


def plan_again(plan: Plan, setting: "_RunSetting", seed: int, record: bool, since: float | None) -> "Logs":
    """Simulate once more: equal seeds give equal runs."""
    made = plan.simulate(setting, seed=seed, record=record, since=since, log_dir=None, progress=None)
    return made.logs


def plan_until(plan: Plan, setting: "_RunSetting", seed: int, states: int) -> "Logs":
    """Do the same, recorded, up to the event that declares the last of so many states."""
    until = Countdown(states)
    return plan.simulate(setting, seed=seed, record=True, log_dir=None, progress=None, invariant=until).logs


class Countdown:
    """An invariant that holds until so many states are declared."""

    def __init__(self, states: int) -> None:
        self._left = states

    def __call__(self, _: object) -> bool:
        self._left -= 1
        return self._left > 0
