"""The command line: words in, files and exit statuses out."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import lamport
from lamport._cli.commands import COMMANDS, main

HELP = Path(__file__).parent / "help"
QUICK = ["--duration", "0.2", "--rates", "20,40", "--no-progress"]


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help(command, capsys, monkeypatch):
    """The text is kept in a file; LAMPORT_UPDATE_HELP=1 writes it anew."""
    monkeypatch.setenv("COLUMNS", "100")
    with pytest.raises(SystemExit) as ended:
        main([*command.split(), "--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    kept = HELP / f"lamport{'_' * bool(command)}{command}.txt"
    if os.environ.get("LAMPORT_UPDATE_HELP"):
        kept.write_text(text)
    assert text == kept.read_text()


def test_every_help_that_is_kept_is_of_a_command():
    assert {path.stem for path in HELP.iterdir()} == {"lamport", *(f"lamport_{name}" for name in COMMANDS)}


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"lamport {lamport.__version__}\n"


def test_no_command(capsys):
    assert main([]) == 2
    assert "usage: lamport" in capsys.readouterr().err


def test_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["run", *QUICK]) == 0
    (home,) = tmp_path.glob("logs/run_*")
    names = {path.name for path in home.iterdir()}
    assert names == {
        "machine_1.log",
        "machine_2.log",
        "run.json",
        "analysis_subplots.png",
        "analysis_summary.md",
    }
    out = capsys.readouterr().out
    assert re.search(r"^machine_id", out, re.MULTILINE)
    assert "final_clock" in out
    assert f"wrote {home.relative_to(tmp_path)}/analysis_summary.md" in out


def test_a_seed_that_is_drawn_is_printed_and_kept(tmp_path, capsys):
    home = tmp_path / "a"
    assert main(["run", *QUICK, "--no-report", "--log-dir", str(home)]) == 0
    seed = lamport.load(home).parameters["seed"]
    assert f"\nseed {seed}\n" in capsys.readouterr().out
    assert main(["analyze", str(home)]) == 0
    assert f"\nseed {seed}\n" in capsys.readouterr().out
    assert main(["rerun", str(home), "--seed", "77", "--log-dir", str(tmp_path / "b"), "--no-report"]) == 0
    assert "\nseed 77\n" in capsys.readouterr().out


def test_options_reach_the_run(tmp_path, capsys):
    words = [
        "--log-dir",
        str(tmp_path / "a"),
        "--seed",
        "5",
        "--topology",
        '{"1": [2], "2": []}',
        "--no-report",
    ]
    words += [
        "--internal-probability",
        "0.5",
        "--broadcast-share",
        "0.25",
        "--processes",
        "--max-rate",
        "9",
        "-n",
        "2",
    ]
    assert main(["run", *QUICK, *words]) == 0
    parameters = lamport.load(tmp_path / "a").parameters
    expected = {
        "machines": 2,
        "rates": [20, 40],
        "seed": 5,
        "topology": {"1": [2], "2": []},
        "processes": True,
    }
    expected |= {"internal_probability": 0.5, "broadcast_share": 0.25, "max_rate": 9, "duration": 0.2}
    assert {name: parameters[name] for name in expected} == expected
    assert not (tmp_path / "a" / "analysis_summary.md").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "-n", "2", "--rates", "1,2,3"], "--machines=2, but --rates has 3 values"),
        (["export", "LOGS", "-o", "x.txt"], "x.txt"),
    ],
)
def test_bad_arguments(run, tmp_path, monkeypatch, capsys, words, message):
    monkeypatch.chdir(tmp_path)
    assert main([str(run.log_dir) if word == "LOGS" else word for word in words]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"lamport {words[0]}: error: ")
    assert message in error
    assert "Traceback" not in error


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "--rates", "1,x"], "'1,x' is not a list of numbers, like 1,3,6"),
        (["run", "--topology", "{1: 2}"], "is not a mapping"),
        (["run", "--machines", "three"], "three"),
        (["run", "--duration", "-1"], "argument --duration: "),
        (["run", "--topology", "mesh"], "'mesh' is not known"),
        (["run", "--internal-probability", "7"], "argument --internal-probability: 7: "),
        (["nothing"], "nothing"),
        (["analyze"], "LOG"),
    ],
)
def test_words_that_cannot_be_read(capsys, words, message):
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


def test_what_could_not_run(tmp_path, capsys):
    assert main(["analyze", str(tmp_path / "none")]) == 1
    (tmp_path / "machine_1.log").write_text("garbage\n")
    assert main(["analyze", str(tmp_path)]) == 1
    assert main(["run", *QUICK, "--log-dir", str(tmp_path)]) == 1
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 3
    assert "none" in errors[0]
    assert all("machine_1.log" in error for error in errors[1:])


def test_analyze(run, tmp_path, capsys):
    home = run.save(tmp_path / "copy")
    assert main(["analyze", *(str(home / f"machine_{number}.log") for number in (1, 2, 3))]) == 0
    assert (home / "analysis_summary.md").exists()
    assert main(["analyze", str(run.log_dir), "--output", str(tmp_path / "else")]) == 0
    assert (tmp_path / "else" / "analysis_subplots.png").exists()
    assert "wrote" in capsys.readouterr().out


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet", "shiviz", "tsviz"])
def test_export(run, tmp_path, form, capsys):
    path = tmp_path / "out"
    assert main(["export", str(run.log_dir), "--format", form, "-o", str(path)]) == 0
    if form == "csv":
        assert len(pd.read_csv(path)) == len(run.events)
    assert path.stat().st_size > 0
    assert capsys.readouterr().out == f"wrote {path}\n"


def test_as_a_module(tmp_path):
    command = [
        sys.executable,
        "-W",
        "error",
        "-m",
        "lamport",
        "run",
        *QUICK,
        "--log-dir",
        str(tmp_path / "a"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("words", [["verify"], ["analyze", "--output=OUT"]])
def test_output_that_nobody_reads(run, tmp_path, words):
    """As with ``lamport verify LOGS | head -1``."""
    reading, writing = os.pipe()
    os.close(reading)
    words = [word.replace("OUT", str(tmp_path)) for word in words]
    command = [sys.executable, "-m", "lamport", *words, str(run.log_dir)]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, "")


def test_interrupted(tmp_path):
    words = ["run", "--duration", "60", "--rates", "20,40", "--log-dir", str(tmp_path / "a")]
    command = [sys.executable, "-m", "lamport", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        log = tmp_path / "a" / "machine_2.log"
        while not (log.exists() and log.read_text().count("\n") > 3):
            assert child.poll() is None
        child.send_signal(signal.SIGINT)
        out, _ = child.communicate(timeout=30)
    assert child.returncode == 130
    assert "final_clock" in out
    assert (tmp_path / "a" / "analysis_summary.md").exists()
