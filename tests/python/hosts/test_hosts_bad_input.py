"""What is wrong with a host is said, with the host and what would be right; nothing is left behind."""

import os
import pty
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from launched import here, host, hosts_file
from promises import assert_promises_kept

import lamport

FAKE = str(Path(__file__).with_name("fake_agent.py"))
NOBODY = "n" * 70
"""A name that is none: no label of a name is that long, so nobody is asked."""


@pytest.fixture
def refused(mark, kept, tmp_path):
    """Give a function that runs on hosts and gives the error. Neither processes nor files may be left."""
    logs = tmp_path / "run"

    def run(*hosts, kind=lamport.LamportError, machines=None, **given):
        hosts = [each if isinstance(each, dict) else host(each) for each in hosts]
        options = {"progress": False, "log_dir": logs, "rates": 10} | given
        with pytest.raises(kind) as caught:
            lamport.run_hosts(hosts, len(hosts) if machines is None else machines, 1, **options)
        assert [word for word in mark.told(mark.pids()) if "sshd" not in word] == []
        assert not logs.exists()
        assert list(kept.iterdir()) == []
        return str(caught.value)

    return run


def test_hosts_that_are_this_host(mark, kept, tmp_path):
    """The ground of what follows: with nothing wrong it runs."""
    options = {"progress": False, "log_dir": tmp_path / "run", "seed": 1}
    run = lamport.run_hosts([here(), here()], 4, 1, rates=50, internal_probability=0.3, **options)
    assert assert_promises_kept(run, ticks=dict.fromkeys(range(1, 5), 50)) > 10
    assert mark.pids() == []
    assert list(kept.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (NOBODY, "Could not resolve hostname"),
        ("refused", "Permission denied"),
        ("changed", "Host key verification failed"),
        ("closed", "Connection refused"),
    ],
)
def test_a_host_that_is_not_reached(sshd, refused, name, said):
    text = refused("alpha", name)
    assert name in text
    assert said in text
    assert "alpha" not in text


def test_every_host_that_is_not_reached_is_named(sshd, refused):
    text = refused("refused", "alpha", "closed")
    assert "refused" in text
    assert "closed" in text


def script(path, *lines):
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(0o755)
    return str(path)


def test_a_python_without_lamport(refused, tmp_path):
    python = script(tmp_path / "python-alone", f'exec {sys.executable} -I -S "$@"')
    text = refused(here(), here(python=python))
    assert "No module named" in text
    assert python in text
    assert "pip install" in text


def test_no_python_at_all(refused):
    text = refused(here(python="/nowhere/python3"))
    assert "/nowhere/python3" in text
    assert "No such file" in text


def test_another_version(refused):
    text = refused(here(), here(where=[sys.executable, FAKE, "is_older"]))
    assert "0.0.1" in text
    assert lamport.__version__ in text
    assert "is_older" in text


@pytest.mark.parametrize(
    "what",
    [
        "ends",
        "speaks_otherwise",
        "says_no_json",
        "says_a_list",
        "says_too_little",
        "says_numbers_as_text",
        "reserves_wrong",
        "floods",
        "fails",
    ],
)
def test_what_answers_otherwise_than_an_agent(refused, what):
    text = refused(here(), here(where=[sys.executable, FAKE, what]))
    assert what in text
    assert "Traceback" not in text


@pytest.mark.parametrize("what", ["is_mute", "stalls", "says_the_unknown"])
def test_a_host_that_stalls(refused, monkeypatch, what):
    shorten(monkeypatch)
    text = refused(here(), here(where=[sys.executable, FAKE, what]))
    assert what in text


def shorten(monkeypatch):
    """Wait for less long: what is said, and what is left, is the same."""
    from lamport._hosts import station, steps

    monkeypatch.setattr(steps, "HELLO", 3.0)
    monkeypatch.setattr(steps, "ANSWER", 3.0)
    monkeypatch.setattr(station, "SILENCE", 6.0)


def test_noise_before_the_first_line_is_shown(refused):
    noise = ["sh", "-c", "echo Welcome to the machine; echo 'disk quota exceeded' >&2; exit 3"]
    text = refused(here(), here(where=noise))
    assert "Welcome to the machine" in text
    assert "disk quota exceeded" in text
    assert "3" in text


def test_much_noise_is_cut(refused):
    text = refused(here(where=["sh", "-c", "yes noise | head -c 1000000; echo the last word; exit 3"]))
    assert "the last word" in text
    assert len(text) < 20_000


@pytest.mark.parametrize("noise", ["printf 'no end of line'", "yes Welcome | head -c 1000000"])
def test_noise_before_an_agent_is_no_harm(mark, kept, tmp_path, noise):
    other = here(where=["sh", "-c", f'{noise}; exec "$@"', "sh"])
    options = {"progress": False, "log_dir": tmp_path / "run", "seed": 1}
    run = lamport.run_hosts([here(), other], 2, 0.5, rates=50, internal_probability=0.3, **options)
    assert assert_promises_kept(run) > 0
    assert mark.pids() == []


def test_a_login_that_greets_is_no_harm(sshd, mark, tmp_path):
    options = {"progress": False, "log_dir": tmp_path / "run", "seed": 1}
    run = lamport.run_hosts(
        [host("alpha"), host("chatty")], 2, 0.5, rates=50, internal_probability=0.3, **options
    )
    assert assert_promises_kept(run) > 0


