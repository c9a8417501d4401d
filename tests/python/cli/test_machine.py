"""``python -m lamport.machine``, as a team starts it by hand."""

import json
import re
import signal
import socket
import subprocess
import sys

import pytest

import lamport
from lamport import machine


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [server.getsockname()[1] for server in sockets]
    for server in sockets:
        server.close()
    return ports


def start(*options, **more):
    command = [sys.executable, "-m", "lamport.machine", *map(str, options)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)


def last(path):
    return json.loads(path.read_text().splitlines()[-1])


def test_three_shells(tmp_path):
    ports = free_ports(3)
    children = []
    for number, port in enumerate(ports, 1):
        peers = ",".join(f"127.0.0.1:{peer}" for peer in ports if peer != port)
        log = tmp_path / "logs" / f"machine_{number}.log"
        common = ("--duration", 1, "--rate", 20, "--internal-probability", 0.3)
        children.append(start("--id", number, "--port", port, "--peers", peers, "--log", log, *common))
    for child in children:
        out, error = child.communicate(timeout=30)
        assert (child.returncode, error) == (0, "")
        assert "20 ticks" in out
    run = lamport.load(tmp_path / "logs")
    assert run.machines["ticks"].tolist() == [20, 20, 20]
    assert set(run.messages["status"]) <= {"received", "unread"}
    assert run.messages["status"].eq("received").any()


def test_alone_and_without_a_log_name(tmp_path):
    child = start("--id", 4, "--run_time", 0.2, "--rate", 20, cwd=tmp_path)
    out, error = child.communicate(timeout=30)
    assert (child.returncode, error) == (0, "")
    (log,) = tmp_path.glob("logs/run_*/machine_4.log")
    assert re.search(r"machine 4 listens on port \d+, logs to logs/run_", out)
    seed = json.loads(log.read_text().splitlines()[0])["seed"]
    assert f", seed {seed}\n" in out
    assert last(log)["ticks"] == 4


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_end_with_a_complete_log(tmp_path, number, status):
    log = tmp_path / "machine_1.log"
    with start("--id", 1, "--rate", 50, "--log", log) as child:
        assert "listens" in child.stdout.readline()
        child.send_signal(number)
        child.communicate(timeout=30)
    assert child.returncode == status
    assert last(log)["event"] == "END"


def test_missing_peer_is_warned_of(tmp_path):
    (port,) = free_ports(1)
    options = ("--peers", f"127.0.0.1:{port}", "--wait", 0.2, "--duration", 0.2, "--log", tmp_path / "a.log")
    child = start("--id", 1, *options)
    _, error = child.communicate(timeout=30)
    # A link that never worked is an error, at the end of a run that is complete.
    assert child.returncode == 1
    assert error.startswith(f"lamport: machine 1: 127.0.0.1:{port} did not connect within 0.2 s")
    last_words = f"error: machine 1: no connection to 127.0.0.1:{port} ever worked: nobody answered there"
    assert error.splitlines()[-1].endswith(last_words)
    assert last(tmp_path / "a.log")["event"] == "END"


def test_existing_log(tmp_path, capsys):
    log = tmp_path / "a.log"
    log.write_text("mine\n")
    words = ["--id", "1", "--duration", "0.05", "--rate", "20", "--log", str(log)]
    assert machine.main(words) == 1
    assert "a.log" in capsys.readouterr().err
    assert log.read_text() == "mine\n"
    assert machine.main([*words, "--overwrite"]) == 0
    assert last(log)["event"] == "END"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--peers", "host"], 'bad peer "host": there is no port; the form is host:port'),
        (["--peers", "a:1,b:x"], 'bad peer "b:x"'),
        (["--duration", "0"], "duration"),
        (["--duration", "nan"], "duration"),
        (["--rate", "-1"], "-1"),
        (["--internal-probability", "2"], "2"),
        (["--id", "-1"], "-1"),
        (["--id", str(2**53)], str(2**53)),
        (["--port", "70000"], "70000"),
    ],
)
def test_bad_arguments(tmp_path, monkeypatch, capsys, words, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        machine.main(["--id", "1", *words])
    assert ended.value.code == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith(f"python -m lamport.machine: error: argument {words[0]}")
    assert message in error
    assert not list(tmp_path.glob("logs/*"))


def test_small_process(tmp_path):
    code = (
        "import sys; from lamport import machine; "
        f"machine.main(['--id', '1', '--duration', '0.1', '--log', {str(tmp_path / 'a.log')!r}]); "
        "print([name for name in ('numpy', 'pandas', 'tqdm', 'subprocess') if name in sys.modules]); "
        "print(next(line for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    *_, loaded, peak, _ = done.stdout.splitlines()
    assert loaded == "[]"
    assert int(peak.split()[1]) < 30_000


def test_bad_faults_leave_nothing_behind(tmp_path):
    log = tmp_path / "machine_1.log"
    faults = [lamport.Crash(1, at=1, down_for=2), lamport.Crash(1, at=2, down_for=2)]
    with pytest.raises(ValueError, match="two faults of machine 1 overlap at 2 s"):
        lamport.Machine(1, 0, [], log, 0.05, clock_rate=20, faults=faults)
    assert not log.exists()
    with lamport.Machine(1, 0, [], log, 0.05, clock_rate=20) as whole:
        whole.run()
    assert last(log)["event"] == "END"
