"""Which algorithm each machine runs, with which arguments, and how logs and ``run.json`` tell it."""

import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from weakref import WeakValueDictionary

from lamport._lamport import body_text, body_value
from lamport._model.algorithm import Algorithm
from lamport._model.handlers import check_class, nearest

__all__ = ["Roles", "load_algorithm"]

Role = type[Algorithm] | Callable[[int], Algorithm]

_MADE: "WeakValueDictionary[int, Algorithm]" = WeakValueDictionary()
"""What callables returned and someone still has."""


class Roles:
    """The algorithm of each machine.

    Parameters
    ----------
    algorithm : type or callable or str or mapping
        A class derived of `Algorithm`, which is called with `arguments`; any other callable, which is called
        with the id of the machine and returns an instance; either of them as ``module:name``; or a mapping
        from the id of each machine to one of these.
    arguments : mapping of str to object, optional
        What classes are called with, each with those that it takes.

    Attributes
    ----------
    arguments : dict
        The arguments, as JSON tells them.
    takes : dict
        The names of arguments that classes take, each with its default (``inspect.Parameter.empty`` if it
        has none).

    Raises
    ------
    TypeError
        A class has no handlers, a misspelt one, or one that takes something else.
    ValueError
        A class takes no such argument, or one is missing that it needs.
    """

    def __init__(self, algorithm: object, arguments: Mapping[str, object] | None = None) -> None:
        self._one: Role | None = None
        self._of: dict[int, Role] = {}
        if isinstance(algorithm, Mapping):
            self._of = {_machine(machine): _role(role) for machine, role in algorithm.items()}
            if not self._of:
                raise ValueError("algorithm={} names no machine: give {1: Leader, 2: Follower, ...}")
        else:
            self._one = _role(algorithm)
        given = {} if arguments is None else arguments
        if not isinstance(given, Mapping):
            raise TypeError(f"arguments={given!r} is not a mapping, like arguments={{'hold': 0.2}}")
        for name, value in given.items():
            if isinstance(value, Algorithm) or _is_class(value):
                raise TypeError(_other_way(self._one, name, value))
        self._text = body_text(dict(given), "arguments")
        self.arguments: dict[str, Any] = body_value(self._text)
        self.takes: dict[str, Any] = {}
        self._taken: dict[Role, tuple[str, ...]] = {}
        self._bind()

    def _bind(self) -> None:
        """Say which arguments each class takes."""
        roles: list[Any] = list(dict.fromkeys(self._of.values() if self._one is None else [self._one]))
        known = self.takes
        takes_all = False
        for role in roles:
            if not _is_class(role):
                self._taken[role] = ()
                continue
            check_class(role)
            parameters = _parameters(role)
            names = [
                each.name
                for each in parameters
                if each.kind in {each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY}
            ]
            takes_rest = any(each.kind is each.VAR_KEYWORD for each in parameters)
            takes_all |= takes_rest
            for each in parameters:
                if each.name in names:
                    known.setdefault(each.name, each.default)
            taken = [name for name in self.arguments if takes_rest or name in names]
            self._taken[role] = tuple(taken)
            for each in parameters:
                if each.name in names and each.default is each.empty and each.name not in taken:
                    raise ValueError(
                        f"{role.__qualname__} needs the argument {each.name}: "
                        f"give arguments={{{each.name!r}: ...}}"
                    )
        for name in self.arguments:
            if takes_all or name in known:
                continue
            if not any(_is_class(role) for role in roles):
                raise ValueError(
                    f"arguments={{{name!r}: ...}}: only a class is called with arguments, this callable with "
                    "the id of its machine; bind them with functools.partial"
                )
            classes = ", ".join(role.__qualname__ for role in roles if _is_class(role))
            takes = f"it takes {', '.join(known)}" if known else "it takes none"
            raise ValueError(f"{classes} has no argument {name}{nearest(name, known)}; {takes}")

    @property
    def given(self) -> Role | dict[int, Role]:
        """What runs, itself rather than by name."""
        return self._of if self._one is None else self._one

    def check(self, machines: Iterable[int]) -> None:
        """Check that these machines, and no others, have an algorithm.

        Raises
        ------
        ValueError
            One has none, or another one has.
        """
        if self._one is not None:
            return
        there = set(machines)
        for machine in sorted(there - set(self._of)):
            raise ValueError(f"algorithm= names none for machine {machine}: each machine needs one")
        for machine in sorted(set(self._of) - there):
            raise ValueError(f"algorithm= names one for machine {machine}, which is not there")

    @property
    def algorithm(self) -> object:
        """What of it makes instances: one for all machines, or a mapping of their ids."""
        return self._of if self._one is None else self._one

    def has(self, machine: int) -> bool:
        """Return whether this machine has an algorithm."""
        return self._one is not None or machine in self._of

    def with_arguments(self, arguments: Mapping[str, Any]) -> "Roles":
        """Return the same with other arguments."""
        return Roles(self.algorithm, arguments)

    def make(self, machine: int) -> Algorithm:
        """Return a new instance for a machine.

        Raises
        ------
        TypeError
            What is returned for it is no `Algorithm`.
        """
        role: Any = self._role(machine)
        call: object
        if _is_class(role):
            own = body_value(self._text)
            made, call = role(**{name: own[name] for name in self._taken[role]}), "..."
        else:
            made, call = role(machine), machine
        if not isinstance(made, Algorithm):
            raise TypeError(
                f"{_name(role)}({call}) returned {made!r}, not an instance of a class derived of "
                "lamport.Algorithm"
            )
        if not _is_class(role):
            check_class(type(made))
            if _MADE.get(id(made)) is made:
                raise TypeError(
                    f"{_name(role)}({call}) returned {made!r} a second time: each machine needs an instance "
                    "of its own, and a new one when it comes back from a crash"
                )
            _MADE[id(made)] = made
        return made

    def told(self, machine: int) -> str:
        """Return the algorithm of a machine as its log tells it: ``module:Class``."""
        return _name(self._role(machine))

    @property
    def recorded(self) -> str | dict[str, str]:
        """The algorithm as ``run.json`` has it, a name or one for each machine."""
        if self._one is not None:
            return _name(self._one)
        return {str(machine): _name(role) for machine, role in sorted(self._of.items())}

    def _role(self, machine: int) -> Role:
        return self._of[machine] if self._one is None else self._one


