"""The native module says at run time what its stub says."""

import ast
import inspect
from pathlib import Path

import pytest

import lamport
from lamport import _lamport

STUB = ast.parse(Path(_lamport.__file__).with_name("_lamport.pyi").read_text(encoding="utf-8"))
KINDS = (ast.FunctionDef, ast.ClassDef)


def documented():
    """Each class and function of the stub, each member of the classes: name, node, object at run time."""
    found = {}
    for node in STUB.body:
        if isinstance(node, KINDS) and not node.name.startswith("_"):
            found[node.name] = node, getattr(_lamport, node.name, None)
            if isinstance(node, ast.ClassDef):
                for member in node.body:
                    if isinstance(member, ast.FunctionDef) and member.name != "__new__":
                        runtime = inspect.getattr_static(getattr(_lamport, node.name), member.name, None)
                        found[f"{node.name}.{member.name}"] = member, runtime
    return found


def signed():
    """Each function, method and constructor of the stub, and what has its signature at run time."""
    found = {}
    for name, (node, runtime) in documented().items():
        if isinstance(node, ast.ClassDef):
            maker = next((each for each in node.body if getattr(each, "name", "") == "__new__"), None)
            if maker is not None:
                found[name] = maker, runtime
        elif not name.endswith("__") and not any(
            getattr(mark, "id", "") == "property" for mark in node.decorator_list
        ):
            found[name] = node, runtime
    return found


DOCUMENTED, SIGNED = documented(), signed()


def stated(arguments):
    """Name, kind and default of each parameter in the stub."""
    positional_kind, keyword_kind = inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY
    positional = [*arguments.posonlyargs, *arguments.args]
    missing = [None] * (len(positional) - len(arguments.defaults))
    rows = [(each, positional_kind, default) for each, default in
            zip(positional, [*missing, *arguments.defaults], strict=True)]  # fmt: skip
    rows += [(each, keyword_kind, default) for each, default in
             zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]  # fmt: skip
    if arguments.kwarg is not None:
        rows.append((arguments.kwarg, inspect.Parameter.VAR_KEYWORD, None))
    return [
        (each.arg, kind, inspect.Parameter.empty if default is None else ast.literal_eval(default))
        for each, kind, default in rows
        if each.arg not in {"self", "cls"}
    ]


def test_the_stub_is_read():
    assert {"Machine", "Machine.tick", "Machine.seed", "Logs.events", "simulate"} <= set(DOCUMENTED)
    assert {"Machine", "Machine.join", "LocalRun", "predict"} <= set(SIGNED)
    assert "Machine.seed" not in SIGNED
    public = {name for name in vars(_lamport) if not name.startswith("_")}
    assert public - {"DEFAULTS", "EVENT_COLUMNS", "EVENT_KINDS", "LINE_FIELDS", "MATCHES"} == {
        name for name in DOCUMENTED if "." not in name
    }


@pytest.mark.parametrize("name", DOCUMENTED)
def test_documentation(name):
    node, runtime = DOCUMENTED[name]
    assert runtime is not None
    told = inspect.getdoc(runtime)
    assert told == ast.get_docstring(node)
    assert told


@pytest.mark.parametrize("name", SIGNED)
def test_signatures(name):
    node, runtime = SIGNED[name]
    parameters = inspect.signature(runtime).parameters.values()
    told = [(each.name, each.kind, each.default) for each in parameters if each.name != "self"]
    assert told == stated(node.args)
    assert Ellipsis not in [default for _, _, default in told]


@pytest.mark.parametrize("kind", [getattr(_lamport, name) for name in ("Machine", "Logs", "Causality")])
def test_every_member_is_in_the_stub(kind):
    members = {name for name in vars(kind) if not name.startswith("_")}
    assert members == {
        name.partition(".")[2] for name in DOCUMENTED if name.startswith(f"{kind.__name__}.")
    } - {
        "__enter__",
        "__exit__",
    }


def test_help_of_a_machine_shows_what_users_may_give():
    text = str(inspect.signature(lamport.Machine))
    assert "latency=0.0, faults=()" in text
    assert not any(word in text for word in ("elapsed", "listen_fd", "..."))
    assert lamport.Machine.__module__ == "lamport"
