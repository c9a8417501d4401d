"""Files that go to standard output, and commands that say nothing."""

import io
import os
import pty
import signal
import subprocess
import sys

import pandas as pd
import pytest

import lamport
from lamport._cli.commands import COMMANDS, main, make_parser

VIRTUAL = ["simulate", "--duration", "20", "--rates", "1,3,6", "--seed", "5"]
LAMPORT = [sys.executable, "-m", "lamport"]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = tmp_path_factory.mktemp("standard")
    lamport.simulate(duration=20, rates=[1, 3, 6], seed=5, log_dir=home / "r")
    lamport.simulate(duration=20, rates=[1, 3, 6], seed=6, log_dir=home / "s")
    return home


@pytest.fixture
def here(home, monkeypatch):
    monkeypatch.chdir(home)
    return home


FILES = {
    **{f"export {form}": (["export", "r"], form) for form in ("jsonl", "csv", "parquet", "shiviz", "tsviz")},
    **{f"export {form}": (["export", "r"], form) for form in ("chrome", "mermaid")},
    "simulate csv": (VIRTUAL, "csv"),
    "simulate parquet": ([*VIRTUAL, "--table", "machines"], "parquet"),
    "sweep csv": (["sweep", "--runs", "2", "--duration", "5"], "csv"),
    "grade csv": (["grade", "r", "s"], "csv"),
}


@pytest.mark.parametrize("name", FILES)
def test_the_bytes_are_those_of_the_file(here, capfdbinary, name):
    words, form = FILES[name]
    pages = ["--pages", "pages"] if words[0] == "grade" else []
    assert main([*words, "-o", "there", "--format", form, *pages]) == 0
    capfdbinary.readouterr()
    assert main([*words, "-o", "-", "--format", form, *pages]) == 0
    out, err = capfdbinary.readouterr()
    assert out == (here / "there").read_bytes()
    assert b"wrote" not in err
    assert b"standard" not in err
    assert not (here / "-").exists()


@pytest.mark.parametrize(
    ("form", "begins"), [("svg", b"<?xml"), ("png", b"\x89PNG\r\n\x1a\n"), ("pdf", b"%PDF")]
)
def test_a_picture(here, capfdbinary, form, begins):
    assert main(["view", "r", "-o", "-", "--as", form]) == 0
    out, err = capfdbinary.readouterr()
    assert out.startswith(begins)
    assert err == b""


def test_a_page(here, capfdbinary):
    assert main(["view", "r", "-o", "page.html", "--overwrite"]) == 0
    capfdbinary.readouterr()
    assert main(["view", "r", "-o", "-", "--as", "html"]) == 0
    assert capfdbinary.readouterr().out == (here / "page.html").read_bytes()


def test_a_file_of_another_ending(here, capsys):
    assert main(["view", "r", "-o", "odd", "--as", "svg", "--overwrite"]) == 0
    assert (here / "odd").read_text().startswith("<?xml")


def test_what_else_is_said_goes_to_stderr(here, capsys):
    assert main([*VIRTUAL[:-2], "-o", "-", "--format", "csv"]) == 0
    out, err = capsys.readouterr()
    assert pd.read_csv(io.StringIO(out))["machine_id"].max() == 3
    assert "\nseed " in err
    assert "final_clock" in err


def test_a_key(capsys):
    assert main(["keygen", "-o", "-"]) == 0
    out, err = capsys.readouterr()
    assert len(out) == 65
    assert err == ""


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["export", "r", "-o", "-"], "--output -: its ending is not one of jsonl, csv"),
        (["view", "r", "-o", "-"], "or --as html"),
        (["view", "r", "-o", "-", "--as", "svg", "--open"], "--open goes with a file"),
        (["view", "r", "-o", "-", "--as", "png", "--no-texts"], "--no-texts goes with a page"),
        (["view", "r", "-o", "-", "--as", "html", "--labels", "clock"], "--labels clock goes with a picture"),
        (
            [*VIRTUAL, "-o", "-", "--format", "csv", "--json"],
            "--json and --output - both have standard output",
        ),
        (["analyze", "r", "-o", "-"], "--output -: give a directory"),
        (["compare", "r", "s", "-o", "-"], "--output -: give a directory"),
    ],
)
def test_what_does_not_go_together(here, capsys, words, told):
    before = set(here.rglob("*"))
    assert main(words) == 2
    assert told in capsys.readouterr().err
    assert set(here.rglob("*")) == before


