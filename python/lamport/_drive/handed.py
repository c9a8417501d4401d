"""What a machine's process is handed of its algorithm, by a pipe: classes of notebooks are in no file."""

import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from lamport._drive.algorithm import Plan
    from lamport._lamport import _HandedRun

__all__ = ["Handed", "Taken", "piped", "take", "tell_error", "told_error"]

TRIAL = "import sys; from lamport._drive.handed import take; take(int(sys.argv[1]))"
PIPE = 1 << 16
REMEDY = (
    "Let its module be where a new interpreter finds it, in the current directory or on sys.path, and keep "
    "locks, files and connections out of what the class refers to; or run machines in threads, without "
    "processes"
)


class Handed:
    """The algorithm of a run as its processes are handed it.

    Parameters
    ----------
    plan : Plan
        What runs.
    senders : sequence of list of int
        For each machine, the ids of those that send to it.
    environment : mapping of str to str
        The environment of the processes.
    elsewhere : bool
        The processes are on other hosts, which find modules in their own places: modules that are not
        installed go there with the algorithm.

    Raises
    ------
    ValueError
        It cannot be handed to another process: it was tried with one.
    """

    def __init__(
        self,
        plan: "Plan",
        senders: Sequence[list[int]],
        environment: Mapping[str, str],
        *,
        elsewhere: bool = False,
    ) -> None:
        self._plan, self._senders = plan, senders
        self._path = None if elsewhere else sys.path
        with _by_value(plan) if elsewhere else nullcontext():
            self._algorithm = _pickled(plan)
        with self.pipe(1) as reading:
            trial = subprocess.run(
                [sys.executable, "-c", TRIAL, str(reading)],
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                pass_fds=(reading,),
                check=False,
            )
        if trial.returncode:
            said = trial.stderr.decode(errors="replace").strip().rpartition("\n")[2]
            raise ValueError(
                f"algorithm={_name(plan)} cannot be handed to the process of a machine, which says: "
                f"{said or f'exit status {trial.returncode}'}. {REMEDY}"
            )

    def to(self, machine: int) -> bytes:
        """Return what the process of a machine is handed."""
        plan, machines = self._plan, len(self._senders)
        run: _HandedRun = {
            "senders": self._senders[machine - 1],
            "machines": list(range(1, machines + 1)),
            "inputs": [(time, body) for time, other, body in plan.inputs if other == machine],
        }
        return pickle.dumps((self._path, self._algorithm, plan.roles.arguments, run, plan.until))

    def pipe(self, machine: int) -> AbstractContextManager[int]:
        """Open a pipe for the process of a machine; within the block it is to be started."""
        return piped(self.to(machine))


@contextmanager
def piped(handed: bytes) -> Iterator[int]:
    """Give the descriptor from which a process that is started within the block can read this, once."""
    if len(handed) > PIPE:
        import tempfile

        with tempfile.TemporaryFile() as file:
            file.write(handed)
            file.seek(0)
            yield file.fileno()
        return
    reading, writing = os.pipe()
    try:
        os.write(writing, handed)
        os.close(writing)
        yield reading
    finally:
        os.close(reading)


class Taken(NamedTuple):
    """What a process has taken of it.

    Attributes
    ----------
    algorithm, arguments
        As `lamport.Machine` takes them.
    run : dict
        What the machine knows of its run.
    until : {"quiet"} or None
        When the run ends before its time.
    """

    algorithm: object
    arguments: dict[str, Any]
    run: "_HandedRun"
    until: str | None


def take(fd: int) -> Taken:
    """Take what this process was handed, once, by the pipe that ends in `fd`."""
    with os.fdopen(fd, "rb") as pipe:
        path, algorithm, *others = pickle.loads(pipe.read())
    if path is not None:
        # By the same path its modules are found here.
        sys.path[:] = path
    algorithm, names = pickle.loads(algorithm)
    for role, name in zip(_roles(algorithm), names, strict=True):
        if isinstance(role, type) and role.__qualname__ != name:
            # One that came as it is has lost where it stands; its log is to say it in every life.
            role.__qualname__ = name
    return Taken(algorithm, *others)


def tell_error(error: BaseException) -> str:
    """Write what failed, for the process that started this one; its cause where that can be pickled."""
    import cloudpickle

    cause = None
    with suppress(Exception):
        cause = cloudpickle.dumps(error.__cause__)
    return pickle.dumps((pickle.dumps(error), cause)).hex()


def told_error(text: str) -> BaseException:
    """Read what `tell_error` has written."""
    told, cause = pickle.loads(bytes.fromhex(text))
    error: BaseException = pickle.loads(told)
    # Its class may be known there alone: the message has its traceback anyway.
    with suppress(Exception):
        error.__cause__ = None if cause is None else pickle.loads(cause)
    return error


def _pickled(plan: "Plan") -> bytes:
    algorithm = plan.roles.algorithm
    names = [getattr(role, "__qualname__", None) for role in _roles(algorithm)]
    try:
        return _dumped((algorithm, names))
    except Exception as error:
        raise ValueError(
            f"algorithm={_name(plan)} cannot be handed to the process of a machine: {error}. {REMEDY}"
        ) from error


@contextmanager
def _by_value(plan: "Plan") -> Iterator[None]:
    """Pickle with the algorithm those modules of it that another host does not have."""
    import cloudpickle

    names = {getattr(role, "__module__", None) for role in _roles(plan.roles.algorithm)}
    # Those that the user has registered stay so.
    names -= cloudpickle.list_registry_pickle_by_value()
    modules = [sys.modules[name] for name in names if name in sys.modules and not _is_installed(name)]
    for module in modules:
        cloudpickle.register_pickle_by_value(module)
    try:
        yield
    finally:
        for module in modules:
            cloudpickle.unregister_pickle_by_value(module)


def _is_installed(name: str) -> bool:
    """Whether a module is this package's, or where interpreters find what is installed for them."""
    import sysconfig

    package = name.partition(".")[0]
    file = getattr(sys.modules[name], "__file__", None)
    if package in {"lamport", "__main__"} or package in sys.stdlib_module_names or file is None:
        return True
    places = {sysconfig.get_path(place) for place in ("purelib", "platlib")}
    return any(Path(file).is_relative_to(place) for place in places)


def _roles(algorithm: object) -> list[object]:
    """Return what makes instances, each once for each machine that is named."""
    return list(algorithm.values()) if isinstance(algorithm, dict) else [algorithm]


def _dumped(value: object) -> bytes:
    """Pickle what may be in no module, with its code as it is in the files that tracebacks show."""
    import io
    from types import CodeType

    import cloudpickle

    reduced: Callable[[CodeType], tuple[Any, ...]] = cloudpickle.CloudPickler.dispatch_table[CodeType]

    def with_file(code: CodeType) -> tuple[Any, ...]:
        make, parts = reduced(code)
        return make, tuple(code.co_filename if part == "<dynamic-code>" else part for part in parts)

    table = cloudpickle.CloudPickler.dispatch_table.new_child({CodeType: with_file})
    # A pickler reads its table when it is made.
    pickler = type("Pickler", (cloudpickle.CloudPickler,), {"dispatch_table": table})
    buffer = io.BytesIO()
    pickler(buffer).dump(value)
    return buffer.getvalue()


def _name(plan: "Plan") -> str:
    recorded = plan.roles.recorded
    return recorded if isinstance(recorded, str) else ", ".join(dict.fromkeys(recorded.values()))
