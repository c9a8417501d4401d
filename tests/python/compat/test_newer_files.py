"""Files of newer versions: what this one does not know is passed over where it may be, else named."""

import json
import socket
import time

import pytest

import lamport

NEWER = "10.2.0"
NEW = (
    f"the log was written by lamport {NEWER}, this is {lamport.__version__}: "
    "read it with that version or a newer one"
)
TOLD = f'event "GOSSIP" is not known: it is STARTUP, CONNECT, SEND, RECEIVE, INTERNAL, UNREAD or END; {NEW}'


@pytest.fixture
def home(tmp_path):
    lamport.simulate(duration=3, rates=[2, 5, 3], seed=1, log_dir=tmp_path)
    for path in [*tmp_path.glob("*.log"), tmp_path / "run.json"]:
        text = path.read_text(encoding="utf-8")
        assert f'"version": "{lamport.__version__}"' in text
        text = text.replace(f'"version": "{lamport.__version__}"', f'"version": "{NEWER}"')
        path.write_text(text, encoding="utf-8")
    return tmp_path


def rewritten(home, change):
    """Change each line of the logs, as an object."""
    for path in home.glob("*.log"):
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        path.write_text("".join(f"{json.dumps(change(line))}\n" for line in lines), encoding="utf-8")


def recorded(home, **more):
    record = json.loads((home / "run.json").read_text(encoding="utf-8"))
    (home / "run.json").write_text(json.dumps(record | more), encoding="utf-8")


def with_unknown(home, version=NEWER):
    """Give an event of machine 1 a kind that is not known; returns where, and its clock."""
    path = home / "machine_1.log"
    lines = path.read_text(encoding="utf-8").replace(NEWER, version).splitlines()
    place = next(place for place, line in enumerate(lines) if '"INTERNAL"' in line)
    clock = json.loads(lines[place])["new_clock"]
    lines[place] = lines[place].replace("INTERNAL", "GOSSIP")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return f"{path}:{place + 1}", clock


def test_unknown_fields_are_passed_over(home):
    plain = lamport.load(home)
    rewritten(home, lambda line: {"mood": [{"a": None}]} | line | {"event_of": {"event": "SEND"}})
    run = lamport.load(home)
    assert run.events.equals(plain.events)
    assert run.notes == plain.notes == []
    assert run.verify().ok
    assert lamport.replay(run)["line"].isna().all()


def test_exports_keep_unknown_fields(home, tmp_path):
    rewritten(home, lambda line: line | {"mood": "good"})
    lamport.load(home).export(tmp_path / "all.jsonl")
    lines = (tmp_path / "all.jsonl").read_text(encoding="utf-8").splitlines()
    assert all(json.loads(line)["mood"] == "good" for line in lines)


def test_an_unknown_kind_names_itself_the_version_and_what_to_do(home):
    where, _ = with_unknown(home)
    with pytest.raises(lamport.LogError) as caught:
        lamport.load(home)
    assert str(caught.value) == f"{where}: {TOLD}"


@pytest.mark.parametrize("version", ["0.0.1", lamport.__version__, "theirs"])
def test_that_of_no_newer_version_is_damage(home, version):
    with_unknown(home, version)
    with pytest.raises(lamport.LogError, match=r"UNREAD or END$"):
        lamport.load(home)
    done = lamport.verify(home)
    assert set(done.violations["rule"]) == {"structure"}


def test_lines_of_an_unknown_kind_can_be_left_aside(home):
    all_events = lamport.load(home).events.query("machine_id == 1")
    where, clock = with_unknown(home)
    run = lamport.load(home, errors="skip")
    assert run.notes == [f"{where}: left aside: {TOLD}"]
    clocks = run.events.query("machine_id == 1")["new_clock"].tolist()
    assert clocks == [other for other in all_events["new_clock"] if other != clock]


def test_what_a_newer_version_writes_is_no_violation_but_unchecked(home):
    where, _ = with_unknown(home)
    done = lamport.verify(home)
    assert done.ok
    assert [text for text in done.unchecked if "GOSSIP" in text] == [
        f"{where}: one of 1 lines that this version does not know: {TOLD}"
    ]
    assert not lamport.verify(home, strict=True).ok


def test_what_else_cannot_be_read_in_a_newer_log_says_so_too(home):
    rewritten(home, lambda line: line | {"new_clock": {"hybrid": [1, 2]}} if "new_clock" in line else line)
    with pytest.raises(lamport.LogError, match=rf"new_clock is .*; the log was written by lamport {NEWER}, "):
        lamport.load(home)


def test_run_json_of_a_newer_version_is_read_and_kept(home):
    recorded(home, weather={"wind": 3}, hosts=["a"])
    run = lamport.load(home)
    assert run.parameters["weather"] == {"wind": 3}
    assert run.parameters["version"] == NEWER
    assert run.verify().ok


def test_it_runs_again_and_says_what_is_left_out(home):
    recorded(home, weather={"wind": 3}, mood=1, hosts=["a"])
    words = (
        f"was made by lamport {NEWER}, this is {lamport.__version__}: its draws may be others, "
        "and 'weather', 'mood' of it, unknown here, left out"
    )
    with pytest.warns(lamport.LamportWarning, match=words):
        again = lamport.rerun(home, log_dir=home / "again")
    assert "weather" not in again.parameters


def test_values_that_are_not_known_are_refused_by_name(home):
    recorded(home, topology="torus")
    with pytest.warns(lamport.LamportWarning), pytest.raises(ValueError, match="torus"):
        lamport.rerun(home)
    recorded(home, topology="full", time="hybrid")
    with pytest.raises(ValueError, match="time='hybrid' is not one of 'real', 'virtual'"):
        lamport.rerun(home)
    recorded(home, time="virtual", faults=[{"fault": "meteor", "machine_id": 1, "at": 1}])
    with pytest.warns(lamport.LamportWarning), pytest.raises(ValueError, match="meteor"):
        lamport.rerun(home)


def test_a_machine_does_not_go_on_with_the_log_of_another_version(tmp_path):
    machine = lamport.Machine(1, 0, {}, tmp_path / "machine_1.log", 1, clock_rate=5, seed=1)
    machine.tick()
    del machine  # as if it was killed
    path = tmp_path / "machine_1.log"
    path.write_text(path.read_text().replace(f'"{lamport.__version__}"', f'"{NEWER}"'))
    words = f"is of version {NEWER}, not of version {lamport.__version__}: resume it as it was"
    with pytest.raises(ValueError, match=words):
        lamport.Machine(1, 0, {}, path, 1, clock_rate=5, seed=1, resume=True)


def test_a_word_of_a_newer_wire_is_refused_and_shown(tmp_path):
    hello = "lamport/3 lab 2 0123456789abcdef 0123456789abcdef"
    peer = socket.create_server(("127.0.0.1", 0))
    with (
        peer,
        lamport.Machine(1, 0, {2: peer.getsockname()}, tmp_path / "machine_1.log", 60, clock_rate=5) as own,
    ):
        with socket.create_connection(("127.0.0.1", own.listen_port), timeout=30) as connection:
            connection.sendall(f"{hello}\n".encode())
            assert connection.recv(1000) == b""
        deadline, warnings = time.monotonic() + 30, []
        while not warnings and time.monotonic() < deadline:
            warnings = own.warnings()
    assert f'"{hello}" is not a hello: it must be "lamport/1 <run id> ' in warnings[0]
