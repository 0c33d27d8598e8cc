"""The summary: the table of hypotheses, and below it the combined effects across data sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from negres_core.evidence import Evidence
from negres_core.report import across, table
from negres_core.report.layout import Style


def render(
    records: Sequence[Evidence],
    *,
    family: Mapping[str, float],
    unfinished: Mapping[str, str] | None = None,
    style: Style = "terminal",
) -> str:
    """Render hypotheses as `negres table` and the end of a session print them; for the arguments, see the table."""
    hypotheses = table.render(records, family=family, unfinished=unfinished, style=style)
    return "\n\n".join(filter(None, (hypotheses, across.render(records, style=style))))
