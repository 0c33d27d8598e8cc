"""Prospects: what designs can decide, one a row."""

from __future__ import annotations

from collections.abc import Sequence

from negres_core.evidence import PowerRecord
from negres_core.report.layout import lay_out

HEADERS = ("hypothesis", "SD of differences", "design", "effect seen (power .8)", "equivalence within", "any repeats")
WIDTHS = (34, 24, 12, 22, 18, 11)
NOTES = (
    "Designs are folds x repeats. An effect of this size is seen four times in five; beside a margin, that much more",
    "than the margin. An effect of 0 is shown to lie within the margin of equivalence; in the last column with any",
    "number of repeats of these folds, at the level of that last look: for less it takes more data, folds or seeds.",
)


def render(prospects: Sequence[tuple[str, str, str, PowerRecord]]) -> str:
    """Render prospects as a table, with what its columns mean.

    Args:
        prospects: for each row the hypothesis, the unit of its metric, the design, and what that can decide.
    """
    rows = []
    for name, unit, design, seen in prospects:
        numbers = (f"{value:.3g}" for value in (seen.detectable, seen.equivalence, seen.floor))
        rows.append((name, f"{seen.sd:.3g} {unit}".rstrip(), design, *numbers))
    table = lay_out(rows, headers=HEADERS, widths=WIDTHS, style="terminal")
    return "\n".join((table, "", *NOTES))
