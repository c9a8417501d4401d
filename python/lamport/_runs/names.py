"""What machines are called: names in place of numbers, for whoever reads, and back.

A name is any text without control characters, and comes from anywhere. What shows one shows it by a function
of this file: `shown` for plain text, `in_figure` for matplotlib, `in_markdown` for Markdown and pages.
"""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from lamport._model.check import whole
from lamport._runs.spelled import spelled

__all__ = ["Names", "escaped", "in_figure", "in_markdown", "in_words", "number", "numbers", "plain", "shown"]

Names = Mapping[int, str]
"""The names of machines by the numbers that stand for them; empty if machines have ids."""

LONGEST = 60
"""Characters of a name that are shown."""
LONGEST_IN_FIGURE = 30
LISTED = 10
"""The most machines that a message names."""
MEANINGS = re.compile(r"[\\`*_{}\[\]()#+|~$!^=:@]")
"""What means something in some Markdown."""
MACHINES = re.compile(r"\bmachines? (?:are )?(\d+(?:, \d+)*(?:,? and \d+)?)(?![\d.])")


def shown(names: Names, machine: int) -> str:
    """Return what a machine is called: its name, else ``machine 3``.

    What is hidden in a name is spelled out, and the end of a long one is left out.

    Examples
    --------
    >>> shown({1: "alice"}, 1), shown({}, 3)
    ('alice', 'machine 3')
    """
    name = names.get(machine)
    return f"machine {machine}" if name is None else plain(name)


def plain(name: str) -> str:
    """Return a name as any terminal and any page may have it."""
    return spelled(name, LONGEST)


def in_figure(text: str) -> str:
    r"""Return a text that matplotlib draws as it stands: no formula, and in legends too.

    Examples
    --------
    >>> print(in_figure("$x$"), in_figure("_a"))
    \$x\$  _a
    """
    text = text if len(text) <= LONGEST_IN_FIGURE else f"{text[: LONGEST_IN_FIGURE - 1]}…"
    # A label that begins so is left out of legends.
    return (" " if text.startswith("_") else "") + escaped(text)


def escaped(text: str) -> str:
    """Return a text in which matplotlib finds no formula."""
    return text.replace("$", r"\$")


def in_markdown(text: str) -> str:
    r"""Return a text that means nothing in Markdown, nor in the page that is made of it.

    Examples
    --------
    >>> print(in_markdown("a|b <i>"))
    a\|b &lt;i&gt;
    """
    from html import escape

    return MEANINGS.sub(lambda sign: "\\" + sign[0], escape(text, quote=False))


def in_words(names: Names, text: str) -> str:
    """Return a sentence of the native module, which calls machines by their numbers, with their names.

    Examples
    --------
    >>> in_words({1: "alice", 2: "bob"}, "a SEND of machine 2, and machines 1 and 2")
    'a SEND of machine "bob", and machines "alice" and "bob"'
    """
    if not names:
        return text

    def named(found: re.Match[str]) -> str:
        one = lambda digits: _quoted(names, int(digits[0]))  # noqa: E731
        return found[0].replace(found[1], re.sub(r"\d+", one, found[1]))

    return MACHINES.sub(named, text)


def _quoted(names: Names, machine: int) -> str:
    name = names.get(machine)
    return str(machine) if name is None else f'"{plain(name)}"'


def numbers(what: str, given: object, names: Names, known: Iterable[int]) -> list[int]:
    """Return the machines that an argument names: one or several, each an id or a name, each once."""
    several = isinstance(given, Iterable) and not isinstance(given, (str, bytes))
    listed = list(given) if several and isinstance(given, Iterable) else [given]
    known = list(known)
    return list(dict.fromkeys(number(what, each, names, known) for each in listed))


def number(what: str, given: object, names: Names, known: Iterable[int]) -> int:
    """Return the machine that an argument names: a whole number is an id, a text a name.

    Raises
    ------
    ValueError
        There is no such machine.
    """
    if not isinstance(given, str):
        machine = whole(what, given)
        known = list(known)
        if machine not in set(known):
            raise ValueError(f"machine {machine} is not in this run: its machines are {_all(names, known)}")
        return machine
    for machine, name in names.items():
        if name == given:
            return machine
    raise ValueError(f"{what}: there is no machine {given!r}: {_near(given, names, list(known))}")


def _near(given: str, names: Names, known: list[int]) -> str:
    """Say what a name may have been meant to be."""
    if not names:
        hint = f", as in {given.strip()}" if given.strip().isdecimal() else ""
        return f"the machines of this run have no names, give an id{hint}: they are {_all(names, known)}"
    folded = {name.casefold(): name for name in names.values()}
    if found := get_close_matches(given.casefold(), folded, n=3, cutoff=0.6):
        return f"did you mean {' or '.join(repr(folded[name]) for name in found)}?"
    return f"its machines are {_all(names, known)}"


def _all(names: Names, known: list[int]) -> str:
    """Name the machines of a run, or the first and the last if they are many."""
    texts = [f"{each} ({plain(names[each])})" if each in names else str(each) for each in known]
    return ", ".join(texts) if len(texts) <= LISTED else f"{texts[0]}, ..., {texts[-1]}"