def test_a_terminal_is_spared_what_it_cannot_show(here):
    main_end, end = pty.openpty()
    words = [*LAMPORT, "export", "r", "-o", "-", "--format", "parquet"]
    done = subprocess.run(words, stdout=end, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert "a terminal cannot show parquet" in done.stderr
    os.close(end)
    os.close(main_end)


@pytest.mark.parametrize("words", [["export", "r", "--format", "csv"], ["view", "r", "--as", "png"]])
def test_nobody_takes_it(here, words):
    """Nobody reads, the disk is full, the output is closed: as for what commands say."""
    reading, writing = os.pipe()
    os.close(reading)
    command = [*LAMPORT, *words, "-o", "-"]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, "")
    with open("/dev/full", "w") as disk:  # noqa: PTH123
        done = subprocess.run(command, stdout=disk, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 74
    assert "No space left" in done.stderr
    close = {"preexec_fn": lambda: os.close(1)}
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False, **close)
    assert done.returncode == 1
    assert "the output is closed: give --output FILE" in done.stderr


QUIET = {
    "run": "run --duration 0.2 --rates 20,40 --log-dir LOGS --view",
    "machine": "machine --id 1 --duration 0.2 --log LOGS/machine_1.log",
    "simulate": "simulate --duration 5 --log-dir LOGS",
    "rerun": "rerun r --log-dir LOGS",
    "sweep": "sweep --runs 2 --duration 5 -o LOGS.csv",
    "analyze": "analyze r -o LOGS",
    "compare": "compare r s -o LOGS",
    "view": "view r -o LOGS.html",
    "export": "export r -o LOGS.csv",
    "predict": "predict --rates 1,3,6",
    "verify": "verify r",
    "grade": "grade r s -o LOGS.csv",
    "keygen": "keygen -o LOGS",
}
"""What goes to standard output by itself, a schema or a script, is no talk."""


def test_every_command_can_be_quiet():
    parsers = make_parser()._subparsers._group_actions[0].choices
    assert all({"-q", "--quiet"} < set(each._option_string_actions) for each in parsers.values())
    assert set(QUIET) == set(COMMANDS) - {"schema", "completion"}


@pytest.mark.parametrize("command", QUIET)
def test_a_quiet_command_says_nothing(here, tmp_path, capfd, command):
    words = QUIET[command].replace("LOGS", str(tmp_path / "logs")).split()
    assert main([*words, "--quiet"]) == 0
    assert capfd.readouterr() == ("", "")
    assert command in {"predict", "verify"} or list(tmp_path.iterdir())


def test_a_quiet_command_says_errors_and_its_document(here, tmp_path, capsys):
    assert main(["verify", "nowhere", "-q"]) == 2
    assert "nowhere" in capsys.readouterr().err
    assert main(["verify", "r", "-q", "--json"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("{")
    assert err == ""
    assert main(["run", "--duration", "0.2", "--repeat", "2", "-q", "--log-dir", str(tmp_path / "a")]) == 0
    assert capsys.readouterr() == ("", "")


def test_a_quiet_command_keeps_its_warnings_to_itself(here, tmp_path, capsys):
    """As of a machine whose crashes nobody makes."""
    (tmp_path / "f.json").write_text('[{"fault": "crash", "machine_id": 1, "at": 0.1}]')
    words = ["machine", "--id", "1", "--duration", "0.2", "--faults", str(tmp_path / "f.json")]
    words += ["--log", str(tmp_path / "machine_1.log"), "--overwrite"]
    assert main(words) == 0
    assert "its crashes and pauses are left" in capsys.readouterr().err
    assert main([*words, "-q"]) == 0
    assert capsys.readouterr() == ("", "")
