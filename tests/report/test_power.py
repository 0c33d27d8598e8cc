from __future__ import annotations

from negres_core.evidence import PowerRecord
from negres_core.report.power import render


def test_a_row_says_what_a_design_can_decide():
    seen = PowerRecord(sd=0.01, known_from="", detectable=0.01383, equivalence=0.00921, floor=0.00822)

    table = render([("growth pays, on digits", "accuracy", "5 x 5, looks", seen)])

    cells = [cell.strip() for cell in table.splitlines()[2].split("  ") if cell]
    assert cells == ["growth pays, on digits", "0.01 accuracy", "5 x 5, looks", "0.0138", "0.00921", "0.00822"]
    assert "four times in five" in table
