"""Clocks compared on one run: the table of `Run.compare_clocks`."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pandas as pd

from lamport._lamport import compare_clocks as native_comparison
from lamport._model.check import sample_count, whole
from lamport._runs.names import in_words
from lamport._runs.physical import hosts
from lamport._runs.stamps import KINDS, Clocked, counters

__all__ = ["clock_table"]

ORDER = (
    "physical",
    "lamport",
    "hlc",
    "plausible",
    "bloom",
    "direct",
    "vector_diff",
    "vector",
    "matrix",
    "itc",
)
"""All clocks, as a table has them unless others are asked for."""
READ_TIMES = ("physical", "hlc")
COUNTERS = {"plausible": ("entries", 8), "bloom": ("size", 32)}
"""What the first number of a clock is called, and what it is if nothing is said."""
FORM = re.compile(r"(\w+)\s*(?:\(\s*(\d+(?:\s*,\s*\d+)*)?\s*\))?")
MOST_CELLS = 10**9
"""Clocks of more counters of all events are left out, if nobody asked for them; others are refused."""
MOST_AT_A_TIME = 10**8
"""The same of the counters that machines have at a time."""

Kind = tuple[str, int, int]
"""A clock, how many counters it has, and how many of them an event raises."""


def clock_table(
    run: Callable[[], Clocked],
    kinds: object,
    *,
    samples: object,
    physical: object,
    seed: object,
    on_top: object,
) -> pd.DataFrame:
    """Make the table `Run.compare_clocks`."""
    asked = [_kind(kind) for kind in (ORDER if kinds is None else _listed(kinds))]
    names = [_name(kind) for kind in asked]
    for place, name in enumerate(names):
        if name in names[:place]:
            raise ValueError(f"kinds: {name} stands there twice")
    draws = whole("seed", seed)
    few = sample_count(samples)
    told = run()
    left_out: dict[str, str] = {}
    if kinds is None and len(told.events) and not told.logs.has_times:
        left_out = dict.fromkeys(READ_TIMES, "physical clocks need times, and this table tells none")
    if kinds is None:
        held = (
            (len(told.events), "events", MOST_CELLS),
            (len(told.causality.machines), "machines", MOST_AT_A_TIME),
        )
        for kind in asked:
            for count, of, most in held:
                if kind[0] in COUNTERS and (cells := count * kind[1]) > most:
                    left_out[_name(kind)] = f"all {of} have {cells} counters, and at most {most} are held"
        asked = [kind for kind in asked if _name(kind) not in left_out]
    clocks = None
    if any(kind[0] in READ_TIMES for kind in asked):
        clocks = hosts(told.logs, told.known, physical, seed=draws, on_top=on_top)
    rows, pairs, undecided, messages, drawn = native_comparison(
        told.logs, told.causality, asked, hosts=clocks, samples=few, seed=draws
    )
    index = pd.Index([_name(kind) for kind in asked], name="clock", dtype=object)
    gaps = zip(index, (row[-1] for row in rows), strict=True)
    left_out |= {name: in_words(told.logs.names, gap) for name, gap in gaps if gap is not None}
    events = len(told.events)
    table = pd.DataFrame([_row(row, events) for row in rows], index, list(FORMS)).astype(FORMS)
    table.attrs |= {
        "pairs": pairs,
        "undecided": undecided,
        "messages": messages,
        "samples": drawn,
        "left_out": left_out,
    }
    return table


FORMS = {
    "bytes_mean": "float64",
    "bytes_max": "Int64",
    "bytes_packed": "Int64",
    "entries_per_event": "float64",
    "kept": "Int64",
    "false_orders": "Int64",
    "missed": "Int64",
    "kept_error": "float64",
    "false_orders_error": "float64",
    "missed_error": "float64",
    "hlc_ahead": "float64",
    "hlc_counter": "Int64",
}
"""The columns, and of what type they are."""


def _row(row: Any, events: int) -> list[float | int | None]:
    cost, packed, orders, ahead, counter, gap = row
    total, most, sent, entries = cost or (0, 0, 0, None)
    return [
        total / sent if sent else None,
        most if sent else None,
        packed,
        None if entries is None or not events else entries / events,
        *(None if gap else count for count, _ in orders),
        *(None if gap else error for _, error in orders),
        None if ahead is None else ahead / 1e9,
        counter,
    ]


def _listed(kinds: object) -> list[object]:
    if isinstance(kinds, str) or not isinstance(kinds, Iterable):
        return [kinds]
    if isinstance(kinds, Mapping) or not (listed := list(kinds)):
        raise ValueError(f"kinds={kinds!r} lists no clocks: give names of some, or None for all")
    return listed


def _kind(kind: object) -> Kind:
    """Read the name of a clock, with its numbers in parentheses.

    Examples
    --------
    >>> _kind("plausible(4)"), _kind("bloom(64, 2)"), _kind("hlc")
    (('plausible', 4, 1), ('bloom', 64, 2), ('hlc', 1, 1))
    """
    found = FORM.fullmatch(kind.strip()) if isinstance(kind, str) else None
    if found is None or found[1] not in KINDS:
        raise ValueError(
            f"kinds: {kind!r} is no clock: it is one of {', '.join(ORDER)}, with numbers as in plausible(8)"
        )
    name, numbers = found[1], [int(number) for number in re.findall(r"\d+", found[2] or "")]
    options = KINDS[name] if name in COUNTERS else ()
    if len(numbers) > len(options):
        has = " and ".join(options) or "no numbers"
        raise ValueError(f"kinds: {kind!r} has too many numbers: {name} has {has}")
    if name not in COUNTERS:
        return name, 1, 1
    first, usual = COUNTERS[name]
    size, hashes = counters({first: usual, **dict(zip(options, numbers, strict=False))})
    return name, size, hashes if name == "bloom" else 1


def _name(kind: Kind) -> str:
    """Name a clock, with what makes it.

    Examples
    --------
    >>> _name(("plausible", 4, 1)), _name(("bloom", 64, 2)), _name(("hlc", 1, 1))
    ('plausible(4)', 'bloom(64, 2)', 'hlc')
    """
    name, size, hashes = kind
    match name:
        case "plausible":
            return f"{name}({size})"
        case "bloom":
            return f"{name}({size}, {hashes})"
        case _:
            return name
