from __future__ import annotations

from negres_core.evidence import PowerRecord
from negres_core.report.power import HEADERS, render


def test_a_row_states_what_a_design_can_decide():
    power = PowerRecord(sd=0.01, known_from="", detectable=0.01383, equivalence=0.00921, floor=0.00822)

    header, _, row, blank, *notes = render(
        [("growth pays, on digits", "accuracy", "5 x 10, looks", power)]
    ).splitlines()

    assert [cell.strip() for cell in header.split("  ") if cell] == list(HEADERS)
    assert [cell.strip() for cell in row.split("  ") if cell] == [
        "growth pays, on digits",
        "0.01 accuracy",
        "5 x 10, looks",
        "0.0138",
        "0.00921",
        "0.00822",
    ]
    assert blank == ""
    assert "with 80% power" in " ".join(notes)


def test_a_spread_without_a_unit_is_a_plain_number():
    power = PowerRecord(sd=0.01, known_from="", detectable=1.0, equivalence=2.0, floor=3.0)

    row = render([("as given", "", "5 x 1", power)]).splitlines()[2]
    assert [cell.strip() for cell in row.split("  ") if cell][1] == "0.01"
