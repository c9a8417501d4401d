"""What an import costs, and what the package offers."""

import ast
import subprocess
import sys
from pathlib import Path

import jedi
import pytest
from public_names import fields_of, members_of, public_things

import lamport

RENAMED = {"machine", "src", "dst"}
"""Names that fields of faults had before, which nobody is to be offered."""
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
        "lamport.algorithms",
    ],
)
def test_import_loads_nothing_heavy(module):
    loaded = python(f"import sys, {module}; print([name for name in {HEAVY} if name in sys.modules])")
    assert loaded == "[]"


def test_public_modules_are_not_imported_by_the_package():
    public = {"lamport.machine", "lamport.analyze", "lamport.algorithms"}
    code = f"import sys, lamport; lamport.Machine; lamport.run_local; print({public} & {{*sys.modules}})"
    assert python(code) == "set()"


def test_every_name_is_there():
    assert set(lamport.__all__) <= set(dir(lamport))
    for name in lamport.__all__:
        assert getattr(lamport, name) is not None


def test_stub_and_package_offer_the_same():
    tree = ast.parse(Path(lamport.__file__).with_suffix(".pyi").read_text(encoding="utf-8"))
    imported = {
        (alias.name, node.module)
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    (offered,) = [ast.literal_eval(node.value) for node in tree.body if isinstance(node, ast.Assign)]
    assert offered == lamport.__all__ == dir(lamport)
    homes = {(name, f"lamport.{home}") for name, home in lamport._HOMES.items()}
    assert imported == homes | {("algorithms", "lamport")}


def test_names_come_from_the_package():
    told = {name: getattr(getattr(lamport, name), "__module__", None) for name in lamport.__all__}
    assert (told.pop("__version__"), told.pop("algorithms")) == (None, None)  # a string, and a module
    assert set(told.values()) == {"lamport"}
    # Those are there to be read: Python finds the source of a class by its module.
    homes = {getattr(lamport.algorithms, name).__module__ for name in lamport.algorithms.__all__}
    assert {home.rpartition(".")[0] for home in homes} == {"lamport.algorithms"}
    assert python("import lamport; print(type(lamport.simulate(duration=1)))") == "<class 'lamport.Run'>"


def test_bases_of_faults_and_latencies():
    assert isinstance(lamport.Crash(1, at=2), lamport.Fault)
    assert isinstance(lamport.Exponential(0.1), lamport.Latency)
    assert not isinstance(0.1, lamport.Latency)


def offered(code):
    """What an editor offers behind some code, which it does not run."""
    lines = code.split("\n")
    return {name.name for name in jedi.Script(code).complete(len(lines), len(lines[-1]))}


def test_editors_complete_names_without_running_anything():
    assert set(lamport.__all__) - offered("import lamport\nlamport.") == set()
    assert set(lamport.algorithms.__all__) - offered("import lamport\nlamport.algorithms.") == set()


@pytest.mark.parametrize("name", [name for name, thing in public_things().items() if isinstance(thing, type)])
def test_editors_complete_members(name):
    kind = public_things()[name]
    expected = {*members_of(kind), *fields_of(kind)} - RENAMED
    assert expected - offered(f"import lamport\ndef f(it: {name}):\n    it.") == set()


@pytest.mark.parametrize(
    "code", ["simulate()", "run_local()", "load('logs')", "from_events({})", "rerun('run.json')"]
)
def test_editors_complete_what_functions_return(code):
    assert {*members_of(lamport.Run)} - offered(f"import lamport\nrun = lamport.{code}\nrun.") == set()


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
