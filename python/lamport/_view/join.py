"""Modules of a page joined into one script, as a page that is opened from disk cannot import any.

Of the language of modules this takes two lines only, each at the beginning of a line: ``import {a, b} from
"./x.js";`` and ``export`` before a function, a class or a const. Anything else is refused.
"""

import re
from collections.abc import Callable

__all__ = ["join"]

IMPORT = re.compile(r'import \{ ?([\w$]+(?:, [\w$]+)*) ?\} from "\./([\w-]+)\.js";')
EXPORT = re.compile(r"export (?=(?:async function\*?|function\*?|class|const) ?([\w$]+)\b)")
ANY = re.compile(r"\s*(?:import|export)\b(?!\s*[=:.)\],])")
ELSEWHERE = re.compile(r"\bimport\s*[(.]")
UNSAFE = re.compile(r"</script|<script|<!--", re.IGNORECASE)
"""What ends a script in a page, or keeps its end from being seen."""


def join(start: str, read: Callable[[str], str]) -> str:
    """Return one script that does what the module `start` does.

    Parameters
    ----------
    start : str
        The name of a module, without ``.js``.
    read : callable
        Gives the text of a module by its name.

    Raises
    ------
    ValueError
        A module has what cannot be joined, imports what is not exported, or imports itself by others.
    """
    done: dict[str, tuple[str, list[str]]] = {}
    _add(start, read, done, ())
    body = "\n".join(f"const {_variable(name)} = (() => {{\n{text}}})();" for name, (text, _) in done.items())
    return f'"use strict";\n(() => {{\n{body}\n}})();\n'


def _variable(name: str) -> str:
    return "module_" + name.replace("-", "_")


def _add(
    name: str, read: Callable[[str], str], done: dict[str, tuple[str, list[str]]], above: tuple[str, ...]
) -> list[str]:
    """Put a module behind those that it imports, and return what it exports."""
    if name in above:
        circle = " -> ".join([*above[above.index(name) :], name])
        raise ValueError(f"modules import each other in a circle: {circle}")
    if name in done:
        return done[name][1]
    lines: list[str] = []
    exported: list[str] = []
    for number, line in enumerate(read(name).splitlines(), 1):
        place = f"{name}.js:{number}"
        if UNSAFE.search(line):
            raise ValueError(f"{place}: {line.strip()!r} has a sign that ends a script in a page")
        if imported := IMPORT.fullmatch(line):
            names, other = imported.groups()
            offered = _add(other, read, done, (*above, name))
            if missing := [each for each in names.split(", ") if each not in offered]:
                raise ValueError(f"{place}: {other}.js does not export {', '.join(missing)}")
            lines.append(f"const {{ {names} }} = {_variable(other)};")
        elif found := EXPORT.match(line):
            exported.append(found[1])
            lines.append(line[found.end() :])
        elif ANY.match(line) or ELSEWHERE.search(line):
            raise ValueError(
                f"{place}: {line.strip()!r} cannot be joined: take "
                'import {a, b} from "./x.js"; or export before a function, class or const'
            )
        else:
            lines.append(line)
    lines.append(f"return {{ {', '.join(exported)} }};\n")
    done[name] = ("\n".join(lines), exported)
    return exported
