"""Values as users write or pass them. What each needs is loaded on first use: a machine is a process."""

import math
import re
from typing import Any

__all__ = [
    "argument",
    "argument_value",
    "faults",
    "faults_file",
    "inputs_file",
    "known_ticks",
    "latency",
    "latency_text",
    "numbers",
    "rate",
    "rates",
    "real",
    "reals",
    "ticks",
    "topology",
    "weights",
    "whole",
    "wholes",
]

NO_ZERO = re.compile(r"^(-?)(?=\.\d)")
"""Where a number lacks the zero that JSON wants."""
JSON_WORDS = {"true": "true", "false": "false", "none": "null", "null": "null"}
"""Words of Python in any case, and those of JSON."""
PEERS = '{"1": [2, 3]}'
INPUTS = '[[1.5, 2, "request"]]'
WEIGHTS = '{"1": {"2": 3, "3": 1}}'


def whole(text: str) -> int:
    """Read a whole number."""
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a whole number") from None


def real(text: str) -> float:
    """Read a number, or a fraction like 1/3."""
    above, stroke, below = text.partition("/")
    try:
        return float(above) / float(below) if stroke else float(text)
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"{text!r} is not a number") from None


def reals(text: str) -> float | list[float]:
    """Read a number, or numbers with commas between them."""
    return [real(word) for word in text.split(",")] if "," in text else real(text)


def wholes(text: str) -> list[int]:
    """Read whole numbers with commas between them."""
    return [whole(word) for word in text.split(",")]


def weights(text: str) -> Any:
    """Read the weights of machines for their peers, in JSON."""
    import json

    try:
        return json.loads(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is not a mapping, like {WEIGHTS}: {error}") from None


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


def argument(text: str) -> tuple[str, Any]:
    """Read an argument of a command line, ``name=value``.

    Raises
    ------
    ValueError
        It is not of this form, or the value cannot be told from a text, see `argument_value`.
    """
    name, equals, value = text.partition("=")
    if not (equals and name.isidentifier()):
        raise ValueError(f"{text!r} is not of the form name=value, as hold=0.1")
    return name, argument_value(name, value)


def argument_value(name: str, text: str) -> Any:
    """Read the value of an argument: JSON, or a number like .1; anything else is a text.

    Raises
    ------
    ValueError
        It is nearly JSON: a number or a word as Python writes it, or a list or mapping that is none.
    """
    import json

    from lamport._lamport import body_value

    try:
        return body_value(NO_ZERO.sub(r"\g<1>0", text))
    except ValueError as error:
        meant = _meant(text, str(error))
    if meant is None:
        return text
    raise ValueError(f"{name}={text} is not JSON: {meant}; as a text it is {name}='{json.dumps(text)}'")


def _meant(text: str, why: str) -> str | None:
    """Say what is right in JSON for what is nearly that; None of a text."""
    word = text.strip()
    if word.lower() in JSON_WORDS:
        return f"give {JSON_WORDS[word.lower()]}"
    if word.startswith(("[", "{")):
        return why.rpartition(" is no body: ")[2]
    try:
        number = real(word)
    except ValueError:
        return None
    if not math.isfinite(number):
        return "its numbers are finite"
    return f"give {int(number) if number.is_integer() else number}"


def inputs_file(path: str) -> list[Any]:
    """Read a file of what is given to machines from outside."""
    import json
    from pathlib import Path

    text = Path(path).read_bytes()
    try:
        inputs = json.loads(text)
    except ValueError as error:
        raise ValueError(f"{path} is not JSON: {error}") from None
    if not isinstance(inputs, list):
        raise ValueError(f"{path} is not a list, like {INPUTS}")
    return inputs


def rates(name: str, value: object) -> Any:
    """Check rates, see `lamport._model.ticks.as_rates`."""
    from lamport._model.ticks import as_rates

    return as_rates(name, value)


def known_ticks(name: str, value: object) -> Any:
    """Check how ticks lie in time, see `lamport._model.ticks.as_ticks`."""
    if value == "periodic":
        return value  # what needs no more is loaded for no more
    from lamport._model.ticks import as_ticks

    return as_ticks(name, value)


def rate(text: str) -> Any:
    """Read ticks per second, which may change."""
    from lamport._model.ticks import read_rate

    return read_rate(text) if ":" in text else real(text)


def ticks(text: str) -> Any:
    """Read how ticks lie in time."""
    from lamport._model.ticks import read_ticks

    return read_ticks(text)


def numbers(text: str) -> list[Any]:
    """Read numbers with commas between them, of which some may change."""
    if ":" in text:
        return [rate(word) for word in text.split(",")]
    try:
        return [float(word) for word in text.split(",")]
    except ValueError:
        raise ValueError(f"{text!r} is not a list of numbers, like 1,3,6") from None


def topology(text: str) -> Any:
    """Read the name of a topology, or a mapping in JSON."""
    import json

    from lamport._model.topology import NAMES, as_topology

    if not text.lstrip().startswith("{"):
        if text not in NAMES:
            raise ValueError(f"{text!r} is not known: give {', '.join(NAMES)} or a mapping, {PEERS}")
        return text
    try:
        peers = json.loads(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is not a mapping, like {PEERS}: {error}") from None
    as_topology(peers)
    return peers
