"""Agents that tests drive."""

import pytest


@pytest.fixture(autouse=True)
def kept(tmp_path, monkeypatch):
    """The directory in which agents make theirs: what one that was killed leaves goes with the test."""
    made = tmp_path / "kept"
    made.mkdir()
    monkeypatch.setenv("TMPDIR", str(made))
    return made
