"""The README's examples run, for shorter times, and come to what stands beside them."""

import re
from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from class_logs import write_text
from machines import free_ports
from others_logs import write_others

import lamport
from lamport._cli.commands import main

HOME = Path(__file__).parents[2]
README = (HOME / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
RUN = {"duration": 60, "rates": [1, 3, 6], "seed": 1978}
ELSEWHERE = "tcp://scheduler"
"""What needs a cluster; test_sweep has one."""
SECONDS = 0.3


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A directory with logs, as the README takes them for granted."""
    home = tmp_path_factory.mktemp("readme")
    lamport.simulate(**RUN, log_dir=home / "collected", progress=False)
    write_others(home / "others")
    return home


@pytest.fixture
def shortened(home, monkeypatch):
    """Real runs of less than a second, in that directory."""
    real = lamport.run_local

    def run_local(*arguments, duration, faults=(), live=False, **options):
        # Only a notebook shows what goes on; test_jupyterlab has one.
        share = min(1, SECONDS / duration)
        return real(*arguments, duration=share * duration, faults=earlier(faults, share), **options)

    monkeypatch.setattr(lamport, "run_local", run_local)
    monkeypatch.chdir(home)
    yield
    plt.close("all")


def earlier(faults, share):
    """The faults of a run that is shorter by this share."""
    for fault in faults:
        times = {name: getattr(fault, name, None) for name in ("at", "duration", "down_for")}
        yield replace(fault, **{name: share * time for name, time in times.items() if time is not None})


def outcomes(block):
    """The expressions with a value behind them that can be checked."""
    told = re.findall(
        r"^(\S.*?) +# (True|False|\d\.\d+|Share\(.*\)|Answer\(.*\)|\{[^.]*\})(?=[:;]|$)", block, re.MULTILINE
    )
    return [(expression, value) for expression, value in told if "=" not in expression.split("(")[0]]


@pytest.mark.parametrize("block", [block for block in BLOCKS if ELSEWHERE not in block])
def test_examples(block, shortened):
    names = {"lamport": lamport, "run": lamport.load("collected")}
    exec(block.replace("5001", str(free_ports(1)[0])), names)
    for expression, value in outcomes(block):
        assert rounded(eval(expression, names)) == value, expression


def rounded(value):
    if isinstance(value, float):
        return f"{value:.3f}"
    return re.sub(r"\d+\.\d{4,}", lambda number: f"{float(number[0]):.3f}", repr(value))


def test_some_outcomes_are_checked():
    assert sum(len(outcomes(block)) for block in BLOCKS) == 9


def test_the_window_for_shiviz(home):
    lamport.simulate(**RUN).export(home / "window.shiviz", start=10, stop=20)
    sample = re.search(r"^```\n(\(\?<host>.*?)^```", README, re.MULTILINE | re.DOTALL)[1]
    assert (home / "window.shiviz").read_text(encoding="utf-8").startswith(sample)


MISTAKES = {
    "both": {"stamp": "before", "receive": "max(clock, T)"},
    "early": {"clock": "old_clock"},
    "max": {"receive": "max(clock, T)"},
    "queue": {"queue": 1},
    "right": {},
    "stamp": {"stamp": "before"},
}


def test_the_picture_is_what_the_command_beside_it_draws(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    commands = re.findall(r"^lamport (.* logs/small .*)$", README, re.MULTILINE)
    assert [main(command.split()) for command in commands] == [0, 0]
    (kept,) = re.findall(r"^!\[.*\]\((docs/.*\.png)\)$", README, re.MULTILINE)
    drawn, kept = (plt.imread(path)[..., :3] for path in ("spacetime.png", HOME / kept))
    # Another version of matplotlib may set letters a little differently.
    assert drawn.shape == kept.shape
    assert np.corrcoef(drawn.ravel(), kept.ravel())[0, 1] > 0.9


def declaration(beginning):
    return re.search(rf"^```toml\n({beginning}.*?)^```", README, re.MULTILINE | re.DOTALL)[1]


def test_a_declaration_is_kept_in_a_file(home, monkeypatch, capsys):
    monkeypatch.chdir(home)
    Path("nodes.toml").write_text(declaration("# nodes"))
    commands = re.findall(r"^lamport (.* --like nodes.toml.*)$", README, re.MULTILINE)
    assert [main(command.split()) for command in commands] == [0, 0, 0]
    assert "the logs obey every rule" in capsys.readouterr().out
    assert Path("nodes.mmd").read_text().startswith("sequenceDiagram")


def test_a_course_is_graded(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for team, mistake in MISTAKES.items():
        write_text(Path("teams") / team, **mistake)
    Path("course.toml").write_text(declaration("pattern"))
    teams = [f"teams/{team}" for team in MISTAKES]
    assert main(["grade", *teams, "-o", "grades.csv", "--like", "course.toml", "--no-progress"]) == 0
    told = re.search(r"^```\n(teams/both: .*?)^```", README, re.MULTILINE | re.DOTALL)[1]
    assert capsys.readouterr().out.startswith(told)