def _other_way(outer: object, name: object, value: Any) -> str:
    """Say how a class is given another one, as arguments are JSON."""
    inner = value if isinstance(value, type) else type(value)
    call = getattr(outer, "__qualname__", "Outer")
    told = _name(inner)
    found: Any = sys.modules.get(inner.__module__)
    for part in inner.__qualname__.split("."):
        found = getattr(found, part, None)
    by_name = f"give {told!r}, or " * (found is inner and inner.__module__ != "__main__")
    return (
        f"arguments[{name!r}] is {value!r}, and arguments are JSON: {by_name}"
        f"algorithm=lambda machine: {call}({inner.__qualname__}) without arguments"
    )


def _is_class(role: object) -> bool:
    return isinstance(role, type) and issubclass(role, Algorithm)


def _name(role: Any) -> str:
    """Return how a class or callable is told: as it can be imported, if it can."""
    while hasattr(role, "func"):  # functools.partial
        role = role.func
    named = role if hasattr(role, "__qualname__") else type(role)
    return f"{named.__module__}:{named.__qualname__}"


def _machine(machine: object) -> int:
    text = str(machine)
    if isinstance(machine, bool) or not text.isdecimal():
        raise ValueError(f"algorithm={{{machine!r}: ...}}: the keys are the ids of machines, like 1")
    return int(text)


def _role(role: Any) -> Role:
    """Return what makes instances."""
    if isinstance(role, str):
        role = load_algorithm(role)
    if isinstance(role, Algorithm):
        name = type(role).__qualname__
        raise TypeError(
            f"algorithm={role!r} is an instance, and each machine needs its own: give the class, "
            f"algorithm={name}, and arguments={{...}} for what it is called with"
        )
    if isinstance(role, type) and not issubclass(role, Algorithm):
        raise TypeError(
            f"{role.__qualname__} is not derived of lamport.Algorithm: "
            f"class {role.__name__}(lamport.Algorithm)"
        )
    bound: Any = getattr(role, "func", None)  # functools.partial
    if _is_class(bound):
        raise TypeError(
            f"algorithm={role!r} would be called with the id of a machine: give the class, "
            f"algorithm={bound.__qualname__}, and arguments={role.keywords!r}"
        )
    if not callable(role):
        raise TypeError(
            f"algorithm={role!r} is neither a class derived of lamport.Algorithm, nor a callable that takes "
            "the id of a machine, nor a mapping of ids to these"
        )
    return role  # type: ignore[no-any-return]


def _parameters(role: Any) -> list[Any]:
    import inspect

    return list(inspect.signature(role).parameters.values())


def load_algorithm(text: str) -> Any:
    """Import what ``module:name`` names; modules of the current directory are found as well.

    Raises
    ------
    ValueError
        It is not of this form, or there is no such module or name.
    """
    from importlib import import_module

    module, colon, path = text.partition(":")
    if not (module and colon and path) or not all(part.isidentifier() for part in module.split(".")):
        raise ValueError(
            f"algorithm {text!r} is not of the form module:Class, as mutex:Mutex for class Mutex in mutex.py"
        )
    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        found: Any = import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise
        raise ValueError(
            f"algorithm {text!r}: there is no module {error.name} in the current directory or among those "
            "that are installed"
        ) from None
    for part in path.split("."):
        if not hasattr(found, part):
            names = [name for name, value in vars(found).items() if isinstance(value, type)]
            raise ValueError(f"algorithm {text!r}: {module} has no {part}{nearest(part, names)}")
        found = getattr(found, part)
    return found