def test_a_terminal_is_refused(sshd, refused):
    text = refused("alpha", [*sshd.words, "-tt", "beta"])
    assert "terminal" in text
    assert "-t" in text
    assert "beta" in text


def test_an_agent_started_by_hand_says_what_it_is(kept):
    ours, theirs = pty.openpty()
    words = [sys.executable, "-m", "lamport.agent"]
    done = subprocess.run(words, stdin=theirs, capture_output=True, text=True, timeout=30, check=False)
    os.close(ours)
    os.close(theirs)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "terminal" in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(kept.iterdir()) == []


OPTIONS = ["-oProxyCommand=touch\ttouched", "-oProxyCommand=touch${IFS}touched", "--", "-", "a@-x"]


@pytest.mark.parametrize("where", OPTIONS)
def test_an_option_as_host(refused, tmp_path, monkeypatch, where):
    monkeypatch.chdir(tmp_path)
    text = refused(where, kind=ValueError)
    assert repr(where) in text
    assert not (tmp_path / "touched").exists()


@pytest.mark.skipif(shutil.which("prlimit") is None, reason="prlimit is of util-linux")
def test_too_few_descriptors(refused):
    other = here(where=["prlimit", "--nofile=40:40"])
    text = refused(here(), other, machines=20)
    assert "prlimit" in text
    assert "40" in text
    assert "ulimit" in text


def test_ports_that_are_taken(refused):
    with socket.create_server(("", 0)) as taken:
        port = taken.getsockname()[1]
        text = refused(here(ports=f"{port}:{port}"), kind=OSError)
    assert str(port) in text


def test_ports_that_are_too_few(refused):
    text = refused(here(ports="9000:9001"), machines=3, kind=ValueError)
    assert "9000" in text
    assert "3" in text


def test_ports_that_are_blocked(network, refused):
    """A table of who cannot reach whom."""
    network.block(0, "9000-9100")
    text = refused(*map(network.words, range(3)), machines=6, ports="9000:9100")
    for address in network.addresses[1:]:
        assert address in text
    assert "ports" in text
    # The others reach each other, and the first.
    assert text.count("->") in {0, 2}


def test_a_cable_that_is_out(network, refused):
    """Nobody refuses: it is known after two seconds."""
    network.cut(1)
    text = refused(*map(network.words, range(3)))
    assert network.addresses[1] in text


@pytest.mark.parametrize(
    ("hosts", "given", "said"),
    [
        ([], {}, "host"),
        ("alpha", {}, "list"),
        ([7], {}, "7"),
        ([[]], {}, "words"),
        ([["env", 7]], {}, "7"),
        ([""], {}, "not a host"),
        ([{"address": "10.0.0.1"}], {}, "where"),
        ([{"where": "alpha", "color": "red"}], {}, "color"),
        ([host("alpha", python="python3 -O")], {}, "python3 -O"),
        ([host("alpha", python="$(touch x)")], {}, "touch"),
        (["alpha"], {"ports": "9100:9000"}, "9100"),
        (["alpha"], {"ports": "many"}, "many"),
        (["alpha"], {"ports": "0:70000"}, "70000"),
        (["alpha"], {"listen": 7}, "listen"),
        ([{"where": "alpha", "address": "10.0.0.1:80"}], {}, "10.0.0.1:80"),
        ([{"where": "alpha", "machines": 3}, {"where": "beta"}], {"machines": 2}, "machines"),
        (["alpha", "beta"], {"machines": 1}, "1"),
    ],
)
def test_arguments_that_are_wrong(refused, hosts, given, said):
    given = {"machines": 2} | given
    with pytest.raises((ValueError, TypeError), match="(?s)" + said.replace("$", r"\$").replace("(", r"\(")):
        lamport.run_hosts(hosts, duration=1, progress=False, **given)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[hosts]\n", "line"),
        ("", "hosts"),
        ("hosts = 7\n", "hosts"),
        ("[[hosts]]\naddress = '10.0.0.1'\n", "where"),
        ("[[hosts]]\nwhere = 'alpha'\ncolour = 'red'\n", "colour"),
        ("color = 'red'\n[[hosts]]\nwhere = 'alpha'\n", "color"),
        ("ports = 'some'\n[[hosts]]\nwhere = 'alpha'\n", "some"),
        ("[[hosts]]\nwhere = '-oProxyCommand=x'\n", "option"),
        ("[[hosts]]\nwhere = 'alpha'\npython = 'a b'\n", "a b"),
    ],
)
def test_a_file_of_hosts_with_a_mistake(tmp_path, text, said):
    file = tmp_path / "hosts.toml"
    file.write_text(text)
    words = [sys.executable, "-m", "lamport", "run", "--hosts", str(file), "--duration", "1"]
    done = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 2
    assert str(file) in done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["hosts.toml"]


def test_no_file_of_hosts(tmp_path):
    words = [sys.executable, "-m", "lamport", "run", "--hosts", "nowhere.toml"]
    done = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 2
    assert "nowhere.toml" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_hosts_that_is_right(mark, kept, tmp_path):
    file = hosts_file(tmp_path / "hosts.toml", [here(), here()])
    words = [
        sys.executable,
        "-m",
        "lamport",
        "run",
        "--hosts",
        str(file),
        "--duration",
        "1",
        "--machines",
        "4",
    ]
    words += ["--log-dir", str(tmp_path / "run"), "--rates", "20", "--no-report"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert assert_promises_kept(lamport.load(tmp_path / "run")) > 0
    assert mark.pids() == []
