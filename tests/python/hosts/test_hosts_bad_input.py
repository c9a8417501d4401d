"""What is wrong with a host is said, with the host and what would be right; nothing is left behind."""

import shutil
import socket
import sys
from pathlib import Path

import pytest
from launched import here, host
from promises import assert_promises_kept

import lamport

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
        assert mark.told(mark.pids()) == []
        assert not logs.exists()
        assert list(kept.iterdir()) == []
        return str(caught.value)

    return run


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


@pytest.mark.parametrize("mode", ["unkeyed", "curt", "flood", "surprise", "rubbish"])
def test_beside_what_is_no_agent_one_that_is_leaves_nothing(refused, mode):
    stand_in = str(Path(__file__).with_name("stand_in.py"))
    text = refused(here(), here(where=[sys.executable, stand_in, mode]))
    assert f"stand_in.py {mode}" in text


def test_much_noise_is_cut(refused):
    text = refused(here(where=["sh", "-c", "yes noise | head -c 1000000; echo the last word; exit 3"]))
    assert "the last word" in text
    assert len(text) < 20_000


def test_noise_before_an_agent_is_no_harm(mark, tmp_path):
    noise = "yes Welcome | head -c 1000000; printf 'no end of line'"
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
    text = refused(here(ports="9000:9001"), machines=3, kind=OSError)
    assert "machine 3" in text
    assert "ports=" in text


def test_ports_that_are_blocked(network, refused):
    """A table of who cannot reach whom."""
    network.block(0, "9000-9100")
    text = refused(*map(network.words, range(3)), machines=6, ports="9000:9100")
    rows = [line.split() for line in text.splitlines() if "10.77.0." in line]
    names = [network.words(i)[-1] for i in range(3)]
    assert [[word for word in row if word in names] for row in rows] == [names[:2], names[::2]]
    assert 'ports="9000:9100"' in text


def test_a_cable_that_is_out(network, refused):
    """Nobody refuses: it is known after two seconds."""
    network.cut(1)
    text = refused(*map(network.words, range(3)))
    assert network.addresses[1] in text
