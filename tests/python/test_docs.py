"""Every example in the documentation of what is not public runs; `test_documented.py` has the others."""

import doctest
import importlib
import pkgutil

import matplotlib.pyplot as plt
import pytest

import lamport

NAMES = [
    info.name
    for info in pkgutil.walk_packages(lamport.__path__, "lamport.")
    if info.name not in {"lamport._lamport", "lamport.__main__"}
]


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.mark.parametrize("name", NAMES)
def test_examples(name):
    module = importlib.import_module(name)
    failures, _ = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert failures == 0
