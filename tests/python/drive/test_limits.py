"""What is foreseen of a run before it starts: a full disk, a full queue."""

import os
import re
import threading
import warnings

import pytest

import lamport
from lamport._cli.commands import main
from lamport._lamport import free_bytes, shortages
from lamport._model.run_setting import run_setting

GB = 10**9
HOUR = 3600
ALONE = {1: [], 2: []}


def foreseen(free, seed=1, **given):
    """What is said of a run with so many bytes for its logs, and whether it is refused."""
    defaults = {
        "machines": None, "duration": 60, "rates": None, "max_rate": 6, "internal_probability": 0.7,
        "broadcast_share": 1 / 3, "topology": "full", "latency": 0, "faults": (), "ticks": "periodic",
        "weights": None,
    }  # fmt: skip
    return shortages(run_setting(defaults | given), seed=seed, free=free, place="logs/a")


@pytest.fixture
def disk(monkeypatch):
    """Let the disk have so many bytes free, whatever it has."""

    def set_free(free):
        monkeypatch.setattr("lamport._lamport.free_bytes", lambda _: free)

    return set_free


def test_what_filled_55_gb_in_2_minutes_is_refused():
    ((refused, words),) = foreseen(55 * GB, rates=[1e9])
    assert refused
    assert words.startswith("the logs need about 6.8 TB, and 55 GB are free in logs/a: ")
    assert "limits=False, --no-limits" in words


def test_what_stopped_after_17_s_is_refused():
    """With theory's one solution, and at the defaults, where less is sent."""
    for more, at in [({"internal_probability": 0}, "17 s"), ({}, "56 s")]:
        ((refused, words),) = foreseen(None, rates=[1, 1e6], duration=600, **more)
        assert refused
        assert "machine 1 gets about" in words
        assert f"full after about {at} of ticking" in words
    assert foreseen(None, rates=[1, 1e6], duration=16, internal_probability=0) == []


@pytest.mark.parametrize("options", [{}, {"rates": [1, 3, 6]}, {"machines": 200}, {"rates": [1000, 1000]}])
def test_runs_as_people_make_them_need_little(options):
    assert foreseen(GB, **options) == []


def test_a_run_to_be_ended_by_hand_is_warned_of_only():
    """A few events a second fill nothing within hours, whatever the duration says."""
    found = foreseen(55 * GB, duration=1e9)
    assert found
    assert not any(refused for refused, _ in found)
    assert any(re.search("(days|years) of ticking$", words) for _, words in found)
    assert not any("limits=False" in words for _, words in found)


@pytest.mark.parametrize(("hours", "refused"), [(0.9, True), (1.1, False), (2, False)])
def test_a_disk_that_is_full_within_the_hour_is_one_to_stop_for(hours, refused):
    # Nobody sends or receives: every line is that of an internal event, 114 bytes.
    free = int(2 * 10_000 * 114 * HOUR * hours)
    ((said, words),) = foreseen(free, rates=[1e4, 1e4], topology=ALONE, duration=1e5)
    assert said is refused
    assert ("limits=False" in words) is refused


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_drawn_rates_are_those_of_the_seed(seed):
    run = lamport.simulate(2, 1e-6, max_rate=10**9, topology=ALONE, seed=seed, record=False)
    needed = run.machines["clock_rate"].sum() * 60 * 114
    for free, found in [(0.99 * needed, 1), (1.01 * needed, 0)]:
        assert len(foreseen(int(free), machines=2, max_rate=10**9, topology=ALONE, seed=seed)) == found


def test_faults_ports_and_latencies_do_not_matter():
    plain = foreseen(GB, rates=[1e6, 1e6])
    faults = [lamport.Pause(1, at=1, duration=50)]
    assert foreseen(GB, rates=[1e6, 1e6], latency=5, faults=faults) == plain != []


