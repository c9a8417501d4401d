"""Exceptions for other threads."""

from collections.abc import Iterable

__all__ = ["raise_in"]


def raise_in(threads: Iterable[int]) -> None:
    """Raise KeyboardInterrupt in threads, each as soon as it is in Python code.

    Parameters
    ----------
    threads : iterable of int
        What ``threading.get_ident`` says in them; one that has left Python since then is passed over.
    """
    import ctypes

    for thread in threads:
        error = ctypes.py_object(KeyboardInterrupt)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), error)
