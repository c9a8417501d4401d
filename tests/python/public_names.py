"""What users import, and what of classes they see."""

import dataclasses
import inspect

import lamport

MODULES = (lamport, lamport.algorithms)


def public_things():
    """Every class and function that users import, by the name they write."""
    return {
        f"{module.__name__}.{name}": getattr(module, name)
        for module in MODULES
        for name in module.__all__
        if name not in {"__version__", "algorithms"}
    }


def fields_of(kind):
    """The names of values that instances have, which no documentation of their own can have."""
    told = [field.name for field in dataclasses.fields(kind)] if dataclasses.is_dataclass(kind) else []
    return {name for name in (*told, *getattr(kind, "_fields", ())) if not name.startswith("_")}


def members_of(kind):
    """The methods and properties of a class that are ours, by their names, as they stand in the class."""
    fields = fields_of(kind)
    return {
        name: inspect.getattr_static(kind, name)
        for name in dir(kind)
        if not name.startswith("_") and name not in fields and _is_ours(kind, name)
    }


def _is_ours(kind, name):
    """Whether a member is documented here: neither by another language nor by a public class above."""
    home = next(each for each in kind.__mro__ if name in vars(each))
    is_told_there = home is not kind and home in public_things().values()
    return home.__module__.partition(".")[0] == "lamport" and not is_told_there


def public_members():
    """Every method and property of public classes, by the name that users know."""
    return {
        f"{home}.{name}": member
        for home, thing in public_things().items()
        if isinstance(thing, type)
        for name, member in members_of(thing).items()
    }


def is_method(member):
    return callable(member) or isinstance(member, (classmethod, staticmethod))
