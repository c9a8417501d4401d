"""Each command and example on a page of the documentation runs, in short, and comes to what it says."""

import json
import re
from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from class_logs import write_text
from others_logs import write_others
from page_blocks import HOME, PAGES, SECONDS, Reader, blocks

import lamport

DOCS = HOME / "docs"
RUN = {"duration": 60, "rates": [1, 3, 6], "seed": 1978}
ELSEWHERE = {
    "docs/how-to/check-your-clock.md": "drive/test_clocks_of_packages.py",
    "docs/how-to/own-machine.md": "test_wire.py",
    "docs/how-to/several-hosts.md": "hosts/test_hosts_page.py",
    "docs/reference/wire.md": "test_wire.py",
}
"""Pages that a test of their own carries out."""
MACHINES = 1_000
SET_UP = ("pip install", "tcp://scheduler")
"""What a fresh machine and a cluster are for: `.ci/run`, and test_sweep."""
MISTAKES = {
    "both": {"stamp": "before", "receive": "max(clock, T)"},
    "early": {"clock": "old_clock"},
    "max": {"receive": "max(clock, T)"},
    "queue": {"queue": 1},
    "right": {},
    "stamp": {"stamp": "before"},
}


def name(path):
    return str(path.relative_to(HOME))


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A directory with what pages take for granted."""
    monkeypatch.chdir(tmp_path)
    lamport.simulate(**RUN, log_dir="collected", progress=False)
    for run in "ab":
        lamport.simulate(**RUN, log_dir=f"logs/run_{run}", progress=False)
    write_others(tmp_path / "others")
    for team, mistake in MISTAKES.items():
        write_text(Path("teams") / team, **mistake)
    return tmp_path


@pytest.fixture
def shortened(home, monkeypatch):
    """Real runs of less than a second and virtual ones of few machines, in that directory."""
    real = lamport.run_local

    def run_local(*arguments, duration, faults=(), live=False, **options):
        # Only a notebook shows what goes on; test_jupyterlab has one.
        share = min(1, SECONDS / duration)
        return real(*arguments, duration=share * duration, faults=earlier(faults, share), **options)

    def fewer(machines=3, *arguments, **options):
        return simulate(min(machines, MACHINES), *arguments, **options)

    simulate = lamport.simulate
    monkeypatch.setattr(lamport, "run_local", run_local)
    monkeypatch.setattr(lamport, "simulate", fewer)
    monkeypatch.syspath_prepend(str(home))
    yield
    plt.close("all")


def earlier(faults, share):
    """The faults of a run that is shorter by this share."""
    for fault in faults:
        times = {name: getattr(fault, name, None) for name in ("at", "duration", "down_for")}
        yield replace(fault, **{name: share * time for name, time in times.items() if time is not None})


def told(path):
    """The blocks of a page that are carried out here."""
    return [block for block in blocks(path) if not any(word in block.text for word in SET_UP)]


@pytest.mark.parametrize(
    "path", [path for path in PAGES if told(path) and name(path) not in ELSEWHERE], ids=name
)
@pytest.mark.usefixtures("shortened")
def test_a_page_can_be_followed(path):
    reader = Reader()
    for block in told(path):
        reader.read(block)


def test_pages_that_are_tested_elsewhere():
    for page, test in ELSEWHERE.items():
        assert (HOME / page).is_file()
        assert Path(page).name in (HOME / "tests" / "python" / test).read_text(encoding="utf-8")


def test_some_outcomes_are_checked(shortened):
    reader = Reader()
    for block in told(DOCS / "how-to" / "causality.md"):
        reader.read(block)
    assert reader.checked == 11


@pytest.mark.usefixtures("shortened")
def test_the_picture_is_what_the_commands_draw():
    page = DOCS / "how-to" / "look.md"
    reader = Reader()
    for block in told(page):
        if "logs/small" in block.text:
            reader.read(block)
    (kept,) = re.findall(r"^!\[.*\]\((.*\.png)\)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    drawn, kept = (plt.imread(path)[..., :3] for path in ("spacetime.png", page.parent / kept))
    # Another version of matplotlib may set letters a little differently.
    assert drawn.shape == kept.shape
    assert np.corrcoef(drawn.ravel(), kept.ravel())[0, 1] > 0.9


def test_every_public_name_is_in_the_reference():
    page = (DOCS / "reference" / "api" / "index.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^   (\w+)$", page, re.MULTILINE))
    public = {*lamport.__all__, *lamport.algorithms.__all__} - {"__version__", "algorithms"}
    assert named == public


def test_every_field_of_a_log_is_in_the_reference(run):
    page = (DOCS / "reference" / "log-format.md").read_text(encoding="utf-8")
    of_all = {"event", "system_time", "machine_id", "began"}
    seen = set()
    for line in (line for path in run.files for line in Path(path).read_text(encoding="utf-8").splitlines()):
        fields = json.loads(line)
        row = re.search(rf"^\| `{fields['event']}` \|.*$", page, re.MULTILINE)[0]
        assert [name for name in fields if name not in of_all and f"`{name}`" not in row] == []
        seen.add(fields["event"])
    assert seen == set(re.findall(r"^\| `([A-Z]+)` \|", page, re.MULTILINE))


def test_every_column_of_machines_is_in_the_reference(run):
    page = (DOCS / "reference" / "tables.md").read_text(encoding="utf-8")
    assert [name for name in run.machines.columns if f"`{name}`" not in page] == []
