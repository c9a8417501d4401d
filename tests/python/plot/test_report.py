"""The written summary."""

import re

import pytest

import lamport
from lamport._plot.report import fidelity, markdown


@pytest.fixture(scope="module")
def paths(run, tmp_path_factory):
    return run.report(tmp_path_factory.mktemp("report") / "made" / "here")


def sections(text):
    parts = re.split(r"^## (.*)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_files(paths):
    assert [path.name for path in paths] == ["analysis_subplots.png", "analysis_summary.md"]
    assert paths[0].read_bytes().startswith(b"\x89PNG")


def test_summary(run, paths):
    found = sections(paths[1].read_text())
    table = found["Summary Table"]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.strip().splitlines()]
    assert len(rows) == 2 + 3
    assert rows[0] == [
        "Machine",
        "Clock rate (ticks/s)",
        "Final clock",
        "Average jump",
        "Maximum jump",
        "Maximum queue length",
        "SEND",
        "RECEIVE",
        "INTERNAL",
    ]
    first = run.machines.loc[1]
    assert rows[2][:3] == ["1", "5", f"{first['final_clock']:.0f}"]
    assert rows[2][3] == f"{first['mean_jump']:.2f}"
    assert f"**{run.drift}**" in found["Final Drift"]
    assert "lateness p50" in found["Tick Fidelity"].lower()
    assert "Predicted (1/s)" in found["Queue Growth"]
    assert "still waited just after a RECEIVE took one, or at the end" in found["Queue Growth"]
    clocks = found["Clock Growth"]
    row = run.machines.loc[1]
    for value in row[["clock_growth_predicted", "clock_growth_low", "clock_growth_high"]]:
        assert f"{value:.3f} |" in clocks
    ticking = min(run.durations[1], run.parameters["duration"])
    assert f"{row['final_clock'] / ticking:.3f} |" in clocks
    assert ("Notes" in found) == bool(run.notes)


def test_the_drift_that_is_expected(tmp_path):
    run = lamport.simulate(rates=[1, 3, 6], duration=20, seed=1)
    text = sections(run.report(tmp_path)[1].read_text())["Final Drift"]
    slope = lamport.predict([1, 3, 6]).attrs["drift_growth"]
    assert f"It is expected to grow by {slope:.3f} per second." in text
    equal = lamport.simulate(rates=[6, 6], duration=20, seed=1)
    assert "expected" not in sections(equal.report(tmp_path)[1].read_text())["Final Drift"]


def test_fidelity_counts_the_ticks_due(paths):
    rows = sections(paths[1].read_text())["Tick Fidelity"].strip().splitlines()[-3:]
    assert [[cell.strip() for cell in row.strip("|").split("|")][:3] for row in rows] == [
        ["1", "5", "5"],
        ["2", "40", "40"],
        ["3", "80", "80"],
    ]


class Passing(lamport.Algorithm):
    """Its ticks that find nothing are no events."""

    def start(self, me):
        me.timer("again", 0.5)

    def on_timer(self, me, name):
        me.timer(name, 0.5)


class Idling(Passing):
    def on_idle(self, me):
        pass


@pytest.mark.parametrize(
    ("given", "due"),
    [
        ({}, ["50", "30", "400"]),
        ({"ticks": "poisson"}, ["-", "-", "-"]),
        ({"ticks": lamport.Jitter(0.5)}, ["50", "30", "400"]),
        ({"rates": [5, lamport.Steps([(0, 2), (5, 6)]), 40]}, ["50", "-", "400"]),
        ({"rates": [5, lamport.Steps([(0, 2), (5, 6)]), 40], "ticks": "poisson"}, ["-", "-", "-"]),
        ({"algorithm": Passing}, ["-", "-", "-"]),
        ({"algorithm": Idling}, ["50", "30", "400"]),
    ],
)
def test_fidelity_knows_of_which_ticks_it_is_known_how_many_are_due(tmp_path, given, due):
    run = lamport.simulate(duration=10, seed=1, log_dir=tmp_path / "run", **{"rates": [5, 3, 40], **given})
    for each in (run, lamport.load(tmp_path / "run")):
        table = fidelity(each, each.machines)
        rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.strip().splitlines()]
        assert rows[0][:3] == ["Machine", "Ticks", "Due"]
        assert [row[2] for row in rows[2:]] == due
        assert [row[1] for row in rows[2:]] == [str(ticks) for ticks in run.machines["ticks"]]


