"""Runs, machines and logs, shown while they go on, from the shell."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request

import pytest

import lamport
from lamport._live.follower import Follower
from lamport._live.opening import Opening


def start(*words, cwd):
    return subprocess.Popen(
        [sys.executable, "-m", "lamport", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
    )


def address(process):
    line = process.stdout.readline()
    assert line.startswith("live: http://127.0.0.1:"), process.stderr.read()
    return line.split()[-1]


def updates(url):
    """All that is told, to its end."""
    with urllib.request.urlopen(url.replace("/?", "/events?"), timeout=60) as told:
        return [
            json.loads(text) for text in re.findall(r"^data: (\{.*)$", told.read().decode(), re.MULTILINE)
        ]


def events(told):
    return [
        pair
        for text in told
        if text["type"] == "more"
        for pair in zip(text["machine"], text["clock"], strict=True)
    ]


def test_a_run_is_shown_to_its_end(tmp_path):
    with start(
        *("run", "--live", "--duration", "1", "--rates", "5,20,40", "--no-report", "--no-progress"),
        cwd=tmp_path,
    ) as process:
        url = address(process)
        with urllib.request.urlopen(url) as page:
            assert "<script>" in page.read().decode()
        told = updates(url)
        out, error = process.communicate(timeout=60)
    assert (process.returncode, error) == (0, "")
    assert told[0]["type"] == "begin"
    assert told[-1]["type"] == "end"
    run = lamport.load(
        re.search(r"logs: (.*)", out)[1] if out.startswith("/") else next((tmp_path / "logs").iterdir())
    )
    expected = list(zip(run.events["machine_id"], run.events["new_clock"], strict=True))
    assert sorted(events(told)) == sorted(expected)
    assert told[0]["title"] == run.log_dir.name


def test_logs_are_followed_until_they_end_or_a_signal(tmp_path):
    lamport.simulate(duration=20, seed=1, log_dir=tmp_path / "r", faults=[lamport.Pause(1, at=3, duration=2)])
    with start("view", "--follow", "r", cwd=tmp_path) as process:
        told = updates(address(process))
        assert process.wait(timeout=60) == 0
    assert len(events(told)) == len(lamport.load(tmp_path / "r").events)
    begin = [text for text in told if text["type"] == "begin"][-1]
    assert begin["faults"][0]["kind"] == "pause"
    assert told[-1]["told"] == "all 3 machines have ended"
    # Nothing is there yet.
    with start("view", "--follow", "none", cwd=tmp_path) as process:
        url = address(process)
        with urllib.request.urlopen(url.replace("/?", "/events?"), timeout=60) as stream:
            while b"yet: waiting" not in stream.readline():
                pass
            process.send_signal(signal.SIGINT)
            end = stream.read()
            assert b"event: end" in end
            assert b"whoever served this page ended it; the logs may go on" in end  # they did not end
        assert process.wait(timeout=60) == 130
        assert process.stderr.read() == ""


def test_no_argument_of_a_process_has_the_address(monkeypatch):
    opened = []
    monkeypatch.setattr("webbrowser.open", lambda url: bool(opened.append(url)) or True)
    opening = Opening("http://127.0.0.1:1/?token=secret&a=<b>")
    assert opening.open()
    assert "secret" not in opened[0]
    assert opening.path.stat().st_mode & 0o777 == 0o600
    assert opening.path.parent.stat().st_mode & 0o777 == 0o700
    assert "token=secret&amp;a=&lt;b&gt;" in opening.path.read_text()
    opening.close()
    opening.close()
    assert not opening.path.parent.exists()


def test_a_disk_that_is_full_keeps_no_address(tmp_path, monkeypatch):
    def full(descriptor, *_, **__):
        os.close(descriptor)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("os.fdopen", full)
    with pytest.raises(OSError, match="No space left"):
        Opening("http://127.0.0.1:1/?token=secret")
    assert list(tmp_path.iterdir()) == []


def test_a_record_that_is_none_is_no_hindrance(tmp_path):
    (tmp_path / "run.json").write_text("[")
    follower = Follower(tmp_path)
    assert json.loads(follower.poll()[0])["faults"] == []
    many = [{"fault": "pause", "machine_id": 1, "at": at, "duration": 1} for at in range(1, 2000, 2)]
    (tmp_path / "run.json").write_text(json.dumps({"faults": many, "machines": 3}))
    begin = json.loads(follower.poll()[0])
    assert 50 < len(begin["faults"]) < 1000
    assert (begin["title"], begin["machines"]) == (tmp_path.name, [])


@pytest.mark.parametrize(
    "text", ['{"machines": -3}', f'{{"machines": {10**30}}}', '{"faults": ' + "[" * 100_000]
)
def test_a_record_of_no_run_leaves_the_logs_to_tell(tmp_path, text):
    (tmp_path / "run.json").write_text(text)
    assert json.loads(Follower(tmp_path).poll()[0])["type"] == "begin"


def test_a_directory_whose_name_is_no_text(tmp_path):
    place = os.fsdecode(os.fsencode(tmp_path) + b"/m\xff")
    assert json.loads(Follower(place).poll()[0])["title"] == "m\\udcff"
