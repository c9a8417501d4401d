"""What a handler on another host has raised, as that host says it: it is read, and nothing of it is run."""

import builtins
import io
import pickle
from contextlib import suppress
from typing import Any, NoReturn

from lamport._model.algorithm import AlgorithmError

__all__ = ["handler_error"]


class _Reader(pickle.Unpickler):
    """Reads errors alone: a pickle of anything else may do here whatever it wants."""

    def find_class(self, module: str, name: str, /) -> Any:
        found: object = None
        if module == "builtins":
            found = vars(builtins).get(name)
        elif module == "lamport":
            from lamport._lamport import LamportError

            found = {"AlgorithmError": AlgorithmError, "LamportError": LamportError}.get(name)
        if isinstance(found, type) and issubclass(found, BaseException):
            return found
        raise pickle.UnpicklingError(f"{module}.{name} is no error of Python or lamport")

    def persistent_load(self, _: Any, /) -> NoReturn:
        raise pickle.UnpicklingError("it refers to what is elsewhere")


def handler_error(text: str) -> BaseException:
    """Read what `tell_error` has written on another host.

    Its cause comes with it if it is an error of Python or of lamport.

    Raises
    ------
    Exception
        It is no such error.
    """
    told, cause = _read(bytes.fromhex(text))
    error = _read(told)
    if not isinstance(error, BaseException):
        raise pickle.UnpicklingError("it is no error")
    with suppress(Exception):
        error.__cause__ = None if cause is None else _read(cause)
    return error


def _read(pickled: bytes) -> Any:
    return _Reader(io.BytesIO(pickled)).load()
