"""A page opened in a browser, without its address in the words of a process, which every user can list."""

import os
import webbrowser
from contextlib import suppress
from html import escape
from pathlib import Path
from tempfile import mkdtemp

__all__ = ["Opening"]

TEXT = """<!doctype html>
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url={url}">
<title>lamport</title>
<p><a rel="noreferrer" href="{url}">the run that goes on</a></p>
"""


class Opening:
    """A file for you alone that leads a browser to an address, until it is closed.

    Parameters
    ----------
    url : str
        The address.
    """

    def __init__(self, url: str) -> None:
        self._home = Path(mkdtemp(prefix="lamport-"))
        self.path = self._home / "live.html"
        # The directory is for its owner alone, too.
        try:
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(TEXT.format(url=escape(url)))
        except BaseException:
            self.close()
            raise

    def open(self) -> bool:
        """Open it in a browser; whether one was found."""
        try:
            return webbrowser.open(self.path.as_uri())
        except (OSError, webbrowser.Error):
            return False

    def close(self) -> None:
        """Take the file away."""
        with suppress(OSError):
            self.path.unlink(missing_ok=True)
            self._home.rmdir()
