"""The logs of a host's machines on their way to the launcher."""

import base64
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from lamport._agent.hosted import log_of

__all__ = ["PART", "gathering"]

PART = 1 << 20
"""Bytes of a log in one part."""
FAST = 1
"""How much is squeezed: as fast as possible."""


def gathering(directory: Path, machines: Iterable[int]) -> Iterator[dict[str, Any]]:
    """Give what is to be said so that the launcher has all logs there are, and last that these are all."""
    for machine in machines:
        try:
            log = log_of(directory, machine).open("rb")
        except FileNotFoundError:
            # It failed before it had one.
            continue
        size = crc = 0
        with log:
            while part := log.read(PART):
                text = base64.b64encode(zlib.compress(part, FAST)).decode()
                yield {"say": "log", "machine": machine, "part": text}
                size, crc = size + len(part), zlib.crc32(part, crc)
        yield {"say": "log_end", "machine": machine, "bytes": size, "crc": crc}
    yield {"say": "gathered"}
