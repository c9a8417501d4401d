"""Keys: how they are made and kept, and that they are nowhere else."""

import os
import re
import stat
from contextlib import suppress
from pathlib import Path

import pytest
from machines import assert_nothing_lost, ended, free_ports, lines, processes, wait_for

import lamport
from lamport._cli.commands import main
from lamport._drive.key import given_key
from lamport._lamport import Machine, key_text
from lamport._model.warning import LamportWarning

KEY = bytes(range(32))
TEXT = KEY.hex()
QUICK = {"duration": 0.3, "rates": [30, 60], "internal_probability": 0.3, "progress": False}


@pytest.fixture(autouse=True)
def no_key_around(monkeypatch):
    monkeypatch.delenv("LAMPORT_KEY", raising=False)


@pytest.fixture
def key_file(tmp_path):
    path = tmp_path / "lab.key"
    path.write_text(TEXT + "\n")
    path.chmod(0o600)
    return path


def test_keygen_prints_another_key_each_time(capsys):
    assert main(["keygen"]) == main(["keygen"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"[0-9a-f]{64}", first)
    assert key_text(first) == first != second


def test_keygen_writes_a_file_that_only_its_owner_opens(tmp_path, capsys):
    path = tmp_path / "lab.key"
    before = os.umask(0)
    try:
        assert main(["keygen", "--out", str(path)]) == 0
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = path.read_text()
    assert text.strip() not in capsys.readouterr().out
    assert given_key(str(path)) == text.strip()
    assert main(["keygen", "--out", str(path)]) == 1
    assert "lab.key" in capsys.readouterr().err
    assert path.read_text() == text


def test_a_file_that_others_may_open_is_warned_of(key_file):
    for mode in (0o604, 0o644, 0o602, 0o640, 0o660, 0o620):
        key_file.chmod(mode)
        with pytest.warns(LamportWarning, match=rf"mode {mode:o}.*chmod 600") as told:
            assert given_key(str(key_file)) == TEXT
        assert TEXT not in str(told[0].message)


def test_the_file_comes_before_the_environment(key_file, monkeypatch):
    assert given_key(None) is None
    monkeypatch.setenv("LAMPORT_KEY", "f" * 64)
    assert given_key(None) == "f" * 64
    assert given_key(str(key_file)) == TEXT


@pytest.mark.parametrize("text", ["", "x", TEXT[:-1], TEXT + "0", TEXT.upper(), "g" * 64, TEXT * 1000])
def test_what_is_no_key_is_refused_and_not_shown(text, key_file, monkeypatch, tmp_path):
    key_file.write_text(text)
    with pytest.raises(ValueError, match="lamport keygen") as raised:
        given_key(str(key_file))
    assert str(raised.value).startswith(f"{key_file}: ")
    assert len(text) < 2 or text not in str(raised.value)
    monkeypatch.setenv("LAMPORT_KEY", text)
    with pytest.raises(ValueError, match=r"^LAMPORT_KEY: "):
        given_key(None)
    with pytest.raises(ValueError, match="lamport keygen"):
        lamport.run_local(**QUICK, key=text, log_dir=tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("key", [b"", KEY[:-1], KEY + b"0"])
def test_a_key_has_32_bytes(key, tmp_path):
    with pytest.raises(ValueError, match=f"{len(key)} bytes"):
        lamport.Machine(1, 0, [], tmp_path / "machine_1.log", 1, key=key)
    with pytest.raises(TypeError, match="32 bytes"):
        lamport.Machine(1, 0, [], tmp_path / "machine_1.log", 1, key=7)
    with pytest.raises(OSError, match="none"):
        given_key(str(tmp_path / "none"))


def assert_nowhere(directory: Path, shown: str = ""):
    for path in filter(Path.is_file, directory.rglob("*")):
        if path.suffix == ".key":
            continue
        data = path.read_bytes()
        assert KEY not in data
        assert TEXT.encode() not in data.lower()
    assert TEXT not in shown


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("key", [KEY, TEXT], ids=["bytes", "text"])
def test_a_run_with_a_key_obeys_and_keeps_it_to_itself(tmp_path, apart, key):
    words = []

    def look(*_):
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):  # it has ended meanwhile
                words.append(path.read_bytes())

    quick = QUICK | {"progress": look}
    run = lamport.run_local(**quick, key=key, processes=apart, log_dir=tmp_path / "run")
    assert run.verify().ok
    assert (run.messages["status"] == "received").sum() > 0
    assert run.parameters["keyed"] is True
    assert_nowhere(tmp_path, repr(run) + repr(run.parameters))
    assert words
    assert not any(TEXT.encode() in word for word in words)
    assert os.environ.get("LAMPORT_KEY") is None


def test_a_run_without_a_key_ignores_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("LAMPORT_KEY", "no key at all")
    for apart in (False, True):
        run = lamport.run_local(**QUICK, key=None, processes=apart, log_dir=tmp_path / f"run_{apart}")
        assert run.parameters["keyed"] is False


def test_the_command_line_takes_the_file_and_the_environment(key_file, tmp_path, monkeypatch, capsys):
    words = ["run", "--duration", "0.2", "--rates", "20,40", "--no-progress", "--no-report", "--log-dir"]
    assert main([*words, str(tmp_path / "a"), "--key-file", str(key_file)]) == 0
    monkeypatch.setenv("LAMPORT_KEY", TEXT)
    assert main([*words, str(tmp_path / "b"), "--processes"]) == 0
    for name in ("a", "b"):
        assert lamport.load(tmp_path / name).parameters["keyed"] is True
        assert_nowhere(tmp_path / name)
    monkeypatch.setenv("LAMPORT_KEY", "")
    assert main([*words, str(tmp_path / "c")]) == 2
    told = capsys.readouterr()
    assert "LAMPORT_KEY" in told.err
    assert TEXT not in told.out + told.err


def test_machines_by_hand_with_a_file_and_with_the_environment(key_file, tmp_path):
    ports = free_ports(2)
    key_file.chmod(0o644)
    arguments = ["--duration", 1.5, "--rate", 30, "--internal-probability", 0.3]
    with processes() as start:
        machines = [
            start(
                "--id", machine, "--port", ports[machine - 1], "--log", tmp_path / f"machine_{machine}.log",
                "--peers", f"127.0.0.1:{ports[2 - machine]}", *arguments, *more, prefix=prefix,
            )
            for machine, more, prefix in [
                (1, ["--key-file", key_file], []),
                (2, [], ["env", f"LAMPORT_KEY={TEXT}"]),
            ]
        ]  # fmt: skip
        (one, said), two = map(ended, machines)
    assert (one, two) == (0, (0, ""))
    assert said == (
        f"lamport: {key_file}: other users of this host may open this key (mode 644): chmod 600 {key_file}\n"
    )
    assert_nothing_lost([lines(tmp_path / f"machine_{machine}.log") for machine in (1, 2)])
    assert_nowhere(tmp_path)


def test_a_machine_without_the_key_is_told_so(key_file, tmp_path):
    ports = free_ports(2)
    with processes() as start:
        with_key, without = (
            start(
                "--id", machine, "--port", ports[machine - 1], "--log", tmp_path / f"machine_{machine}.log",
                "--peers", f"127.0.0.1:{ports[2 - machine]}", "--duration", 0.5, "--wait", 2, *more,
            )
            for machine, more in [(1, ["--key-file", key_file]), (2, [])]
        )  # fmt: skip
        (one, said), (two, answered) = map(ended, (with_key, without))
    # No connection between them ever worked.
    assert (one, two) == (1, 1)
    assert "it has no key, this machine has one" in said
    assert "it has a key, this machine has none" in answered
    assert TEXT not in said + answered


def test_a_machine_does_not_show_its_key(tmp_path):
    machine = Machine(1, 0, [], tmp_path / "machine_1.log", 1, key=KEY)
    assert TEXT not in repr(machine)
    assert not any(TEXT in str(getattr(machine, name, "")) for name in dir(machine))
    machine.shutdown()
    assert_nowhere(tmp_path)


def test_a_machine_with_a_key_comes_back_from_a_kill(key_file, tmp_path):
    ports = free_ports(2)
    logs = [tmp_path / f"machine_{machine}.log" for machine in (1, 2)]

    def words(machine, *more):
        return [
            "--id", machine, "--port", ports[machine - 1], "--log", logs[machine - 1], "--rate", 50,
            "--peers", f"127.0.0.1:{ports[2 - machine]}", "--internal-probability", 0.3,
            "--key-file", key_file, *more,
        ]  # fmt: skip

    with processes() as start:
        one = start(*words(1, "--duration", 5))
        two = start(*words(2, "--duration", 60))
        wait_for(logs[1], "RECEIVE")
        two.kill()
        ended(two)
        again = start(*words(2, "--duration", 1.5, "--resume"))
        assert ended(again)[0] == 0
        assert ended(one)[0] == 0
    found = lamport.verify(logs)
    assert found.ok, str(found)
