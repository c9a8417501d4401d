"""The logs of a host's machines, as they come back."""

import base64
import zlib
from collections.abc import Container
from pathlib import Path

__all__ = ["Gathered"]

MOST = 1 << 21
"""Bytes of a part of a log, beyond which it is none."""


class Gathered:
    """Writes the logs of some machines, part by part.

    Parameters
    ----------
    directory : Path
        Where to.
    machines : container of int
        The ids of the machines whose logs may come.
    """

    def __init__(self, directory: Path, machines: Container[int]) -> None:
        self._directory, self._machines = directory, machines
        self._so_far: dict[int, tuple[int, int]] = {}
        self._whole: set[int] = set()

    def part(self, machine: int, text: str) -> None:
        """Write a part of a log.

        Raises
        ------
        ValueError
            It is none, or the log of no machine of this host.
        OSError
            It cannot be written.
        """
        if machine not in self._machines:
            raise ValueError(f"machine {machine} is not one of its own")
        unpack = zlib.decompressobj()
        try:
            data = unpack.decompress(base64.b64decode(text, validate=True), MOST)
        except zlib.error as error:
            raise ValueError(f"a part of the log of machine {machine}: {error}") from None
        if unpack.unconsumed_tail:
            raise ValueError(f"a part of the log of machine {machine} is longer than {MOST:,} bytes")
        is_first = machine not in self._so_far
        size, crc = self._so_far.get(machine, (0, 0))
        path = self._directory / f"machine_{machine}.log"
        try:
            with path.open("xb" if is_first else "ab") as log:
                log.write(data)
        except OSError as error:
            # A write does not say of which file.
            raise OSError(error.errno, error.strerror, str(path)) from error
        self._so_far[machine] = size + len(data), zlib.crc32(data, crc)

    def end(self, machine: int, size: int, crc: int) -> None:
        """Note that a log is whole.

        Raises
        ------
        ValueError
            What came is not what was sent.
        """
        if (size, crc) != self._so_far.get(machine, (0, 0)):
            came = self._so_far.get(machine, (0, 0))[0]
            raise ValueError(f"of the log of machine {machine}, {size:,} bytes, {came:,} came, or others")
        self._whole.add(machine)

    def close(self) -> None:
        """Note that no more logs come.

        Raises
        ------
        ValueError
            One of which something came is not whole.
        """
        if torn := sorted(self._so_far.keys() - self._whole):
            raise ValueError(f"the log of machine {torn[0]} came without its end")
