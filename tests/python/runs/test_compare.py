"""Runs side by side."""

import pytest

import lamport


def test_tidy(run, table_run):
    table = lamport.compare({"fast": run, "again": [run, run], "table": table_run})
    assert list(table.columns[:8]) == [
        "label",
        "run",
        "machines",
        "seed",
        "duration",
        "max_rate",
        "internal_probability",
        "broadcast_share",
    ]
    assert len(table) == 3 * 3 + 2
    assert table["label"].tolist() == ["fast"] * 3 + ["again"] * 6 + ["table"] * 2
    assert table["run"].tolist() == [0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0]
    assert table["machine_id"].tolist() == [1, 2, 3] * 3 + [1, 2]
    assert set(run.machines.columns) <= set(table.columns)
    assert table.groupby("label")["drift"].first().to_dict() == {
        "fast": run.drift,
        "again": run.drift,
        "table": table_run.drift,
    }


def test_nothing():
    with pytest.raises(ValueError, match="no runs"):
        lamport.compare({})
