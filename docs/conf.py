"""How the site is made of its pages. It is built by build.py, which completes them first."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_extensions"))

import lamport

project = "lamport"
author = "The lamport developers"
copyright = "the lamport developers"  # noqa: A001
version = release = lamport.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "myst_nb",
    "external_links",
    "mathml",
    "public_names",
]
templates_path = ["_templates"]
html_static_path = ["_static"]
html_extra_path = ["_page"]

# Pages.
myst_enable_extensions = ["colon_fence", "dollarmath", "deflist"]
myst_heading_anchors = 4

# Notebooks: the tests have executed them, or they are executed here.
nb_execution_mode = "off" if os.environ.get("LAMPORT_EXECUTED_NOTEBOOKS") else "force"
nb_execution_timeout = 600
nb_execution_raise_on_error = True
nb_merge_streams = True
nb_ipywidgets_js = {}  # nothing is loaded from elsewhere

# Reference.
autosummary_generate = True
autosummary_imported_members = False
autodoc_typehints = "none"  # numpydoc sections say it in words
autodoc_member_order = "groupwise"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
default_role = "public"
add_module_names = False
python_display_short_literal_types = True
maximum_signature_line_length = 90

# Looks.
html_theme = "pydata_sphinx_theme"
html_title = "lamport"
html_show_sourcelink = False
html_css_files = ["site.css"]
html_math_renderer = "mathml"
html_theme_options = {
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "navigation_with_keys": False,
    "show_toc_level": 2,
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
html_sidebars = {"index": []}
