"""The arms of a study: `arms.tex`, a table of their budgets and of the metric that each claim is about."""

from __future__ import annotations

from negres_core.errors import show
from negres_core.evidence import ArmRecord, Evidence
from negres_core.report.layout import show_number
from negres_core.report.paper.booktabs import Cell, Column, number_cell, text_cell, write_floats
from negres_core.report.paper.latex import escape
from negres_core.report.paper.study import Study

COLUMNS = (
    Column("claim, data", 0.23),
    Column("arm", 0.23),
    Column("epochs"),
    Column("steps"),
    Column("weights"),
    Column("metric (SD)"),
)
CAPTION = (
    "The arms of each claim. Epochs and optimizer steps are those of one replicate in all its stages, at most if it "
    "may stop early; weights are the trainable ones of its last stage. The metric is that of the claim: its mean "
    "over cells, and the standard deviation between them, which is not a standard error."
)


def write_arms(study: Study) -> str:
    """Return the table in LaTeX, a row for each arm; "" if no run has any."""
    rows = [_row(evidence, arm) for evidence in study.records for arm in evidence.arms]
    if not rows:
        return ""
    return write_floats(COLUMNS, rows, caption=escape(CAPTION), short="The arms of each claim", label="tab:negres-arms")


def _row(evidence: Evidence, arm: ArmRecord) -> list[Cell]:
    budget = arm.budget
    sizes = (0, 0, 0) if budget is None else (budget.epochs, budget.steps, budget.trainable_weights)
    first = arm is evidence.arms[0]
    return [
        text_cell(f"{show(evidence.title)}, {show(evidence.data.name)}" if first else ""),
        text_cell(f"{arm.role}: {show(arm.name)}"),
        *[number_cell(f"{size:,}" if size else "") for size in sizes],
        number_cell(_metric(arm, evidence.claim.key)),
    ]


def _metric(arm: ArmRecord, key: str) -> str:
    spread = arm.metrics.get(key)
    if spread is None:
        return ""
    if spread.mean is None:
        return "not finite"
    return show_number(spread.mean) if spread.sd is None else f"{show_number(spread.mean)} ({show_number(spread.sd)})"