def test_beside_the_logs(run, tmp_path):
    copy = lamport.load(run.save(tmp_path / "copy"))
    assert [path.parent for path in copy.report()] == [tmp_path / "copy"] * 2
    copy.report()  # a second report replaces the first


def test_table_needs_a_directory(table_run, tmp_path):
    with pytest.raises(ValueError, match="give the directory"):
        table_run.report()
    _, summary = table_run.report(tmp_path)
    assert "| - |" in re.sub(" +", " ", summary.read_text())


def test_report_leaves_pyplot_alone(run, tmp_path):
    import matplotlib.pyplot as plt

    run.report(tmp_path)
    assert plt.get_fignums() == []


def test_markdown():
    assert markdown({"a": ["1", "22"], "bcd": ["x", ""]}).splitlines() == [
        "|  a | bcd |",
        "| -: | --: |",
        "|  1 |   x |",
        "| 22 |     |",
    ]


@pytest.fixture
def five(tmp_path):
    import lamport

    return lamport.simulate(5, 20, seed=1, log_dir=tmp_path / "five")


@pytest.mark.parametrize("record", [True, False])
@pytest.mark.parametrize(
    ("machines", "name", "title"),
    [
        ([1], "machine_1", "machine 1 of 5"),
        ([4, 1], "machines_1_4", "machines 1 and 4 of 5"),
        ([1, 2, 3, 4], "machines_1-4", "machines 1, 2, 3 and 4 of 5"),
    ],
)
def test_part_of_a_run(five, machines, name, title, record):
    """It leaves the report of the whole run alone, and says what it is. Without run.json the logs tell."""
    import lamport

    home = five.log_dir
    whole = five.report()
    before = [path.read_bytes() for path in whole]
    if not record:
        (home / "run.json").unlink()
    run = lamport.load([home / f"machine_{machine}.log" for machine in machines])
    figure, summary = run.report()
    assert (figure.name, summary.name) == (f"analysis_{name}_subplots.png", f"analysis_{name}_summary.md")
    assert [path.read_bytes() for path in whole] == before
    text = summary.read_text()
    assert text.startswith(f"# Summary of part of a run: {title}\n\n- here: {title}\n")
    assert f"({figure.name})" in text
    drift = sections(text)["Final Drift"]
    assert "Unknown" in drift if len(machines) == 1 else f"of {title} only" in drift
    assert f"this is part of a run, {title}: there is no log of machine" in run.notes[0]
    assert title in run._repr_html_()
    axes = run.plot()
    assert axes[0].get_title("left").startswith(f"Part of a run, {title}")


def test_a_log_that_was_not_collected(five, tmp_path):
    import lamport

    (five.log_dir / "machine_2.log").unlink()
    assert [path.name for path in lamport.load(five.log_dir).report()] == [
        "analysis_machines_1_3-5_subplots.png",
        "analysis_machines_1_3-5_summary.md",
    ]


def test_names_of_files_stay_short(tmp_path):
    import lamport

    lamport.simulate(100, 1, seed=1, topology="ring", log_dir=tmp_path / "a")
    parts = [
        lamport.load([tmp_path / "a" / f"machine_{machine}.log" for machine in range(first, 101, 2)])
        for first in (1, 2)
    ]
    names = {path.name for part in parts for path in part.report()}
    assert len(names) == 4
    assert all(
        re.fullmatch(r"analysis_machines_50_of_them_[0-9a-f]{8}_\w+\.(png|md)", name) for name in names
    )


def test_a_whole_run_is_not_a_part(run, five, table_run, tmp_path):
    import lamport

    loaded = lamport.load(five.log_dir)
    (five.log_dir / "run.json").unlink()
    for whole in (run, five, loaded, lamport.load(five.log_dir), table_run, lamport.simulate(seed=1)):
        assert not whole._absent
