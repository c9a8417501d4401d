"""What is wrong with a clock, in words."""

from collections.abc import Sequence
from typing import Any

from lamport._drive.clock_step import ClockStep, shown
from lamport._lamport import LamportError

__all__ = ["COMPARING", "error_of", "said"]

CALLS = {
    "make": "make(machine, machines, now)",
    "make.all": "make.all(machines, now)",
    "tick": "tick()",
    "send": "send()",
    "receive": "receive(stamp)",
    "stamp": "the stamp",
    "pickle": "pickling the stamp",
    "unpickle": "reading the pickled stamp",
    "before": "comparing two stamps",
    "size": "size(stamp)",
}
"""What was done, by the word that the native module has for it."""
COMPARING = ": comparing it with others changes it"
"""What is said of a stamp whose change is none that the clock makes."""
REMEDIES = {
    "pickle": "return what pickle takes: numbers, texts, tuples, lists, dicts, instances of a class at the "
    "top of a module",
    "before": "give the clock a static method before(a, b) that returns True or False, or return stamps that "
    "can be compared with <",
}


def said(verdict: str, steps: Sequence[ClockStep], places: Sequence[int], stamps: Any, sizes: Any) -> str:
    """Say what is wrong in these places of a run."""
    if verdict == "bounded":
        first, middle, last = (f"{sizes[at]:g}" for at in (0, len(sizes) // 2, -1))
        return f"stamps keep growing: in {len(sizes)} steps from {first} by {middle} to {last}"
    at = [f"step {place} ({steps[place - 1]})" for place in places]
    one, other = at[0], at[-1]
    was, is_now = map(shown, stamps)
    told = {
        "sound": f"{one} happened before {other}, but its stamp {was} is not before {is_now}",
        "complete": f"the stamp {was} of {one} is before {is_now} of {other}, which does not follow from it",
        "irreflexive": f"the stamp {was} of {one} is before {is_now} of {other}, and that is before it",
        "mutated": f"the stamp of {one} was {was} when it was handed out, and is {is_now} later",
        "repeatable": f"the stamp of {one} is {was}, and {is_now} when the same run is made again: clocks "
        "share something, like an attribute of their class, or read a time of their own and not now()",
    }
    if verdict == "irreflexive" and one == other:
        return f"the stamp {was} of {one} is before itself"
    return told[verdict]


def error_of(number: int, steps: Sequence[ClockStep], raised: tuple[Any, ...]) -> LamportError:
    """Return what says where a clock raised an exception and what would be right, with that as its cause."""
    doing, place, machine, cause = raised
    if machine is None and place is not None:
        machine = steps[place].machine
    where = "" if machine is None else f" of machine {machine}"
    if place is not None:
        where += f" in step {place + 1}"
    remedy = f"; {REMEDIES[doing]}" if doing in REMEDIES else ""
    error = LamportError(
        f"{CALLS[doing]}{where} raised {type(cause).__name__}: {cause} (found in run {number}){remedy}"
    )
    error.__cause__ = cause
    return error
