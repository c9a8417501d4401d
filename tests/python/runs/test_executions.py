"""Several executions in logs of ours: listed, and one of them read."""

import json
import pickle
import re

import pandas as pd
import pytest

import lamport


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """Two runs with logs."""
    home = tmp_path_factory.mktemp("runs")
    return [lamport.simulate(3, 8, seed=seed, log_dir=home / str(seed), progress=False) for seed in (1, 2)]


def appended(two, home):
    """The logs of each machine, one run behind the other."""
    for file in two[0].files:
        text = "".join((run.log_dir / file.name).read_text() for run in two)
        (home / file.name).write_text(text)
    return home


def merged(two, home):
    """All lines of both runs in one file."""
    texts = [run.export(home / f"{place}.jsonl").read_text() for place, run in enumerate(two)]
    for place in range(2):
        (home / f"{place}.jsonl").unlink()
    (home / "all.jsonl").write_text("".join(texts))
    return home / "all.jsonl"


def beside(two, home):
    """Both runs in files beside each other."""
    for place, run in enumerate(two):
        for file in run.files:
            (home / f"machine_{place}{file.name.removeprefix('machine_')}").write_text(file.read_text())
    return home


@pytest.mark.parametrize("grouped", [appended, merged, beside])
def test_one_of_several_is_read(two, grouped, tmp_path):
    source = grouped(two, tmp_path)
    ids = [json.loads(run.files[0].read_text().splitlines()[0])["run_id"] for run in two]
    listed = rf'execution=1 or its name: they are 1 is "{re.escape(ids[0])}".*2 is "{re.escape(ids[1])}"'
    with pytest.raises(lamport.LogError, match=listed):
        lamport.load(source)
    for place, run in enumerate(two):
        for execution in (place + 1, ids[place]):
            found = lamport.load(source, execution=execution)
            pd.testing.assert_frame_equal(found.events, run.events)
            assert found.verify().counts == run.verify().counts
            assert found.verify().ok
            assert lamport.verify(source, execution=execution).ok
        # What follows from the run follows from its lines alone.
        again = lamport.load(found.export(tmp_path / f"again{place}.jsonl"))
        pd.testing.assert_frame_equal(again.events, run.events)
        pd.testing.assert_frame_equal(pickle.loads(pickle.dumps(found)).events, run.events)
        assert len(found.align()) == 3
        (tmp_path / f"again{place}.jsonl").unlink()
    for wrong in (0, 3, "no"):
        with pytest.raises(ValueError, match=rf"execution=.*{wrong}.*: there is none such: they are 1 is"):
            lamport.load(source, execution=wrong)


def test_a_damaged_line_is_of_the_execution_that_it_stands_in(two, tmp_path):
    home = appended(two, tmp_path)
    file = home / "machine_2.log"
    lines = file.read_text().splitlines(keepends=True)
    first = len((two[0].log_dir / "machine_2.log").read_text().splitlines())
    lines[first + 10] = "damaged\n"
    file.write_text("".join(lines))
    assert lamport.verify(home, execution=1).ok
    found = lamport.verify(home, execution=2).violations
    assert found[["rule", "line"]].iloc[0].tolist() == ["structure", first + 11]
    run = lamport.load(home, execution=2, errors="skip")
    assert len(run.events) == len(two[1].events) - 1
    # The line is left aside in what is exported too.
    assert len(lamport.load(run.export(tmp_path / "x.jsonl")).events) == len(run.events)
