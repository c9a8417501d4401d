"""What other clocks would have said: the table of `Run.stamps`."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, SupportsFloat, TypedDict

import numpy as np
import pandas as pd

from lamport._lamport import interval_stamps, sent_changes
from lamport._lamport import stamps as native_stamps
from lamport._model.check import whole, word
from lamport._runs.physical import hosts
from lamport._runs.window import window

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lamport._lamport import Causality, Logs
    from lamport._model.physical import Physical

__all__ = ["KINDS", "Clocked", "StampOptions", "counters", "stamps"]

PHYSICAL = ("physical", "seed", "on_top")
KINDS: dict[str, tuple[str, ...]] = {
    "lamport": (),
    "vector": (),
    "vector_diff": (),
    "matrix": (),
    "direct": (),
    "hlc": PHYSICAL,
    "physical": PHYSICAL,
    "plausible": ("entries",),
    "bloom": ("size", "hashes"),
    "itc": (),
}
"""The clocks, and the options of each."""
MOST_COUNTERS = 2**20
MOST_HASHES = 2**10


class StampOptions(TypedDict, total=False):
    """What users may tell a clock."""

    physical: "Physical | Mapping[int | str | None, Physical]"
    seed: int
    on_top: bool
    entries: int
    size: int
    hashes: int


class Clocked(NamedTuple):
    """A run as clocks are told from it."""

    logs: "Logs"
    causality: "Causality"
    events: pd.DataFrame
    known: Mapping[str, Any]


def stamps(
    run: Callable[[], Clocked],
    kind: object,
    start: SupportsFloat | None,
    stop: SupportsFloat | None,
    options: dict[str, object],
) -> pd.DataFrame:
    """Make the table `Run.stamps`."""
    name = _kind(kind, options)
    ends = window(start, stop)
    told = run()
    time = told.events["time"].to_numpy()
    rows = np.flatnonzero((time >= ends[0]) & (time < ends[1])).astype(np.uint32)
    index = told.events.index[rows]
    if name == "itc":
        ids, trees = interval_stamps(told.causality, rows)
        of = dict(zip(told.causality.machines, ids, strict=True))
        owners = told.events["machine_id"].take(rows).map(of)
        return pd.DataFrame(
            {"id": owners.to_numpy(dtype=object), "event": np.array(trees, dtype=object)}, index
        )
    if name == "vector_diff":
        sent = np.empty(len(rows), dtype=object)
        sent[:] = sent_changes(told.logs, told.causality, rows)
        return pd.DataFrame({"sent": sent}, index)
    columns = _columns(name, told.causality.machines, options)
    numbers = _numbers(told, name, rows, options, len(columns))
    return pd.DataFrame(numbers.reshape(len(rows), len(columns)), index, columns, copy=False)


def counters(options: Mapping[str, object]) -> tuple[int, int]:
    """Return how many counters a clock has, and how many of them an event raises.

    Parameters
    ----------
    options : mapping
        Those of ``plausible`` or ``bloom``.

    Raises
    ------
    ValueError
        One is out of range.

    Examples
    --------
    >>> counters({"entries": 4}), counters({"size": 64})
    ((4, 3), (64, 3))
    """
    name = "entries" if "entries" in options else "size"
    size = _at_least_one(name, options.get(name, 32), MOST_COUNTERS)
    return size, _at_least_one("hashes", options.get("hashes", 3), MOST_HASHES)


def _numbers(
    told: Clocked, name: str, rows: "NDArray[np.uint32]", options: dict[str, object], width: int
) -> "NDArray[np.int64]":
    if name in ("hlc", "physical"):
        clocks = hosts(told.logs, told.known, **options)
        return native_stamps(told.causality, name, rows, hosts=clocks)
    hashes = counters(options)[1] if name == "bloom" else 1
    return native_stamps(told.causality, name, rows, size=max(width, 1), hashes=hashes)


def _columns(name: str, machines: list[int], options: dict[str, object]) -> pd.Index:
    of_machines = pd.Index(machines, name="machine_id", dtype="int64")
    match name:
        case "hlc":
            return pd.Index(["l", "c"])
        case "vector" | "direct":
            return of_machines
        case "matrix":
            return pd.MultiIndex.from_product([machines, machines], names=["knows", "machine_id"])
        case "plausible":
            return pd.RangeIndex(counters({"entries": 8, **options})[0], name="entry")
        case "bloom":
            return pd.RangeIndex(counters(options)[0], name="cell")
        case _:
            return pd.Index([name])


def _kind(kind: object, options: dict[str, object]) -> str:
    """Check the name of a clock, and those of its options."""
    name = word("kind", kind)
    if name not in KINDS:
        raise ValueError(f"kind={name!r} is not known: it is one of {', '.join(KINDS)}")
    known = KINDS[name]
    for option in options:
        if option not in known:
            has = f"has {', '.join(known)}" if known else "has none"
            of = [other for other, those in KINDS.items() if option in those]
            hint = f", which is of {' and '.join(of)}" if of else ""
            raise ValueError(f"{name} has no option {option}{hint}: it {has}")
    return name


def _at_least_one(name: str, value: object, most: int) -> int:
    number = whole(name, value)
    if not 1 <= number <= most:
        raise ValueError(f"{name}={number} is out of range: give a whole number from 1 to {most}")
    return number
