"""The forest plots of a study: `forest.pdf`, a page for each family and metric, and `forest.tex`, which shows them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from negres_core.errors import show
from negres_core.evidence import Evidence
from negres_core.report.page.canvas import Canvas
from negres_core.report.page.families import by_family, plot_family
from negres_core.report.page.forest import scale_key, shared_ranges
from negres_core.report.paper.latex import escape
from negres_core.report.paper.pdf import WIDTH, Figures, print_pages, show_pages
from negres_core.report.paper.study import Study

FILE = "forest.pdf"
LEFT, LINE_LENGTH = 232, 40
"""Points for the names of hypotheses, and most characters in a line of one."""
MOST_ROWS = 14
"""Most hypotheses of a page."""
MOST_HEIGHT = 580
"""Most points of the plots of one figure, so that it fits onto a page with its caption."""
KEY = (
    "The thick line is the 90% interval, the thin one the 95% interval, which cover the true effect at all looks "
    "together; the shaded band lies within the margin. The mark is the effect: a circle if the claim is supported, a "
    "square if it is refuted, a diamond if nothing is decided, a cross if the run is invalid. An interval that "
    "exceeds the scale ends in an arrow."
)


def make_figures(study: Study) -> Figures:
    """Draw the forest plots: a figure for the plots of a family, several if they do not fit into one."""
    if not study.estimated:
        return Figures(None, "No hypothesis has an estimate, so there is no forest plot.\n")
    plots = list(_plots(study))
    figures: list[tuple[str, list[int]]] = []
    left = 0.0
    for page, (family, canvas) in enumerate(plots, 1):
        if not figures or figures[-1][0] != family or canvas.height > left:
            figures.append((family, []))
            left = MOST_HEIGHT
        figures[-1][1].append(page)
        left -= canvas.height
    names = [name for name, _ in figures]
    texts = []
    for number, (family, pages) in enumerate(figures, 1):
        part = names[:number].count(family), names.count(family)
        texts.append(show_pages(FILE, pages, caption=_caption(number, family, part), label=f"fig:negres-{number}"))
    return Figures(print_pages(canvas for _, canvas in plots), "\n".join(texts))


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


def _caption(number: int, family: str, part: tuple[int, int]) -> str:
    which = "" if part[1] == 1 else f", part {part[0]} of {part[1]}"
    text = f"Effects of the hypotheses of {show(family)}{which}, on one scale for each metric; more is better."
    return escape(f"{text} {KEY}" if number == 1 else text)
