"""The README leads somewhere: its commands, links and figures are those of the project."""

import re

from page_blocks import HOME, blocks

README = HOME / "README.md"
TEXT = README.read_text(encoding="utf-8")
SET_UP = [
    "pip install . && lamport run --duration 60\n",
    'pip install ".[test]" && cargo test --no-default-features && pytest\n',
]


def test_two_commands_set_it_up():
    assert [block.text for block in blocks(README) if "pip install" in block.text] == SET_UP


def test_links_lead_to_what_is_there():
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", TEXT)
    assert len(links) > 20
    assert [link for link in links if not (HOME / link).exists()] == []


def test_figures_are_those_of_the_benchmarks():
    figures = (HOME / "benches" / "README.md").read_text(encoding="utf-8")
    for told, bench, printed in (
        ("2.0 M messages/s", "throughput", "2.00 M messages/s received"),
        ("64 M events/s", "simulate", "64 M events/s"),
    ):
        assert told in TEXT
        assert f"--bench {bench}" in TEXT
        assert printed in figures
