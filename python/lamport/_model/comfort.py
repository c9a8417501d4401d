"""Output that is a comfort: what is written there is told if somebody takes it, and nothing ends if not."""

import errno
import os
from collections.abc import Iterable
from typing import Any, TextIO

__all__ = ["Comfort"]


class Comfort:
    """A text stream that takes everything, also where nothing takes it further.

    Attributes
    ----------
    lost : OSError, optional
        Why some of it was not written.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self.stream = stream
        self.lost: OSError | None = None

    def write(self, text: str) -> int:
        """Write what can be written."""
        if self.stream is not None and self.lost is None:
            try:
                self.stream.write(text)
            except UnicodeEncodeError as error:
                self.write(text.encode(error.encoding, "backslashreplace").decode(error.encoding))
            except (OSError, ValueError) as error:
                self.lose(error)
        return len(text)

    def write_bytes(self, data: bytes) -> None:
        """Write these bytes behind what is written."""
        self.flush()
        if self.stream is not None and self.lost is None:
            buffer = getattr(self.stream, "buffer", None)
            if buffer is None:  # a stream of text alone
                self.write(data.decode("utf-8", "backslashreplace"))
                return
            try:
                buffer.write(data)
            except (OSError, ValueError) as error:
                self.lose(error)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write these one after the other."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Write what waits, if that is possible."""
        if self.stream is not None and self.lost is None:
            try:
                self.stream.flush()
            except (OSError, ValueError) as error:
                self.lose(error)

    def lose(self, error: OSError | ValueError) -> None:
        """Write nothing more; a ValueError is what a stream raises that was closed."""
        closed = OSError(errno.EBADF, os.strerror(errno.EBADF))
        self.lost = error if isinstance(error, OSError) else closed

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        try:
            return self.stream is not None and self.stream.isatty()
        except ValueError:
            return False

    def __getattr__(self, name: str) -> Any:
        if name == "stream":  # there is none yet, where it is copied
            raise AttributeError(name)
        # Its encoding, its descriptor.
        return getattr(self.stream, name)
