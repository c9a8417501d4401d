"""Faults of a site: links that lead nowhere, what pages would fetch from elsewhere."""

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

FETCHED = {
    "script": ("src",),
    "link": ("href",),
    "img": ("src", "srcset"),
    "iframe": ("src",),
    "source": ("src", "srcset"),
    "video": ("src",),
    "object": ("data",),
    "embed": ("src",),
}
ELSEWHERE = ("url(http", 'url("http', "url(//", 'url("//', '@import "http', '@import "//', "@import url")
"""Beginnings of what a style would fetch from there."""
NOT_FETCHED = {"next", "prev", "canonical", "author", "index", "search", "license"}


class Page(HTMLParser):
    """The anchors and links of a page, and what it fetches."""

    def __init__(self, text):
        super().__init__()
        self.anchors, self.links, self.fetched = set(), set(), set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        """Note what an element says."""
        told = dict(attrs)
        self.anchors |= {told[name] for name in ("id", "name") if told.get(name)}
        if tag == "a" and told.get("href"):
            self.links.add(told["href"])
        if tag == "link" and told.get("rel") in NOT_FETCHED:
            return
        self.fetched |= {told[name] for name in FETCHED.get(tag, ()) if told.get(name)}


def problems(html: Path) -> list[str]:
    """Return a line for each."""
    paths = [
        path for path in sorted(html.rglob("*.html")) if "_static" not in path.parts
    ]  # the theme's templates
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in paths}
    found = []
    for path, page in pages.items():
        where = path.relative_to(html)
        for link in sorted(page.links | page.fetched):
            parts = urlsplit(link)
            if parts.scheme in {"data", "mailto", "javascript"}:
                continue
            if parts.scheme or parts.netloc:
                if link in page.fetched:
                    found.append(f"{where}: fetches {link}")
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.is_file():
                found.append(f"{where}: {link} is not there")
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors:
                found.append(f"{where}: {link}: {target.relative_to(html)} has no such anchor")
    for path in sorted(html.rglob("*.css")):
        text = path.read_text(encoding="utf-8")
        found += [
            f"{path.relative_to(html)}: fetches what begins with {begin}"
            for begin in ELSEWHERE
            if begin in text
        ]
    return found
