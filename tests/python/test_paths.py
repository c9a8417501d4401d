"""Files that documents name are there."""

import re

from page_blocks import HOME, PAGES

# The changelog speaks of what was.
DOCUMENTS = [
    path for path in (*HOME.glob("*.md"), *PAGES, *HOME.glob("benches/*.md")) if path.stem != "CHANGELOG"
]
NAMED = re.compile(r"`((?:\.ci|benches|docs|notebooks|python|src|tests)/[\w./-]+)`")


def test_files_that_documents_name_are_there():
    named = {
        (str(path.relative_to(HOME)), each) for path in DOCUMENTS for each in NAMED.findall(path.read_text())
    }
    assert len(named) > 20
    assert sorted((path, each) for path, each in named if not any(HOME.glob(f"{each.rstrip('/')}*"))) == []
