"""The forest plots of a study: `forest.pdf`, a page for each family and metric, and `forest.tex`, which shows them."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from negres_core.errors import show
from negres_core.evidence import Evidence
from negres_core.report.page.canvas import Canvas, drawing
from negres_core.report.page.families import by_family, plot_family
from negres_core.report.page.forest import scale_key, shared_ranges
from negres_core.report.paper.latex import escape
from negres_core.report.paper.study import Study

FILE = "forest.pdf"
WIDTH, LEFT, LINE_LENGTH = 500, 232, 40
"""Width of a page and of its names in points, and most characters in a line of a name."""
MOST_ROWS = 14
"""Most hypotheses of a page."""
MOST_HEIGHT = 580
"""Most points of the plots of one figure, so that it fits onto a page with its caption."""
CREATOR = "negres report --latex"
"""By which the PDF is known to be ours."""
KEY = (
    "The thick line is the 90% interval, the thin one the 95% interval, which cover at all looks together; the shaded "
    "band lies within the margin. The mark is the effect: a circle if the claim is supported, a square if it is "
    "refuted, a diamond if nothing is decided, a cross if the run is invalid. An interval that leaves the scale ends "
    "in an arrow."
)


class Figures(NamedTuple):
    """The forest plots, for a paper.

    Attributes:
        pdf: a page for each plot; None if no hypothesis has an estimate.
        tex: a figure for the plots of a family; several if they do not fit into one.
    """

    pdf: bytes | None
    tex: str


def make_figures(study: Study) -> Figures:
    """Draw the forest plots; the same evidence gives the same files."""
    if not study.estimated:
        return Figures(None, "No hypothesis has an estimate, so there is no forest plot.\n")
    from matplotlib.backends.backend_pdf import PdfPages

    file = io.BytesIO()
    figures: list[tuple[str, list[int]]] = []
    left, number = 0.0, 0
    with drawing(), PdfPages(file, metadata={"Creator": CREATOR, "CreationDate": None}) as pdf:
        for number, (family, canvas) in enumerate(_plots(study), 1):
            canvas.print_on(pdf)
            if not figures or figures[-1][0] != family or canvas.height > left:
                figures.append((family, []))
                left = MOST_HEIGHT
            figures[-1][1].append(number)
            left -= canvas.height
    names = [name for name, _ in figures]
    parts = [(names[:place].count(name) + 1, names.count(name)) for place, name in enumerate(names)]
    texts = (
        _figure(number, family, part, pages)
        for number, ((family, pages), part) in enumerate(zip(figures, parts, strict=True), 1)
    )
    return Figures(file.getvalue(), "\n".join(texts))


def _plots(study: Study) -> Iterator[tuple[str, Canvas]]:
    """Yield plots with their families: hypotheses with an estimate, by metric, in parts of a size."""
    limits = shared_ranges(study.estimated)
    for family, groups in by_family(study.estimated).items():
        for group in groups:
            for part in _split(group):
                scale = limits[scale_key(group[0])]
                yield family, plot_family(part, scale, width=WIDTH, left=LEFT, line_length=LINE_LENGTH)


def _split(group: Sequence[Evidence]) -> list[Sequence[Evidence]]:
    count = -(-len(group) // MOST_ROWS)
    size = -(-len(group) // count)
    return [group[start : start + size] for start in range(0, len(group), size)]


def _figure(number: int, family: str, part: tuple[int, int], pages: Sequence[int]) -> str:
    which = "" if part[1] == 1 else f", part {part[0]} of {part[1]}"
    caption = f"Effects of the hypotheses of {show(family)}{which}, on one scale for each metric; more is better."
    lines = [rf"\includegraphics[page={page},width=\linewidth]{{{FILE}}}" for page in pages]
    text = escape(f"{caption} {KEY}" if number == 1 else caption)
    label = rf"\label{{fig:negres-{number}}}"
    return "\n".join([r"\begin{figure}", r"\centering", *lines, rf"\caption{{{text}}}", label, r"\end{figure}", ""])
