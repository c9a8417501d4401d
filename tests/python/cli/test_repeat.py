"""Several runs from the command line: ``lamport run --repeat`` and ``lamport compare``."""

import os
import re
import signal
import subprocess
import sys

import pytest

import lamport
from lamport._cli.commands import main

REPEAT = ["run", "--duration", "0.2", "--no-progress", "--repeat", "3"]
REPORT = ["comparison_subplots.png", "comparison_summary.md"]


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_repetitions_keep_their_rates(here, capsys):
    assert main([*REPEAT, "--max-rate", "500", "--seed", "5"]) == 0
    (home,) = (here / "logs").iterdir()
    assert re.fullmatch(r"runs_[\d_-]+", home.name)
    assert sorted(path.name for path in home.iterdir()) == [*REPORT, "run_1", "run_2", "run_3"]
    runs = [lamport.load(home / f"run_{number}") for number in (1, 2, 3)]
    assert [run.parameters["seed"] for run in runs] == [5, 6, 7]
    rates = lamport.simulate(duration=1, max_rate=500, seed=5).parameters["rates"]
    assert [run.parameters["rates"] for run in runs] == [rates] * 3
    assert all((run.log_dir / "analysis_summary.md").exists() for run in runs)
    out = capsys.readouterr().out
    listed = ", ".join(f"{rate:g}" for rate in rates)
    assert f"rates of all runs, drawn: {listed}\n" in out
    assert "seeds 5 to 7" in out
    assert "The runs were made alike, but for their seeds" in out
    assert "means over 3 runs, and 95 % confidence intervals" in out
    table = (home / REPORT[1]).read_text()
    for seed, run in zip((5, 6, 7), runs, strict=True):
        assert re.search(rf"\| +run_{seed - 4} \| +{seed} \| +{listed} \| +{run.drift} \|", table)


def test_rates_drawn_anew(here, capsys):
    assert main([*REPEAT, "--max-rate", "500", "--redraw", "--log-dir", "a", "--no-report"]) == 0
    runs = [lamport.load(here / "a" / f"run_{number}") for number in (1, 2, 3)]
    assert len({tuple(run.parameters["rates"]) for run in runs}) == 3
    out = capsys.readouterr().out
    assert "The runs differ in rates: machine 1 of one is not machine 1 of another" in out
    assert "means of whole runs over rates that their seeds drew" in out
    assert "means over" not in out
    assert not (here / "a" / REPORT[0]).exists()


def test_a_seed_that_is_drawn_is_kept(here, capsys):
    assert main([*REPEAT, "--rates", "20,40", "--log-dir", "a", "--no-report"]) == 0
    first, last = map(int, re.search(r"seeds (\d+) to (\d+)", capsys.readouterr().out).groups())
    seeds = [lamport.load(here / "a" / f"run_{number}").parameters["seed"] for number in (1, 2, 3)]
    assert seeds == list(range(first, last + 1))


def test_all_directories_are_looked_at_before_the_first_minute(here, capsys):
    kept = here / "a" / "run_3"
    kept.mkdir(parents=True)
    (kept / "notes.txt").write_text("mine")
    assert main(["run", "--duration", "60", "--repeat", "3", "--log-dir", "a"]) == 1
    assert "run_3 exists and is not empty: give another --log-dir" in capsys.readouterr().err
    assert [path.name for path in (here / "a").iterdir()] == ["run_3"]
    assert [path.name for path in kept.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--repeat", "0"], "--repeat 0"),
        (["--redraw"], "--redraw goes with --repeat N"),
        (["--repeat", "2", "--seed", str(2**53 - 1)], f"--seed {2**53 - 1}: the last of 2 runs"),
        (["--repeat", "2", "-n", "2", "--rates", "1,2,3"], "--machines=2, but --rates has 3 values"),
    ],
)
def test_bad_arguments(here, capsys, words, message):
    assert main(["run", *words, "--log-dir", "a"]) == 2
    assert message in capsys.readouterr().err
    assert list(here.iterdir()) == []


