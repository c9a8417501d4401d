"""A run as one HTML file that needs nothing else."""

from base64 import b64encode
from hashlib import sha256
from pathlib import Path

from lamport._view.join import join

__all__ = ["page"]

HOME = Path(__file__).parent


def page(
    data: bytes, *, start: str = "app", styles: tuple[str, ...] = ("page.css",), policy: str = ""
) -> str:
    """Return the page of a file of columns (`codec`), or of other data that its module `start` takes.

    Everything of the run is in base64: no text of a log is a part of the page that a browser reads. The
    browser itself refuses whatever is not this script and this style, or allowed by `policy`.
    """
    script, style = _script(start), "".join(map(_text, styles))
    rest = {
        "POLICY": (
            f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
            "base-uri 'none'; form-action 'none'" + (policy and f"; {policy}")
        ),
        "STYLE": style,
        "SCRIPT": script,
        "DATA": b64encode(data).decode("ascii"),
    }
    made = _text("page.html")
    for name, text in rest.items():
        before, after = made.split(f"{{{{{name}}}}}")
        made = before + text + after
    return made


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _script(start: str) -> str:
    return join(start, lambda name: _text(f"{name}.js"))


def _text(name: str) -> str:
    return (HOME / name).read_text(encoding="utf-8")
