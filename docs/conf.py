"""Sphinx: the pages of this folder, and the public names from their docstrings."""

project = "negres"
author = "negres contributors"
project_copyright = "2026, negres contributors"
html_theme = "furo"
html_title = project

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_heading_anchors = 3  # so that links to sections work, also from the README
napoleon_numpy_docstring = False
napoleon_use_ivar = True  # one line per attribute; the signature has its type
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88
toc_object_entries_show_parents = "hide"
default_role = "code"  # of docstrings, which are reStructuredText
html_static_path = ["_static"]
html_css_files = ["wide.css"]
