"""Run it again: from what ``run.json`` keeps."""

from collections.abc import Callable, Mapping
from numbers import Real
from os import PathLike
from pathlib import Path
from types import NoneType
from typing import Any, Literal, NamedTuple

from lamport._drive.algorithm import plan_again, plan_until
from lamport._drive.key import AUTO, draw_key
from lamport._model.public import public
from lamport._model.setting import DISCIPLINE, SETTING, of_function
from lamport._model.topology import NAMES, adjacency
from lamport._model.warning import warn
from lamport._runs.directory import RECORD, log_files, make_directory, read_record, read_record_file
from lamport._runs.rates import drawn_rates
from lamport._runs.run import Run

__all__ = ["Plan", "carry_out", "plan", "rerun"]

FUNCTIONS = {"real": "run_local", "virtual": "simulate"}
OF_HOSTS = ("hosts", "ports", "listen", "python")
"""What `run_hosts` alone takes."""
TOLD = ("run_id", "time", "version", "started", "began", "interrupted", "keyed", "ties", "lost", *OF_HOSTS)
"""What is kept of a run beside its parameters."""
NEEDED = ("duration", "seed")
"""What logs alone do not tell of a run."""


@public
def rerun(
    run: Run | str | PathLike[str] | Mapping[str, Any],
    *,
    time: Literal["real", "virtual"] | None = None,
    log_dir: str | PathLike[str] | None = None,
    progress: bool | Callable[..., object] | None = None,
    **changes: Any,
) -> Run:
    """Run it again, with the parameters that ``run.json`` has of it.

    A simulation gives equal logs, to the byte. In real time rates, seed and draws are the same, and when
    messages arrive is not. A run with a key draws a new one. A run over several hosts runs again on this one,
    unless you say on which: no file of a run names a command. The class of an algorithm that it names is
    imported: where you do not trust the files, give ``algorithm``.

    Parameters
    ----------
    run : Run, path or mapping
        A run, its directory, its ``run.json``, or `Run.parameters`. One that was ended early runs to its end.
    time : {"real", "virtual"}, optional
        Over TCP, as `run_local`, or as `simulate`; as it ran if None.
    log_dir : path, optional
        Where the logs go; a new ``logs/run_<date>_<time>/`` if None, and nowhere if the run was a simulation
        without logs.
    progress : bool or callable, optional
        As for `run_local` and `simulate`.
    **changes
        Other parameters of `run_local` or `simulate`, in place of the run's: ``seed=None`` draws a new seed,
        ``rates=None`` new rates. With another `max_rate` or number of `machines`, rates that were drawn are
        drawn anew. With `hosts` it is run by `run_hosts`, whose `ports`, `listen` and `python` can be given
        too.

    Returns
    -------
    Run
        The new run.

    Raises
    ------
    ValueError
        A parameter is unknown, or `run` does not tell how it was made: it is a table, or logs without
        ``run.json``; or a simulation has a mistake (as `stamp`), which machines in real time have
        not. Else as `run_local` and `simulate`.
    FileNotFoundError
        There is no such directory or file.
    LogError
        ``run.json`` is damaged.

    Warns
    -----
    LamportWarning
        The run was made by another version of lamport, whose draws may be others; what it keeps that is not
        known here is named.

    Examples
    --------
    >>> import lamport
    >>> run = lamport.simulate(duration=60, max_rate=12)
    >>> lamport.rerun(run).events.equals(run.events)
    True
    >>> longer = lamport.rerun(run, duration=600)
    """
    return carry_out(plan(run, time, log_dir, changes), progress)


class Plan(NamedTuple):
    """What runs again: a function and its arguments.

    Attributes
    ----------
    function : {"run_local", "run_hosts", "simulate"}
        Its name.
    arguments : dict
        All but ``progress``.
    is_logged : bool
        Whether logs are written.
    """

    function: str
    arguments: dict[str, Any]
    is_logged: bool


def plan(run: object, time: str | None, log_dir: object, changes: Mapping[str, Any]) -> Plan:
    """Say how a run is made again, as `rerun` describes it."""
    from lamport._lamport import __version__

    known, where = _record(run)
    kind = known.get("time", "real") if time is None else time
    if not isinstance(kind, str) or kind not in FUNCTIONS:
        raise ValueError(f"time={kind!r} is not one of {', '.join(map(repr, FUNCTIONS))}")
    function, own = _function(kind, known, changes)
    changes = {name: value for name, value in changes.items() if name not in own}
    arguments = _arguments(known, where, function, {**_itself(run), **changes}) | own
    made_by = known.get("version")
    if made_by not in {None, __version__}:
        strange = [name for name in known if name not in SETTING and name not in TOLD]
        left_out = f", and {', '.join(map(repr, strange))} of it, unknown here, left out" if strange else ""
        warn(
            f"{where} was made by lamport {made_by}, this is {__version__}: its draws may be others{left_out}"
        )
    is_logged = kind == "real" or log_dir is not None or not (isinstance(run, Run) and run.log_dir is None)
    return Plan(function, arguments | {"log_dir": log_dir}, is_logged)


