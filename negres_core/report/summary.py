"""The summary: the table of hypotheses, and below it what claims come to across data sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from negres_core.evidence import Evidence
from negres_core.report import across, table
from negres_core.report.layout import Style


def render(
    evidences: Sequence[Evidence],
    *,
    family: Mapping[str, float],
    unfinished: Mapping[str, str] | None = None,
    style: Style = "terminal",
) -> str:
    """Render hypotheses as `negres table` prints them, and a session at its end; the arguments are the table's."""
    hypotheses = table.render(evidences, family=family, unfinished=unfinished, style=style)
    return "\n\n".join(filter(None, (hypotheses, across.render(evidences, style=style))))
