"""Where things stand in the package: every file in a room, and imports that only go down."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "python" / "lamport"
FACES = {"__init__", "__main__", "agent", "analyze", "machine"}
"""What users import or run; everything else is in a room."""
ROOMS = ("_model", "_runs", "algorithms", "_plot", "_view", "_live", "_drive", "_agent", "_hosts", "_cli")
"""Lowest first: a room may know those before it. Users import from `algorithms`, what is in the others by
the package."""
UPWARDS = {
    ("lamport._runs.run", "_plot"),
    ("lamport._runs.run", "_view"),
    ("lamport._runs.lattice", "_plot"),
    ("lamport._drive.rerun", "_hosts"),
}
"""A run draws itself and its cuts, and makes a page of itself, when asked; it runs again where it is told."""


def name_of(path):
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def read_package():
    """The sources of each module; what the package itself offers stands in its stub."""
    found = {}
    for path in [*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.pyi")]:
        found[name_of(path)] = found.get(name_of(path), "") + path.read_text(encoding="utf-8")
    return found


def imports(source, modules, importer):
    """Every module that a source imports, at its top or in a function, to run or for its types only.

    With a module come the packages above it, but for those that the importer is in itself.
    """
    named = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            named |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{importer}: an import names its module in full"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                named.add(whole if whole in modules else node.module)
    above = {name.rpartition(".")[0] for name in named}
    around = {importer[:place] for place, sign in enumerate(importer) if sign == "."}
    return (named & modules | (above & modules) - around) - {importer}


def read_graph():
    sources = read_package()
    return {name: imports(source, set(sources), name) for name, source in sources.items()}


def circle(graph):
    """A circle of imports in words, or None."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return " -> ".join(reversed(error.args[1]))
    return None


def test_no_circle_of_imports():
    graph = read_graph()
    assert len(graph) > 40
    assert circle(graph) is None


@pytest.mark.parametrize(
    "line",
    [
        "from lamport._runs.run import Run",
        "from lamport._runs import run",
        "import lamport._runs.run",
        "def late():\n    from lamport._runs.run import Run",
        "if TYPE_CHECKING:\n    from lamport._runs.run import Run",
        "from lamport import Run",
    ],
)
def test_every_kind_of_import_counts(line):
    graph = read_graph()
    graph["lamport._model.fault"] = imports(line, set(graph), "lamport._model.fault")
    told = circle(graph)
    assert "lamport._model.fault -> lamport" in told


def room_of(module):
    return next((room for room in ROOMS if module.startswith(f"lamport.{room}.")), "")


def test_rooms_know_only_those_below():
    upwards = set()
    for module, known in read_graph().items():
        own = room_of(module)
        if own:
            below = ROOMS[: ROOMS.index(own) + 1]
            upwards |= {(module, room_of(name)) for name in known if room_of(name) not in below}
    upwards = {(module, room) for module, room in upwards if room}
    assert upwards == UPWARDS


def test_every_file_is_in_a_room():
    files = {path.stem for path in PACKAGE.glob("*.py")}
    assert files == FACES
    homes = {path.parent.relative_to(PACKAGE) for path in PACKAGE.glob("*/**/*.py")}
    assert homes == {Path(room) for room in ROOMS}
    assert all((PACKAGE / room / "__init__.py").exists() for room in ROOMS)
