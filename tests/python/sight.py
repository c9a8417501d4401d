"""Colours as people see them, also those who lack a kind of cones."""

import numpy as np
from matplotlib.colors import to_rgb

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


def linear(color):
    """The light of a colour: red, green and blue, 0 to 1."""
    part = np.array(to_rgb(color))
    return np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)


def lab(color, sight=None):
    """A colour in CIE L*a*b*, as one sees it who lacks a kind of cones."""
    light = linear(color)
    if sight is not None:
        light = np.clip(np.array(SIGHT[sight]) @ light, 0, 1)
    x, y, z = np.array(LIGHT_TO_XYZ) @ light / [0.9505, 1.0, 1.089]
    x, y, z = (np.cbrt(v) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (x, y, z))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])
