"""What is drawn of a sweep, looked up in the Axes."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

import lamport


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def frame():
    """Six points. Read only."""
    return lamport.sweep(
        {"internal_probability": [0.2, 0.5, 0.8], "topology": ["full", "ring"]}, runs=5, machines=4
    )


def test_means_and_bands(frame):
    ax = lamport.plot_sweep(frame, "internal_probability", "drift")
    table = lamport.summarize(frame, "internal_probability")["drift"]
    (line,), (band,) = ax.lines, ax.collections
    np.testing.assert_array_equal(line.get_xdata(), table.index)
    np.testing.assert_array_equal(line.get_ydata(), table["mean"])
    corners = band.get_paths()[0].vertices
    assert corners[:, 1].max() == pytest.approx(table["high"].max())
    assert corners[:, 1].min() == pytest.approx(table["low"].min())
    assert ax.get_xlabel() == "internal probability"
    assert ax.get_ylabel() == "drift (clock values)"
    assert ax.get_legend() is None


def test_hue(frame):
    ax = lamport.plot_sweep(frame, "internal_probability", "max_jump", hue="topology")
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["full", "ring"]
    table = lamport.summarize(frame, ["topology", "internal_probability"])["max_jump"]
    for line, name in zip(ax.lines, ("full", "ring"), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), table.loc[name, "mean"])
    assert len({line.get_color() for line in ax.lines}) == 2


def test_labels_stand_at_equal_distances(frame):
    ax = lamport.plot_sweep(frame, "topology", "drift", hue="internal_probability")
    assert [text.get_text() for text in ax.get_xticklabels()] == ["full", "ring"]
    # The values of hue stand side by side, those of one value 1 apart.
    places = np.array([line.get_xdata() for line in ax.lines[::3]], dtype=float)
    np.testing.assert_allclose(places.mean(axis=0), [0, 1], atol=1e-12)
    np.testing.assert_allclose(np.diff(places, axis=1), 1)
    assert (np.diff(places[:, 0]) > 0.1).all()
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["0.2", "0.5", "0.8"]


def test_given_axes_are_used_and_nothing_is_changed(frame):
    before = dict(mpl.rcParams)
    figure, ax = plt.subplots()
    assert lamport.plot_sweep(frame, "internal_probability", "drift", ax=ax) is ax
    assert plt.get_fignums() == [figure.number]
    assert dict(mpl.rcParams) == before


def test_one_run_is_drawn_without_a_band():
    frame = lamport.sweep({"max_rate": [2, 4], "topology": ["full", "ring"]}, runs=1, duration=5)
    assert len(lamport.plot_sweep(frame, "max_rate", "drift").lines) == 1
    assert lamport.plot_sweep(frame, "topology", "drift") is not None


@pytest.mark.parametrize(
    ("x", "y", "hue", "message"),
    [
        ("internal_probability", "speed", None, "y='speed' is not a metric of a sweep: they are drift"),
        ("speed", "drift", None, "no column speed"),
        ("topology", "drift", "speed", "no column speed"),
        ("topology", "drift", "topology", "both 'topology'"),
    ],
)
def test_bad_names(frame, x, y, hue, message):
    with pytest.raises(ValueError, match=message):
        lamport.plot_sweep(frame, x, y, hue=hue)
    assert plt.get_fignums() == []
