"""Sphinx: the pages of this folder, and the public names from their docstrings."""

project = "negres"
author = "negres contributors"
project_copyright = "2026, negres contributors"
html_theme = "furo"
html_title = project

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_heading_anchors = 3  # so that the links inside the README work here too
napoleon_numpy_docstring = False
napoleon_use_ivar = True  # one line an attribute; the signature has its type
autodoc_member_order = "bysource"
