"""Commands whose output nobody takes: what they do is done all the same, and the exit status tells."""

import copy
import io
import json
import os
import signal
import subprocess
import sys
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

import lamport
from lamport._cli.commands import main
from lamport._drive.progress import Count, watch
from lamport._model.comfort import Comfort

FULL = Path("/dev/full")
PATIENCE = 200
AT_ONCE = 6
"""More would keep machines from each other."""
UNHEARD, UNWRITTEN = 128 + signal.SIGPIPE, 74
QUICK = "--duration 0.3 --rates 20,40 --log-dir OUT/{}"
# Each with what it leaves behind.
COMMANDS = {
    "threads": ("lamport run " + QUICK.format("threads"), "analysis_summary.md"),
    "processes": ("lamport run --processes " + QUICK.format("processes"), "analysis_summary.md"),
    "machine": ("lamport machine --id 1 --duration 0.3 --log OUT/machine/machine_1.log", "machine_1.log"),
    "alone": ("lamport.machine --id 2 --duration 0.3 --log OUT/alone/machine_2.log", "machine_2.log"),
    "simulate": ("lamport simulate --duration 9 --log-dir OUT/simulate", "analysis_subplots.png"),
    "sweep": ("lamport sweep --runs 2 --duration 9 -o OUT/sweep/table.csv", "table.csv"),
    "analyze": ("lamport analyze LOGS -o OUT/analyze", "analysis_summary.md"),
    "analyze alone": ("lamport.analyze LOGS -o OUT/analyze_alone", "../analyze_alone/analysis_summary.md"),
    "verify": ("lamport verify LOGS", None),
    "export": ("lamport export LOGS -o OUT/export/events.csv", "events.csv"),
    "view": ("lamport view LOGS -o OUT/view/run.html", "run.html"),
    "compare": ("lamport compare LOGS LOGS -o OUT/compare", None),
    "rerun": ("lamport rerun LOGS --duration 0.2 --log-dir OUT/rerun", "run.json"),
    "help": ("lamport --help", None),
    "predict": ("lamport predict --rates 1,3,6", None),
    "schema": ("lamport schema", None),
    "completion": ("lamport completion bash", None),
    "document": ("lamport verify LOGS --json", None),
}


def broken(stack):
    """Nobody reads, as after ``| head -1``."""
    reading, writing = os.pipe()
    os.close(reading)
    stack.callback(os.close, writing)
    return {"stdout": writing, "stderr": writing}


def full(stack):
    """The disk is full."""
    disk = stack.enter_context(FULL.open("wb"))
    return {"stdout": disk, "stderr": disk}


def closed(stack):
    """As with ``>&- 2>&-``, stdin too."""
    return {"preexec_fn": lambda: [os.close(each) for each in range(3)]}


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("streams", "status"), [(broken, UNHEARD), (full, UNWRITTEN), (closed, 0)])
def test_everything_is_done_and_the_exit_status_tells(run, tmp_path, streams, status):
    ends = {}
    (tmp_path / "sweep").mkdir()
    (tmp_path / "export").mkdir()
    with ExitStack() as stack:
        for first in range(0, len(COMMANDS), AT_ONCE):
            children = {}
            for name in list(COMMANDS)[first : first + AT_ONCE]:
                placed = COMMANDS[name][0].replace("OUT", str(tmp_path)).replace("LOGS", str(run.log_dir))
                children[name] = subprocess.Popen([sys.executable, "-m", *placed.split()], **streams(stack))
            ends |= {name: child.wait(timeout=PATIENCE) for name, child in children.items()}
    assert ends == dict.fromkeys(COMMANDS, status)
    for name, (_, left) in COMMANDS.items():
        assert left is None or (tmp_path / name / left).resolve().exists(), name
    for log in tmp_path.rglob("machine_*.log"):
        assert json.loads(log.read_text().splitlines()[-1])["event"] == "END", log
    for name in ("threads", "processes", "simulate"):
        assert lamport.load(tmp_path / name).verify().ok


