"""The table of hypotheses: the verdict on each claim, and whether it was the expected one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from negres_core.errors import MOST_IN_A_LINE, show
from negres_core.evidence import Evidence, PriorLooks, Registration
from negres_core.report.layout import Style, lay_out, plural, repeats_trained, show_interval, show_number, show_p

HEADERS = ("hypothesis", "data", "effect [95% interval]", "cells", "verdict", "p (Holm)", "registered", "time")
"""Headers on a page."""
TERMINAL_HEADERS = (
    "hypothesis,\ndata set",
    "effect\n[95% interval]",
    "verdict\n(finding)",
    "p (Holm)",
    "registered",
    "cells,\ntime",
)
"""Headers in a terminal. Rows take two lines there, with the details in the second, so that columns are narrower."""
WIDTHS = (34, 20, 24, 10, 15, 8)
"""Characters per column in a terminal."""
NOT_SIGNIFICANT = "not significant after Holm"


def render(
    records: Sequence[Evidence],
    *,
    family: Mapping[str, float] | None = None,
    unfinished: Mapping[str, str] | None = None,
    style: Style = "terminal",
) -> str:
    """Render hypotheses as a table.

    Args:
        records: the evidence of each hypothesis.
        family: the corrected p-value of every hypothesis by its test id, including those without a row.
        unfinished: hypotheses without evidence, and why they have none; they get a row, too.
        style: see `Style`.
    """
    family = family or {}
    rows = [row_of(evidence, family) for evidence in records]
    rows += [Row(hypothesis=show(name), verdict=f"none: {show(why)}") for name, why in (unfinished or {}).items()]
    if style == "markdown":
        table = lay_out([row.on_page() for row in rows], headers=HEADERS, widths=(), style=style)
    else:
        table = lay_out([row.in_terminal() for row in rows], headers=TERMINAL_HEADERS, widths=WIDTHS, style=style)
    footnotes = [*_scopes(records, style), *_footnotes(rows, len(family), style)]
    return "\n".join((table, "", *footnotes)) if footnotes else table


class Row(NamedTuple):
    """The facts of a row; an empty string if there is none.

    Attributes:
        hypothesis: the hypothesis in words.
        verdict: the verdict, or why there is none.
        data: the name of the data set.
        effect: the effect.
        interval: its 95% interval.
        unit: the unit of both.
        cells: cells trained, and those planned if there are more; seeds per cell.
        finding: the finding, in parentheses.
        p: the p-value, corrected for the family.
        rejected: whether it is below the claim's level.
        outcome: whether the verdict was the expected one.
        notes: on the registration, in parentheses.
        time: the duration of the run.
    """

    hypothesis: str
    verdict: str
    data: str = ""
    effect: str = ""
    interval: str = ""
    unit: str = ""
    cells: str = ""
    finding: str = ""
    p: str = ""
    rejected: bool = True
    outcome: str = ""
    notes: str = ""
    time: str = ""

    def on_page(self) -> tuple[str, ...]:
        """Return one cell for each of `HEADERS`."""
        return (
            self.hypothesis,
            self.data,
            _join(self.effect, self.interval, self.unit),
            self.cells,
            _join(self.verdict, self.finding),
            self.p if self.rejected else f"{self.p} ({NOT_SIGNIFICANT})",
            _join(self.outcome, self.notes),
            self.time,
        )

    def in_terminal(self) -> tuple[str, ...]:
        """Return one cell for each of `TERMINAL_HEADERS`."""
        return (
            f"{self.hypothesis}, {self.data}" if self.data else self.hypothesis,
            f"{_join(self.effect, self.unit)}\n{self.interval}",
            f"{self.verdict}\n{self.finding}",
            self.p if self.rejected else f"{self.p}\n(n.s.)",
            f"{self.outcome}\n{self.notes}",
            f"{self.cells}\n{self.time}",
        )


def row_of(evidence: Evidence, family: Mapping[str, float]) -> Row:
    """Return the facts of a hypothesis; for the family, see `render`."""
    effect = interval = ""
    if evidence.estimate is not None:
        effect = show_number(evidence.estimate.effect, sign=True)
        interval = show_interval(evidence.estimate.interval_95)
    verdict, _, finding = (evidence.judgement or "").partition(" ")
    if evidence.smoke:
        verdict = "not judged (smoke)"
    p = _corrected(evidence, family)
    outcome, notes = _registered(evidence)
    return Row(
        hypothesis=show(evidence.title),
        data=show(evidence.data.name),
        effect=effect,
        interval=interval,
        unit=show(evidence.claim.of_output(evidence.claim.unit)) if effect else "",
        cells=_cells(evidence),
        verdict=verdict or "none: the run was interrupted",
        finding=show(finding),
        p="" if p is None else show_p(p),
        rejected=p is None or p < evidence.claim.alpha,
        outcome=show(outcome),
        notes=show(notes),
        time=_duration(evidence.timings.wall_s),
    )


def _cells(evidence: Evidence) -> str:
    design = evidence.design
    planned = design.folds * design.repeats
    repeats = repeats_trained(evidence)
    done = "?" if repeats is None else f"{design.folds * repeats}"
    cells = done if done == f"{planned}" else f"{done} of {planned}"
    return f"{cells} x{design.seeds}" if design.seeds > 1 else cells


def _corrected(evidence: Evidence, family: Mapping[str, float]) -> float | None:
    """Return the corrected p-value of a verdict; None if nothing was decided, so no null hypothesis is rejected."""
    return None if evidence.p_value is None else family.get(evidence.hypothesis)


def _registered(evidence: Evidence) -> tuple[str, str]:
    """Return whether the verdict was the expected one, and notes on the registration and sealed rows in parentheses."""
    notes = _seal(evidence)
    if evidence.smoke or evidence.outcome is None:
        return f"expects {evidence.expected}" if evidence.expected else "", f"({'; '.join(notes)})" if notes else ""
    registration = evidence.registration or Registration(status="exploratory")
    if evidence.outcome == "surprise":
        outcome = f"SURPRISE, not {evidence.expectation}" if evidence.expectation else "SURPRISE"
    else:
        outcome = "as registered" if registration.status in ("registered", "amended") else "as expected"
    notes = [*registration.notes, *notes]
    return outcome, f"({'; '.join(notes)})" if notes else ""


def _seal(evidence: Evidence) -> list[str]:
    """Return notes on sealed rows, and on earlier looks at the rows of the run."""
    if (seal := evidence.seal) is None:
        return []
    prior = evidence.prior or PriorLooks()
    if seal.phase == "exploring":
        looks = plural(prior.verdicts, "verdict")
        return [f"{seal.rows_in_words} sealed", *([f"{looks} on the others before"] if prior.verdicts else [])]
    if prior.is_first_opening:
        return ["first opening"]
    times = len(prior.opened) + prior.reopened
    notes = [f"sealed rows opened {plural(times, 'time')} before"] if times else []
    seen = plural(len(prior.seen), "hypothesis", "hypotheses")
    return [*notes, f"sealed rows seen before by {seen}"] if prior.seen else notes


def _scopes(records: Sequence[Evidence], style: Style) -> list[str]:
    """Return what the verdicts of each kind of design are about, if not all designs are of k folds."""
    by_kind = {each.design.kind: each.does_not_show for each in records if each.does_not_show}
    if set(by_kind) <= {"k folds"}:
        return []
    return [show(f"{kind[0].upper()}{kind[1:]}: {text}", style, most=MOST_IN_A_LINE) for kind, text in by_kind.items()]


def _footnotes(rows: Sequence[Row], members: int, style: Style) -> list[str]:
    """Return the explanation of the p-values, if any row has one."""
    if not any(row.p for row in rows):
        return []
    family = "the one hypothesis" if members == 1 else f"all {plural(members, 'hypothesis', 'hypotheses')}"
    note = (
        f"p (Holm) is corrected for the family, {family} in the ledger and the evidence folder; "
        "a hypothesis that has not run or decided nothing counts as 1."
    )
    shortened = style == "terminal" and not all(row.rejected for row in rows)
    return [note, f"n.s.: {NOT_SIGNIFICANT}."] if shortened else [note]


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds // 60)}m {int(seconds % 60):02d}s"


def _join(*parts: str) -> str:
    return " ".join(filter(None, parts))
