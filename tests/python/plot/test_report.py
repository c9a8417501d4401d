"""The written summary."""

import re

import pytest

from lamport._plot.report import markdown


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
    assert ("Notes" in found) == bool(run.notes)


def test_fidelity_counts_the_ticks_due(paths):
    rows = sections(paths[1].read_text())["Tick Fidelity"].strip().splitlines()[-3:]
    assert [[cell.strip() for cell in row.strip("|").split("|")][:3] for row in rows] == [
        ["1", "5", "5"],
        ["2", "40", "40"],
        ["3", "80", "80"],
    ]


def test_beside_the_logs(run, tmp_path):
    import lamport

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