def _function(kind: str, known: Mapping[str, Any], changes: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return what makes the run, and what it alone is told."""
    own = {name: value for name, value in changes.items() if name in OF_HOSTS and value is not None}
    if "hosts" in own:
        if kind != "real":
            raise ValueError('hosts= is for a run in real time, not for time="virtual"')
        kept = {name: known[name] for name in ("ports", "listen") if known.get(name) is not None}
        return "run_hosts", kept | own
    if own:
        raise ValueError(f"{next(iter(own))}= goes with hosts=, which says where the machines run")
    if kind == "real" and "hosts" in known and "processes" not in changes:
        return "run_local", {"processes": True}  # as they were
    return FUNCTIONS[kind], {}


def carry_out(planned: Plan, progress: Any) -> Run:
    """Run it again."""
    if planned.function == "run_local":
        from lamport._drive.local import run_local

        return run_local(**planned.arguments, progress=progress)
    if planned.function == "run_hosts":
        from lamport._hosts.run_hosts import run_hosts

        return run_hosts(**planned.arguments, progress=progress)
    from lamport._drive.simulate import simulate

    if not planned.is_logged or planned.arguments["log_dir"] is not None:
        return simulate(**planned.arguments, progress=progress)
    directory = make_directory()
    try:
        return simulate(**planned.arguments | {"log_dir": directory}, progress=progress)
    except BaseException:
        if not any(directory.iterdir()):
            directory.rmdir()
        raise


def _itself(run: object) -> dict[str, Any]:
    """Return the algorithm of a run in memory: its name may be none that can be imported."""
    if (
        not isinstance(run, Run)
        or run._recipe is None
        or run._recipe.function not in (plan_again, plan_until)
    ):
        return {}
    return {"algorithm": run._recipe.arguments[0].roles.given}


def _record(run: object) -> tuple[dict[str, Any], str]:
    """Return what is known of how a run was made, and what to call it in a message."""
    if isinstance(run, Mapping):
        return dict(run), "the mapping"
    if isinstance(run, Run):
        if run.log_dir is None and not run._parameters:
            raise ValueError(
                "this run cannot run again: it was made of a table, which does not tell rates, topology and "
                "seed; lamport.simulate makes one with parameters"
            )
        return run.parameters, "this run" if run.log_dir is None else str(run.log_dir)
    if not isinstance(run, (str, PathLike)):
        raise ValueError(f"{run!r} is not a run: give a Run, its directory, its run.json, or its parameters")
    return _read(Path(run))


def _read(path: Path) -> tuple[dict[str, Any], str]:
    if path.is_dir():
        record = read_record(path)
        if not record and log_files(path):
            from lamport._runs.load import load

            return load(path).parameters, str(path)
        if not record:
            raise FileNotFoundError(f"{path}: no {RECORD} in it: give the directory of a run")
        return record, str(path)
    if path.suffix != ".json" and path.exists():
        raise ValueError(f"{path} is not the {RECORD} of a run: give that, or the directory it is in")
    return read_record_file(path), str(path)


def _arguments(
    known: Mapping[str, Any], where: str, function: str, changes: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the arguments of a function that make a run again, with changes."""
    taken = of_function(function)
    for name in changes:
        if name not in taken:
            names = ", ".join(name for name in taken if name != "log_dir")
            raise ValueError(f"{name!r} is not a parameter of {function}: they are {names}")
    same = {name: known[name] for name, each in taken.items() if each.recorded and name in known}
    _refuse_mistakes(known, where, taken)
    if (before := FUNCTIONS.get(known.get("time", ""))) not in {function, None}:
        same = {name: value for name, value in same.items() if not _is_default(name, value, before)}
    _draw_anew(same, changes)
    if not isinstance(changes.get("rates"), (Real, NoneType)) or not isinstance(
        changes.get("topology", ""), str
    ):
        same.pop("machines", None)  # they say how many there are
    missing = [name for name in NEEDED if name not in same and name not in changes]
    if missing:
        has = ", ".join(name for name in same if same[name] is not None) or "nothing of a run"
        raise ValueError(
            f"{where} does not tell {' and '.join(missing)}, as the {RECORD} of a run does, but {has}; "
            f"give {' and '.join(f'{name}=' for name in missing)}"
        )
    if function != "simulate" and "keyed" in known:
        same["key"] = AUTO if _leaves_ports(known, changes) else draw_key() if known["keyed"] else None
    return same | dict(changes)


def _refuse_mistakes(known: Mapping[str, Any], where: str, taken: Mapping[str, Any]) -> None:
    """Refuse to make a run without the mistake that its program has."""
    for name in DISCIPLINE:
        usual = SETTING[name].of["simulate"]
        if name not in taken and known.get(name, usual) != usual:
            raise ValueError(
                f"{where} was made with {name}={known[name]!r}, which is for virtual time only: machines "
                'that talk over TCP keep their clocks in Lamport\'s way; give time="virtual"'
            )


def _leaves_ports(known: Mapping[str, Any], changes: Mapping[str, Any]) -> bool:
    """Say whether the run had no key for its ports, where others may join, and has free ones now."""
    return bool(known.get("base_port")) and changes.get("base_port") == 0


def _draw_anew(same: dict[str, Any], changes: Mapping[str, Any]) -> None:
    """Leave out rates that were drawn where others are to be drawn, and peers that a name says."""
    rates = same.get("rates")
    if rates is not None and "rates" not in changes and not {"machines", "max_rate"}.isdisjoint(changes):
        drew = all(same.get(name) is not None for name in ("machines", "max_rate", "seed"))
        if drew and drawn_rates(same["machines"], same["max_rate"], same["seed"]) == list(rates):
            del same["rates"]
        elif "max_rate" in changes:
            raise ValueError(
                f"max_rate={changes['max_rate']}, but the rates {rates} of this run were given, not drawn: "
                "rates=None draws them"
            )
    if "machines" in changes and isinstance(lists := same.get("topology"), Mapping):
        peers = adjacency(lists, len(lists))
        same["topology"] = next((name for name in NAMES if adjacency(name, len(lists)) == peers), lists)


def _is_default(name: str, value: object, function: str | None) -> bool:
    """Say whether a value is the default, which may be another in real than in virtual time."""
    of = SETTING[name].of
    return of.get("run_local") != of.get("simulate") and value == of.get(function or "")
