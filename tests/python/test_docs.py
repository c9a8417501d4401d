"""Every example in a docstring runs."""

import doctest
import importlib
import pkgutil

import matplotlib.pyplot as plt
import pytest

import lamport

NAMES = [
    info.name for info in pkgutil.iter_modules(lamport.__path__) if info.name not in ("_lamport", "__main__")
]


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.mark.parametrize("name", NAMES)
def test_examples(name):
    module = importlib.import_module(f"lamport.{name}")
    failures, _ = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert failures == 0
