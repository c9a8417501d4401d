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


def test_four_axes_with_labels_and_units(run):
    axes = run.plot()
    assert axes.shape == (4,)
    assert [ax.get_ylabel() for ax in axes] == [
        "logical clock",
        "queue length (messages)",
        "jump of the clock (per event)",
        "clock less median clock",
    ]
    assert axes[3].get_xlabel() == "time (s)"
    assert [text.get_text() for text in axes[0].get_legend().get_texts()] == [
        "machine 1 (5/s)",
        "machine 2 (40/s)",
        "machine 3 (80/s)",
    ]


def test_lines_show_the_events(run):
    axes = run.plot(machines=[2])
    events = run.events[run.events["machine_id"] == 2]
    ((clock,), (queue,), (jumps,)) = (ax.lines for ax in axes[:3])
    np.testing.assert_array_equal(clock.get_xdata(), events["time"])
    np.testing.assert_array_equal(clock.get_ydata(), events["new_clock"])
    np.testing.assert_array_equal(jumps.get_ydata(), events["new_clock"] - events["old_clock"])
    assert queue.get_ydata().max() >= run.machines["max_queue_len"].loc[2]


def test_colours_are_the_same_everywhere(run):
    axes = run.plot()
    alone = run.plot(machines=[3])
    for ax in axes:
        assert ax.lines[2].get_color() == alone[0].lines[0].get_color()


def test_prediction_is_dotted(run):
    queue = run.plot(predict=True)[1]
    dotted = [line for line in queue.lines if line.get_gid() == "predicted"]
    assert len(dotted) == (run.machines["queue_growth_predicted"] > 0).sum() > 0
    ticking = run.events["time"].max() - run.events["time"].min()
    assert dotted[0].get_ydata()[1] == pytest.approx(ticking * run.machines["queue_growth_predicted"].loc[1])


def test_clocks_and_drift_that_are_expected_are_dotted():
    run = lamport.simulate(rates=[1, 3, 6], duration=20, seed=1)
    panels = run.plot(predict=True)
    start, end = run.events["time"].min(), run.events["time"].max()
    growth = run.machines["clock_growth_predicted"]
    for panel, expected in ((panels[0], growth), (panels[3], growth - growth.median())):
        dotted = [line for line in panel.lines if line.get_gid() == "predicted" and len(line.get_xdata())]
        assert [line.get_ydata()[1] for line in dotted] == pytest.approx((expected * (end - start)).tolist())
        assert [line.get_color() for line in dotted] == [line.get_color() for line in panels[2].lines]
    assert "predicted" in [text.get_text() for text in panels[0].get_legend().texts]


def test_where_only_bounds_are_known_they_are_shaded():
    run = lamport.simulate(rates=[6, 6, 6], duration=20, seed=1)
    plain = run.plot()[0].get_ylim()
    panels = run.plot(predict=True)
    (shade,) = panels[0].collections
    assert shade.get_gid() == "bounds"
    end = run.events["time"].max() - run.events["time"].min()
    assert shade.get_paths()[0].vertices[:, 1].max() == pytest.approx(12 * end)
    assert panels[0].get_ylim() == pytest.approx(plain)
    assert not [line for line in panels[3].lines if line.get_gid() == "predicted"]


@pytest.mark.parametrize("count", [3, 4])
def test_given_axes_are_used_and_no_figure_is_made(run, count):
    figure, axes = plt.subplots(1, count)
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
    assert len(run.plot(predict=True)) == 4


def test_one_event_is_seen():
    panels = lamport.from_events({"machine_id": [7], "event": ["INTERNAL"], "new_clock": [5]}).plot()
    for axes in (panels[0], panels[3]):
        line = axes.lines[0]
        assert (line.get_marker(), line.get_markevery()) == ("o", None)