def test_interrupted(here):
    """What is finished is compared, the rest leaves no directories."""
    words = [
        "run",
        "--duration",
        "0.3",
        "--rates",
        "20,40",
        "--repeat",
        "500",
        "--log-dir",
        "a",
        "--no-report",
    ]
    command = [sys.executable, "-m", "lamport", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        log = here / "a" / "run_3" / "machine_2.log"
        while not (log.exists() and log.read_text().count("\n") > 3):
            assert child.poll() is None
        os.kill(child.pid, signal.SIGINT)
        out, _ = child.communicate(timeout=60)
    assert child.returncode == 130
    homes = sorted((here / "a").iterdir())
    assert 3 <= len(homes) < 10
    assert lamport.load(homes[-1]).interrupted
    assert "ended early" in out
    assert f"means over {len(homes) - 1} runs" in out


def test_a_run_that_fails_leaves_the_report_of_those_before_it(here, capsys, monkeypatch):
    """Nor does it take away a directory that was there."""
    real = lamport.run_local

    def run_local(*words, **named):
        if named["log_dir"].name == "run_3":
            raise OSError("no space left")
        return real(*words, **named)

    monkeypatch.setattr("lamport._drive.local.run_local", run_local)
    kept = here / "a" / "run_4"
    kept.mkdir(parents=True)
    assert main([*REPEAT[:-1], "4", "--rates", "20,40", "--log-dir", "a"]) == 1
    out, err = capsys.readouterr()
    assert "means over 2 runs, and 95 % confidence intervals" in out
    assert "no space left" in err
    assert sorted(path.name for path in (here / "a").iterdir()) == [*REPORT, "run_1", "run_2", "run_4"]


@pytest.mark.parametrize("home", ["a", "a/run_2"])
def test_a_directory_that_was_there_stays(here, monkeypatch, home):
    def run_local(*words, **named):
        raise OSError("no space left")

    monkeypatch.setattr("lamport._drive.local.run_local", run_local)
    (here / home).mkdir(parents=True)
    before = sorted(here.rglob("*"))
    assert main([*REPEAT, "--log-dir", "a"]) == 1
    assert sorted(here.rglob("*")) == before


def test_compare(here, capsys):
    for number, rates in enumerate(([1, 3, 6], [1, 3, 6], [6, 6, 6]), 1):
        lamport.simulate(duration=20, rates=rates, seed=number, log_dir=f"all/run_{number * 5}")
    assert main(["compare", "all"]) == 0
    out = capsys.readouterr().out
    assert "The runs differ in rates" in out
    assert re.findall(r"^ *(run_\d+) ", out, re.MULTILINE) == ["run_5", "run_10", "run_15"]
    assert sorted(path.name for path in (here / "all").glob("comp*")) == REPORT
    assert main(["compare", "all/run_5", "all/run_10", "-o", "made/here"]) == 0
    assert "made alike" in capsys.readouterr().out
    assert sorted(path.name for path in (here / "made" / "here").iterdir()) == REPORT
    # Some of the runs leave the report of all alone, and one given twice counts once.
    before = {name: (here / "all" / name).read_bytes() for name in REPORT}
    assert main(["compare", "all/run_5", "all/run_15", "all/../all/run_5"]) == 0
    assert re.findall(r"^ *(run_\d+) ", capsys.readouterr().out, re.MULTILINE) == ["run_5", "run_15"]
    written = {path.name: path.read_bytes() for path in (here / "all").glob("comp*")}
    assert {name: written[name] for name in REPORT} == before
    assert sorted(set(written) - set(REPORT)) == [name.replace("_", "_run_5_run_15_", 1) for name in REPORT]


def test_what_cannot_be_compared(here, capsys):
    for name in ("a/one", "b/two"):
        lamport.simulate(duration=20, log_dir=name)
    assert main(["compare", "a/one", "b/two"]) == 2
    assert "say with --output DIR where to write" in capsys.readouterr().err
    (here / "empty").mkdir()
    assert main(["compare", "empty"]) == 1
    assert "empty: no run in it" in capsys.readouterr().err
    assert main(["compare", "a/one/run.json"]) == 1
    assert "is not a directory: give that of a run" in capsys.readouterr().err
