"""Whether a class has the handlers that its author meant it to have."""

from collections.abc import Iterable
from typing import Any

from lamport._model.algorithm import Algorithm
from lamport._model.warning import warn

__all__ = ["check_class", "nearest"]

HANDLERS = {
    "start": ("self", "me"),
    "on_message": ("self", "me", "sender", "body"),
    "on_timer": ("self", "me", "name"),
    "on_idle": ("self", "me"),
}
"""The handlers, and what each is handed."""

USUAL = {"on_start": "start", "on_init": "start", "on_receive": "on_message", "on_tick": "on_idle"}
"""What handlers are called elsewhere."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a question for the known name that is nearest, if one is near."""
    from difflib import get_close_matches

    near = get_close_matches(name, list(known), 1)
    return f" (did you mean {near[0]}?)" if near else ""


def check_class(algorithm: type[Algorithm]) -> None:
    """Check the handlers of a class, and warn of what its machines would share.

    Raises
    ------
    TypeError
        It has none, a misspelt one, or one that takes something else.
    """
    own = _own(algorithm)
    name = algorithm.__qualname__
    for found in own:
        meant = _meant(found)
        if meant is not None and meant not in own and callable(own[found]):
            raise TypeError(f"{name}.{found} is no handler, and nothing would call it: did you mean {meant}?")
    if not any(handler in own for handler in HANDLERS):
        near = next((f"; {name}.{found} is near" for found in own if nearest(found, HANDLERS)), "")
        raise TypeError(f"{name} has no handlers: it needs one or several of {', '.join(HANDLERS)}{near}")
    for handler in HANDLERS:
        if handler in own:
            if getattr(algorithm, handler) is getattr(Algorithm, handler, None):
                raise TypeError(
                    f"{name}.{handler} is hidden by that of lamport.Algorithm: name the base that has it "
                    f"first, class {algorithm.__name__}(Base, lamport.Algorithm)"
                )
            _check_handler(f"{name}.{handler}", handler, getattr(algorithm, handler))
    for found, value in own.items():
        kind = type(value).__name__
        if isinstance(value, list | dict | set | bytearray) or kind in {"deque", "ndarray"}:
            warn(
                f"{name}.{found} is a {kind} of the class, which all machines of this process share: make it "
                f"in __init__ (self.{found} = ...), or a tuple if it never changes"
            )


def _own(algorithm: type[Algorithm]) -> dict[str, Any]:
    """Return what a class has beyond the base, without what Python itself puts there."""
    own: dict[str, Any] = {}
    for each in reversed(algorithm.__mro__):
        if each not in Algorithm.__mro__:
            own |= vars(each)
    return {name: value for name, value in own.items() if not name.startswith("__")}


def _meant(name: str) -> str | None:
    """Return the handler that a name is a misspelling of."""
    from difflib import get_close_matches

    if name in HANDLERS:
        return None
    if name in USUAL:
        return USUAL[name]
    if sorted(name) == sorted("start"):
        return "start"
    others = [handler for handler in HANDLERS if handler != "start"]
    near = get_close_matches(name.lower(), others, 1, 0.8) if name.lower().startswith("on") else []
    return near[0] if near else None


def _check_handler(shown: str, handler: str, function: Any) -> None:
    import inspect

    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        raise TypeError(f"{shown} is async: there is no await in handlers, see lamport.Algorithm")
    if inspect.isgeneratorfunction(function):
        raise TypeError(f"{shown} has a yield: nobody would run what follows it, see lamport.Algorithm")
    if not callable(function):
        raise TypeError(f"{shown} is {function!r}, which cannot be called: {_definition(handler)}")
    if not inspect.isfunction(function):
        return
    signature = inspect.signature(function)
    right = HANDLERS[handler]
    names = list(signature.parameters)[: len(right)]
    # In another order they would be handed what they do not expect.
    is_swapped = any(name in right and place != right.index(name) for place, name in enumerate(names))
    try:
        signature.bind(*right)
    except TypeError:
        is_swapped = True
    if is_swapped:
        raise TypeError(f"{shown}{signature} does not take what it is handed: {_definition(handler)}")


def _definition(handler: str) -> str:
    return f"def {handler}({', '.join(HANDLERS[handler])})"
