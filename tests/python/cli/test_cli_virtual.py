"""The commands of virtual time."""

import re

import pandas as pd
import pytest

import lamport
from lamport._cli.commands import main

SIMULATE = ["simulate", "--duration", "30", "--rates", "1,3,6", "--seed", "5", "--no-progress"]
SWEEP = ["sweep", "--runs", "3", "--duration", "20", "--no-progress"]


def read(path):
    return pd.read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path)


def test_simulate(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(SIMULATE) == 0
    out = capsys.readouterr().out
    run = lamport.simulate(duration=30, rates=[1, 3, 6], seed=5)
    assert "final_clock" in out
    assert f"drift {run.drift}" in out
    assert list(tmp_path.iterdir()) == []


def test_simulate_options(tmp_path, capsys):
    words = ["-n", "3", "--max-rate", "9", "--internal-probability", "0.5", "--broadcast-share", "0.25"]
    words += ["--topology", "ring", "--latency", "exponential:0.01", "--log-dir", str(tmp_path / "a")]
    assert main([*SIMULATE, *words]) == 0
    known = lamport.load(tmp_path / "a").parameters
    expected = {"machines": 3, "duration": 30, "rates": [1, 3, 6], "max_rate": 9, "seed": 5}
    expected |= {"internal_probability": 0.5, "broadcast_share": 0.25, "topology": "ring"}
    expected |= {"latency": {"kind": "exponential", "mean": 0.01}}
    assert {name: known[name] for name in expected} == expected
    assert f"wrote {tmp_path}/a/analysis_summary.md" in capsys.readouterr().out
    assert main([*SIMULATE, "--log-dir", str(tmp_path / "b"), "--no-report"]) == 0
    assert sorted(path.suffix for path in (tmp_path / "b").iterdir()) == [".json", ".log", ".log", ".log"]


@pytest.mark.parametrize("name", ["x.csv", "x.parquet"])
def test_simulate_to_a_file(tmp_path, capsys, name):
    run = lamport.simulate(duration=30, rates=[1, 3, 6], seed=5)
    path = tmp_path / name
    assert main([*SIMULATE, "-o", str(path)]) == 0
    assert read(path)["new_clock"].tolist() == run.events["new_clock"].tolist()
    assert main([*SIMULATE, "-o", str(path), "--table", "machines"]) == 0
    assert read(path)["final_clock"].tolist() == run.machines["final_clock"].tolist()
    path.unlink()
    assert main([*SIMULATE, "-o", str(path), "--no-record"]) == 0
    assert read(path)["machine_id"].tolist() == [1, 2, 3]
    assert capsys.readouterr().out.count(f"wrote {path}") == 3
    odd = tmp_path / "odd"
    assert main([*SIMULATE, "-o", str(odd), "--format", path.suffix[1:]]) == 0
    assert odd.stat().st_size > 0


@pytest.mark.parametrize("name", ["x.csv", "x.parquet"])
def test_sweep(tmp_path, capsys, name):
    path = tmp_path / name
    words = ["--grid", "internal_probability=0.1,0.5", "--grid", "max-rate=2,6", "--latency", "0.01"]
    assert main([*SWEEP, *words, "--seed", "4", "-o", str(path)]) == 0
    grid = {"internal_probability": [0.1, 0.5], "max_rate": [2, 6]}
    expected = lamport.sweep(grid, runs=3, duration=20, seed=4, latency=0.01)
    pd.testing.assert_frame_equal(read(path), expected)
    out = capsys.readouterr().out
    drift = lamport.summarize(expected, list(grid))["drift"].iloc[0]
    assert "{mean:.4g} [{low:.4g}, {high:.4g}]".format(**drift) in out
    assert out.startswith("seed 4\n")
    assert out.count("\n") == 1 + 1 + 1 + 4 + 1
    assert f"wrote {path}" in out


def test_sweep_of_lists_mappings_and_latencies(tmp_path):
    path = tmp_path / "x.parquet"
    words = ["--grid", "rates=[[1, 3, 6], null]", "--grid", "latency=0.01,uniform:0.01:0.02"]
    assert main([*SWEEP, *words, "--topology", '{"1": [2], "2": [3], "3": []}', "-o", str(path)]) == 0
    frame = pd.read_parquet(path)
    assert frame["rates"].cat.categories.tolist() == ["1, 3, 6", "drawn"]
    assert frame["latency"].cat.categories.tolist() == ["constant 0.01 s", "uniform, 0.01 to 0.02 s"]
    assert main([*SWEEP, "--grid", "topology=ring,full"]) == 0
    assert main([*SWEEP, "--grid", 'topology={"1": [2], "2": []}', "-o", str(path)]) == 0
    assert pd.read_parquet(path)["topology"].cat.categories.tolist() == ["{'1': [2], '2': []}"]


def test_the_directory_of_the_output_is_made(tmp_path):
    for number, words in enumerate((SWEEP, SIMULATE)):
        path = tmp_path / f"new {number}" / "below" / "x.csv"
        assert main([*words, "-o", str(path)]) == 0
        assert path.exists()


def test_sweep_of_one_point(capsys):
    assert main([*SWEEP, "-n", "4"]) == 0
    assert "       4     3" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([*SWEEP, "--grid", "speed=1"], "'speed' is not a parameter"),
        ([*SWEEP, "--grid", "max_rate=1", "--grid", "max-rate=2"], "names a parameter twice"),
        ([*SWEEP, "--grid", "max_rate=1", "--max-rate", "2"], "max_rate is in the grid and given beside it"),
        ([*SWEEP, "--grid", "max_rate=0"], "point 1 of 1 (max_rate=0)"),
        ([*SWEEP, "-o", "x.txt"], "x.txt"),
        ([*SIMULATE, "-o", "x.jsonl"], "x.jsonl"),
        ([*SIMULATE, "--table", "events", "--no-record", "-o", "x.csv"], "--no-record"),
    ],
)
def test_bad_arguments(tmp_path, monkeypatch, capsys, words, message):
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"lamport {words[0]}: error: ")
    assert message in error
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["simulate", "--internal-probability", "7"], "argument --internal-probability: 7: "),
        (["simulate", "--latency", "gamma:1"], "uniform:LOW:HIGH"),
        (["simulate", "--latency", "-1"], "latency -1 is out of range"),
        (["sweep", "--grid", "max_rate"], "the form is max_rate=2,6,12"),
        (["sweep", "--grid", "rates=[[1,"], "is not JSON"),
        (["sweep", "--grid", "latency=fast"], "uniform:LOW:HIGH"),
    ],
)
def test_words_that_cannot_be_read(capsys, words, message):
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


def test_what_could_not_run(tmp_path, capsys):
    words = [*SIMULATE, "--log-dir", str(tmp_path / "a"), "--no-report"]
    assert main(words) == 0
    assert main(words) == 1
    assert "run.json" in capsys.readouterr().err


def test_a_seed_that_is_drawn_is_printed_and_gives_the_run_again(tmp_path, capsys):
    words = ["simulate", "--duration", "30", "--no-progress", "-o", str(tmp_path / "a.csv")]
    assert main(words) == 0
    seed = re.search(r"^seed (\d+)$", capsys.readouterr().out, re.MULTILINE)[1]
    first = (tmp_path / "a.csv").read_bytes()
    assert main([*words, "--seed", seed]) == 0
    assert (tmp_path / "a.csv").read_bytes() == first


def test_many_machines_are_a_summary(capsys):
    assert main(["simulate", "-n", "1000", "--duration", "2", "--topology", "ring", "--seed", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) < 10
    rows = [line.split()[:3] for line in lines[1:4]]
    assert rows == [[word, "of", "1,000"] for word in ("least", "median", "most")]
    assert main(["simulate", "-n", "40", "--duration", "2", "--seed", "1"]) == 0
    assert len(capsys.readouterr().out.splitlines()) > 40
