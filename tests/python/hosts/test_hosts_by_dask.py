"""Hosts that are workers of Dask: one agent each, pinned to it.

Each cluster has an interpreter of its own, as clusters want it.
"""

import json
import subprocess
import sys
from pathlib import Path

from loopback_sshd import HOSTS, PASSED

HERE = Path(__file__).parent
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


def done(program, *words):
    file = Path(words[0], "program.py")
    file.write_text(program)
    words = [sys.executable, str(file), *words]
    return subprocess.run(words, capture_output=True, text=True, timeout=110, check=False)


def test_workers_of_this_host(mark, tmp_path):
    """Also a worker that is killed and comes back as another."""
    ended = done(LOCAL, str(tmp_path))
    assert ended.returncode == 0, ended.stderr
    assert "all is well" in ended.stdout
    mark.wait_until_gone()


def test_workers_behind_ssh(mark, sshd, tmp_path):
    hosts = [HOSTS[name] for name in ("alpha", "alpha", "beta", "gamma")]
    where = {"known_hosts": str(sshd.place / "known_hosts"), "key": str(sshd.place / "user")}
    where |= {"port": sshd.port, "hosts": hosts, "passed": PASSED.split()}
    ended = done(BY_SSH, str(tmp_path), json.dumps(where))
    assert ended.returncode == 0, ended.stderr
    assert "all is well" in ended.stdout
    mark.wait_until_gone()
