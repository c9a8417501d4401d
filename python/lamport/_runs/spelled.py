"""Texts of anyone, as names of machines and of files are, as terminals, pages and tables may have them."""

import re
from unicodedata import category

__all__ = ["in_cell", "spelled"]

LONGEST = 200
FORMULAS = re.compile(r"[\s'\"]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
"""What spreadsheets take for the beginning of a formula."""


def spelled(text: str, longest: int = LONGEST) -> str:
    r"""Return a text on one line, with what cannot be seen, or moves what can, spelled out.

    At most `longest` characters of it are left, of which the last then says that there were more.

    Examples
    --------
    >>> spelled("team\x1b[31m 7")
    'team\\x1b[31m 7'
    """
    shown = "".join(map(_sign, text[: longest + 1]))
    return shown if len(shown) <= longest else f"{shown[: longest - 1]}…"


def _sign(sign: str) -> str:
    # A blank of another width is seen.
    is_seen = sign.isprintable() or category(sign) == "Zs"
    return sign if is_seen else sign.encode("unicode_escape").decode()


def in_cell(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula.

    Examples
    --------
    >>> in_cell("=1+1"), in_cell("obeys")
    ("'=1+1", 'obeys')
    """
    plain = spelled(text)
    return f"'{plain}" if FORMULAS.match(plain) or FORMULAS.match(text) else plain
