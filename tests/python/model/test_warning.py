"""Warnings point at the caller."""

import argparse
import warnings

import pytest

import lamport
from lamport._cli.guard import guard
from lamport._model.warning import warn


def test_the_line_outside_the_package_is_named():
    with pytest.warns(lamport.LamportWarning, match="^late$") as caught:
        warn("late")
    assert caught[0].filename == __file__


def test_the_command_line_prints_them_as_lines(capsys):
    def action(_):
        warn("late")
        warn("late")
        return 0

    before = warnings.showwarning
    assert guard(argparse.ArgumentParser(), action, argparse.Namespace()) == 0
    assert capsys.readouterr().err == "lamport: late\nlamport: late\n"
    assert warnings.showwarning is before