def test_run_local_refuses_before_it_makes_anything(tmp_path, disk, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = threading.active_count()
    disk(55 * GB)
    for more in ({}, {"processes": True}, {"log_dir": tmp_path / "run"}):
        with pytest.raises(ValueError, match=r"need about 6\.8 TB, and 55 GB are free in "):
            lamport.run_local(1, rates=[1e9], progress=False, **more)
    with pytest.raises(ValueError, match="queue, of 16777216 messages at most, is full after about 17 s"):
        lamport.run_local(rates=[1, 1e6], internal_probability=0, progress=False)
    assert not list(tmp_path.iterdir())
    assert threading.active_count() == before


@pytest.mark.parametrize("processes", [False, True])
def test_limits_can_be_turned_off(tmp_path, disk, processes):
    disk(1000)
    options = {"rates": [100, 100], "duration": 0.3, "progress": False, "processes": processes}
    with pytest.raises(ValueError, match=r"need about .* kB, and 1\.0 kB are free"):
        lamport.run_local(**options, log_dir=tmp_path / "a")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run = lamport.run_local(**options, limits=False, log_dir=tmp_path / "a")
    assert run.machines["ticks"].tolist() == [30, 30]
    assert run.parameters["limits"] is False


def test_a_disk_that_is_full_later_is_a_warning(tmp_path, disk):
    def enough(elapsed, *_):
        if elapsed and not struck:
            struck.append(elapsed)
            raise KeyboardInterrupt

    struck = []
    disk(int(3 * HOUR * 20 * 114))
    with pytest.warns(
        lamport.LamportWarning, match=r"free in .*: that is full after about 3\.0 hours"
    ) as told:
        run = lamport.run_local(
            duration=1e9, rates=[10, 10], topology=ALONE, log_dir=tmp_path / "a", progress=enough
        )
    assert run.interrupted
    assert told[0].filename == __file__


def test_the_command_line_names_its_option(tmp_path, disk, capsys):
    disk(1000)
    words = ["run", "--rates", "50,50", "--duration", "0.3", "--no-progress", "--no-report", "--log-dir"]
    assert main([*words, str(tmp_path / "a")]) == 2
    assert "--no-limits" in capsys.readouterr().err
    assert not (tmp_path / "a").exists()
    assert main([*words, str(tmp_path / "a"), "--no-limits"]) == 0
    assert capsys.readouterr().err == ""


def test_a_machine_by_itself_is_measured_by_its_rate(tmp_path, capsys):
    log = tmp_path / "machine_1.log"
    with pytest.raises(ValueError, match=r"machine 1: the logs need about 11 EB, .* in .*1\.log: "):
        lamport.Machine(1, 0, [], log, 1e9 / 16, clock_rate=1e9)
    assert not log.exists()
    assert main(["machine", "--id", "1", "--log", str(log), "--duration", "1e8", "--rate", "1e9"]) == 2
    assert "--no-limits" in capsys.readouterr().err
    assert not log.exists()
    lamport.Machine(1, 0, [], log, 1e8, clock_rate=1e9, limits=False).shutdown()
    # A machine that comes back has been through this.
    log.unlink()
    lamport.Machine(1, 0, [], log, 1, clock_rate=5, seed=1)
    with lamport.Machine(1, 0, [], log, 1e9, resume=True) as again:
        assert again.warnings() == []


def test_a_machine_whose_log_is_full_later_says_so(tmp_path):
    free = free_bytes(tmp_path)
    rate = min(free / 170 / HOUR / 10, 1e7)
    with lamport.Machine(1, 0, [], tmp_path / "machine_1.log", 1e9, clock_rate=rate) as machine:
        (words,) = machine.warnings()
    assert words.startswith("machine 1: the logs need about ")
    assert re.search(r"is full after about [\d.]+ (hours|days|years) of ticking$", words)


def test_a_log_that_fills_nothing_has_no_bound(tmp_path):
    pipe = tmp_path / "machine_1.log"
    os.mkfifo(pipe)
    for path in (pipe, "/dev/null"):
        assert free_bytes(path) is None
    with lamport.Machine(1, 0, [], "/dev/null", 1e8, clock_rate=1e9, overwrite=True) as machine:
        assert machine.warnings() == []


def test_room_is_that_of_the_disk(tmp_path):
    stats = os.statvfs(tmp_path)
    for path in (tmp_path, tmp_path / "none" / "run"):
        free = free_bytes(path)
        assert 0 < free <= stats.f_blocks * stats.f_frsize


def test_a_directory_may_have_any_name(tmp_path):
    logs = tmp_path / os.fsdecode(b"\xff")
    run = lamport.run_local(2, duration=0.1, rates=50, log_dir=logs, progress=False)
    assert run.log_dir == logs
    assert run.verify().ok
