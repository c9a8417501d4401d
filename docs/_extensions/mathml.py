"""Formulas as MathML, which browsers draw themselves: no script, and none from elsewhere."""

from docutils.nodes import SkipNode
from latex2mathml.converter import convert


def inline(self, node):
    """Write a formula in a line."""
    self.body.append(convert(node.astext()))
    raise SkipNode  # all of it is written


def display(self, node):
    """Write a formula on lines of its own."""
    self.body.append(f'<div class="math">{convert(node.astext(), display="block")}</div>')
    raise SkipNode  # all of it is written


def setup(app):
    """Register with Sphinx."""
    app.add_html_math_renderer("mathml", inline_renderers=(inline, None), block_renderers=(display, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
