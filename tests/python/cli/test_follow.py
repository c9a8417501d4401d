"""Runs that go on, in a browser: ``lamport view --follow`` and ``--live``."""

import json
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import pytest

import lamport
from lamport._cli.commands import main
from lamport._live import opening

ASK = build_opener(ProxyHandler({})).open
"""Without a proxy, which does not reach this host."""


@pytest.fixture
def start():
    """Start a command of which the first line of output, with its address, is waited for."""
    started = []

    def begin(*words):
        # A shell that runs in the background has its children ignore SIGINT.
        restore = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.default_int_handler)}
        command = [sys.executable, "-m", "lamport", *words]
        child = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **restore
        )
        started.append(child)
        line = child.stdout.readline()
        assert line.startswith("live: http://127.0.0.1:"), line + child.stdout.read()
        return child, line.split()[1]

    yield begin
    for child in started:
        child.kill()
        child.communicate()


def told(url):
    """Each text that a page is told, until the end."""
    with ASK(url.replace("/?", "/events?"), timeout=60) as answer:
        for line in answer:
            if line.startswith(b'data: {"type"'):
                text = json.loads(line[len("data: ") :])
                yield text
                if text["type"] == "end":
                    return


def test_a_directory_is_followed(start, tmp_path):
    lamport.simulate(duration=5, rates=[1, 3], seed=1, log_dir=tmp_path / "a")
    child, url = start("view", "--follow", str(tmp_path / "a"))
    with ASK(url, timeout=60) as page:
        assert b"Content-Security-Policy" in page.read()
    texts = list(told(url))
    assert texts[0]["machines"] == [1, 2]
    assert sum(len(text["machine"]) for text in texts if text["type"] == "more") == 20
    # All has ended, and who looked has been told.
    assert child.wait(timeout=60) == 0


@pytest.mark.parametrize("is_there", [False, True])
def test_a_directory_no_log_is_written_to(start, tmp_path, is_there):
    if is_there:
        (tmp_path / "none").mkdir()
        (tmp_path / "none" / "notes.txt").write_text("of others")
    child, url = start("view", "--follow", str(tmp_path / "none"))
    assert child.stdout.readline() == f"no log in {tmp_path}/none yet: waiting, Ctrl-C ends it\n"
    lamport.simulate(duration=5, rates=[1, 3], seed=1, log_dir=tmp_path / "none")
    assert [text for text in told(url) if text["type"] == "more"]
    assert child.wait(timeout=60) == 0


def test_a_signal_ends_it(start, tmp_path):
    child, _ = start("view", "--follow", str(tmp_path))
    child.send_signal(signal.SIGINT)
    assert child.wait(timeout=60) == 130


@pytest.mark.parametrize("more", [[], ["--processes"]])
def test_a_run_is_shown_while_it_goes_on(start, tmp_path, more):
    words = [
        "--duration",
        "2",
        "--rates",
        "20,40",
        "--no-progress",
        "--no-report",
        "--log-dir",
        str(tmp_path / "a"),
    ]
    child, url = start("run", "--live", *words, *more)
    texts = list(told(url))
    assert child.wait(timeout=60) == 0
    run = lamport.load(tmp_path / "a")
    shown = [text["machine"] for text in texts if text["type"] == "more"]
    assert sum(map(len, shown)) == len(run.events)
    assert len(shown) > 2
    assert run.verify().ok


def test_a_machine_is_shown(start, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    log = tmp_path / "m.log"
    words = [
        "--id",
        "7",
        "--duration",
        "1",
        "--rate",
        "20",
        "--wait",
        "0",
        "--no-progress",
        "--log",
        str(log),
    ]
    child, url = start("machine", *words, "--live", str(port))
    assert f":{port}/" in url
    assert [text for text in told(url) if text["type"] == "begin"][-1]["machines"] == [7]
    assert child.wait(timeout=60) == 0


def test_a_port_in_use_is_said_before_anything_is_made(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for words in (
            ["view", "--follow", ".", "--port", port],
            ["run", "--live", port],
            ["run", "--live", port, "--log-dir", "a"],
            ["machine", "--id", "1", "--live", port, "--log", "m.log"],
        ):
            assert main(words) == 1
            assert f"port {port} of 127.0.0.1: Address already in use" in capsys.readouterr().err
    assert [path for path in tmp_path.rglob("*") if path.name != "logs"] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("view", "give LOG, a log file, a glob, or the directory of a run; or --follow DIR"),
        ("view a", "give --output FILE, as in --output run.html"),
        ("view a --follow b", "--follow DIR shows these logs and writes no file: leave LOG and --output out"),
        ("view --follow b -o a.html", "--follow DIR shows these logs and writes no file"),
        ("view --follow file", "--follow file: give the directory that logs are written to"),
        ("view a -o a.html --port 5000", "--port 5000 goes with --follow DIR"),
        ("run --live --repeat 2", "--live shows one run, not --repeat N of them"),
        ("run --open", "--open goes with --live"),
        ("machine --id 1 --open", "--open goes with --live"),
    ],
)
def test_words_that_do_not_go_together(tmp_path, monkeypatch, capsys, words, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    assert main(words.split()) == 2
    assert said in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_no_command_line_holds_the_token(tmp_path, monkeypatch, capsys):
    opened = []
    monkeypatch.setattr(opening.webbrowser, "open", lambda place: opened.append(place) or False)
    words = ["--duration", "0.2", "--rates", "20,40", "--no-progress", "--no-report"]
    assert main(["run", *words, "--log-dir", str(tmp_path / "a"), "--live", "--open"]) == 0
    out, err = capsys.readouterr()
    token = re.search(r"token=(\S+)", out)[1]
    assert token not in opened[0]
    assert opened[0].startswith("file://")
    assert "no browser was opened: open this address" in err
    assert not Path(opened[0].removeprefix("file://")).exists()


def test_no_place_for_the_file_that_opens_it(tmp_path, monkeypatch, capsys):
    def full(**_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(opening, "mkdtemp", full)
    words = ["--duration", "0.2", "--rates", "20,40", "--no-progress", "--no-report"]
    assert main(["run", *words, "--log-dir", str(tmp_path / "a"), "--live", "--open"]) == 0
    assert "no browser was opened: open this address" in capsys.readouterr().err
