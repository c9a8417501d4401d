"""Everything public is documented at run time, as `numpydoc` asks and with examples that run."""

import doctest
import inspect
import re
import tempfile
import tomllib
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
from numpydoc.docscrape import NumpyDocString
from numpydoc.validate import ERROR_MSGS, validate
from public_names import MODULES, fields_of, is_method, members_of, public_members, public_things

import lamport

THINGS, MEMBERS = public_things(), public_members()
PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
SETTING = PROJECT["tool"]["numpydoc_validation"]
CHECKS = set(ERROR_MSGS) - set(SETTING["checks"])
IN_ALGORITHM = re.compile(r"lamport\.algorithms\.\w+\.")
HANDLERS = "|".join(members_of(lamport.Algorithm))
OWN_TEXT = re.compile(rf"lamport\.algorithms\.((?!Layer\.)\w+\.|Layer\.({HANDLERS})$)")
"""Methods of algorithms: lines of a text that stands in the class, or handlers as `lamport.Algorithm` has."""


def wrong(name, thing):
    """What `numpydoc` has against the documentation of a public name."""
    of_class = isinstance(thing, type)
    is_value = not of_class and not (callable(thing) or is_method(thing))
    told = []
    for code, message in validate(name)["errors"]:
        if code not in CHECKS:
            continue
        # Values, and what handlers of a class call, are shown where the class is.
        if code == "EX01" and (is_value or IN_ALGORITHM.match(name)):
            continue
        if code in {"PR01", "RT01"} and OWN_TEXT.match(name):
            continue
        # Records are made for users, not by them: their class says what they have.
        if code == "PR01" and of_class and not_told(thing, message) == set():
            continue
        told.append(f"{code}: {message}")
    return told


def not_told(kind, message):
    """The parameters that are missing in the documentation of a class, and are none of its attributes."""
    doc = NumpyDocString(inspect.getdoc(kind))
    told = {name for each in doc["Attributes"] for name in each.name.split(", ")}
    return {name for name in re.findall(r"'(\w+)'", message) if not name.startswith("_")} - told


def test_names_are_found():
    assert {"lamport.Run", "lamport.simulate", "lamport.Me", "lamport.algorithms.Gossip"} <= set(THINGS)
    assert {"lamport.Run.events", "lamport.Machine.tick", "lamport.Me.clock", "lamport.View.html"} <= set(
        MEMBERS
    )
    assert {"PR01", "RT01", "EX01", "SS03", "GL08"} <= CHECKS


@pytest.mark.parametrize("name", [*THINGS, *MEMBERS])
def test_documentation_is_valid(name):
    assert wrong(name, (THINGS | MEMBERS)[name]) == []


@pytest.mark.parametrize("name", [name for name, thing in THINGS.items() if isinstance(thing, type)])
def test_every_value_of_a_record_is_documented(name):
    doc = NumpyDocString(inspect.getdoc(THINGS[name]))
    told = {
        each for part in ("Attributes", "Parameters") for row in doc[part] for each in row.name.split(", ")
    }
    assert fields_of(THINGS[name]) - told == set()


@pytest.mark.parametrize("name", [*THINGS, *MEMBERS])
def test_examples_run(name, capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    text = inspect.getdoc((THINGS | MEMBERS)[name])
    example = doctest.DocTestParser().get_doctest(text, {"__name__": "__main__"}, name, None, 0)
    failed = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(example).failed
    plt.close("all")
    assert failed == 0, capsys.readouterr().out


@pytest.mark.parametrize("name", THINGS)
def test_home_is_where_users_import_from(name):
    home = name.rpartition(".")[0]
    # Algorithms are there to be read: Python finds the source of a class by its module.
    deeper = home == "lamport.algorithms" and THINGS[name].__module__.rpartition(".")[0]
    assert home in {THINGS[name].__module__, deeper}
    assert THINGS[name].__qualname__ == THINGS[name].__name__ == name.rpartition(".")[2]


def has_signature(thing):
    if isinstance(thing, type):
        return not issubclass(thing, Exception) or "__init__" in vars(thing)
    return callable(thing) or is_method(thing)


@pytest.mark.parametrize("name", [name for name, thing in (THINGS | MEMBERS).items() if has_signature(thing)])
def test_signatures_tell_what_is_taken_if_nothing_is_given(name):
    thing = (THINGS | MEMBERS)[name]
    signature = inspect.signature(getattr(thing, "__func__", thing))
    for parameter in signature.parameters.values():
        assert parameter.default is not Ellipsis
        assert " at 0x" not in repr(parameter.default)


def test_modules_say_what_they_are():
    assert [module for module in MODULES if not inspect.getdoc(module)] == []
    assert re.fullmatch(r"\d+\.\d+\.\d+\S*", lamport.__version__)
