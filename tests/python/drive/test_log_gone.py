"""A log that someone removes, renames, replaces or cuts short while its machine writes it."""

import json
import os
import shutil
import signal
import threading

import pytest
from machines import ended, processes, wait_for

import lamport


def remove(log):
    log.unlink()


def rename(log):
    log.rename(log.with_suffix(".1"))


def replace(log):
    rename(log)
    log.touch()


def truncate(log):
    os.truncate(log, 0)


DAMAGES = {
    remove: "it was removed or renamed",
    rename: "it was removed or renamed",
    replace: "another file took its place",
    truncate: "it was truncated",
}


@pytest.mark.parametrize("in_processes", [False, True])
def test_a_run_warns_at_once_and_fails_at_the_end(tmp_path, in_processes):
    logs = [tmp_path / "run" / f"machine_{number}.log" for number in range(1, 6)]
    done, seen = [], []

    def harm(elapsed, clocks, _queues):
        seen.append((elapsed, clocks))
        if elapsed > 0.2 and not done:
            done.append(elapsed)
            for damage, log in zip(DAMAGES, logs, strict=False):
                damage(log)

    with (
        pytest.warns(lamport.LamportWarning) as warned,
        pytest.raises(lamport.LamportError, match=r"log file .*while the machine wrote it"),
    ):
        lamport.run_local(
            5, 1.8, rates=[50] * 5, log_dir=tmp_path / "run", processes=in_processes, progress=harm
        )
    told = sorted(str(warning.message) for warning in warned)
    assert len(told) == len(DAMAGES)
    for number, (text, words) in enumerate(zip(told, DAMAGES.values(), strict=True), 1):
        assert text.startswith(f"machine {number}: log file {logs[number - 1]}: {words}"), text
    # They went on: a machine without a log is no reason for the others to lose their peer.
    assert all(clock > 70 for clock in seen[-1][1])
    assert b"\0" not in logs[3].read_bytes()
    assert json.loads(logs[4].read_text().splitlines()[-1])["event"] == "END"
    assert json.loads(logs[1].with_suffix(".1").read_text().splitlines()[-1])["event"] == "END"


@pytest.mark.parametrize("damage", [remove, truncate])
def test_the_command(tmp_path, damage):
    log = tmp_path / "machine_1.log"
    with processes() as start:
        child = start("--id", 1, "--rate", 50, "--duration", 60, "--log", log)
        wait_for(log, "INTERNAL")
        damage(log)
        line = child.stderr.readline()
        assert line.startswith(f"lamport: machine 1: log file {log}: {DAMAGES[damage]}")
        child.send_signal(signal.SIGTERM)
        status, errors = ended(child)
    assert status == 1
    assert errors.startswith(
        f"lamport machine: error: log file {log}: ".replace("lamport ", "python -m lamport.")
    )


@pytest.mark.parametrize("damage", DAMAGES)
def test_by_hand(tmp_path, damage):
    log = tmp_path / "machine_1.log"
    machine = lamport.Machine(1, 0, [], log, 60)
    damage(log)
    machine.internal_event()
    (warning,) = machine.warnings()
    assert warning.startswith(f"machine 1: log file {log}: {DAMAGES[damage]}")
    machine.internal_event()
    assert machine.warnings() == []
    with pytest.raises(lamport.LamportError, match=DAMAGES[damage]):
        machine.shutdown()


def test_run_raises_it(tmp_path):
    log = tmp_path / "machine_1.log"
    machine = lamport.Machine(1, 0, [], log, 0.3, clock_rate=20)
    threading.Timer(0.1, remove, [log]).start()
    with pytest.raises(lamport.LamportError, match="removed or renamed"):
        machine.run()


def test_copytruncate_leaves_whole_lines(tmp_path):
    log, copy = tmp_path / "machine_1.log", tmp_path / "machine_1.log.1"
    machine = lamport.Machine(1, 0, [], log, 60)
    machine.internal_event()
    shutil.copy(log, copy)
    truncate(log)
    machine.internal_event()
    with pytest.raises(lamport.LamportError, match="truncated"):
        machine.shutdown()
    lines = [json.loads(line) for line in (copy.read_text() + log.read_text()).splitlines()]
    assert [line["event"] for line in lines] == ["STARTUP", "INTERNAL", "INTERNAL", "END"]


def test_a_log_that_came_back_cut_short_is_appended_to(tmp_path):
    """After a resume, too, lines go to the end of the file."""
    log = tmp_path / "machine_1.log"
    first = lamport.Machine(1, 0, [], log, 60)
    first.internal_event()
    del first
    with log.open("a") as file:
        file.write('{"event": "INTERN')
    again = lamport.Machine(1, 0, [], log, 60, resume=True)
    truncate(log)
    again.internal_event()
    assert again.warnings()
    assert json.loads(log.read_text())["new_clock"] == 2
    with pytest.raises(lamport.LamportError, match="truncated"):
        again.shutdown()


def test_what_is_no_loss(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    log, aside = tmp_path / "machine_1.log", tmp_path / "aside"
    with lamport.Machine(1, 0, [], "machine_1.log", 60) as machine:
        monkeypatch.chdir("/")
        machine.internal_event()
    log.unlink()
    machine.shutdown()
    with lamport.Machine(1, 0, [], log, 60) as machine:
        # Away and back again.
        log.rename(aside)
        aside.rename(log)
        machine.internal_event()
    assert machine.warnings() == []


def test_a_link_to_it_may_go(tmp_path):
    log, link = tmp_path / "machine_1.log", tmp_path / "link.log"
    log.touch()
    link.symlink_to(log)
    with lamport.Machine(1, 0, [], link, 60, overwrite=True) as machine:
        link.unlink()
        machine.internal_event()
    assert machine.warnings() == []
    assert lamport.verify(log).ok


def test_what_has_no_length_is_not_looked_at(tmp_path):
    with lamport.Machine(1, 0, [], "/dev/null", 60, overwrite=True) as machine:
        machine.internal_event()
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    with lamport.Machine(1, 0, [], pipe, 60, overwrite=True) as machine:
        machine.internal_event()
        pipe.unlink()
        machine.internal_event()
    reader.join()
    assert machine.warnings() == []
    assert [json.loads(line)["event"] for line in read[0].splitlines()] == [
        "STARTUP", "INTERNAL", "INTERNAL", "END",
    ]  # fmt: skip
