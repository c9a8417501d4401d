"""Values as users write or pass them. What each needs is loaded on first use: a machine is a process."""

from typing import Any

__all__ = ["faults", "faults_file", "latency", "latency_text", "numbers", "topology"]


def latency(_: str, value: object) -> Any:
    """Check a latency, see `lamport._model.latency.as_latency`."""
    from lamport._model.latency import as_latency

    return as_latency(value)


def latency_text(text: str) -> Any:
    """Read a latency from a command line."""
    from lamport._model.latency import parse

    return parse(text)


def faults(_: str, value: object) -> Any:
    """Check a fault schedule, see `lamport._model.fault.as_faults`."""
    from lamport._model.fault import as_faults

    return as_faults(value)


def faults_file(path: str) -> Any:
    """Read a file of faults."""
    from lamport._model.fault import read_faults

    return read_faults(path)


def numbers(text: str) -> list[float]:
    """Read numbers with commas between them."""
    try:
        return [float(word) for word in text.split(",")]
    except ValueError:
        raise ValueError(f"{text!r} is not a list of numbers, like 1,3,6") from None


def topology(text: str) -> Any:
    """Read the name of a topology, or a mapping in JSON."""
    import json

    if not text.lstrip().startswith("{"):
        return text
    try:
        return json.loads(text)
    except ValueError as error:
        raise ValueError(f'{text!r} is not a mapping, like {{"1": [2, 3]}}: {error}') from None
