"""What goes to the processes of an executor: classes and functions of notebooks and scripts by value."""

from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["ByValue", "check_pickles"]


class ByValue:
    """Holds a thing that arrives elsewhere as it is, whatever it is made of.

    Where it is pickled, the thing itself arrives; where it is not, on a thread, this does.
    """

    def __init__(self, thing: Any) -> None:
        self._thing = thing

    def __reduce__(self) -> tuple[Callable[[bytes], Any], tuple[bytes]]:
        import cloudpickle

        return cloudpickle.loads, (cloudpickle.dumps(self._thing),)

    @staticmethod
    def of(arrived: Any) -> Any:
        """Return the thing, wherever it arrived."""
        return arrived._thing if isinstance(arrived, ByValue) else arrived


def check_pickles(things: Mapping[str, object], call: str) -> None:
    """Refuse what cannot go to another process.

    Parameters
    ----------
    things : mapping of str to object
        What is to go there, by what messages call it.
    call : str
        The function that sends it.

    Raises
    ------
    ValueError
        One does not pickle.
    """
    import cloudpickle

    for name, thing in things.items():
        try:
            cloudpickle.dumps(thing)
        except Exception as error:  # pickling calls what the user wrote
            raise ValueError(
                f"{name} does not pickle, so no other process can call it ({type(error).__name__}: {error}): "
                f"it holds something of this process, as a lock or an open file; make that where it is used, "
                f"or {call} without executor="
            ) from error
