"""However a run on several hosts ends, agents and machines end with it. Three hosts, through a real sshd."""

import json
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from launched import host, hosts_file, launcher
from left_running import Mark
from loopback_sshd import Sshd, why_no_sshd
from machines import lines
from namespaces import Network, why_not
from promises import assert_promises_kept

import lamport

HOSTS = ["alpha", "beta", "gamma"]
LONG = 60
"""Seconds that a run would take which does not end by itself."""
GONE = 15.0
"""Seconds in which all must be gone: those that are asked to end in order have some."""


class Case:
    """One run, with a mark and a directory for what its agents keep of its own."""

    def __init__(self, place, path, duration, hosts=HOSTS):
        self._path = path
        place.mkdir()
        self.kept = place / "tmp"
        self.kept.mkdir()
        self.mark = Mark()
        self.logs = place / "run"
        file = hosts_file(place / "hosts.toml", map(host, hosts))
        self.words = ["--hosts", file, "--machines", 3, "--duration", duration, "--rates", "20"]
        self.words += ["--seed", 1, "--internal-probability", 0.3]

    @contextmanager
    def launcher(self):
        environment = {**self.mark.environment(), "TMPDIR": str(self.kept), "PATH": self._path}
        try:
            with launcher(self.words, self.logs, environment) as made:
                yield made
        finally:
            self.mark.kill()

    def client(self, name):
        (client,) = [pid for pid in self.mark.pids("lamport.agent", name) if "ssh" in _command(pid)[0]]
        return client

    def agent(self, name):
        """Give the agent that was reached by this host's address."""
        address = {"alpha": "127.0.0.1", "beta": "127.0.0.2", "gamma": "127.0.0.3"}[name]
        agents = [pid for pid in self.mark.agents() if "python" in _command(pid)[0]]
        # Its machines are forks of it.
        alone = [pid for pid in agents if _parent(pid) not in agents]
        (agent,) = [pid for pid in alone if _environment(pid)["SSH_CONNECTION"].split()[2] == address]
        return agent

    def kept_logs(self):
        """Give the logs that agents kept on their hosts."""
        return sorted(self.kept.rglob("machine_*.log"), key=lambda log: log.name)


def _command(pid):
    return Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")


