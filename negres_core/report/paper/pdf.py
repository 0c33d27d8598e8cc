"""Figures as pages of a PDF, which says that it is ours."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import NamedTuple

from negres_core.report.page.canvas import Canvas, drawing

CREATOR = "negres report --latex"
"""By which a PDF is known to be ours."""
WIDTH = 500
"""Width of a page, in points."""


class Figures(NamedTuple):
    """Figures for a paper.

    Attributes:
        pdf: a page for each plot; None if there is none.
        tex: LaTeX that shows them.
    """

    pdf: bytes | None
    tex: str


def print_pages(plots: Iterable[Canvas]) -> bytes:
    """Return plots as the pages of a PDF; without a date, so that the same evidence gives the same file."""
    from matplotlib.backends.backend_pdf import PdfPages

    file = io.BytesIO()
    with drawing(), PdfPages(file, metadata={"Creator": CREATOR, "CreationDate": None}) as pages:
        for plot in plots:
            plot.print_on(pages)
    return file.getvalue()


def show_pages(file: str, pages: Iterable[int], *, caption: str, label: str) -> str:
    """Return a figure in LaTeX that shows pages of a PDF below each other; the caption is LaTeX."""
    shown = [rf"\includegraphics[page={page},width=\textwidth]{{{file}}}" for page in pages]
    head = [r"\begin{figure*}", r"\centering", *shown]
    return "\n".join([*head, rf"\caption{{{caption}}}", rf"\label{{{label}}}", r"\end{figure*}", ""])