@pytest.mark.parametrize("rates", [[1, 3, 6], [5] * 40])
def test_drift_is_the_clock_less_the_median_clock(rates):
    run = lamport.simulate(len(rates), 10, rates=rates, seed=3)
    panel = run.plot()[3]
    clocks = run.clocks()
    middle = clocks.median(axis=1)
    shown = [line for line in panel.lines if len(line.get_xdata()) == len(clocks)]
    assert len(shown) == min(len(rates), 20)
    drawn = {tuple(line.get_ydata()) for line in shown}
    expected = {tuple(clocks[machine] - middle) for machine in clocks}
    assert drawn <= expected
    if len(rates) == 3:
        spread = np.ptp([line.get_ydata() for line in shown], axis=0)
        np.testing.assert_array_equal(spread, run.drift_over_time())


def test_drift_of_one_machine_is_from_all():
    run = lamport.simulate(duration=30, rates=[1, 3, 6], seed=3)
    clocks = run.clocks()
    drawn = run.plot(machines=1)[3].lines[0].get_ydata()
    np.testing.assert_array_equal(drawn, clocks[1] - clocks.median(axis=1))


def test_drift_of_a_long_run_is_thinned():
    run = lamport.simulate(duration=3000, rates=[1, 3, 6], seed=3)
    lines = run.plot()[3].lines[:3]
    assert {len(line.get_xdata()) for line in lines} == {4000}
    drift = run.drift_over_time()
    spread = np.ptp([line.get_ydata() for line in lines], axis=0)
    np.testing.assert_array_equal(spread, drift[lines[0].get_xdata()])


def looks(line):
    return line.get_color(), tuple(line._dash_pattern[1] or ()), line.get_marker()


@pytest.mark.parametrize("count", range(1, 7))
def test_few_machines_differ_in_colour_and_dashes_and_marks(count):
    run = lamport.simulate(count, 5, rates=[4] * count, seed=1)
    for axes in run.plot()[:2]:
        told = [looks(line) for line in axes.lines[:count]]
        assert [len(set(kind)) for kind in zip(*told, strict=True)] == [count] * 3
    assert len({line.get_marker() for line in run.plot()[2].lines}) == count


def test_above_six_machines_the_colour_is_that_of_the_rate():
    rates = [3, 1, 2, 1, 6, 3, 3, 2]
    run = lamport.simulate(8, 20, rates=rates, seed=1)
    axes = run.plot()[0]
    entries = [text.get_text() for text in axes.get_legend().get_texts()]
    assert entries == ["2 machines (1/s)", "2 machines (2/s)", "3 machines (3/s)", "machine 5 (6/s)"]
    colors = {}
    for line in axes.lines:
        clock = int(line.get_ydata()[-1])
        (machine,) = run.machines.index[run.machines["final_clock"] == clock][:1]
        colors.setdefault(rates[machine - 1], set()).add(looks(line))
    assert all(len(each) == 1 for each in colors.values())
    assert len(set.union(*colors.values())) == 4
    # Few of them are told apart, and have their colours.
    alone = run.plot(machines=[2, 4, 5])[0]
    one, other, fast = (looks(line) for line in alone.lines)
    assert one[0] == other[0] != fast[0]
    assert one[1] != other[1]
    assert one[2] != other[2]
    assert fast[0] in {line.get_color() for line in axes.lines}
    names = [text.get_text() for text in alone.get_legend().get_texts()]
    assert names == ["machine 2 (1/s)", "machine 4 (1/s)", "machine 5 (6/s)"]


def test_many_machines_without_rates_have_their_names():
    n = 9
    table = {"machine_id": [f"m{k}" for k in range(n)], "event": ["INTERNAL"] * n, "new_clock": [1] * n}
    axes = lamport.from_events(table).plot()[0]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [f"m{k}" for k in range(n)]
    assert len({line.get_color() for line in axes.lines}) == n


def test_style_is_left_alone(run):
    before = dict(mpl.rcParams)
    run.plot(predict=True)
    assert dict(mpl.rcParams) == before
