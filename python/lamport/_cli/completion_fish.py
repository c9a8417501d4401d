"""Completion in fish."""

from collections.abc import Iterator, Sequence

from lamport._cli.completable import Command, Word

__all__ = ["fish"]

HEAD = """\
# Completion of lamport in fish: lamport completion fish > ~/.config/fish/completions/lamport.fish
complete -c lamport -f
"""
FINDS = {
    "files": "-r -F",
    "directories": "-x -a '(__fish_complete_directories)'",
    "": "-x",
}


def fish(own: Sequence[Word], commands: Sequence[Command]) -> str:
    """Return the script."""
    lines = [line for word in own for line in _lines(word, "__fish_use_subcommand")]
    for command in commands:
        named = f"-a {command.name} -d {_quoted(command.help)}"
        lines.append(f"complete -c lamport -n __fish_use_subcommand {named}")
        within = f"__fish_seen_subcommand_from {command.name}"
        lines += [line for word in command.words for line in _lines(word, within)]
    return HEAD + "".join(f"{line}\n" for line in lines)


def _lines(word: Word, condition: str) -> Iterator[str]:
    flags = " ".join(f"-l {flag[2:]}" if flag.startswith("--") else f"-s {flag[1:]}" for flag in word.flags)
    if word.choices:
        find = (
            f"-x -a {_quoted(' '.join(word.choices))}" if flags else f"-a {_quoted(' '.join(word.choices))}"
        )
    elif word.value:
        find = FINDS[word.place] if flags else "-F"
    else:
        find = ""
    parts = [f"complete -c lamport -n {_quoted(condition)}", flags, find, f"-d {_quoted(word.help)}"]
    yield " ".join(part for part in parts if part)


def _quoted(text: str) -> str:
    """Quote a text; in single quotes fish knows two signs to escape."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
