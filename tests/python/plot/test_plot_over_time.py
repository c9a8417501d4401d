"""What is drawn, looked up in the Axes."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

import lamport


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_three_axes_with_labels_and_units(run):
    axes = run.plot()
    assert axes.shape == (3,)
    assert [ax.get_ylabel() for ax in axes] == [
        "logical clock",
        "queue length (messages)",
        "jump of the clock (per event)",
    ]
    assert axes[2].get_xlabel() == "time (s)"
    assert [text.get_text() for text in axes[0].get_legend().get_texts()] == [
        "machine 1 (5/s)",
        "machine 2 (40/s)",
        "machine 3 (80/s)",
    ]


def test_lines_show_the_events(run):
    axes = run.plot(machines=[2])
    events = run.events[run.events["machine_id"] == 2]
    ((clock,), (queue,), (jumps,)) = (ax.lines for ax in axes)
    np.testing.assert_array_equal(clock.get_xdata(), events["time"])
    np.testing.assert_array_equal(clock.get_ydata(), events["new_clock"])
    np.testing.assert_array_equal(jumps.get_ydata(), events["new_clock"] - events["old_clock"])
    assert queue.get_ydata().max() >= run.machines["max_queue_len"].loc[2]


def test_colours_are_the_same_everywhere(run):
    axes = run.plot()
    alone = run.plot(machines=[3])
    for ax in axes:
        assert ax.lines[2].get_color() == alone[0].lines[0].get_color()


def test_prediction_is_dashed(run):
    queue = run.plot(predict=True)[1]
    dashed = [line for line in queue.lines if line.get_linestyle() == "--"]
    assert len(dashed) == (run.machines["queue_growth_predicted"] > 0).sum() > 0
    ticking = run.events["time"].max() - run.events["time"].min()
    assert dashed[0].get_ydata()[1] == pytest.approx(ticking * run.machines["queue_growth_predicted"].loc[1])


def test_given_axes_are_used_and_no_figure_is_made(run):
    figure, axes = plt.subplots(1, 3)
    assert run.plot(axes=axes).tolist() == list(axes)
    assert plt.get_fignums() == [figure.number]
    with pytest.raises(ValueError, match="axes holds 1 Axes"):
        run.plot(axes=[axes[0]])


def test_unknown_machine(run):
    with pytest.raises(ValueError, match="machine 4 is not in this run: its machines are 1, 2, 3"):
        run.plot(machines=[4])


def test_many_machines_are_thinned():
    n = 50
    table = {"machine_id": range(1, n + 1), "event": ["INTERNAL"] * n, "new_clock": [1] * n}
    axes = lamport.from_events(table).plot()
    assert len(axes[0].lines) == 20
    assert "20 of 50 machines shown" in axes[0].get_title(loc="left")


def test_many_events_keep_their_peaks():
    n = 100_000
    old = np.arange(n)
    new = old + 1
    new[77_777:] += 99
    old[77_778:] += 99
    table = {
        "time": old / 10,
        "machine_id": [1] * n,
        "event": ["INTERNAL"] * n,
        "old_clock": old,
        "new_clock": new,
    }
    axes = lamport.from_events(table).plot()
    assert len(axes[0].lines[0].get_xdata()) < 5_000
    assert axes[2].lines[0].get_ydata().max() == 100


def test_without_queue_lengths():
    run = lamport.from_events({"machine_id": [1, 2], "event": ["SEND", "RECEIVE"], "new_clock": [1, 2]})
    assert run.plot()[1].texts[0].get_text() == "the logs hold no queue lengths"


def test_without_events():
    run = lamport.from_events({"machine_id": [], "event": [], "new_clock": []})
    assert len(run.plot(predict=True)) == 3


def test_style_is_left_alone(run):
    before = dict(mpl.rcParams)
    run.plot(predict=True)
    assert dict(mpl.rcParams) == before
