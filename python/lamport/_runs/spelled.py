"""Texts of anyone, as names of files are, in tables that a spreadsheet opens."""

import re

__all__ = ["in_cell", "spelled"]

LONGEST = 200
"""The most characters of a text of others that are shown."""
FORMULAS = re.compile(r"[\s'\"]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
"""What spreadsheets take for the beginning of a formula."""


def spelled(text: str) -> str:
    r"""Return a text on one line, with what cannot be seen, or moves what can, spelled out.

    Examples
    --------
    >>> spelled("team\x1b[31m 7")
    'team\\x1b[31m 7'
    """
    cut = text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in cut)


def in_cell(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula.

    Examples
    --------
    >>> in_cell("=1+1"), in_cell("obeys")
    ("'=1+1", 'obeys')
    """
    plain = spelled(text)
    return f"'{plain}" if FORMULAS.match(plain) or FORMULAS.match(text) else plain
