"""Faults in plots."""

import json

import matplotlib.pyplot as plt

import lamport
from lamport._model.fault import faults_json
from lamport._plot.faults import draw_on_spacetime
from lamport._plot.spacetime_layout import spacetime

KINDS = ["crash", "pause", "partition", "delay", "disconnect"]


def table_run(schedule):
    """A run of a table with faults, every second an event."""
    run = lamport.from_events(
        {
            "time": [float(second) for second in range(12)],
            "machine_id": [1, 2, 3] * 4,
            "event": ["SEND", "RECEIVE", *["INTERNAL"] * 10],
            "sender": [None, 1, *[None] * 10],
            "sent_clock": [None, 0, *[None] * 10],
            "new_clock": [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4],
        }
    )
    run._parameters = {"machines": 3, "faults": faults_json(schedule)}
    return run


DRAWN = [
    lamport.Crash(1, at=2, down_for=3),
    lamport.Crash(3, at=9),
    lamport.Pause(2, at=3, duration=1),
    lamport.Partition([[1], [2, 3]], at=5, duration=2),
    lamport.Delay(1, 2, 1, at=6, duration=2),
    lamport.Disconnect(3, 1, at=8),
]


def spans(axes, name):
    """Give the stretches in x that are drawn for a kind of fault."""
    found = []
    for collection in axes.collections:
        if collection.get_gid() == name:
            for path in collection.get_paths():
                box = path.get_extents()
                found.append((box.x0, box.x1))
    return sorted(set(found))


def test_plot_shows_every_fault():
    panels = table_run(DRAWN).plot()
    for axes in panels:
        assert spans(axes, "crash") == [(2, 5), (9, 11)]
        assert spans(axes, "pause") == [(3, 4)]
        assert spans(axes, "partition") == [(5, 7)]
        assert spans(axes, "delay") == [(6, 8)]
        assert [line.get_xdata()[0] for line in axes.lines if line.get_gid() == "disconnect"] == [8]
    assert [text.get_text() for text in panels[2].get_legend().get_texts()] == KINDS
    plt.close("all")


def test_plot_shows_the_faults_of_its_machines():
    panels = table_run(DRAWN).plot(machines=[2])
    assert spans(panels[0], "crash") == []
    assert spans(panels[0], "pause") == [(3, 4)]
    assert spans(panels[0], "partition") == [(5, 7)]
    assert [text.get_text() for text in panels[2].get_legend().get_texts()] == ["pause", "partition", "delay"]
    plt.close("all")


def test_plot_without_faults_has_no_legend_of_them():
    assert table_run([]).plot()[2].get_legend() is None
    plt.close("all")


def test_the_summary_counts_them(tmp_path):
    summary = table_run(DRAWN).report(tmp_path)[1].read_text()
    assert "- faults: 2 crash, 1 pause, 1 partition, 1 delay, 1 disconnect" in summary
    plt.close("all")


def test_times_count_from_the_start_of_ticking(tmp_path):
    def line(at, event, **fields):
        return json.dumps({"event": event, "system_time": at, "machine_id": 1} | fields) + "\n"

    # A wait of ten seconds for peers that nobody draws.
    text = line(90.0, "STARTUP", clock_rate=1.0)
    for clock in range(10):
        began = {} if clock else {"began": 100.5}
        text += line(101.0 + clock, "INTERNAL", old_clock=clock, new_clock=clock + 1, **began)
    (tmp_path / "machine_1.log").write_text(text)
    fault = {"fault": "pause", "machine_id": 1, "at": 1, "duration": 2}
    (tmp_path / "run.json").write_text(json.dumps({"began": 100.5, "faults": [fault]}))
    run = lamport.load(tmp_path)
    assert run.events["time"].tolist() == [0.5 + tick for tick in range(10)]
    assert spans(run.plot()[0], "pause") == [(1, 3)]
    assert spans(run.plot_spacetime(), "pause") == [(1, 3)]
    plt.close("all")


def test_spacetime_shows_every_fault():
    run = table_run(DRAWN)
    axes = run.plot_spacetime()
    assert spans(axes, "crash") == [(2, 5), (9, 11)]
    assert spans(axes, "pause") == [(3, 4)]
    assert spans(axes, "partition") == [(5, 7)]
    assert spans(axes, "delay") == [(6, 8)]
    assert [line.get_xdata()[0] for line in axes.lines if line.get_gid() == "disconnect"] == [8]
    shown = [text.get_text() for text in axes.get_legend().get_texts()]
    assert shown[-5:] == KINDS
    axes = run.plot_spacetime(4, 7.5)
    assert spans(axes, "crash") == [(4, 5)]
    assert not [line for line in axes.lines if line.get_gid() == "disconnect"]
    plt.close("all")


def test_spacetime_of_clocks_shows_the_gap():
    run = table_run(DRAWN)
    axes = run.plot_spacetime(time="lamport")
    # Machine 1 is down from 2 s to 5 s: its clock is 1 before, and 2 after.
    assert spans(axes, "crash")[0] == (1, 2)
    assert spans(axes, "pause") == [(1, 2)]
    assert spans(axes, "partition") == []
    assert "3 faults of links" in "".join(text.get_text() for text in axes.texts)
    diagram = spacetime(run, None, None, time="lamport", highlight=None)
    before = list(diagram.notes)
    assert draw_on_spacetime(axes, run, diagram)[1] == ["3 faults of links have no place on this axis"]
    assert diagram.notes == before
    plt.close("all")
