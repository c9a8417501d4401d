"""Whether an algorithm does the same for the same calls: in several interpreters, and logs side by side."""

import json
from collections.abc import Callable, Iterable, Mapping
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from lamport._drive.algorithm import OWN
from lamport._drive.fresh import simulate_afresh
from lamport._model.algorithm import REMEDY, AlgorithmError
from lamport._model.check import whole
from lamport._model.public import public
from lamport._model.setting import BUILT_IN, MODEL

if TYPE_CHECKING:
    from lamport._model.algorithm import Algorithm

__all__ = ["check_deterministic"]

SHOWN = 1000
"""Characters of a line that a message shows."""


@public
def check_deterministic(
    algorithm: "type[Algorithm] | Callable[[int], Algorithm] | Mapping[int, Any] | str",
    machines: int | None = None,
    duration: float = 60,
    *,
    arguments: Mapping[str, Any] | None = None,
    seed: int = 0,
    interpreters: int = 4,
    **parameters: Any,
) -> None:
    """Check that handlers do the same for the same calls, as recovery, `replay` and `rerun` rely on.

    The same run is simulated in several new interpreters, each with a hash seed of its own
    (``PYTHONHASHSEED``), and the logs must be equal, to the byte; each is also played again where it was
    made (`replay`). What is found so: the order of sets of texts, ``hash()``, ``id()``, the time of day, the
    global ``random``, ``os.urandom``, and what instances of a class share. It must show in a message, a
    state or a timer of this run: a longer one, with the faults, inputs and arguments that matter, finds more.

    Parameters
    ----------
    algorithm : class, callable, mapping or str
        What machines do, as for `simulate`. Classes of notebooks and scripts go to the interpreters as they
        are.
    machines : int, optional
        Number of machines, as for `simulate`.
    duration : float
        How long they tick, in seconds of virtual time.
    arguments : mapping of str to object, optional
        What the class is called with.
    seed : int
        The seed of all draws.
    interpreters : int
        How many there are, 2 or more. The order of a set of two texts is the same in any two of them half of
        the time.
    **parameters
        Others of `simulate`: ``rates``, ``topology``, ``faults``, ``inputs``, ``until``, ...

    Raises
    ------
    AlgorithmError
        It is not deterministic: the error has machine, time, seed and the first line that differs, in both
        versions, and what to do. Or a handler raised an exception.
    ValueError
        A parameter is unknown or outside what the model allows.
    TypeError
        The algorithm is none, or something does not pickle that is to go to the interpreters.
    LamportError
        An interpreter did not come to its end.

    See Also
    --------
    replay : Hold a run that was made against its logs.

    Examples
    --------
    >>> import lamport
    >>> from lamport.algorithms import LamportMutex
    >>> lamport.check_deterministic(LamportMutex, 3, 10, rates=50)
    >>> class Careless(lamport.Algorithm):
    ...     def start(self, me):
    ...         me.state(number=hash("careless"))
    >>> try:
    ...     lamport.check_deterministic(Careless, 2, 1, rates=10)
    ... except lamport.AlgorithmError as error:
    ...     print(f"machine {error.machine}, {error.line}")
    machine 2, line 2 of its log
    """
    if whole("interpreters", interpreters) < 2:
        raise ValueError(f"interpreters={interpreters!r}: the logs of 2 or more are compared")
    known = [name for name in (*MODEL, *OWN) if name not in BUILT_IN]
    for name in parameters:
        if name not in known:
            raise ValueError(f"{name!r} is not a parameter here: they are {', '.join(known)}, seed")
    given: dict[str, Any] = {
        "machines": machines,
        "duration": duration,
        "algorithm": algorithm,
        "arguments": arguments,
        "seed": whole("seed", seed),
        **{name: _lasting(value) for name, value in parameters.items()},
    }
    with TemporaryDirectory(prefix="lamport-") as home:
        runs = [Path(home, str(number)) for number in range(1, interpreters + 1)]
        again = simulate_afresh(given, runs)
        for other in runs[1:]:
            if found := _first_difference(runs[0] / "logs", other / "logs"):
                raise _error(found, seed)
        for differs in again:
            if differs is not None:
                raise differs


def _lasting(value: Any) -> Any:
    """Return what can be read again and again, and goes to another process."""
    return value if isinstance(value, str | Mapping) or not isinstance(value, Iterable) else list(value)


Difference = tuple[float, int, int, str, str]
"""Time, machine, line, and that line in both logs."""


def _first_difference(one: Path, other: Path) -> Difference | None:
    """Return where the logs of two runs differ for the first time."""
    logs = sorted(one.glob("machine_*.log"))
    found = [each for log in logs if (each := _difference(log, other / log.name)) is not None]
    return min(found, default=None)


def _difference(one: Path, other: Path) -> Difference | None:
    with one.open() as ours, other.open() as theirs:
        for number, (first, second) in enumerate(zip_longest(ours, theirs, fillvalue=""), 1):
            if first != second:
                known = [json.loads(line) for line in (first, second) if line]
                time = min(line["system_time"] for line in known)
                return time, known[0]["machine_id"], number, first, second
    return None


def _error(found: Difference, seed: int) -> AlgorithmError:
    time, machine, line, first, second = found
    place = next(at for at, pair in enumerate(zip_longest(first, second)) if pair[0] != pair[1])
    where = f"line {line} of its log"
    first, second = (_shown(text, place) for text in (first, second))
    return AlgorithmError(
        f"machine {machine}: not deterministic ({where}, {time:.6f} s after the machine began, seed {seed}): "
        f"in one interpreter it is\n  {first}\nand in another\n  {second}\n{REMEDY}",
        machine=machine, time=time, line=where, seed=seed,
    )  # fmt: skip


def _shown(line: str, place: int) -> str:
    """Return a line, or what of it is around the place where it differs."""
    line = line.rstrip("\n") or "not there"
    if len(line) <= SHOWN:
        return line
    start = max(0, place - SHOWN // 2)
    return (
        f"{'... ' if start else ''}{line[start : start + SHOWN]}{' ...' if start + SHOWN < len(line) else ''}"
    )
