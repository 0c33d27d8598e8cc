"""The ranks of arms over data sets: `ranks.pdf`, a critical difference diagram for each metric, and `ranks.tex`."""

from __future__ import annotations

from negres_core.errors import show
from negres_core.report.layout import plural
from negres_core.report.page.critical_difference import plot_ranks
from negres_core.report.paper.latex import Sentence, escape
from negres_core.report.paper.pdf import WIDTH, Figures, print_pages, show_pages
from negres_core.report.paper.study import Study, enumerate_names
from negres_core.report.ranks import Ranks, rank_by_claims

FILE = "ranks.pdf"
LEFT, MOST_NAME = 232, 40
"""Points for the names of arms, and most characters of one with its rank."""


def make_ranks(study: Study) -> Figures:
    """Draw the ranks by each metric of a claim by which three arms can be compared on three data sets."""
    found, _ = rank_by_claims(study.records)
    if not found:
        return Figures(None, "")
    figures = [
        show_pages(FILE, [number], caption=escape(_caption(ranks)), label=f"fig:negres-ranks-{number}")
        for number, ranks in enumerate(found, 1)
    ]
    return Figures(
        print_pages(plot_ranks(ranks, width=WIDTH, left=LEFT, most=MOST_NAME) for ranks in found), "\n".join(figures)
    )


def _caption(ranks: Ranks) -> str:
    notes = "".join(f" {note[0].upper()}{note[1:]}." for note in ranks.notes)
    tests = f"{ranks.tests[0].upper()}{ranks.tests[1:]}"
    return (
        f"Mean ranks of arms by {show(ranks.metric)} over {plural(len(ranks.data_sets), 'data set')} "
        f"({enumerate_names(ranks.data_sets)}). A bar joins arms that do not differ. {tests}.{notes}"
    )


def describe_ranks(study: Study) -> list[Sentence]:
    """Return how arms were ranked; [] if they were not."""
    found, _ = rank_by_claims(study.records)
    if not found:
        return []
    return [
        Sentence(
            "Arms on record were ranked over data sets, with one value for each, by the tests of Friedman and of Iman "
            "and Davenport; two arms differ if their mean ranks are further apart than Nemenyi's critical difference",
            ("demsar2006statistical", "iman1980approximations"),
        )
    ]
