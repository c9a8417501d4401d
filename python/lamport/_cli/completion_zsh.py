"""Completion in zsh."""

import re
import shlex
from collections.abc import Iterator, Sequence

from lamport._cli.completable import Command, Word

__all__ = ["zsh"]

HEAD = """\
#compdef lamport
# Completion of lamport in zsh: a file _lamport in a directory of $fpath, or eval "$(lamport completion zsh)"
_lamport() {
    local curcontext=$curcontext state line
    local -a commands
    commands=(
"""
MIDDLE = """\
    )
    _arguments -C \\
"""
STATES = """\
        '1:command:->command' \\
        '*::word:->words'
    case $state in
        command)
            _describe command commands
            ;;
        words)
            case $words[1] in
"""
TAIL = """\
            esac
            ;;
    esac
}
if [[ $funcstack[1] == _lamport ]]; then
    _lamport "$@"
elif (( $+functions[compdef] )); then
    compdef _lamport lamport
fi
"""
FINDS = {"files": "_files", "directories": "_files -/", "": ""}
SIGNS = re.compile(r"([\[\]:\\])")
"""What means something between brackets and colons."""


def zsh(own: Sequence[Word], commands: Sequence[Command]) -> str:
    """Return the script."""
    told = [f"        {shlex.quote(f'{each.name}:{_safe(each.help)}')}\n" for each in commands]
    first = [f"        {spec} \\\n" for word in own for spec in _specs(word)]
    return HEAD + "".join(told) + MIDDLE + "".join(first) + STATES + "".join(map(_arm, commands)) + TAIL


def _arm(command: Command) -> str:
    specs = [spec for word in command.words for spec in _specs(word)]
    told = " \\\n".join(f"                        {spec}" for spec in specs)
    return (
        f"                {command.name})\n"
        f"                    _arguments \\\n{told}\n"
        "                    ;;\n"
    )


def _specs(word: Word) -> Iterator[str]:
    """Yield what _arguments is told of a word, one for each of its flags."""
    find = f"({' '.join(word.choices)})" if word.choices else FINDS[word.place]
    value = f":{_safe(word.value)}:{find}" if word.value else ""
    if not word.flags:
        yield shlex.quote(f"*{value}")
    for flag in word.flags:
        # It may come again, as some may, and --option=value is one word.
        ending = "=" if value and flag.startswith("--") else ""
        yield shlex.quote(f"*{flag}{ending}[{_safe(word.help)}]{value}")


def _safe(text: str) -> str:
    return SIGNS.sub(r"\\\1", text)
