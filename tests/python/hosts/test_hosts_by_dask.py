"""Hosts that are workers of Dask: one agent each, pinned to it.

Each cluster has an interpreter of its own, as clusters want it.
"""

import json
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
from left_running import Mark
from loopback_sshd import HOSTS, PASSED, Sshd, why_no_sshd

PATIENCE = 220
HERE = Path(__file__).parent
pytestmark = pytest.mark.timeout(PATIENCE + 20)
COMMON = f"""
import sys
import warnings
sys.path[:0] = [{str(HERE)!r}, {str(HERE.parent)!r}]
warnings.simplefilter("ignore")  # those of Dask and asyncssh

import lamport
from promises import assert_clocks_are_found, assert_promises_kept

def run(client, directory, duration=2, machines=6, **given):
    options = dict(rates=[1, 200, 50, 5, 100, 20], seed=1978, internal_probability=0.4, progress=False)
    return lamport.run_hosts(client, machines, duration, log_dir=directory, **(options | given))
"""
LOCAL = f"""{COMMON}
import os
import signal
import threading

def main(place):
    from distributed import LocalCluster

    with (
        LocalCluster(n_workers=3, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        cluster.get_client() as client,
    ):
        made = run(client, place + "/first")
        assert len(made.parameters["hosts"]) == 3
        ticks = dict(enumerate([2, 400, 100, 10, 200, 40], 1))
        assert assert_promises_kept(made, ticks=ticks) > 50
        assert_clocks_are_found(made, dict.fromkeys(range(1, 7), 0.0))
        # It can be done again, with the same workers.
        assert assert_promises_kept(run(client, place + "/second", duration=0.5)) > 5
        # A worker is killed: the nanny starts another, the run goes on without its machines.
        pids = client.run(os.getpid)
        killed = False

        def kill(elapsed, clocks, queues):
            nonlocal killed
            if elapsed > 0.7 and not killed:
                killed = True
                os.kill(next(iter(pids.values())), signal.SIGKILL)

        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            made = run(client, place + "/third", duration=4, progress=kill)
        said = [str(each.message) for each in caught if each.category is lamport.LamportWarning]
        (lost,) = made.parameters["lost"]
        assert any(lost["host"] in each for each in said), said
        assert len(lost["machines"]) == 2
        assert assert_promises_kept(made, lost=lost["machines"]) > 20
        client.wait_for_workers(3, timeout=30)
    print("all is well")

if __name__ == "__main__":
    main(sys.argv[1])
"""
BY_SSH = f"""{COMMON}
import json

def main(place):
    import asyncssh
    from distributed import Client, SSHCluster

    where = json.loads(sys.argv[2])
    options = {{"known_hosts": where["known_hosts"], "client_keys": [where["key"]], "port": where["port"]}}
    options["send_env"] = where["passed"]
    with (
        SSHCluster(
            where["hosts"],
            connect_options=options,
            worker_options={{"nthreads": 1, "dashboard": False}},
            scheduler_options={{"host": "127.0.0.1", "port": 0, "dashboard": False}},
            remote_python=sys.executable,
        ) as cluster,
        Client(cluster) as client,
    ):
        client.wait_for_workers(len(where["hosts"]) - 1, timeout=60)
        made = run(client, place + "/run")
        assert assert_promises_kept(made) > 50
        assert_clocks_are_found(made, dict.fromkeys(range(1, 7), 0.0))
    print("all is well")

if __name__ == "__main__":
    main(sys.argv[1])
"""


def begin(program, place, mark, *words):
    """Start one of the programs in a directory of its own."""
    place.mkdir()
    file = place / "program.py"
    file.write_text(program)
    environment = {**mark.environment(), "TMPDIR": str(place)}
    words = [sys.executable, str(file), str(place), *words]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


@pytest.fixture(scope="module")
def marked():
    return Mark()


@pytest.fixture(scope="module")
def programs(tmp_path_factory, marked):
    """All at the same time: clusters start slowly."""
    place = tmp_path_factory.mktemp("dask")
    (place / "sshd").mkdir()
    with ExitStack() as stack:
        started = {"local": begin(LOCAL, place / "local", marked)}
        stack.callback(_end, started, marked)
        if not why_no_sshd():
            daemon = stack.enter_context(Sshd(place / "sshd"))
            hosts = [HOSTS[name] for name in ("alpha", "alpha", "beta", "gamma")]
            where = {"known_hosts": str(daemon.place / "known_hosts"), "key": str(daemon.place / "user")}
            where |= {"port": daemon.port, "hosts": hosts, "passed": PASSED.split()}
            started["ssh"] = begin(BY_SSH, place / "ssh", marked, json.dumps(where))
        yield started


def _end(started, marked):
    marked.kill()
    for process in started.values():
        process.communicate()


def assert_well(process):
    output, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, errors
    assert "all is well" in output


def test_workers_of_this_host(programs):
    """Also a worker that is killed and comes back as another."""
    assert_well(programs["local"])


def test_workers_behind_ssh(programs):
    if "ssh" not in programs:
        pytest.skip(why_no_sshd())
    assert_well(programs["ssh"])


def test_nothing_is_left_of_them(programs, marked):
    for process in programs.values():
        process.wait(PATIENCE)
    marked.wait_until_gone()
