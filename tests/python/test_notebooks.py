"""Notebooks run from top to bottom, and are stored without outputs.

LAMPORT_EXECUTED_NOTEBOOKS names a directory for what they come to, at full length: docs/build.py takes it
from there.
"""

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted(Path(__file__).parents[2].glob("notebooks/*.ipynb"))
EXECUTED = os.environ.get("LAMPORT_EXECUTED_NOTEBOOKS")
SHORT = {"DURATION": "2", "RUNS": "3", "MACHINES": "300"}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore:.*encryption.*")
@pytest.mark.timeout(900 if EXECUTED else 120)
def test_runs(path, tmp_path, monkeypatch):
    if EXECUTED:
        monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    else:
        for name, value in SHORT.items():
            monkeypatch.setenv(f"LAMPORT_NOTEBOOK_{name}", value)
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(tmp_path)}}).execute()
    if EXECUTED:
        Path(EXECUTED).mkdir(parents=True, exist_ok=True)
        # Paths are those of whoever runs it.
        told = nbformat.writes(notebook).replace(f"{tmp_path}/", "")
        Path(EXECUTED, path.name).write_text(told, encoding="utf-8")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_stored_without_outputs(path):
    for cell in nbformat.read(path, as_version=4).cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
