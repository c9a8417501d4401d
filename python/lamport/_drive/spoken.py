"""How a launcher and the agents of its hosts speak: one JSON object a line, and when silence is the end."""

import json
from collections.abc import Mapping
from typing import Any

__all__ = ["ALIVE", "PROTOCOL", "SIGN", "SILENCE", "frame", "order"]

PROTOCOL = 1
"""The version of these words."""
SIGN = "\x1elamport "
"""What a line of an agent begins with: no other program prints it."""
ALIVE = 2.0
"""Seconds after which who has said nothing says that it is there."""
SILENCE = 15.0
"""Seconds without a line after which the other is gone."""


def frame(said: Mapping[str, Any]) -> bytes:
    r"""Write what an agent says: on a line of its own, whatever others have left on the one before.

    Examples
    --------
    >>> frame({"say": "alive"})
    b'\n\x1elamport {"say":"alive"}\n'
    """
    return f"\n{SIGN}{_json(said)}\n".encode()


def order(done: Mapping[str, Any]) -> bytes:
    """Write what a launcher orders."""
    return f"{_json(done)}\n".encode()


def _json(said: Mapping[str, Any]) -> str:
    return json.dumps(said, separators=(",", ":"))
