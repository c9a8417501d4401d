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


def test_a_sequence_of_runs(run, table_run, tmp_path):
    assert lamport.compare([run, run])["label"].tolist() == ["1"] * 3 + ["2"] * 3
    assert set(lamport.compare(iter([run, table_run]))["label"]) == {"1", "2"}
    first, second = (lamport.simulate(seed=seed, log_dir=tmp_path / f"s{seed}") for seed in (1, 2))
    expected = lamport.compare({"s1": first, "s2": second})
    assert expected.equals(lamport.compare([first, second]))
    assert expected.equals(lamport.compare([tmp_path / "s1", str(tmp_path / "s2")]))
    assert expected.equals(lamport.compare({"s1": tmp_path / "s1", "s2": [tmp_path / "s2"]}))
    assert len(lamport.compare(first)) == 3
    assert lamport.compare({0.5: first})["label"].tolist() == ["0.5"] * 3


@pytest.mark.parametrize(
    ("runs", "message"),
    [
        ([], "no runs to compare"),
        ({"a": []}, "no runs to compare"),
        (3, "runs: 3 is not a run: give Runs, or directories of runs"),
        ([3], "runs: 3 is not a run"),
        ({"a": None}, r"runs\['a'\]: None is not a run"),
        ({"a": [None]}, r"runs\['a'\]: None is not a run"),
        (None, "runs: None is not a run"),
    ],
)
def test_what_is_no_run(runs, message):
    with pytest.raises(ValueError, match=message):
        lamport.compare(runs)


def test_a_table_is_no_run(run):
    with pytest.raises(ValueError, match="runs: a DataFrame is not a run"):
        lamport.compare(run.events)
