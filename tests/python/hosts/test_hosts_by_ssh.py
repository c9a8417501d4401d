"""Hosts behind a real sshd: one call, three addresses."""

import subprocess

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
