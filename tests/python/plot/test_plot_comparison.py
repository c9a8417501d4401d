"""The written comparison of several runs."""

import re

import pytest
from matplotlib.figure import Figure

import lamport
from lamport._plot.comparison import _draw_alike, _draw_unlike, report
from lamport._plot.over_time import layout
from lamport._runs.comparison import Comparison


def runs_of(seeds, **setting):
    return {f"s{seed}": lamport.simulate(duration=20, seed=seed, **setting) for seed in seeds}


@pytest.mark.parametrize("setting", [{"rates": [1, 3, 6]}, {}])
def test_report(tmp_path, setting):
    comparison = Comparison(runs_of(range(3), **setting))
    figure, summary = report(comparison, tmp_path / "made" / "here")
    assert (figure.name, summary.name) == ("comparison_subplots.png", "comparison_summary.md")
    assert figure.read_bytes().startswith(b"\x89PNG")
    text = summary.read_text()
    assert text.startswith("# Comparison of 3 runs\n")
    assert comparison.verdict in text
    assert re.search(r"\| +s1 \| +1 \|", text)
    assert ("of whole runs, over rates that the seeds drew" in text.lower()) == (setting == {})
    assert ("| Machine |" in text) == (setting != {})
    assert f"({figure.name})" in text


def test_figure_of_runs_alike():
    (group,) = Comparison(runs_of(range(3), rates=[1, 3, 6])).groups
    panels = layout(Figure())
    _draw_alike(panels, group)
    assert panels[0].get_title("left") == "3 runs of machines alike"
    assert len(panels[0].lines) == 9
    assert len({line.get_color() for line in panels[0].lines}) == 3
    assert list(panels[0].get_legend_handles_labels()[1]) == [
        "machine 1 (1/s)",
        "machine 2 (3/s)",
        "machine 3 (6/s)",
    ]
    *single, mean = panels[2].lines
    assert len(single) == 3
    last = [run.drift for run in group.runs.values()]
    assert abs(mean.get_ydata()[-1] - sum(last) / 3) < 2
    assert [line.get_ydata()[-1] for line in single] == last


def test_figure_of_runs_that_differ():
    groups = Comparison(runs_of(range(2), rates=[1, 3, 6]) | runs_of([5], rates=[2, 4])).groups
    panels = layout(Figure())
    _draw_unlike(panels, groups)
    assert panels[0].get_title("left") == "Runs that differ: all machines shown"
    assert len(panels[0].lines) == 3 + 3 + 2
    names = [" ".join(name.split()) for name in panels[0].get_legend_handles_labels()[1]]
    assert names == [
        "2 runs: machines 3, rates 1, 3, 6 ticks/s",
        "s5: machines 2, rates 2, 4 ticks/s",
    ]


def test_runs_without_events_or_with_many_machines(tmp_path, table_run):
    nothing = lamport.from_events({"machine_id": [], "event": [], "new_clock": []})
    many = lamport.simulate(40, 5, topology="ring")
    report(Comparison({"t": table_run, "n": nothing, "m": many}), tmp_path)
    panels = layout(Figure())
    _draw_unlike(panels, Comparison({"t": table_run, "m": many}).groups)
    assert panels[0].get_title("left") == "Runs that differ: 20 of 40 machines shown"
