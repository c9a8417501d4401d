"""The examples of every --help are commands that work."""

import glob
import shlex
import shutil
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path

import pandas as pd
import pytest
from machines import free_ports

import lamport
from lamport._cli.commands import COMMANDS, main
from lamport._cli.examples import EXAMPLES

SHORT = {
    "run": ["--duration", "0.2", "--no-progress"],
    "machine": ["--duration", "0.2", "--no-progress"],
    "rerun": ["--duration", "2", "--no-progress"],
    "simulate": ["--duration", "20", "--no-progress"],
    "sweep": ["--duration", "5", "--runs", "2", "--no-progress"],
}
"""What makes them short; it stands behind, and so it counts."""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """What the examples take for granted."""
    home = tmp_path_factory.mktemp("examples")
    for seed, name in enumerate(("first", "second")):
        run = lamport.simulate(duration=20, rates=[1, 3, 6], seed=seed, log_dir=home / "logs" / name)
    run.save(home / "submissions" / "ann")
    run.save(home / "submissions" / "bob")
    run.save(home / "collected")
    theirs = pd.DataFrame({"host": [1, 2], "event": ["SEND", "RECEIVE"], "lc": [1, 2], "sender": [None, 1]})
    theirs.to_csv(home / "theirs.csv", index=False)
    return home


@pytest.fixture
def here(prepared, tmp_path, monkeypatch):
    home = shutil.copytree(prepared, tmp_path / "here")
    monkeypatch.chdir(home)
    return home


def test_every_command_has_examples():
    assert set(EXAMPLES) == {"", *COMMANDS}
    for name, lines in EXAMPLES.items():
        assert all(f"lamport {name}" in line for line in lines)
        assert all(len(line) < 98 for line in lines)


def test_machines_find_each_other(here):
    """The examples of a machine are two that run at once."""
    assert main(["keygen", "-o", "lab.key", "-q"]) == 0
    ports = dict(zip(("5001", "5002"), map(str, free_ports(2)), strict=True))
    lines = list(EXAMPLES["machine"])
    for known, free in ports.items():
        lines = [line.replace(known, free) for line in lines]
    more = [*SHORT["machine"], "--wait", "60"]
    children = [subprocess.Popen([sys.executable, "-m", *line.split(), *more]) for line in lines]
    assert [child.wait(timeout=100) for child in children] == [0, 0]


@pytest.mark.parametrize(
    "line", [line for name, lines in EXAMPLES.items() if name != "machine" for line in lines]
)
def test_it_works(here, capsys, line):
    if not line.startswith("lamport "):
        subprocess.run(["bash", "-euo", "pipefail", "-c", line], check=True)
        return
    if "--log-dir logs/first" in line:
        shutil.rmtree(here / "logs" / "first")
    words = shlex.split(line)[1:]
    into = words[words.index(">") + 1] if ">" in words else None
    words = words[: words.index(">")] if into else words
    words = [path for word in words for path in (sorted(glob.glob(word)) or [word])]  # noqa: PTH207
    words += SHORT.get(words[0], [])
    if into is None:
        assert main(words) == 0
    else:
        with Path(into).open("w", encoding="utf-8") as file, redirect_stdout(file):
            assert main(words) == 0
        assert (here / into).stat().st_size > 0
    if "-o" in words and "-" not in words:
        assert (here / words[words.index("-o") + 1]).exists()
