"""Figures hold in grey, for colour-blind readers and on dark paper, and their legends are beside them."""

from itertools import combinations, pairwise

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgba
from matplotlib.text import Text
from sight import SIGHT, lab

import lamport
from lamport._plot import spacetime
from lamport._plot.look import Look, look_of, luminance

PAPERS = {"light": Look((1.0, 1.0, 1.0), is_dark=False), "dark": Look((0.0, 0.0, 0.0), is_dark=True)}


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def contrast(one, other):
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("count", range(2, 7))
def test_colours_hold_in_grey_and_without_cones(paper, count):
    colors = [style.color for style in PAPERS[paper].styles(count)]
    least = 16 if count <= 3 else 7
    for one, other in combinations(colors, 2):
        assert abs(lab(one)[0] - lab(other)[0]) >= least, (one, other)
        for sight in (None, *SIGHT):
            assert np.linalg.norm(lab(one, sight) - lab(other, sight)) >= 20, (one, other, sight)


@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("count", [2, 6, 12, 20])
def test_rates_go_from_what_is_seen_least_to_what_is_seen_best(paper, count):
    look = PAPERS[paper]
    styles = look.ordered(count)
    for sight in (None, *SIGHT):
        lightness = [lab(style.color, sight)[0] for style in styles]
        steps = np.diff(lightness) if look.is_dark else -np.diff(lightness)
        assert (steps > 30 / count).all(), (sight, lightness)
    for one, other in pairwise(styles):
        assert one.dashes != other.dashes
        assert one.marker != other.marker


@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("count", [1, 3, 6, 20])
def test_every_line_is_seen(paper, count):
    look = PAPERS[paper]
    for style in look.styles(count):
        assert contrast(style.color, look.paper) >= 2


@pytest.mark.parametrize("paper", PAPERS)
def test_past_future_and_concurrent_differ_in_grey(paper):
    look = PAPERS[paper]
    shades = look.of((spacetime.SHADES, spacetime.DARK_SHADES))
    for one, other in combinations(shades.values(), 2):
        for sight in (None, *SIGHT):
            assert abs(lab(one, sight)[0] - lab(other, sight)[0]) >= 8, (one, other)


def faulty():
    faults = [
        lamport.Crash(1, at=4, down_for=3),
        lamport.Pause(2, at=9, duration=2),
        lamport.Partition([[1], [2, 3]], at=12, duration=2),
        lamport.Delay(2, 3, 1, at=15, duration=2),
        lamport.Disconnect(3, 1, at=18),
    ]
    return lamport.simulate(3, 20, rates=[1, 3, 6], seed=3, faults=faults)


def sweep():
    return lamport.sweep({"max_rate": [2, 4, 6], "internal_probability": [0.3, 0.7]}, runs=3)


def series():
    return lamport.series({name: [lamport.simulate(duration=20, seed=1)] * 2 for name in "ab"})


FIGURES = {
    "plot": lambda: faulty().plot(predict=True)[0].figure,
    "many": lambda: lamport.simulate(8, 20, seed=1).plot(predict=True)[0].figure,
    "spacetime": lambda: faulty().plot_spacetime().figure,
    "highlight": lambda: faulty().plot_spacetime(highlight=(1, 2), cut={1: 2}, labels="clock").figure,
    "lattice": lambda: lamport.simulate(2, 4, seed=1).causality.plot_lattice(cut={}).figure,
    "sweep": lambda: lamport.plot_sweep(sweep(), "internal_probability", "drift", hue="max_rate").figure,
    "series": lambda: lamport.plot_series(series()).figure,
}


def inks(figure):
    """The texts, lines and marks of a figure, each with its colour."""
    for artist in figure.findobj(Text):
        if artist.get_text() and artist.get_visible():
            yield artist.get_text(), artist.get_color()
    for axes in figure.axes:
        legend = axes.get_legend()
        for line in [*axes.lines, *(legend.get_lines() if legend else [])]:
            yield f"line {line.get_label()}", line.get_color()
        for collection in axes.collections:
            solid = [*collection.get_edgecolors(), *collection.get_facecolors()]
            for color in {tuple(each) for each in solid if each[3] > 0.9}:
                yield f"{collection.get_gid()}", color


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("style", ["default", "dark_background", "ggplot", "Solarize_Light2", "grayscale"])
def test_nothing_is_drawn_in_the_colour_of_the_paper(name, style):
    with plt.style.context(style):
        figure = FIGURES[name]()
        figure.canvas.draw()
        paper = look_of(figure.axes[0]).paper
        faint = [spacetime.LINE, spacetime.SHADES["concurrent"]]
        faint = {
            to_rgba(color) for color in (*faint, spacetime.DARK_LINE, spacetime.DARK_SHADES["concurrent"])
        }
        drawn = {(what, to_rgba(color)) for what, color in inks(figure)}
        drawn = {(what, color) for what, color in drawn if color not in faint}
        assert len(drawn) > 5
        for what, color in drawn:
            assert contrast(color, paper) > 1.5, what


@pytest.mark.parametrize("name", FIGURES)
def test_no_legend_is_on_data(name):
    figure = FIGURES[name]()
    figure.canvas.draw()
    legends = [axes.get_legend() for axes in figure.axes if axes.get_legend()]
    assert legends
    for legend in legends:
        for axes in figure.axes:
            assert not legend.get_window_extent().overlaps(axes.get_window_extent())


@pytest.mark.parametrize("shape", [(3, 1), (1, 3)])
def test_no_legend_is_on_given_axes(shape):
    figure, axes = plt.subplots(*shape, figsize=(12, 9))
    faulty().plot(axes=axes, predict=True)
    figure.canvas.draw()
    legends = [panel.get_legend() for panel in axes if panel.get_legend()]
    assert len(legends) == 3
    for legend in legends:
        for panel in axes:
            assert not legend.get_window_extent().overlaps(panel.get_window_extent())
        texts = [text.get_window_extent() for text in legend.get_texts()]
        ticks = [label.get_window_extent() for panel in axes for label in panel.get_xticklabels()]
        assert not any(text.overlaps(tick) for text in texts for tick in ticks)


def test_transparent_axes_have_the_paper_of_their_figure():
    figure, axes = plt.subplots(facecolor="black")
    axes.set_facecolor("none")
    assert look_of(axes).is_dark
    figure.set_facecolor("none")
    assert not look_of(axes).is_dark
