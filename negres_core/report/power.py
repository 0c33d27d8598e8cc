"""What designs can decide, one design per row."""

from __future__ import annotations

from collections.abc import Sequence

from negres_core.errors import show
from negres_core.evidence import PowerRecord
from negres_core.report.layout import lay_out

HEADERS = (
    "hypothesis",
    "SD of differences",
    "design",
    "detects (80% power)",
    "equivalence within",
    "with any repeats",
)
HEADERS_OF_SEEDS = ("hypothesis", "standard error", *HEADERS[2:5], "with any seeds")
"""For a fixed split."""
WIDTHS = (34, 24, 14, 20, 18, 16)
"""Characters per column."""
NOTES = (
    "A design is folds x repeats. It detects a true effect of the given size with 80% power; for a claim with a",
    "margin, a true effect that exceeds the margin by that size. If the observed effect is 0, it shows equivalence",
    "within the given margin. The last column is the limit of that margin for any number of repeats of these folds,",
    "at the level of the last look: a smaller margin needs more data, folds or seeds.",
)
NOTES_OF_SEEDS = (
    "A fixed split keeps its training rows and test rows, and has more or fewer seeds. The standard error is the one",
    "that so many seeds would have. The last column is the limit for any number of seeds on these test rows.",
)


def render(designs: Sequence[tuple[str, str, str, PowerRecord]], *, of_seeds: bool = False) -> str:
    """Render a table of what designs can decide, with an explanation of its columns.

    Args:
        designs: for each row the hypothesis, the unit of its metric, the design, and what it can decide.
        of_seeds: whether the designs are fixed splits, with so many seeds.
    """
    headers, notes = (HEADERS_OF_SEEDS, NOTES_OF_SEEDS) if of_seeds else (HEADERS, NOTES)
    rows = []
    for name, unit, design, power in designs:
        numbers = (f"{value:.3g}" for value in (power.detectable, power.equivalence, power.floor))
        rows.append((show(name), f"{power.sd:.3g} {show(unit)}".rstrip(), design, *numbers))
    table = lay_out(rows, headers=headers, widths=WIDTHS, style="terminal")
    return "\n".join((table, "", *notes))
