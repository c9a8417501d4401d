"""Hosts behind a real sshd: one call, three addresses."""

import subprocess
from pathlib import Path

from launched import host
from promises import assert_clocks_are_found, assert_promises_kept

import lamport

RATES = [1, 200, 50, 2, 100, 20, 5, 150, 80, 3, 30, 10]


def test_three_hosts(sshd, mark, tmp_path):
    """Plain names, as the page has them: each is told by which address it was reached."""
    options = {"seed": 1978, "progress": False, "log_dir": tmp_path / "run"}
    run = lamport.run_hosts(
        [host(name) for name in ("alpha", "beta", "gamma")],
        12,
        3,
        rates=RATES,
        internal_probability=0.4,
        **options,
    )
    assert mark.pids() == []
    assert [each["address"] for each in run.parameters["hosts"]] == ["127.0.0.1", "127.0.0.2", "127.0.0.3"]
    assert assert_promises_kept(run, ticks={i: 3 * rate for i, rate in enumerate(RATES, 1)}) > 100
    assert_clocks_are_found(run, dict.fromkeys(range(1, 13), 0.0))


def test_hosts_as_words(sshd, mark, tmp_path):
    """The same by words of one's own; a user's name goes with the host."""
    user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
    hosts = [host([*sshd.words, "--", "alpha"]), host(f"{user}@beta")]
    options = {"seed": 1978, "progress": False, "log_dir": tmp_path / "run"}
    run = lamport.run_hosts(hosts, 4, 1, rates=40, internal_probability=0.4, **options)
    assert mark.pids() == []
    assert [each["address"] for each in run.parameters["hosts"]] == ["127.0.0.1", "127.0.0.2"]
    assert assert_promises_kept(run) > 10


def test_the_key_is_in_no_list_of_processes_and_in_no_file_there(sshd, mark, kept, tmp_path):
    """What hosts are told by standard input stays there."""
    seen = []

    def look(elapsed, *_):
        if elapsed > 0.3 and not seen:
            key = (tmp_path / "run" / "run.key").read_text().strip().encode()
            assert len(key) == 64
            commands = [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in mark.agents()]
            files = [file.read_bytes() for file in kept.rglob("*") if file.is_file()]
            seen.append((len(commands), len(files), [each for each in commands + files if key in each]))

    hosts = [host(name) for name in ("alpha", "beta")]
    lamport.run_hosts(hosts, 2, 1, rates=20, progress=look, log_dir=tmp_path / "run")
    ((commands, files, found),) = seen
    # Clients, agents and machines; a log each.
    assert commands >= 6
    assert files >= 2
    assert found == []
    assert mark.pids() == []
    assert list(kept.iterdir()) == []
