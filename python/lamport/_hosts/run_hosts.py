"""Run machines on several hosts."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import chain
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, SupportsFloat, SupportsIndex

from lamport._drive.algorithm import kept_of, plan_of
from lamport._drive.at_work import AtWork
from lamport._drive.key import forget_key, keep_key, key_of_run
from lamport._drive.limits import check_limits
from lamport._drive.progress import watch
from lamport._drive.real_run import identity, run_of
from lamport._drive.wait import wait_of
from lamport._drive.work import Work
from lamport._hosts.blocks import blocks, default_machines
from lamport._hosts.host import Host, address_of, as_hosts, ports_of, ports_text
from lamport._hosts.hosts_run import HostsRun
from lamport._hosts.place import Place
from lamport._model.fault import Fault
from lamport._model.latency import Latency
from lamport._model.public import public
from lamport._model.run_setting import check_others, keep, make_seed, record, run_setting
from lamport._model.ticks import Jitter, Steps
from lamport._model.topology import as_topology, listed
from lamport._model.warning import LamportWarning, warn
from lamport._runs.directory import write_record
from lamport._runs.ended import has_ended
from lamport._runs.run import Run

if TYPE_CHECKING:
    import networkx as nx
    from distributed import Client

    from lamport._model.algorithm import Algorithm

__all__ = ["run_hosts"]

GRACE = 15.0
"""Seconds in which a run that failed may end in order, and its logs come back."""
LISTS = ("rates", "internal_probability", "broadcast_share")
"""What may have a value for each machine, and then says how many there are."""


@public
def run_hosts(
    hosts: "Sequence[str | Sequence[str] | Host | Mapping[str, Any]] | Client",
    machines: SupportsIndex | None = None,
    duration: SupportsFloat = 60,
    *,
    ports: str | range | None = None,
    listen: str | None = None,
    python: str | None = None,
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
    wait: SupportsFloat | None = None,
    sync: bool = False,
    precise: bool = True,
    key: bytes | str | None = "auto",
    limits: bool = True,
    progress: bool | Callable[[float, list[int], list[int]], object] | None = None,
) -> Run:
    """Run machines 1 to n on several hosts, over TCP, in real time.

    On each host an agent runs its machines, each a process; it is started there by ssh, by another command,
    or by Dask, and needs this version of lamport, nothing else. All machines begin to tick when all are
    ready; at the end their logs come back into one directory. The clocks of hosts are apart: tables of the
    run have them aligned (`Run.align`), and it is verified so.

    Agents and machines end with this call, and nothing of them is left on any host but the logs of one that
    was lost: if the line to a host is silent for 15 s, both ends take the other for gone. Ctrl-C ends the run
    early, with complete logs and a `Run` of what happened; before ticking, and the second one, raises
    KeyboardInterrupt.

    Parameters
    ----------
    hosts : sequence of hosts, or Client of Dask
        Each a text, the host that ssh connects to (``"user@a"``); a list of words, a command that makes
        another one run on the host (``["docker", "exec", "-i", "c1"]``); a `Host`, or a mapping of what a
        `Host` says. With a Client of Dask, each of its workers is one, with an actor that stays there.
    machines : int, optional
        Number of machines, numbered along the hosts: the first ones are on the first host. If None that of
        `rates` or `topology`, else what hosts say, else one for each host, and at least 3.
    duration : float
        How long they tick, in seconds.
    ports : str or range, optional
        The ports on which machines may listen, first and last, as ``"9000:9100"``, for a firewall to let
        through; free ones if None.
    listen : str, optional
        On which address machines listen, where hosts do not say so themselves; on all if None.
    python : str, optional
        The Python that has lamport, where hosts do not say so themselves; ``python3`` if None. A worker of
        Dask takes its own.
    rates, max_rate, ticks, internal_probability, broadcast_share, weights : optional
        As for `run_local`.
    topology, latency, faults : optional
        As for `run_local`. A crash is SIGKILL and a new process, a pause SIGSTOP, as with its `processes`.
    algorithm, arguments, inputs, until : optional
        As for `run_local` with `processes`. A module that is not installed goes to the hosts with the class
        that it has; modules that this one imports have to be there.
    seed, log_dir, wait, sync, precise : optional
        As for `run_local`. Logs are on the hosts until the end.
    key : bytes or str, optional
        As for `run_local`; a key is drawn for every run. It goes over the agents' standard input, and to
        workers of Dask over the connections of their cluster: in plain text, if these have no TLS.
    limits : bool
        As for `run_local`, of the disk of `log_dir`.
    progress : bool or callable, optional
        As for `run_local`.

    Returns
    -------
    Run
        The run; its logs are read on first use. ``parameters["hosts"]`` says which machines were where.

    Raises
    ------
    ValueError
        An argument is outside what the model allows, or two disagree; a host is not what it must be; a
        process cannot be handed the algorithm.
    LamportError
        Before ticking: a host is unknown, refuses the key, has no lamport or another version, says nothing,
        allows too few files, or cannot connect to another one; then nothing runs anywhere and nothing is
        kept. Later: a machine failed, or all hosts were lost.
    FileExistsError
        `log_dir` already holds a run.
    OSError
        A directory cannot be written, or a port is in use.
    AlgorithmError
        A handler raised an exception, which is the cause if it is one of Python's own.

    Warns
    -----
    LamportWarning
        A host was lost while machines ticked: its machines ended there, the others went on.
        ``parameters["lost"]`` says which, why, and where the logs of its machines were kept. Or as for
        `run_local`.

    Examples
    --------
    >>> import lamport
    >>> run = lamport.run_hosts(["lab@a", "lab@b"], machines=6)  # doctest: +SKIP
    >>> run = lamport.run_hosts([["docker", "exec", "-i", name] for name in ("c1", "c2")])  # doctest: +SKIP
    >>> hosts = [lamport.Host("lab@a", machines=4), lamport.Host("lab@b", address="10.0.0.2")]
    >>> run = lamport.run_hosts(hosts, ports="9000:9100")  # doctest: +SKIP
    >>> run.parameters["hosts"]  # doctest: +SKIP
    """
    given = dict(locals())
    known = _hosts_of(hosts, python)
    if machines is None and not _tells_machines(given):
        given["machines"] = default_machines([host for host, _ in known])
    setting = run_setting(given)
    check_others("run_hosts", given)
    taken, listening = ports_of(ports), address_of("listen", listen)
    shares = blocks([host for host, _ in known], setting["machines"])
    places = [make(share) for (_, make), share in zip(known, shares, strict=True)]
    plan = plan_of(given, setting)
    given["seed"] = make_seed(seed)
    if limits and plan is None:
        check_limits(setting, given["seed"], Path("logs" if log_dir is None else log_dir))
    # Each machine is told its peers; a name stands for many lists.
    setting["topology"] = peers = listed(setting["topology"], setting["machines"])
    text = key_of_run(key, 0)
    parameters: dict[str, Any] = {
        **kept_of(record("run_hosts", given, keep(setting)), plan),
        "ports": ports_text(taken),
        "listen": listening,
        "hosts": [{"name": place.host.name, "where": place.where} for place in places],
        **identity(text),
    }

    made: list[HostsRun] = []

    def driver(directory: Path) -> HostsRun:
        keep_key(directory, text)
        run = HostsRun(
            setting,
            places,
            directory,
            parameters,
            ports=taken,
            listen=listening,
            wait=wait_of(parameters["wait"], sum(map(len, peers))),
            key=text,
            plan=plan,
            is_ended=lambda: work.ends.is_set() or work.fails.is_set(),
        )
        made.append(run)
        return run

    at_work = AtWork(parameters, log_dir, driver, grace=GRACE)
    work = Work(at_work.run)
    nothing = [0] * len(peers)
    with watch(progress, setting["duration"], len(peers)) as bar:

        def look() -> None:
            at_work.tell(bar)
            if at_work.begun is None:
                # Whoever watches may want to end it before it has begun.
                bar(0.0, nothing, nothing)

        try:
            directory = work.watch(look)
        except BaseException:
            # What made the run fail is raised, even where warnings are errors.
            with suppress(LamportWarning):
                at_work.warn()
                for warning in chain.from_iterable(run.warnings() for run in made):
                    warn(warning)
            if at_work.begun is not None:
                with suppress(OSError):
                    write_record(at_work.begun, parameters)
                if has_ended(at_work.begun, len(peers)):
                    forget_key(at_work.begun, text)
            raise
    write_record(directory, parameters)
    return run_of(at_work, directory, parameters, key=text, plan=plan, is_early=work.ends.is_set())


def _hosts_of(hosts: Any, python: str | None) -> list[tuple[Host, Callable[[range], Place]]]:
    """Read what the user gives; return each host, and what makes it a place with these machines."""
    if callable(getattr(hosts, "scheduler_info", None)):
        from lamport._hosts.dask_hosts import dask_hosts

        return dask_hosts(hosts)
    return [(host, partial(Place, host)) for host in as_hosts(hosts, python)]


def _tells_machines(given: Mapping[str, Any]) -> bool:
    """Whether something tells how many machines there are."""
    lists = any(isinstance(given[name], Iterable) for name in LISTS)
    return lists or not isinstance(as_topology(given["topology"]), str)
