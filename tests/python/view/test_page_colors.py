"""The colours of pages hold in grey and for readers who lack a kind of cones, on light and on dark."""

import json
import subprocess
from itertools import combinations, pairwise

import numpy as np
import pytest
from pages import JS, NODE
from sight import LIGHT_TO_XYZ, SIGHT, lab, linear

RELATIONS = ("past", "future", "concurrent", "self")


@pytest.fixture(scope="module")
def palettes():
    told = subprocess.run(
        [NODE, str(JS / "colors.mjs")], capture_output=True, text=True, timeout=60, check=True
    )
    return json.loads(told.stdout)


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
