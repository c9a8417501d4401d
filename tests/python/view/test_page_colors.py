"""The colours of pages hold in grey and for readers who lack a kind of cones, on light and on dark."""

import json
import subprocess
from itertools import combinations, pairwise

import numpy as np
import pytest
from pages import JS, NODE

SIGHT = {
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritan": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
"""What those see who lack a kind of cones, of linear light (Machado, Oliveira and Fernandes 2009)."""
LIGHT_TO_XYZ = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
RELATIONS = ("past", "future", "concurrent", "self")


@pytest.fixture(scope="module")
def palettes():
    told = subprocess.run(
        [NODE, str(JS / "colors.mjs")], capture_output=True, text=True, timeout=60, check=True
    )
    return json.loads(told.stdout)


def linear(color):
    part = np.array([int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    return np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)


def lab(color, sight=None):
    """A colour in CIE L*a*b*, as one sees it who lacks a kind of cones."""
    light = linear(color)
    if sight is not None:
        light = np.clip(np.array(SIGHT[sight]) @ light, 0, 1)
    x, y, z = np.array(LIGHT_TO_XYZ) @ light / [0.9505, 1.0, 1.089]
    x, y, z = (np.cbrt(v) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (x, y, z))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def contrast(one, other):
    low, high = sorted(float(np.dot(LIGHT_TO_XYZ[1], linear(each))) for each in (one, other))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("paper", ["light", "dark"])
def test_how_events_stand_to_the_chosen_one_is_seen_in_grey(palettes, paper):
    colors = palettes[paper]
    for one, other in combinations(RELATIONS, 2):
        for sight in (None, *SIGHT):
            assert abs(lab(colors[one], sight)[0] - lab(colors[other], sight)[0]) >= 12, (one, other, sight)
    for other in RELATIONS:
        for sight in (None, *SIGHT):
            assert np.linalg.norm(lab(colors["possible"], sight) - lab(colors[other], sight)) >= 12, other


@pytest.mark.parametrize("paper", ["light", "dark"])
def test_what_is_read_stands_off_its_ground(palettes, paper):
    colors = palettes[paper]
    for name in ("ink", "faint", "message", "late", "cut", "violation", "hit", "self", "past"):
        assert contrast(colors[name], colors["ground"]) >= 4.5, name
    for color in (*colors["marks"], colors["future"]):
        assert contrast(color, colors["ground"]) >= 2.5, color
    for name in ("concurrent", "lane", "queue"):
        assert contrast(colors[name], colors["ground"]) >= 1.5, name


@pytest.mark.parametrize("paper", ["light", "dark"])
def test_kinds_and_late_messages_differ_for_all_eyes(palettes, paper):
    colors = palettes[paper]
    for one, other in [*combinations(colors["marks"], 2), (colors["late"], colors["message"])]:
        for sight in (None, *SIGHT):
            assert np.linalg.norm(lab(one, sight) - lab(other, sight)) >= 12, (one, other, sight)


@pytest.mark.parametrize("paper", ["light", "dark"])
@pytest.mark.parametrize("count", ["2", "3", "4", "5"])
def test_rates_go_from_dark_to_light_for_all_eyes(palettes, paper, count):
    rates = palettes[paper]["rates"][count]
    assert len(set(rates)) == int(count)
    for sight in (None, *SIGHT):
        assert all(lab(low, sight)[0] + 5 < lab(high, sight)[0] for low, high in pairwise(rates)), sight
    for color in rates:
        assert contrast(color, palettes[paper]["ground"]) >= 1.5


def test_many_rates_have_five_colours(palettes):
    assert len(set(palettes["light"]["rates"]["9"])) == 5