def test_what_is_said_of_it(run):
    """A full disk behind stdout alone: stderr says so, without a traceback."""
    with FULL.open("w") as disk:
        command = [sys.executable, "-m", "lamport", "verify", str(run.log_dir)]
        done = subprocess.run(command, stdout=disk, stderr=subprocess.PIPE, text=True, check=False)
    said = "lamport: all is done, but the output could not be written: No space left on device\n"
    assert (done.returncode, done.stderr) == (UNWRITTEN, said)


def test_a_result_tells_more_than_lost_output(run, tmp_path):
    """A violation is exit status 1, read or not."""
    home = run.save(tmp_path / "broken")
    log = home / "machine_1.log"
    log.write_text(log.read_text().replace('"final_clock": ', '"final_clock": 9'))
    with FULL.open("w") as disk:
        command = [sys.executable, "-m", "lamport", "verify", str(home)]
        done = subprocess.run(command, stdout=disk, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "")


def test_a_key_that_nobody_has_is_none():
    close = {"preexec_fn": lambda: os.close(1)}
    command = [sys.executable, "-m", "lamport", "keygen"]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False, **close)
    assert (done.returncode, "give --output FILE" in done.stderr) == (1, True)
    with FULL.open("w") as disk:
        assert subprocess.run(command, stdout=disk, stderr=disk, check=False).returncode == UNWRITTEN


def test_a_log_never_takes_the_place_of_closed_output(tmp_path):
    """Whoever writes to stderr all the same must not write into it."""
    log = tmp_path / "machine_1.log"
    words = ["-m", "lamport.machine", "--id=1", "--duration=0.2", "--rate=20", f"--log={log}"]
    code = f"import os, runpy, sys, threading; sys.argv[1:] = {words[2:]!r}; sys.argv[0] = 'x'\n"
    code += "threading.Timer(0.1, lambda: [os.write(each, b'lost') for each in (1, 2)]).start()\n"
    code += "runpy.run_module('lamport.machine', run_name='__main__')"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, preexec_fn=lambda: [os.close(each) for each in range(3)], check=False)
    assert done.returncode == 0
    assert "lost" not in log.read_text()
    assert json.loads(log.read_text().splitlines()[-1])["event"] == "END"


class Broken(io.StringIO):
    """A terminal that has gone away."""

    def isatty(self):
        return True

    def write(self, *_):
        raise OSError(5, "Input/output error")


def test_a_bar_that_cannot_be_shown_ends_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "stderr", Broken())
    with watch(None, 2, 2) as show:
        show(1.0, [5, 7], [0, 1])
    with Count(None, 10, "points", "runs") as tell:
        tell(4)
    run = lamport.run_local(1, 0.2, rates=[20], log_dir=tmp_path / "a")
    assert run.machines["ticks"].tolist() == [4]


def test_streams_are_put_back(capsys):
    before = sys.stdout, sys.stderr
    assert main(["--version"]) == 0
    with suppress(SystemExit):
        main(["--help"])
    assert (sys.stdout, sys.stderr) == before


def test_words_that_the_encoding_does_not_have():
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    told = Comfort(stream)
    told.write("1 ± 2\n")
    told.flush()
    assert stream.buffer.getvalue() == b"1 \\xb1 2\n"
    assert told.lost is None


def test_a_stream_that_is_closed_under_way():
    stream = io.StringIO()
    told = Comfort(stream)
    stream.close()
    told.writelines(["a", "b"])
    told.flush()
    assert told.lost is not None
    assert not told.isatty()


def test_a_comfort_is_copied():
    told = copy.copy(Comfort(None))
    assert told.write("a") == 1
    assert not hasattr(Comfort.__new__(Comfort), "encoding")
    assert not hasattr(Comfort.__new__(Comfort), "lost")
