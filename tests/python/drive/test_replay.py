"""Logs played again."""

import json
from pathlib import Path

import pytest

import lamport


def rewrite(file, change):
    """Change the first line for which `change` gives a new one. Returns its number."""
    lines = Path(file).read_text().splitlines()
    for number, line in enumerate(lines):
        new = change(json.loads(line))
        if new is not None:
            lines[number] = json.dumps(new)
            Path(file).write_text("\n".join(lines) + "\n")
            return number + 1
    raise AssertionError("no line to change")


@pytest.fixture
def run(tmp_path):
    rates = [20, 60, 90]
    return lamport.run_local(
        rates=rates,
        duration=1.5,
        internal_probability=0.4,
        latency=0.004,
        log_dir=tmp_path / "run",
        progress=False,
    )


def test_a_real_run_happens_again(run):
    table = lamport.replay(run)
    assert table.index.tolist() == [1, 2, 3]
    assert table.events.tolist() == [30, 90, 135]
    assert table.line.isna().all()


def test_a_run_of_processes_happens_again(tmp_path):
    run = lamport.run_local(
        2, rates=[30, 50], duration=1, processes=True, latency=0.01, log_dir=tmp_path / "run", progress=False
    )
    table = lamport.replay(tmp_path / "run")
    assert table.events.tolist() == [30, 50]
    assert table.line.isna().all()
    messages = run.messages.dropna(subset="arrived")
    assert (messages.arrived - messages.sent).min() >= 0.01 - 2e-6


def test_a_changed_arrival_is_found(run):
    file = run.files[2]
    idle = []

    def earlier(line):
        # A message that had come before the idle tick right before it would have been received there.
        if line["event"] in {"SEND", "INTERNAL"}:
            idle.append(line["system_time"])
        elif line["event"] == "RECEIVE" and line["queue_len"] == 0 and idle:
            return {**line, "arrival_time": idle[-1] - 0.001}
        else:
            idle.clear()
        return None

    changed = rewrite(file, earlier)
    first = lamport.replay(run).loc[3]
    assert first.file == str(file)
    assert first.line < changed
    assert first.expected.startswith("RECEIVE")
    assert not first.found.startswith("RECEIVE")


def test_a_changed_clock_is_found(run):
    changed = rewrite(
        run.files[1],
        lambda line: {**line, "new_clock": line["new_clock"] + 1} if line["event"] == "INTERNAL" else None,
    )
    assert lamport.replay(run).loc[2].line == changed


def test_what_cannot_be_replayed_says_why(run, tmp_path):
    file = Path(run.files[2])
    file.write_text("".join(file.read_text().splitlines(keepends=True)[:-1]))
    with pytest.raises(lamport.LogError, match="no END"):
        lamport.replay(file)
    with pytest.raises(ValueError, match="no log files"):
        lamport.replay(lamport.simulate(duration=1, seed=1))
