"""The report of a calibration: the worst rate against its bound, one row per point, and nothing else on the page."""

from __future__ import annotations

import pytest

from benchmarks.validation import calibration, fixed_splits
from benchmarks.validation.report import (
    MISSED,
    NAIVE,
    PRODUCT,
    SCOPES,
    STYLES,
    bounds,
    distinct_rules,
    draw_figure,
    write_tables,
)

COUNTS = {"supported": 0, "refuted": 0, "invalid": 0, "covered": 100, "repeats": 200}


def point(rows, **counts):
    """A point of 100 data sets with the same counts everywhere but for `beats by 0` with looks."""
    by_claim = {name: {rule: dict(COUNTS) for rule in calibration.RULES} for name in calibration.claims(1.0)}
    by_claim["beats by 0"]["looks"] |= counts
    return {"folds": 5, "repeats": 2, "seeds": 1, "rows": rows, "gap": 0.1, "equal": by_claim, "apart": by_claim}


def test_it_reports_the_rules_that_calibration_counts():
    assert set(SCOPES) == set(fixed_splits.SCOPES)
    assert tuple(PRODUCT) == tuple(calibration.PRODUCT)
    assert list(NAIVE) == list(calibration.NAIVE)
    assert tuple(STYLES) == calibration.RULES


def test_the_worst_point_is_compared_with_the_bound():
    family = {"folds": 5, "repeats": 2, "members": 2, "supported": 9, "supported_after_holm": 4}
    families = [family | {"rule": rule} for rule in PRODUCT]
    points = [point(100, supported=5, invalid=20, covered=72), point(200, supported=10, invalid=20, covered=72)]

    rows = list(bounds({"simulations": 100, "points": points, "families": families}))

    assert rows[0][1:] == ("looks", "≤ 5.5", "10.00 ± 3.00", "5x2, 1 seed, 200 rows", "1 of 2")
    assert rows[1][1:] == ("one look", "≤ 5.5", "0.00 ± 0.00", "5x2, 1 seed, 100 rows", "0 of 2")
    # In 8 of the 80 data sets with an interval it misses the truth: 10%, in both populations of both points.
    assert rows[8][3::2] == ("10.00 ± 3.35", "4 of 16")
    assert rows[10][1:] == ("looks", "≤ 5.5", "4.00 ± 1.96", "5x2", "0 of 1")


def test_an_interval_that_does_not_exist_does_not_count_as_missing_the_truth():
    rate = MISSED.rate({"simulations": 100}, point(100, invalid=20, covered=72), "looks")

    assert (rate.count, rate.trials) == (8, 80)


@pytest.mark.parametrize(
    ("repeats", "seeds", "expected"),
    [
        (1, 1, ["one look", "uncorrected"]),
        (1, 3, ["one look", "uncorrected", "pooled seeds"]),
        (5, 1, ["looks", "one look", "uncorrected", "naive looks"]),
        (5, 3, list(calibration.RULES)),
    ],
)
def test_rules_that_coincide_are_listed_once(repeats, seeds, expected):
    assert distinct_rules(calibration.RULES, {"repeats": repeats, "seeds": seeds}) == expected


def test_only_the_text_between_the_marks_is_replaced(results, tmp_path):
    page = tmp_path / "calibration.md"
    marks = ("<!-- written by python -m benchmarks.validation.calibration -->", "<!-- until here -->")
    page.write_text(f"# Calibration\n\nIntroduction.\n{marks[0]}\nold\n{marks[1]}\n\nMore.\n")

    write_tables(results, page)
    once = page.read_text()
    write_tables(results, page)

    assert page.read_text() == once
    assert once.startswith("# Calibration\n\nIntroduction.\n<!-- written")
    assert once.endswith("<!-- until here -->\n\nMore.\n")
    assert "old" not in once
    assert "| 2x2 | 1 | 60 |" in once


def test_a_page_that_does_not_exist_is_created(results, tmp_path):
    write_tables(results, tmp_path / "calibration.md")

    headings = [line for line in (tmp_path / "calibration.md").read_text().splitlines() if line.startswith("#")]
    assert headings == ["### Bounds", "### Errors", "### Intervals", "### Power", "### Families"]


RATES = {"greater": 4, "less": 6, "missed": 3, "runs": 100}


def test_crossed_effects_have_a_table_for_each_scope_and_series_one(tmp_path):
    crossed = [
        {"kind": "normal", "seeds": 3, "rows": 200, "over_rows": RATES},
        {"kind": "normal", "seeds": 5, "rows": 200} | dict.fromkeys(("over_rows", "over_both", "over_seeds"), RATES),
    ]
    series = [{"kind": "white noise", "rows": 100, "power": 70, "judged": RATES, "published": RATES | {"less": 17}}]

    write_tables({"crossed": crossed, "series": series}, tmp_path / "calibration.md")

    page = (tmp_path / "calibration.md").read_text()
    headings = [line for line in page.splitlines() if line.startswith("#")]
    assert headings == [*(f"### Crossed effects, {scope}" for scope in SCOPES.values()), "### Time series"]
    tables = [part.splitlines() for part in page.split("\n\n") if part.startswith("|")]
    assert tables[0][0::2] == ["| differences | rows | 5 seeds |", "| normal | 200 | 6.0 / 3.0 |"]
    assert tables[1][0::2] == ["| differences | rows | 3 seeds | 5 seeds |", "| normal | 200 | 6.0 / 3.0 | 6.0 / 3.0 |"]
    assert tables[3][2] == "| white noise | 100 | 4.0 | 6.0 | 3.0 | 70 | 17.0 / 3.0 |"


def test_every_table_has_as_many_cells_in_each_row_as_in_its_heading(results, tmp_path):
    write_tables(results, tmp_path / "calibration.md")

    tables = [part for part in (tmp_path / "calibration.md").read_text().split("\n\n") if part.startswith("|")]
    assert len(tables) == 5
    for table in tables:
        assert len({line.count("|") for line in table.splitlines()}) == 1


def test_the_figure_is_a_png(results, tmp_path):
    draw_figure(results, tmp_path / "calibration.png")

    assert (tmp_path / "calibration.png").read_bytes().startswith(b"\x89PNG")
