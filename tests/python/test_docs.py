"""Every example in a docstring runs."""

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


PUBLIC = [name for name in lamport.__all__ if getattr(getattr(lamport, name), "__module__", "") == "lamport"]
"""What names the package as its home: `testmod` passes it by in the module that defines it."""


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.mark.parametrize("name", NAMES)
def test_examples(name):
    module = importlib.import_module(name)
    failures, _ = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert failures == 0


@pytest.mark.parametrize("name", PUBLIC)
def test_examples_of_public_names(name):
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    for test in doctest.DocTestFinder().find(getattr(lamport, name), name, module=False, globs=vars(lamport)):
        runner.run(test)
    assert runner.failures == 0
