"""Run machines on this host over TCP."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, SupportsFloat, SupportsIndex

from lamport._drive.algorithm import Plan, kept_of, plan_of
from lamport._drive.at_work import AtWork, Driver
from lamport._drive.key import forget_key, keep_key, key_of_run
from lamport._drive.limits import check_limits
from lamport._drive.progress import watch
from lamport._drive.real_run import identity, run_of
from lamport._drive.wait import wait_of
from lamport._drive.work import Work
from lamport._live.notebook import Cell, follower
from lamport._model import check
from lamport._model.fault import Fault
from lamport._model.latency import Latency
from lamport._model.public import public
from lamport._model.run_setting import check_others, keep, make_seed, record, run_setting
from lamport._model.ticks import Jitter, Steps
from lamport._model.topology import listed
from lamport._model.warning import LamportWarning
from lamport._runs.ended import has_ended
from lamport._runs.run import Run

if TYPE_CHECKING:
    import networkx as nx

    from lamport._lamport import _RunSetting
    from lamport._model.algorithm import Algorithm

__all__ = ["run_local"]


@public
def run_local(
    machines: SupportsIndex | None = None,
    duration: SupportsFloat = 60,
    *,
    rates: SupportsFloat | Iterable[SupportsFloat | Steps] | None = None,
    max_rate: SupportsIndex = 6,
    ticks: str | Jitter = "periodic",
    internal_probability: SupportsFloat | Iterable[SupportsFloat] = 0.7,
    broadcast_share: SupportsFloat | Iterable[SupportsFloat] = 1 / 3,
    weights: Mapping[int, Mapping[int, SupportsIndex]] | None = None,
    topology: "str | Mapping[int, Iterable[int]] | nx.Graph[Any]" = "full",
    latency: SupportsFloat | Latency | Mapping[Any, Any] = 0.0,
    faults: Iterable[Fault | Mapping[str, Any]] = (),
    algorithm: "type[Algorithm] | Callable[[int], Algorithm] | Mapping[int, Any] | str | None" = None,
    arguments: Mapping[str, Any] | None = None,
    inputs: Iterable[tuple[SupportsFloat, SupportsIndex, Any]] = (),
    until: Literal["quiet"] | None = None,
    seed: SupportsIndex | None = None,
    log_dir: str | PathLike[str] | None = None,
    base_port: SupportsIndex = 0,
    processes: bool = False,
    wait: SupportsFloat | None = None,
    sync: bool = False,
    precise: bool = True,
    key: bytes | str | None = "auto",
    limits: bool = True,
    live: bool = False,
    progress: bool | Callable[[float, list[int], list[int]], object] | None = None,
) -> Run:
    """Run machines 1 to n on this host, over TCP on loopback, in real time.

    Ctrl-C ends the run early, with complete logs and a `Run` of what happened; a second
    Ctrl-C raises KeyboardInterrupt.

    Parameters
    ----------
    machines : int, optional
        Number of machines; if None, that of `rates` or `topology`, else 3.
    duration : float
        How long they tick, in seconds.
    rates : float or sequence of float or Steps, optional
        Ticks per second, one for all or one per machine, of which some may change (`Steps`); drawn from the
        whole numbers 1 .. `max_rate` if None.
    max_rate : int
        The upper end of the rates drawn.
    ticks : {"periodic", "poisson"} or Jitter
        How ticks lie in time at these rates: as far from each other always, as a Poisson process, or
        periodic with a `Jitter`.
    internal_probability : float or sequence of float
        The probability that a tick which finds no message is an internal event, else a send; one for all
        machines, or one per machine. A draw from 1 .. K with three machines is ``1 - 3 / K``.
    broadcast_share : float or sequence of float
        The share of these sends that go to every peer; the others go to one, chosen by `weights`.
    weights : mapping, optional
        How often a send to one peer goes to which: with ``{1: {2: 3, 3: 1}}`` machine 1 sends three times as
        often to 2 as to 3. Whole numbers; whoever is not named has 1, and who has 0 hears of it in sends to
        all alone. None: all peers are equally likely.
    topology : str, mapping or networkx graph
        Who sends to whom: ``"full"``, ``"ring"``, ``"star"``, ``"line"``, a mapping
        ``{1: [2, 3], ...}``, or a graph, directed or not (nodes other than exactly 1 .. n are
        numbered in the graph's order).
    latency : float or latency
        A one-way delay added to each message, in addition to what TCP takes: seconds, or `Constant`,
        `Uniform`, `Exponential`, `LogNormal`, `Empirical`; the same draws as in `simulate`, and as there no
        message overtakes another of its channel. A mapping gives links their own, and None the others theirs:
        ``{(1, 2): 0.05, None: 0.001}``.
    faults : iterable of faults
        What goes wrong, and when: `Crash`, `Pause`, `Partition`, `Delay`, `Disconnect`, or mappings as in
        ``run.json``; `random_faults` draws them. With `processes` a crash is SIGKILL and a new process
        that resumes the log, a pause is SIGSTOP; else the machine's thread ends and its sockets close, or
        thread and sockets stand still.
    algorithm, arguments, inputs, until : optional
        What machines do in place of the built-in behaviour, as for `simulate`. With `processes` each process
        gets a copy of the class by a pipe, also of one of a notebook: what is changed in one is changed there
        alone, and what handlers print is not shown.
    seed : int, optional
        The seed of all draws, 0 .. 2^53 - 1; drawn if None.
    log_dir : path, optional
        Where ``machine_<id>.log`` and ``run.json`` go; ``logs/run_<date>_<time>/`` below the
        current directory if None. Nothing in it is ever overwritten.
    base_port : int
        Machine i listens on ``base_port + i - 1``; 0 takes free ports.
    processes : bool
        One operating-system process per machine instead of one thread.
    wait : float, optional
        Seconds to wait for all connections before the first tick; if None, 10, or a millisecond for
        each connection if that is more.
    sync : bool
        Have each line on storage before anything that follows from it leaves its machine (fdatasync): then
        a crash of the host loses nothing that another machine has heard of. It costs a write to storage for
        each tick that sends or receives; late ticks share one.
    precise : bool
        Spin over the last stretch before a tick while that costs under 2 % of a core.
    key : bytes or str, optional
        The connections are encrypted with this key, and who does not have it can neither connect nor
        read: 32 random bytes, or the 64 hexadecimal digits that ``lamport keygen`` prints. ``"auto"``
        draws one for this run, or none where `base_port` is given, so that others can join. None: not
        encrypted. ``run.json`` says only that there was one; ``run.key`` beside it holds it, for you
        alone, until the run ends in order, so that machines of a run that was killed can be resumed.
    limits : bool
        Before the start, estimate when the disk of `log_dir` and the queues of the machines will be full:
        refuse a run that fills one within an hour of ticking and before its end, warn where it is later.
        False: start it as it is.
    live : bool
        Show the run in the cell of the notebook while it goes on: its diagram, clocks, queues, drift, and
        faults as they strike; at its end the page of `Run.view` takes the place. It needs no server and no
        port: kernel and browser may be on two hosts. Machines are not touched. In a shell:
        ``lamport run --live``.
    progress : bool or callable, optional
        A progress bar; None: in a terminal or a notebook, but for a run that is shown live. A callable gets
        ``(elapsed, clocks, queues)`` about 20 times a second.

    Returns
    -------
    Run
        The run; its logs are read on first use.

    Raises
    ------
    ValueError
        An argument is outside what the model allows, or two disagree; a disk or a queue is too small, see
        `limits`; with `processes`, a process cannot be handed the algorithm; `live` without a notebook.
    FileExistsError
        `log_dir` already holds a run.
    OSError
        A port is in use, a directory cannot be written, too few files may be open.
    AlgorithmError
        A handler raised an exception; the logs are as a crash at that moment leaves them.
    LamportError
        A machine failed, or a connection from one to another never worked although no fault was asked for;
        then the logs are complete.

    Warns
    -----
    LamportWarning
        A machine went on, but not as planned, for example without a peer; or see `limits`.

    Examples
    --------
    >>> import lamport
    >>> run = lamport.run_local(duration=60, rates=[1, 3, 6])  # doctest: +SKIP
    >>> run.machines  # doctest: +SKIP
    """
    given = dict(locals())
    from lamport._lamport import check_room

    setting = run_setting(given)
    check_others("run_local", given)
    cell = Cell(follower) if check.flag("live", live) else None
    plan = plan_of(given, setting)
    first_port = check.port("base_port", base_port)
    check_room(setting, base_port=first_port, processes=processes)
    given["seed"] = make_seed(seed)
    if limits and plan is None:
        check_limits(setting, given["seed"], Path("logs" if log_dir is None else log_dir))
    # Each machine is told its peers; a name stands for many lists.
    setting["topology"] = peers = listed(setting["topology"], setting["machines"])
    text = key_of_run(key, first_port)
    parameters: dict[str, Any] = {
        **kept_of(record("run_local", given, keep(setting)), plan),
        **identity(text),
    }
    at_work = AtWork(parameters, log_dir, lambda path: _driver(setting, path, parameters, text, plan))
    work = Work(at_work.run)
    with watch(False if cell and progress is None else progress, setting["duration"], len(peers)) as bar:

        def look() -> None:
            at_work.tell(bar)
            if cell is not None:
                cell.look(at_work.begun)

        try:
            directory = work.watch(look)
        except BaseException:
            if cell is not None:
                cell.end(None)
            # What made the run fail is raised, even where warnings are errors.
            with suppress(LamportWarning):
                at_work.warn()
            if at_work.begun is not None and has_ended(at_work.begun, len(peers)):
                forget_key(at_work.begun, text)
            raise
    run = run_of(at_work, directory, parameters, key=text, plan=plan, is_early=work.ends.is_set())
    if cell is not None:
        cell.end(run)
    return run


def _driver(
    setting: "_RunSetting", directory: Path, parameters: dict[str, Any], key: str | None, plan: Plan | None
) -> Driver:
    options = {name: parameters[name] for name in ("seed", "run_id", "base_port", "sync", "precise")}
    options["wait"] = wait_of(parameters["wait"], sum(map(len, setting["topology"])))
    keep_key(directory, key)
    try:
        if parameters["processes"]:
            from lamport._drive.processes import ProcessRun

            return ProcessRun(setting, str(directory), **options, key=key, plan=plan)
        from lamport._lamport import LocalRun

        own: dict[str, Any] = {}
        if plan is not None:
            own = {"roles": plan.native(setting["machines"]), "inputs": plan.given}
            own["until_quiet"] = plan.until == "quiet"
        return LocalRun(setting, str(directory), **options, key=key, **own)
    except BaseException:
        forget_key(directory, key)
        raise
