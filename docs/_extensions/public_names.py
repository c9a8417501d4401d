"""Words between single backquotes in documentation: a link if they are a public name, else code.

`Run`, `lamport.Run`, `Run.verify`, `run.verify` and, in a class, `verify` are such names. A name behind
`lamport.` that there is not is a warning.
"""

import re
from importlib import import_module

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.transforms import SphinxTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole

logger = logging.getLogger(__name__)
PACKAGES = ("lamport", "lamport.algorithms")
OBJECTS = {"run": "Run", "causality": "Causality", "machine": "Machine", "me": "Me", "report": "ClockReport"}
"""What examples call an object of a class."""


def names():
    """Return all public names, and the public members of classes, with dots."""
    found = set(PACKAGES)
    for package in PACKAGES:
        module = import_module(package)
        for name in module.__all__:
            value = getattr(module, name)
            found.add(f"{package}.{name}")
            if isinstance(value, type):
                found |= {f"{package}.{name}.{member}" for member in dir(value) if not member.startswith("_")}
    return found


NAMES = names()


def link_to(target, text, page):
    """Return a link to a public name."""
    return pending_xref(
        text,
        nodes.literal(text, text, classes=["xref", "py", "py-obj"]),
        refdomain="py",
        reftype="obj",
        reftarget=target,
        refexplicit=True,
        refwarn=True,
        refdoc=page,
    )


class CodeOfPages(SphinxTransform):
    """Code in the text of pages that is a public name, such as `run.verify`, is a link, too."""

    default_priority = 900

    def apply(self):
        """Replace it."""
        for node in list(self.document.findall(nodes.literal)):
            text = node.astext()
            first, dot, rest = text.partition(".")
            name = f"lamport.{rest}" if first == "lamport" else f"lamport.{OBJECTS.get(first)}.{rest}"
            if (
                dot
                and name in NAMES
                and not isinstance(node.parent, (nodes.reference, pending_xref, nodes.title))
            ):
                node.replace_self(link_to(name, text, self.env.current_document.docname))


class PublicName(SphinxRole):
    """The role of such words."""

    def run(self):
        """Make a link, or code."""
        words = self.text.removesuffix("()")
        target = self.target(words)
        if target is None:
            if re.fullmatch(r"lamport(\.\w+)+", words) and not is_private(words):
                logger.warning("there is no public name %s", words, location=self.get_location())
            return [nodes.literal(self.rawtext, self.text)], []
        return [link_to(target, self.text, self.env.current_document.docname)], []

    def target(self, words):
        """Return the public name that is meant."""
        here = self.env.ref_context.get("py:class")
        module = self.env.ref_context.get("py:module") or "lamport"
        first, dot, rest = words.partition(".")
        tried = [
            words,
            f"{module}.{words}",
            f"lamport.{words}",
            f"lamport.{OBJECTS.get(first, first)}{dot}{rest}",
        ]
        if here:
            tried.insert(0, f"{module}.{here.removeprefix(module + '.')}.{words}")
        return next((name for name in tried if name in NAMES), None)


def is_private(words):
    """Return whether a module of command lines is meant."""
    return words in {"lamport.machine", "lamport.analyze", "lamport.agent", "lamport.machine.Machine"}


def setup(app):
    """Register with Sphinx."""
    app.add_role("public", PublicName())
    app.add_transform(CodeOfPages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
