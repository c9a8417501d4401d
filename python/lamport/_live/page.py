"""The page of a run that goes on: it is empty, and is told by its server or its notebook what happens."""

import json
from typing import Literal

from lamport._view.page import page

__all__ = ["live_page"]


def live_page(transport: Literal["events", "messages"], title: str) -> str:
    """Return the page, one HTML file.

    Parameters
    ----------
    transport : str
        How it is told what happens: ``"events"``, by server-sent events of ``events?...`` beside its own
        address, with its own query; ``"messages"``, by messages of the window around it.
    title : str
        What it is called until it is told.
    """
    told = json.dumps({"transport": transport, "title": title}).encode()
    return page(
        told,
        start="live",
        styles=("page.css", "live.css"),
        policy="connect-src 'self'" if transport == "events" else "",
    )
