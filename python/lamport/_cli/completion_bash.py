"""Completion in bash."""

import shlex
from collections.abc import Iterable, Sequence

from lamport._cli.completable import Command, Word

__all__ = ["bash"]

HEAD = """\
# Completion of lamport in bash: eval "$(lamport completion bash)"
_lamport() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command= word IFS=$' \\t\\n'
    COMPREPLY=()
    # Bash takes --option=value for three words.
    if [[ $cur == = ]]; then
        cur=
    elif [[ $prev == = && COMP_CWORD -ge 2 ]]; then
        prev=${COMP_WORDS[COMP_CWORD-2]}
    fi
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        if [[ $word != -* ]]; then
            command=$word
            break
        fi
    done
    case $command in
"""
TAIL = """\
    esac
}
_lamport_words() {
    COMPREPLY=($(compgen -W "$1" -- "$cur"))
}
_lamport_paths() {
    local IFS=$'\\n'
    compopt -o filenames 2>/dev/null || :
    COMPREPLY=($(compgen "$1" -- "$cur"))
}
complete -F _lamport lamport
"""
FINDS = {"files": "_lamport_paths -f", "directories": "_lamport_paths -d"}


def bash(own: Sequence[Word], commands: Sequence[Command]) -> str:
    """Return the script."""
    first = [*(command.name for command in commands), *_flags(own)]
    arms = [f"        '')\n            {_choose(first)}\n            ;;\n", *map(_arm, commands)]
    return HEAD + "".join(arms) + TAIL


def _arm(command: Command) -> str:
    cases: dict[str, list[str]] = {}
    for option in command.options:
        if option.value:
            cases.setdefault(_find([option]), []).extend(option.flags)
    lines = [f"{command.name})", "    case $prev in"]
    for find, flags in cases.items():
        lines += [
            f"        {'|'.join(flags)})",
            f"            {find}",
            "            return",
            "            ;;",
        ]
    lines += ["    esac", "    if [[ $cur == -* ]]; then", f"        {_choose(_flags(command.options))}"]
    if command.others:
        lines += ["    else", f"        {_find(command.others)}"]
    lines += ["    fi", "    ;;"]
    return "".join(f"        {line}\n" for line in lines)


def _find(words: Sequence[Word]) -> str:
    """Return what finds the values of such a word."""
    for word in words:
        if word.choices:
            return _choose(word.choices)
        if word.place:
            return FINDS[word.place]
    return ":"


def _choose(words: Iterable[str]) -> str:
    return f"_lamport_words {shlex.quote(' '.join(words))}"


def _flags(words: Iterable[Word]) -> list[str]:
    return [flag for word in words for flag in word.flags]
