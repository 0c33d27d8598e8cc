"""Draw docs/verdicts/*.svg, one interval for each row of the rules, by `python -m docs.draw_verdicts`."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from negres_core.claim import Claim, beats, matches, reaches
from negres_core.statistics import CellEstimate
from negres_core.verdict import Verdict, judge

FOLDER = Path(__file__).with_name("verdicts")

MARGIN = 0.01
REACH = 0.036
"""Largest effect on the axis, in either direction."""
BAR = 0.9
"""The bar of `reaches`; effects are measured from it."""

WIDTH, EDGE = 440, 14
"""Width of the picture, and of the empty space on either side, pixels."""
HEAD, ROW, LABEL, FOOT = 6, 48, 22, 28
"""Height of the empty space on top, of a row, of the label in it, and of the axis labels, pixels."""
COLOURS = {"supported": "#0072b2", "refuted": "#d55e00", "inconclusive": "#6b7278"}
"""Okabe and Ito's blue and vermilion, which colour-blind readers can tell apart, and grey."""
TEXT_COLOUR, LINE_COLOUR, ZONE_COLOUR = "#20262a", "#8d979e", "#eceff1"


@dataclass(frozen=True)
class Example:
    """An estimate that a row of the rules decides, or that none does.

    Attributes:
        effect: the effect.
        standard_error: its standard error, after 5 repeats of 5 folds.
        note: what to print in place of the finding, which otherwise names the number of repeats.
    """

    effect: float
    standard_error: float
    note: str = ""

    @property
    def estimate(self) -> CellEstimate:
        """The estimate, as 5 repeats of 5 folds give it."""
        sd = self.standard_error / (1 / 25 + 1 / 4) ** 0.5
        return CellEstimate(
            effect=self.effect, standard_error=self.standard_error, dof=24, sd=sd, cell_count=25, test_train_ratio=0.25
        )

    def judge(self, claim: Claim) -> Verdict:
        """Judge a claim by this estimate, at a single look."""
        return judge(self.estimate, claim)


@dataclass(frozen=True)
class Drawing:
    """One picture: a claim, and estimates that it is judged by.

    Attributes:
        claim: the claim.
        marks: the vertical lines, by effect, with their labels.
        zone: the effects between which the difference does not matter, which are shaded.
        examples: the estimates, one per row.
    """

    claim: Claim
    marks: dict[float, str]
    zone: tuple[float, float] | None
    examples: Sequence[Example]


MARKS = {-MARGIN: "\N{MINUS SIGN}δ", 0.0: "0", MARGIN: "δ"}
DRAWINGS = {
    "beats": Drawing(
        beats("accuracy", by=MARGIN),
        MARKS,
        (-MARGIN, MARGIN),
        (
            Example(-0.018, 0.0062),
            Example(0.001, 0.0036),
            Example(-0.006, 0.0068),
            Example(0.0225, 0.0056),
            Example(0.012, 0.0042, "better than 0; margin undecided"),
            Example(0.006, 0.0105, "too little data"),
        ),
    ),
    "matches": Drawing(
        matches("accuracy", within=MARGIN),
        MARKS,
        (-MARGIN, MARGIN),
        (
            Example(0.002, 0.0036),
            Example(0.022, 0.0056),
            Example(-0.022, 0.0056),
            Example(0.009, 0.0042, "too little data"),
        ),
    ),
    "reaches": Drawing(
        reaches("accuracy", bar=BAR),
        {0.0: "the bar"},
        None,
        (Example(-0.014, 0.0062), Example(0.014, 0.0062), Example(0.005, 0.0078, "too little data")),
    ),
}
"""The pictures by name. Each row of the rules of a claim has one example, in the order of the rules."""


def draw(drawing: Drawing) -> str:
    """Return a picture as SVG: per row the verdict, the effect, and its 95% (thin) and 90% interval (thick)."""
    bottom = HEAD + ROW * len(drawing.examples)
    parts = [_rectangle(0, 0, WIDTH, bottom + FOOT, "#ffffff", rounding=6)]
    for number, example in enumerate(drawing.examples):
        top = HEAD + ROW * number
        parts += [*_draw_scale(drawing, top + LABEL, top + ROW), *_draw_row(example, drawing.claim, top)]
    foot = bottom + 18
    parts += [_text(_x(effect), foot, label, TEXT_COLOUR, anchor="middle") for effect, label in drawing.marks.items()]
    parts.append(_text(EDGE, foot, "← worse", LINE_COLOUR))
    parts.append(_text(WIDTH - EDGE, foot, "better →", LINE_COLOUR, anchor="end"))
    size = f'viewBox="0 0 {WIDTH} {bottom + FOOT}" width="{WIDTH}" height="{bottom + FOOT}"'
    lines = "\n".join(f"  {part}" for part in parts)
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="13">\n{lines}\n</svg>\n'


def _draw_scale(drawing: Drawing, top: float, bottom: float) -> list[str]:
    parts = []
    if drawing.zone is not None:
        left, right = map(_x, drawing.zone)
        parts.append(_rectangle(left, top, right - left, bottom - top, ZONE_COLOUR))
    for effect in drawing.marks:
        dashes = ' stroke-dasharray="4 3"' if effect else ""
        parts.append(_line(_x(effect), top, _x(effect), bottom, LINE_COLOUR, 1, dashes))
    return parts


def _draw_row(example: Example, claim: Claim, top: float) -> list[str]:
    verdict = example.judge(claim)
    colour = COLOURS[verdict.verdict]
    finding = example.note or verdict.finding.replace(f"{MARGIN:g}", "δ")
    middle = top + (LABEL + ROW) / 2
    wide, narrow = (tuple(map(_x, example.estimate.interval(coverage))) for coverage in (0.95, 0.9))
    return [
        _label(top + 14, verdict.verdict, finding, colour),
        _line(wide[0], middle, wide[1], middle, colour, 1.5),
        *(_line(x, middle - 5, x, middle + 5, colour, 1.5) for x in wide),
        _line(narrow[0], middle, narrow[1], middle, colour, 5),
        f'<circle cx="{_x(example.effect):.1f}" cy="{middle:.1f}" r="4.5" fill="#ffffff" stroke="{colour}" '
        'stroke-width="2"/>',
    ]


def _x(effect: float) -> float:
    return WIDTH / 2 + effect / REACH * (WIDTH / 2 - EDGE)


def _rectangle(x: float, y: float, width: float, height: float, colour: str, *, rounding: int = 0) -> str:
    corner = f' rx="{rounding}"' if rounding else ""
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"{corner}/>'


def _line(x0: float, y0: float, x1: float, y1: float, colour: str, width: float, looks: str = "") -> str:
    ends = f'x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y1:.1f}"'
    return f'<line {ends} stroke="{colour}" stroke-width="{width}"{looks}/>'


def _text(x: float, y: float, text: str, colour: str, *, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{anchor}">{html.escape(text)}</text>'


def _label(y: float, verdict: str, finding: str, colour: str) -> str:
    bold = f'<tspan font-weight="bold" fill="{colour}">{verdict}</tspan>'
    return f'<text x="{EDGE}" y="{y:.1f}" fill="{TEXT_COLOUR}">{bold}: {html.escape(finding)}</text>'


def main() -> None:
    """Draw all pictures."""
    FOLDER.mkdir(exist_ok=True)
    for name, drawing in DRAWINGS.items():
        (FOLDER / f"{name}.svg").write_text(draw(drawing), encoding="utf-8")


if __name__ == "__main__":
    main()
