"""What an import costs, and what the package offers."""

import subprocess
import sys

import pytest

import lamport

HEAVY = ("numpy", "pandas", "matplotlib", "tqdm")


def python(code, *options):
    done = subprocess.run([sys.executable, *options, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize(
    "module",
    [
        "lamport",
        "lamport.machine",
        "lamport._drive.local",
        "lamport._drive.simulate",
        "lamport._drive.sweep",
        "lamport._cli.commands",
    ],
)
def test_import_loads_nothing_heavy(module):
    loaded = python(f"import sys, {module}; print([name for name in {HEAVY} if name in sys.modules])")
    assert loaded == "[]"


def test_public_modules_are_not_imported_by_the_package():
    code = "import sys, lamport; lamport.Machine; lamport.run_local; print('lamport.machine' in sys.modules)"
    assert python(code) == "False"


def test_every_name_is_there():
    assert set(lamport.__all__) <= set(dir(lamport))
    for name in lamport.__all__:
        assert getattr(lamport, name) is not None


def test_unknown_name():
    with pytest.raises(AttributeError, match="no attribute 'clock'"):
        lamport.clock  # noqa: B018


def test_machine_is_the_class():
    import lamport.machine

    assert isinstance(lamport.Machine, type)
    assert lamport.machine.main is not lamport.Machine


@pytest.mark.parametrize("module", ["lamport", "lamport.machine", "lamport.analyze"])
def test_runs_as_module_without_a_warning(module):
    command = [sys.executable, "-W", "error", "-m", module, "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert "usage" in done.stdout
