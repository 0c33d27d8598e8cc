"""The tables of a study: `table.tex`, a row for each hypothesis, and a row for each claim on several data sets."""

from __future__ import annotations

import math
from collections.abc import Sequence

from negres_core.errors import show
from negres_core.evidence import AS_GIVEN, Evidence, Registration
from negres_core.report.across import TWO_DATA_SETS, combine_group, groups_of
from negres_core.report.layout import plural, show_interval, show_number
from negres_core.report.paper.booktabs import Cell, Column, number_cell, text_cell, write_floats
from negres_core.report.paper.latex import escape
from negres_core.report.paper.study import Study
from negres_core.report.table import row_of

COLUMNS = (
    Column("claim", 0.24),
    Column("data", 0.12),
    Column("effect"),
    Column("95% interval"),
    Column("verdict", 0.14),
    Column("p (Holm)"),
)
ACROSS_COLUMNS = (
    Column("claim", 0.22),
    Column("data sets", 0.1),
    Column("effect"),
    Column("95% interval"),
    Column("tau"),
    Column("on one more (95%)"),
)
NOT_REGISTERED, CHANGED, SURPRISE, INSIGNIFICANT = r"\dag", r"\ddag", r"\S", r"n.s."
NOTES = {
    NOT_REGISTERED: "not registered before the run, so exploratory",
    CHANGED: "registered after results, amended, or run differently",
    SURPRISE: "not the expected verdict",
    INSIGNIFICANT: "not significant after Holm's correction",
}
"""The marks of the table, and what they mean."""


def write_tables(study: Study) -> str:
    """Return the tables in LaTeX."""
    rows = [_row(evidence, study) for evidence in study.records]
    used = [mark for mark in NOTES if any(mark in cell.tex for row in rows for cell in row[4:])]
    notes = [f"{mark if mark == INSIGNIFICANT else f'${mark}$'}: {escape(NOTES[mark])}" for mark in used]
    short = "The verdict on each claim"
    caption = " ".join([f"{short}.", escape(_explanation(study)), *([f"{'; '.join(notes)}."] if notes else [])])
    tables = [write_floats(COLUMNS, rows, caption=caption, short=short, label="tab:negres")]
    if groups := groups_of(study.judged):
        short = "The mean effect of each claim over data sets"
        text = (
            f"{short}. Tau is the standard deviation of the true effects between data sets; the last column is the 95% "
            "prediction interval of the effect on one more."
        )
        caption = escape(f"{text} {TWO_DATA_SETS}" if any(len(group) == 2 for group in groups) else text)
        across = [_row_across(group) for group in groups]
        tables.append(write_floats(ACROSS_COLUMNS, across, caption=caption, short=short, label="tab:negres-across"))
    return "\n".join(tables)


def _explanation(study: Study) -> str:
    text = "Positive effects are better."
    if any(each.p_value is not None for each in study.records) and study.family:
        text += (
            f" p (Holm) is corrected for the family of {plural(len(study.family), 'hypothesis', 'hypotheses')}; one "
            "that decided nothing has none."
        )
    if given := sum(each.scores is not None for each in study.records):
        text += f" {plural(given, 'verdict')} on {AS_GIVEN}."
    return text


def _row(evidence: Evidence, study: Study) -> list[Cell]:
    row = row_of(evidence, study.family)
    return [
        text_cell(f"{row.hypothesis} ({state_threshold(evidence)})"),
        text_cell(row.data),
        number_cell(row.effect),
        number_cell(row.interval),
        text_cell(" ".join(filter(None, (row.verdict, row.finding))), "".join(_marks(evidence))),
        number_cell(row.p if row.rejected else f"{row.p} ({INSIGNIFICANT})"),
    ]


def state_threshold(evidence: Evidence) -> str:
    """Return the metric and the margin or bar of a claim in a few words."""
    claim = evidence.claim
    unit = "" if claim.unit in ("", claim.metric) else f" {show(claim.unit)}"
    amount = f"{claim.threshold:g}{unit}"
    words = {"beats": f"by {amount}" if claim.threshold else "by any amount", "matches": f"within {amount}"}
    return f"{show(claim.of_output(claim.metric))}, {words.get(claim.kind, f'bar {amount}')}"


def _marks(evidence: Evidence) -> list[str]:
    registration = evidence.registration or Registration(status="exploratory")
    marks = []
    if registration.status == "exploratory":
        marks.append(NOT_REGISTERED)
    elif registration.status != "registered" or registration.seen or registration.older:
        marks.append(CHANGED)
    return [*marks, SURPRISE] if evidence.outcome == "surprise" else marks


def _row_across(group: Sequence[Evidence]) -> list[Cell]:
    combined = combine_group(group)
    return [
        text_cell(f"{show(group[0].title)} ({state_threshold(group[0])})"),
        text_cell(", ".join(show(each.data.name) for each in group)),
        number_cell(show_number(combined.effect, sign=True)),
        number_cell(show_interval(combined.interval(0.95))),
        number_cell(show_number(math.sqrt(combined.tau_squared))),
        number_cell(show_interval(combined.prediction_interval(0.95))),
    ]
