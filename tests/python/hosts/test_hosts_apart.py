"""Machines of a host share a clock: whatever their bounds are one by one, they are read by one offset."""

import json

import pytest

import lamport

HOSTS = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
AHEAD = [0.0, 1.5, -2.25]
"""By how much the clock of each host is ahead (s)."""


def write(tmp_path, seed):
    """Nine machines whose logs are those of three hosts."""
    delays = lamport.Exponential(0.004)
    options = {"duration": 20, "rates": 6, "internal_probability": 0.3, "latency": delays, "seed": seed}
    directory = tmp_path / "run"
    lamport.simulate(9, log_dir=directory, **options)
    for own, ahead in zip(HOSTS, AHEAD, strict=True):
        for machine in own:
            file = directory / f"machine_{machine}.log"
            told = [json.loads(line) for line in file.read_text().splitlines()]
            for line in told:
                for field in ("system_time", "arrival_time", "began"):
                    if field in line:
                        line[field] = round(line[field] + ahead, 6)
            file.write_text("".join(json.dumps(line) + "\n" for line in told))
    record = json.loads((directory / "run.json").read_text())
    record["hosts"] = [{"name": f"h{own[0]}", "machines": own} for own in HOSTS]
    (directory / "run.json").write_text(json.dumps(record))
    return directory


@pytest.mark.parametrize("seed", range(8))
def test_one_offset_has_all_in_order(tmp_path, seed):
    run = lamport.load(write(tmp_path, seed))
    offsets = run.parameters["offsets"]
    for own, ahead in zip(HOSTS, AHEAD, strict=True):
        (offset,) = {offsets[str(machine)] for machine in own}
        assert offset == pytest.approx(AHEAD[0] - ahead, abs=0.01)
    messages = run.messages.dropna(subset=["arrived"])
    assert len(messages) > 300
    assert (messages["arrived"] >= messages["sent"] - 1e-9).all()
    assert run.verify().ok, str(run.verify())
