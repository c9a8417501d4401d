"""By how much the clocks of machines are apart, from Python."""

import json
from pathlib import Path

import pytest

import lamport


def shift(directory: Path, machine: int, seconds: float, target: Path) -> None:
    """Copy logs as if the clock of one machine were ahead by so many seconds."""
    target.mkdir()
    for file in directory.glob("machine_*.log"):
        lines = [json.loads(line) for line in file.read_text().splitlines()]
        for line in lines if file.name == f"machine_{machine}.log" else []:
            for field in ("system_time", "arrival_time", "began"):
                if field in line:
                    line[field] = round(line[field] + seconds, 6)
        (target / file.name).write_text("".join(json.dumps(line) + "\n" for line in lines))


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> lamport.Run:
    """Three machines over TCP, which share a clock."""
    directory = tmp_path_factory.mktemp("align") / "run"
    return lamport.run_local(rates=[30] * 3, duration=1.5, seed=1, log_dir=directory)


def test_machines_of_one_host_are_not_apart(real: lamport.Run) -> None:
    table = real.align()
    assert list(table.columns) == ["low", "best", "high"]
    assert table.index.tolist() == [1, 2, 3]
    assert (table["low"] <= 0).all()
    assert (table["high"] >= 0).all()
    # What was heard of bounds it from both sides.
    assert (table["high"] - table["low"]).max() < 0.5
    assert table.loc[1].tolist() == [0, 0, 0]


def test_a_clock_that_is_ahead_is_found_and_set_right(real: lamport.Run, tmp_path: Path) -> None:
    assert real.log_dir is not None
    shift(real.log_dir, 2, 1234.5, tmp_path / "shifted")
    run = lamport.load(tmp_path / "shifted")
    table = run.align()
    assert table.loc[2, "low"] <= -1234.5 <= table.loc[2, "high"]
    assert (table["low"] <= table["best"]).all()
    aligned = lamport.load(tmp_path / "shifted", offsets="align")
    assert aligned.parameters["offsets"]["2"] == table.loc[2, "best"]
    events = aligned.events
    assert events["time"].max() < 60
    # It tells the offsets of its logs as they are, whatever it was loaded with.
    assert aligned.align().equals(table)


def test_times_of_hosts_are_judged_by_whether_any_offsets_fit(real: lamport.Run, tmp_path: Path) -> None:
    assert real.log_dir is not None
    good = tmp_path / "good"
    shift(real.log_dir, 2, 1234.5, good)
    # They share a host, by their logs: as if each had one of its own.
    for file in good.glob("machine_*.log"):
        number = file.stem[-1]
        text = file.read_text()
        for other in "123":
            port = json.loads((good / f"machine_{other}.log").read_text().splitlines()[0])["listen"][1]
            for host in ("localhost", "127.0.0.1"):
                text = text.replace(f'["{host}", {port}]', f'["10.0.0.{other}", {port}]')
        (tmp_path / f"machine_{number}.log").write_text(text)
    for number in "123":
        (good / f"machine_{number}.log").write_text((tmp_path / f"machine_{number}.log").read_text())
    done = lamport.verify(good, offsets="align")
    assert done.ok, str(done)
    assert done.checked["time"] > 0
    assert not any("clock_uncertainty" in text for text in done.unchecked)
    assert lamport.load(good, offsets="align").verify().ok
    assert lamport.load(good).verify(offsets="align").ok
    # A receipt long before all else of its machine contradicts the others.
    log = good / "machine_3.log"
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    place = [at for at, line in enumerate(lines) if line["event"] == "RECEIVE"][3]
    lines[place]["arrival_time"] -= 100
    log.write_text("".join(json.dumps(line) + "\n" for line in lines))
    found = lamport.verify(good, offsets="align").violations
    time = found[found["rule"] == "time"]
    assert len(time) == 1
    assert f"machine_3.log:{place + 1}" in time["found"].iloc[0]
    with pytest.raises(lamport.LamportError, match="no offsets of the clocks have all these in order"):
        lamport.load(good).align()


def test_what_is_no_argument_is_refused(real: lamport.Run) -> None:
    with pytest.raises(ValueError, match="max_drift"):
        real.align(max_drift=-1)
    with pytest.raises(ValueError, match="minimum_delay"):
        real.align(minimum_delay=float("nan"))
    with pytest.raises(ValueError, match="give them to load"):
        real.verify(offsets={2: 1.0})  # type: ignore[arg-type]


def test_a_table_has_offsets_too() -> None:
    table = {
        "machine_id": [1, 2, 2, 1],
        "event": ["SEND", "RECEIVE", "SEND", "RECEIVE"],
        "new_clock": [1, 2, 3, 4],
        "sender": [None, 1, None, 2],
        "sent_clock": [None, 1, None, 3],
        "time": [1.0, 51.25, 51.5, 1.75],
    }
    aligned = lamport.from_events(table).align()
    low, best, high = aligned.loc[2]
    assert low < -50 < high
    assert -50.3 < low < high < -49.7
    assert best == pytest.approx((low + high) / 2)
    run = lamport.from_events(table, offsets="align")
    assert run.parameters["offsets"] == {"1": 0, "2": best}
    assert run.events["time"].max() < 2
    assert run.verify().ok
    names = table | {"machine_id": ["a", "b", "b", "a"], "sender": [None, "a", None, "b"]}
    assert lamport.from_events(names, offsets="align").events["time"].max() < 2