def _parent(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def _environment(pid):
    words = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    return dict(word.split("=", 1) for word in words if "=" in word)


def launcher_is_killed(place, path):
    """Agents find their input closed: machines end in order, and their logs stay on their hosts."""
    case = Case(place, path, LONG)
    with case.launcher() as at_work:
        at_work.wait_until_ticking()
        time.sleep(0.5)
        os.kill(at_work.process.pid, signal.SIGKILL)
        case.mark.wait_until_gone(seconds=GONE)
    assert [path.name for path in case.kept_logs()] == [f"machine_{i}.log" for i in (1, 2, 3)]
    for log in case.kept_logs():
        assert lines(log)[-1]["ticks"] > 5


def client_is_killed(place, path):
    case = Case(place, path, 4)
    with case.launcher() as at_work:
        at_work.wait_until_ticking()
        time.sleep(0.5)
        os.kill(case.client("beta"), signal.SIGKILL)
        assert_one_is_lost(case, *at_work.end())
    assert [path.name for path in case.kept_logs()] == ["machine_2.log"]
    lines(case.kept_logs()[0])


def client_is_stopped(place, path):
    """Nothing is heard of either end by the other: each gives the other up by itself."""
    case = Case(place, path, 20)
    with case.launcher() as at_work:
        at_work.wait_until_ticking()
        agent, stopped = case.agent("beta"), time.monotonic()
        os.kill(case.client("beta"), signal.SIGSTOP)
        while Path(f"/proc/{agent}").exists():
            assert time.monotonic() < stopped + 15 + GONE
            time.sleep(0.05)
        assert time.monotonic() - stopped > 10
        assert_one_is_lost(case, *at_work.end())
    assert [path.name for path in case.kept_logs()] == ["machine_2.log"]


def agent_is_killed(place, path):
    case = Case(place, path, 4)
    with case.launcher() as at_work:
        at_work.wait_until_ticking()
        time.sleep(0.5)
        os.kill(case.agent("beta"), signal.SIGKILL)
        assert_one_is_lost(case, *at_work.end())


def agent_is_stopped(place, path):
    """A host that stalls: it is given up, and its agent ends when it goes on."""
    case = Case(place, path, 20)
    with case.launcher() as at_work:
        at_work.wait_until_ticking()
        agent = case.agent("beta")
        os.kill(agent, signal.SIGSTOP)
        status, output, errors = at_work.end()
        os.kill(agent, signal.SIGCONT)
        assert_one_is_lost(case, status, output, errors)


def cable_is_out(place, path):
    """The cable of a host, which ssh runs over too: no word gets through any more, either way."""
    if why_not():
        pytest.skip(why_not())
    names = {"left": 1, "right": 2}
    with Network(3) as network, ExitStack() as stack:
        hosts = []
        for name, at in names.items():
            (directory := place.with_name(f"sshd-{name}")).mkdir()
            daemon = Sshd(directory, {name: network.addresses[at]}, within=network.words(at))
            stack.enter_context(daemon)
            hosts.append([*network.words(0), *daemon.words, "--", name])
        case = Case(place, path, 20, hosts)
        with case.launcher() as at_work:
            at_work.wait_until_ticking()
            network.cut(1)
            status, _, errors = at_work.end()
        assert status == 0, errors
        assert hosts[0][-1] in errors
        case.mark.wait_until_gone(seconds=GONE)
        run = lamport.load(case.logs)
        (lost,) = run.parameters["lost"]
        assert lost["machines"] == [1, 2]
        assert assert_promises_kept(run, lost=[1, 2]) == 0
    for log in case.kept_logs():
        lines(log)
    assert [path.name for path in case.kept_logs()] == ["machine_1.log", "machine_2.log"]


def terminal_is_closed(place, path):
    """As ctrl-C: it ends in order."""
    case = Case(place, path, LONG)
    with case.launcher() as at_work:
        at_work.wait_until_ticking()
        time.sleep(0.5)
        os.killpg(at_work.process.pid, signal.SIGHUP)
        status, _, errors = at_work.end()
        assert status in {129, 130}, errors
        case.mark.wait_until_gone(seconds=GONE)
    assert case.kept_logs() == []
    assert assert_promises_kept(lamport.load(case.logs)) > 0


def launcher_is_killed_at_once(place, path):
    """Before anybody ticks: no log is worth keeping."""
    case = Case(place, path, LONG)
    with case.launcher() as at_work:
        while not list(case.kept.iterdir()):
            assert at_work.process.poll() is None
            time.sleep(0.01)
        os.kill(at_work.process.pid, signal.SIGKILL)
        case.mark.wait_until_gone(seconds=GONE)
    assert case.kept_logs() == []
    assert list(case.kept.iterdir()) == []


def ctrl_c_is_pressed(place, path):
    case = Case(place, path, LONG)
    with case.launcher() as at_work:
        at_work.wait_until_ticking()
        time.sleep(0.5)
        at_work.press_ctrl_c()
        status, _, errors = at_work.end()
        assert status == 130, errors
        case.mark.wait_until_gone(seconds=GONE)
    assert case.kept_logs() == []
    run = lamport.load(case.logs)
    assert run.interrupted
    assert assert_promises_kept(run) > 0


def ctrl_c_is_pressed_at_once(place, path):
    """Before anybody ticks: nothing has happened, and nothing stays."""
    case = Case(place, path, LONG)
    with case.launcher() as at_work:
        while not case.mark.agents():
            assert at_work.process.poll() is None
            time.sleep(0.01)
        at_work.press_ctrl_c()
        status, _, errors = at_work.end()
        assert status == 130, errors
        assert "Traceback" not in errors
        case.mark.wait_until_gone(seconds=GONE)
    assert list(case.kept.iterdir()) == []
    assert not case.logs.exists()


def assert_one_is_lost(case, status, output, errors):
    """Only the machine of beta is missing; that is said; nothing is left running."""
    assert status == 0, errors
    assert "beta" in errors, output
    case.mark.wait_until_gone(seconds=GONE)
    record = json.loads((case.logs / "run.json").read_text())
    assert [each["machines"] for each in record["lost"]] == [[2]]
    run = lamport.load(case.logs)
    assert assert_promises_kept(run, lost=[2]) > 0


CASES = [
    launcher_is_killed,
    client_is_killed,
    client_is_stopped,
    agent_is_killed,
    agent_is_stopped,
    cable_is_out,
    terminal_is_closed,
    launcher_is_killed_at_once,
    ctrl_c_is_pressed,
    ctrl_c_is_pressed_at_once,
]


@pytest.fixture(scope="module")
def at_work(tmp_path_factory):
    """All of them at the same time: most of it is waiting."""
    if why_no_sshd():
        pytest.skip(why_no_sshd())
    place = tmp_path_factory.mktemp("ends")
    (place / "sshd").mkdir()
    with Sshd(place / "sshd") as daemon, ThreadPoolExecutor(len(CASES)) as threads:
        yield {case: threads.submit(case, place / case.__name__, daemon.path) for case in CASES}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_nothing_is_left_however_it_ends(case, at_work):
    at_work[case].result()
