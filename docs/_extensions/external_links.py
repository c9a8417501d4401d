"""What the site links to elsewhere: external-links.txt, an address a line, and the pages that have it."""

from collections import defaultdict
from pathlib import Path

from docutils import nodes


def write(app, exception):
    """Write the list."""
    if exception is not None or app.builder.format != "html":
        return
    pages = defaultdict(set)
    for page in app.env.found_docs:
        for node in app.env.get_doctree(page).findall(nodes.reference):
            address = node.get("refuri", "")
            if address.startswith(("http:", "https:")):
                pages[address].add(page)
    lines = [f"{address} {' '.join(sorted(pages[address]))}\n" for address in sorted(pages)]
    Path(app.outdir, "external-links.txt").write_text("".join(lines), encoding="utf-8")


def setup(app):
    """Register with Sphinx."""
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
