"""Run machines in virtual time."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal, SupportsFloat, SupportsIndex

from lamport._drive.algorithm import Plan, kept_of, plan_again, plan_of, plan_until
from lamport._drive.progress import Count
from lamport._model.algorithm import AlgorithmError
from lamport._model.check import real, some_threads
from lamport._model.fault import Fault
from lamport._model.latency import Latency
from lamport._model.public import public
from lamport._model.run_setting import check_others, keep, make_seed, run_setting
from lamport._model.ticks import Jitter, Steps
from lamport._runs.claim import Claim
from lamport._runs.directory import log_files, write_record
from lamport._runs.recipe import Recipe, simulate_again
from lamport._runs.run import Run

if TYPE_CHECKING:
    import networkx as nx

    from lamport._lamport import Simulated, _RunSetting
    from lamport._model.algorithm import Algorithm

__all__ = ["as_run", "simulate", "simulated", "simulated_natively"]


@public
def simulate(
    machines: SupportsIndex | None = None,
    duration: SupportsFloat = 60,
    *,
    rates: SupportsFloat | Iterable[SupportsFloat | Steps] | None = None,
    max_rate: SupportsIndex = 6,
    ticks: str | Jitter = "periodic",
    internal_probability: SupportsFloat | Iterable[SupportsFloat] = 0.7,
    broadcast_share: SupportsFloat | Iterable[SupportsFloat] = 1 / 3,
    weights: Mapping[int, Mapping[int, SupportsIndex]] | None = None,
    stamp: Literal["after", "before"] = "after",
    receive: Literal["max + 1", "max(clock + 1, T)", "max(clock, T)"] = "max + 1",
    draw_after_receive: bool = False,
    topology: "str | Mapping[int, Iterable[int]] | nx.Graph[Any]" = "full",
    latency: SupportsFloat | Latency | Mapping[Any, Any] = 0.0005,
    faults: Iterable[Fault | Mapping[str, Any]] = (),
    algorithm: "type[Algorithm] | Callable[[int], Algorithm] | Mapping[int, Any] | str | None" = None,
    arguments: Mapping[str, Any] | None = None,
    inputs: Iterable[tuple[SupportsFloat, SupportsIndex, Any]] = (),
    until: Literal["quiet"] | None = None,
    seed: SupportsIndex | None = None,
    log_dir: str | PathLike[str] | None = None,
    record: bool = True,
    since: SupportsFloat | None = None,
    threads: SupportsIndex | None = None,
    progress: bool | Callable[[float], object] | None = None,
) -> Run:
    """Run machines 1 to n in virtual time: the machines of `run_local` without the waiting.

    Equal parameters and equal seeds give equal runs, to the byte of their logs. Time starts at 0; ticks at
    the very same time happen in the order of the machines (``run.parameters["ties"]`` counts
    them), and a message that arrives at the time of a tick is seen by it if its sender ticked
    before. Messages between two machines never overtake each other. Ctrl-C ends the run early
    and returns what there is.

    Parameters
    ----------
    machines : int, optional
        Number of machines; if None, that of `rates` or `topology`, else 3.
    duration : float
        How long they tick, in seconds of virtual time.
    rates : float or sequence of float or Steps, optional
        Ticks per second, one per machine, of which some may change (`Steps`), or one for all; drawn from the
        whole numbers 1 .. `max_rate` if None.
    max_rate : int
        The upper end of the rates drawn.
    ticks : {"periodic", "poisson"} or Jitter
        How ticks lie in time at these rates: as far from each other always, as a Poisson process, or
        periodic with a `Jitter`.
    internal_probability, broadcast_share : float or sequence of float
        What a tick does that finds no message, as for `run_local`: one for all machines, or one per machine.
    weights : mapping, optional
        How often a send to one peer goes to which, as for `run_local`.
    stamp : {"after", "before"}
        Which clock a message carries: that after its SEND, as Lamport says, or that before, which is a usual
        mistake. Programs with a mistake are to be studied, and recognised: ``verify`` judges their logs as
        those of any other program, and `Verification.diagnosis` says what they do.
    receive : {"max + 1", "max(clock + 1, T)", "max(clock, T)"}
        What the receipt of a message with timestamp T makes of the clock; the first is Lamport's.
    draw_after_receive : bool
        Whether a tick that has taken a message draws what to do as well, as if it had found none: two events
        in one tick, at one time. Clocks stay right, but a machine that only ticks can no longer fall behind
        because of what it receives. ``ticks`` counts ticks, not events, and theory (`predict`) knows
        nothing of this.
    topology : str, mapping or networkx graph
        Who sends to whom, as for `run_local`. A name takes no memory, for any number of machines.
    latency : float or latency
        How long messages take: seconds, or `Constant`, `Uniform`, `Exponential`, `LogNormal`, `Empirical`;
        in a mapping those of links and, by None, of the others: ``{(1, 2): 0.05, None: 0.001}``.
        No message overtakes another of its channel, so delays that differ come out longer than they are
        drawn (see `Exponential`).
    faults : iterable of faults
        What goes wrong, and when, as for `run_local`; here it is exact.
    algorithm : class, callable, mapping or str, optional
        What machines do in place of the built-in behaviour: a class derived of `Algorithm`, of which each
        machine gets an instance; any other callable, which is called with the machine's id and returns one;
        a mapping of ids to these; or ``module:Class``. `rates` then say how much a machine can handle.
    arguments : mapping of str to object, optional
        What the class is called with.
    inputs : iterable of (float, int, object), optional
        What is given to machines from outside: when (s), to which machine, and a body; `on_message` gets it
        with sender None.
    until : {"quiet"}, optional
        End when no message is under way and no timer is set, before the duration is over.
    seed : int, optional
        The seed of all draws, 0 .. 2^53 - 1; drawn if None.
    log_dir : path, optional
        Where ``machine_<id>.log`` and ``run.json`` go, made if needed; no logs are written if None.
    record : bool
        Keep every event, about 200 bytes each. If False, only `Run.machines`, `Run.drift` and what
        follows from them is there; the other tables raise LamportError.
    since : float, optional
        Without recording, count what machines do from this time on as well: `Run.machines_since` then knows
        this one time. With 0, `Run.machines` says what the run came to over time. A run that is recorded
        tells both of any time, and takes no `since`.
    threads : int, optional
        On how many threads the run is made at most; None: as many as there are processors. The run is the
        same, to the byte, on any number. Machines tick side by side for as long as a message takes at the
        least (`latency`), so several threads are used only where that is faster: where all machines together
        tick at least 64 times a thread within that time, and never for algorithms. `Run.notes` says why fewer
        threads were used than this asks for. Threads wait for each other often: on a host whose processors
        are busy with other programs, one is faster.
    progress : bool or callable, optional
        A progress bar; None: in a terminal or a notebook, if it takes long enough to be seen. A
        callable gets the virtual time about 20 times a second.

    Returns
    -------
    Run
        The run, its tables in memory.

    Raises
    ------
    ValueError
        An argument is outside what the model allows, or two disagree.
    FileExistsError
        `log_dir` already holds a run.
    OSError
        `log_dir` cannot be written, too few files may be open.
    AlgorithmError
        A handler raised an exception, or an algorithm did not do again, after a crash, what it did before;
        the logs in `log_dir` are those of a run in which its machine crashed at that moment.
    LamportError
        Recording would need more memory than there is.

    Examples
    --------
    >>> import lamport
    >>> run = lamport.simulate(duration=3600, rates=[1, 3, 6], latency=lamport.Exponential(0.01), seed=1978)
    >>> run.machines["ticks"].tolist()
    [3600, 10800, 21600]
    >>> run = lamport.simulate(1_000, topology="ring", seed=1, record=False, since=0)
    >>> len(run.machines), int(run.machines["max_drift"].max())
    (1000, 338)
    """
    given = dict(locals())
    from lamport import _lamport

    setting = run_setting(given)
    check_others("simulate", given)
    start = _check_since(since, record=record, duration=setting["duration"])
    plan = plan_of(given, setting)
    parameters: dict[str, Any] = {**kept_of(keep(setting), plan), "seed": make_seed(seed)}
    claim = None if log_dir is None else Claim(log_dir, {**parameters, "time": "virtual"})
    directory = None if claim is None else claim.path
    try:
        with Count(progress, setting["duration"], f"{setting['machines']:,} machines", "s") as tell:
            most = some_threads("threads", threads)
            run = partial(_lamport.simulate, threads=most) if plan is None else plan.simulate
            simulated = run(
                setting,
                seed=parameters["seed"],
                record=record,
                since=start,
                log_dir=directory,
                progress=tell if tell.wanted else None,
            )
            tell.end(done=not simulated.interrupted)
        parameters |= _outcome(simulated, parameters["rates"])
        if directory is not None:
            write_record(directory, parameters)
    except AlgorithmError:
        if claim is not None and not log_files(claim.path):
            claim.give_up()
        raise
    except BaseException:
        if claim is not None:
            claim.give_up()
        raise
    again = None if simulated.interrupted else recipe(plan, setting, parameters["seed"], record, start)
    made = Run(
        simulated.logs,
        parameters=parameters,
        log_dir=directory,
        interrupted=simulated.interrupted,
        recipe=again,
    )
    made._roles = None if plan is None else plan.roles
    if plan is not None and threads not in (None, 1):
        made._notes.append(f"1 thread was used, not threads={threads}: handlers run one after the other")
    elif simulated.fewer_threads is not None:
        made._notes.append(simulated.fewer_threads)
    return made


def recipe(plan: Plan | None, setting: "_RunSetting", seed: int, record: bool, since: float | None) -> Recipe:
    """Return how the logs of a run are made again."""
    if plan is None:
        return Recipe(simulate_again, (setting, seed, record, since))
    return Recipe(plan_again, (plan, setting, seed, record, since))


def simulated(
    setting: "_RunSetting",
    seed: int,
    *,
    plan: Plan | None = None,
    progress: Callable[[float], object] | None = None,
) -> Run:
    """Run a setting that was checked, recorded and in memory: one run of many."""
    return as_run(simulated_natively(setting, seed, plan=plan, progress=progress), setting, seed, plan)


def simulated_natively(
    setting: "_RunSetting",
    seed: int,
    *,
    plan: Plan | None = None,
    record: bool = True,
    since: float | None = None,
    invariant: Callable[[dict[int, dict[str, object]]], object] | None = None,
    progress: Callable[[float], object] | None = None,
) -> "Simulated":
    """Do the same, and return what the native module makes; an invariant ends a run of an algorithm."""
    if plan is not None:
        return plan.simulate(
            setting,
            seed=seed,
            record=record,
            since=since,
            log_dir=None,
            progress=progress,
            invariant=invariant,
        )
    from lamport import _lamport

    return _lamport.simulate(
        setting, seed=seed, record=record, since=since, log_dir=None, progress=progress, threads=1
    )


def as_run(made: "Simulated", setting: "_RunSetting", seed: int, plan: Plan | None) -> Run:
    """Return what was made, recorded and in memory, as a run."""
    again = None if made.interrupted else recipe(plan, setting, seed, True, None)
    if made.violation is not None:
        again = Recipe(plan_until, (plan, setting, seed, len(made.logs.states()[0])))
    parameters = {**kept_of(keep(setting), plan), "seed": seed, **_outcome(made, setting["rates"])}
    return Run(made.logs, parameters=parameters, interrupted=made.interrupted, recipe=again)


def _check_since(since: object, *, record: bool, duration: float) -> float | None:
    """Check the time from which machines are counted, of a run that is not recorded."""
    if since is None:
        return None
    start = real("since", since)
    if record:
        raise ValueError(
            f"since={start:g} is for record=False: a run that is recorded has run.machines_since({start:g})"
        )
    if not 0 <= start < duration:
        raise ValueError(f"since={start:g} (s) is not within a run of {duration:g} s")
    return start


def _outcome(simulated: "Simulated", rates: Any) -> dict[str, Any]:
    from lamport._lamport import __version__

    known = {
        "rates": simulated.rates if rates is None else rates,
        "run_id": simulated.run_id,
        "time": "virtual",
        "ties": simulated.ties,
        "version": __version__,
    }
    return known | {"interrupted": True} if simulated.interrupted else known
