"""The tables of a study: `table.tex`, a row for each hypothesis, and a row for each claim on several data sets."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

from negres_core.errors import show
from negres_core.evidence import AS_GIVEN, Evidence, Registration
from negres_core.report.across import TWO_DATA_SETS, combine_group, groups_of
from negres_core.report.layout import plural, show_interval, show_number
from negres_core.report.paper.latex import escape
from negres_core.report.paper.study import Study
from negres_core.report.table import row_of

HEADERS = ("claim", "data", "effect", "95% interval", "verdict", "p (Holm)")
ACROSS_HEADERS = ("claim", "data sets", "effect", "95% interval", "tau", "on one more (95%)")
WIDTHS = (0.27, 0.14, None, None, 0.15, None)
"""Share of the text's width of each column; None for one that is as wide as its numbers."""
LINE_SHARE = 105
"""About as many characters of a table's font fit into the width of the text."""
MOST_LINES = 50
"""Most lines of a table, which cannot be broken over pages."""
NOT_REGISTERED, CHANGED, SURPRISE, INSIGNIFICANT = r"\dag", r"\ddag", r"\S", r"n.s."
NOTES = {
    NOT_REGISTERED: "not registered before the run, so exploratory",
    CHANGED: "registered after results, amended, or run differently",
    SURPRISE: "not the expected verdict",
    INSIGNIFICANT: "not significant after Holm's correction",
}
"""The marks of the table, and what they mean."""
_MINUS = re.compile(r"(?<![\w.])-(?=[\d.])")


class Row(NamedTuple):
    """A row: its cells in LaTeX, and about how many lines it takes."""

    cells: Sequence[str]
    lines: int


def write_tables(study: Study) -> str:
    """Return the tables in LaTeX, each a float over the whole width; a long one is split into several."""
    rows = [_row(evidence, study) for evidence in study.records]
    notes = [f"${mark}$: {NOTES[mark]}" for mark in (NOT_REGISTERED, CHANGED, SURPRISE) if _is_used(mark, rows)]
    notes += [f"{INSIGNIFICANT}: {NOTES[INSIGNIFICANT]}"] if _is_used(INSIGNIFICANT, rows) else []
    caption = f"The verdict on each claim. {escape(_explanation(study))}"
    caption = " ".join([caption, *([f"{'; '.join(notes)}."] if notes else [])])
    tables = _floats(rows, HEADERS, caption=caption, short="The verdict on each claim", label="tab:negres")
    if groups := groups_of(study.judged):
        across = [_row_across(group) for group in groups]
        small = f" {TWO_DATA_SETS}" if any(len(group) == 2 for group in groups) else ""
        text = (
            "The mean effect of each claim over data sets. Tau is the standard deviation of the true effects between "
            f"data sets; the last column is the 95% prediction interval of the effect on one more.{small}"
        )
        short = "The mean effect of each claim over data sets"
        tables += _floats(across, ACROSS_HEADERS, caption=escape(text), short=short, label="tab:negres-across")
    return "\n".join(tables)


def _is_used(mark: str, rows: Sequence[Row]) -> bool:
    return any(mark in cell for row in rows for cell in (row.cells[4], row.cells[5]))


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


def _row(evidence: Evidence, study: Study) -> Row:
    row = row_of(evidence, study.family)
    claim = f"{row.hypothesis} ({state_threshold(evidence)})"
    verdict = " ".join(filter(None, (row.verdict, row.finding)))
    marks = "".join(_marks(evidence))
    p = f"{_number(row.p)}{'' if row.rejected else f' ({INSIGNIFICANT})'}"
    cells = (
        escape(claim),
        escape(row.data),
        _number(row.effect),
        _number(row.interval),
        escape(verdict) + (f"$^{{{marks}}}$" if marks else ""),
        p,
    )
    return Row(cells, max(_lines(claim, 0), _lines(row.data, 1), _lines(verdict, 4)))


def state_threshold(evidence: Evidence) -> str:
    """Return the metric and the margin or bar of a claim in a few words."""
    claim = evidence.claim
    unit = "" if claim.unit in ("", claim.metric) else f" {show(claim.unit)}"
    amount = f"{claim.threshold:g}{unit}"
    words = {"beats": f"by {amount}" if claim.threshold else "by any amount", "matches": f"within {amount}"}
    return f"{show(claim.metric)}, {words.get(claim.kind, f'bar {amount}')}"


def _marks(evidence: Evidence) -> list[str]:
    registration = evidence.registration or Registration(status="exploratory")
    marks = []
    if registration.status == "exploratory":
        marks.append(NOT_REGISTERED)
    elif registration.status != "registered" or registration.seen or registration.older:
        marks.append(CHANGED)
    return [*marks, SURPRISE] if evidence.outcome == "surprise" else marks


def _row_across(group: Sequence[Evidence]) -> Row:
    combined = combine_group(group)
    claim = f"{show(group[0].title)} ({state_threshold(group[0])})"
    names = ", ".join(show(each.data.name) for each in group)
    cells = (
        escape(claim),
        escape(names),
        _number(show_number(combined.effect, sign=True)),
        _number(show_interval(combined.interval(0.95))),
        _number(show_number(math.sqrt(combined.tau_squared))),
        _number(show_interval(combined.prediction_interval(0.95))),
    )
    return Row(cells, max(_lines(claim, 0), _lines(names, 1)))


def _number(text: str) -> str:
    """Return numbers in LaTeX, with minus signs and not hyphens."""
    return escape(_MINUS.sub("\N{MINUS SIGN}", text))


def _lines(text: str, column: int) -> int:
    """Return about how many lines a text takes in a column."""
    return max(1, math.ceil(len(text) / ((WIDTHS[column] or 1) * LINE_SHARE)))


def _floats(rows: Sequence[Row], headers: Sequence[str], *, caption: str, short: str, label: str) -> list[str]:
    parts: list[list[Row]] = [[]]
    for row in rows:
        if parts[-1] and sum(each.lines for each in parts[-1]) + row.lines > MOST_LINES:
            parts.append([])
        parts[-1].append(row)
    return [
        _float(part, headers, caption=caption if number == 1 else f"{short}, continued.", label=f"{label}{suffix}")
        for number, (part, suffix) in enumerate(
            ((part, "" if place == 1 else f"-{place}") for place, part in enumerate(parts, 1)), 1
        )
    ]


def _float(rows: Sequence[Row], headers: Sequence[str], *, caption: str, label: str) -> str:
    widths = WIDTHS if headers is HEADERS else (*WIDTHS[:4], None, None)
    columns = "".join(rf"p{{{width}\textwidth}}" if width else "r" for width in widths)
    lines = [
        r"\begin{table*}",
        r"\centering",
        rf"\caption{{{caption}}}",
        rf"\label{{{label}}}",
        r"\medskip",
        r"\footnotesize",
        r"\setlength{\tabcolsep}{4pt}",
        rf"\begin{{tabular}}{{@{{}}{columns}@{{}}}}",
        r"\toprule",
        _line([escape(header) for header in headers], [None] * len(headers)),
        r"\midrule",
        "\\addlinespace[2pt]\n".join(f"{_line(row.cells, widths)}\n" for row in rows).rstrip("\n"),
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table*}",
        "",
    ]
    return "\n".join(lines)


def _line(cells: Sequence[str], widths: Sequence[float | None]) -> str:
    texts = (rf"\raggedright {cell}" if width else cell for cell, width in zip(cells, widths, strict=True))
    return " & ".join(texts) + r" \tabularnewline"
