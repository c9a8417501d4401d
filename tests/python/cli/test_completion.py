"""What shells complete: the scripts are read, and asked, by the shells themselves."""

import argparse
import shutil
import subprocess

import pytest

from lamport._cli.commands import COMMANDS, main, make_parser

ASK = """
source lamport.bash
ask() {
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _lamport
    printf '%s\\n' ${COMPREPLY[@]+"${COMPREPLY[@]}"}
}
"""


@pytest.fixture
def here(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for shell in ("bash", "zsh", "fish"):
        assert main(["completion", shell]) == 0
        (tmp_path / f"lamport.{shell}").write_text(capsys.readouterr().out)
    (tmp_path / "a run").mkdir()
    (tmp_path / "a run" / "machine_1.log").write_text("")
    (tmp_path / "faults.json").write_text("[]")
    return tmp_path


def run(*words):
    if shutil.which(words[0]) is None:
        pytest.skip(f"{words[0]} is not here")
    return subprocess.run(words, capture_output=True, text=True, check=False)


def in_bash(*words):
    quoted = " ".join(f"'{word}'" for word in words)
    done = run("bash", "--norc", "-c", f"set -u; {ASK} ask lamport {quoted}")
    assert (done.returncode, done.stderr) == (0, "")
    return [line for line in done.stdout.splitlines() if line]


def in_fish(line):
    done = run("fish", "--no-config", "-c", f"source lamport.fish; complete -C 'lamport {line}'")
    assert (done.returncode, done.stderr) == (0, "")
    return [each.partition("\t")[0] for each in done.stdout.splitlines()]


def parsers():
    (found,) = (each for each in make_parser()._actions if isinstance(each, argparse._SubParsersAction))
    return found.choices


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_can_read_it(here, shell):
    done = run(shell, "-n", f"lamport.{shell}")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_commands(here):
    assert set(in_bash("")) == {*COMMANDS, "-h", "--help", "--version"}
    assert in_bash("ver") == ["verify"]
    assert in_bash("--v") == ["--version"]
    assert in_fish("ver") == ["verify"]
    assert set(in_fish("")) >= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_of_every_command(here, command):
    flags = {
        flag
        for action in parsers()[command]._actions
        if action.help != argparse.SUPPRESS
        for flag in action.option_strings
    }
    assert set(in_bash(command, "-")) == flags
    assert set(in_bash(command, "--")) == {flag for flag in flags if flag.startswith("--")}
    assert set(in_fish(f"{command} --")) == {flag for flag in flags if flag.startswith("--")}


def test_values(here):
    shapes = ["full", "ring", "star", "line"]
    for words in (["run", "--topology", ""], ["run", "-q", "--topology", ""], ["run", "--topology", "="]):
        assert in_bash(*words) == shapes
    assert in_bash("run", "--topology", "=", "r") == ["ring"]
    assert in_bash("export", "a", "--format", "p") == ["parquet"]
    assert in_bash("run", "--duration", "") == []
    assert in_bash("completion", "") == ["bash", "zsh", "fish"]
    assert sorted(in_fish("run --topology ")) == sorted(shapes)
    assert in_fish("export a --format p") == ["parquet"]
    assert set(in_fish("completion ")) == {"bash", "zsh", "fish"}


def test_paths(here):
    assert in_bash("verify", "a") == ["a run"]
    assert in_bash("verify", "a run/") == ["a run/machine_1.log"]
    assert in_bash("run", "--faults", "f") == ["faults.json"]
    assert set(in_bash("run", "--log-dir", "")) == {"a run"}
    assert in_fish("run --faults f") == ["faults.json"]
    assert in_fish("run --log-dir ") == ["a run/"]


IN_ZSH = r"""
zmodload zsh/zpty
zpty -b z zsh -f -i
zpty -w z 'PS1=; autoload -U compinit; compinit -D; source ./lamport.zsh; print rea$((1))dy'
zpty -r -m z out '*rea1dy*'
zpty -w -n z $'lamport run --topol\t'
zpty -r -m z out '*topology*'
zpty -w -n z $'=ri\t'
zpty -r -m z out '*ring*'
print found
zpty -d z
"""


def test_in_a_terminal_of_zsh(here):
    """It waits for each word to be completed, and has none of it typed whole."""
    done = run("zsh", "-f", "-c", IN_ZSH)
    assert (done.returncode, done.stdout, done.stderr) == (0, "found\n", "")
