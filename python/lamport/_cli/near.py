"""Paths as people read them."""

from pathlib import Path

__all__ = ["near"]


def near(path: str | Path) -> Path:
    """Return a path as it is from the current directory, if it is below."""
    whole, here = Path(path), Path.cwd()
    return whole.relative_to(here) if whole.is_relative_to(here) else whole
