"""The methods of a study: `methods.tex`, generated from what its evidence says was used."""

from __future__ import annotations

from negres_core.report.paper.conduct import describe_budgets, describe_controls, describe_software, describe_tuning
from negres_core.report.paper.judgement import (
    describe_across,
    describe_claims,
    describe_designs,
    describe_family,
    describe_looks,
)
from negres_core.report.paper.latex import write_paragraph
from negres_core.report.paper.ranks import describe_ranks
from negres_core.report.paper.study import Study

PARAGRAPHS = {
    "Claims": describe_claims,
    "Designs and tests": describe_designs,
    "Looks": describe_looks,
    "Multiple testing": describe_family,
    "Across data sets": describe_across,
    "Ranks": describe_ranks,
    "Controls": describe_controls,
    "Budgets": describe_budgets,
    "Tuning": describe_tuning,
    "Software and hardware": describe_software,
}
"""The paragraphs by their headings; one without sentences is left out."""


def write_methods(study: Study) -> str:
    """Return the methods in LaTeX, a paragraph for each subject."""
    paragraphs = (write_paragraph(f"{heading}.", make(study)) for heading, make in PARAGRAPHS.items())
    return "\n".join(filter(None, paragraphs))
