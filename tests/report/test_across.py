from __future__ import annotations

import pytest

from negres_core.report.across import HEADERS, render


def rows(page):
    """Return the rows of a Markdown table, header included, as lists of cells."""
    lines = [line for line in page.splitlines() if line.startswith("|") and not line.startswith("|-")]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]


def test_one_test_on_two_data_sets_has_one_effect(on_data):
    """By hand: tau^2 = 0.0008 - 0.0002, t = 12.706 with 1 degree of freedom, and Q = 4, so that I^2 = 1 - 1/4."""
    page = render([on_data("digits", 0.01), on_data("covertype", 0.05)], style="markdown")

    header, row = rows(page)
    assert header == list(HEADERS)
    assert row == [
        "growth beats scratch",
        "2: covertype, digits",
        "+0.0300 [-0.2241, +0.2841] accuracy",
        "0.0245",
        "75%",
        "[-0.3718, +0.4318]",
    ]
    assert page.splitlines()[-2:] == [
        "",
        "With only 2 data sets the 95% interval spans ±12.7 standard errors and says almost nothing. Use 5 or more.",
    ]


def test_three_data_sets_get_no_warning_about_the_interval(on_data):
    three = [on_data(name, effect) for name, effect in (("a", 0.01), ("b", 0.05), ("c", 0.03))]

    assert "standard errors" not in render(three)
    assert "3: a, b, c" in render(three)


@pytest.mark.parametrize(
    "other",
    [
        {"title": "growth beats scratch (by 2)"},
        {"hypothesis": "test_growth.py::test_another[b]"},
        {"hypothesis": "test_other.py::test_growth_beats_scratch[b]"},
        {"claim": {"threshold": 0.02}},
        {"verdict": "invalid"},
        {"smoke": True, "verdict": None},
        {"status": "started", "verdict": None},
        {"estimate": None},
        {"data": {"name": "b", "digest": "digest of a"}},
    ],
    ids=lambda other: next(iter(other)),
)
def test_only_judged_evidence_of_the_same_test_on_another_data_set_is_combined(on_data, other):
    assert render([on_data("a", 0.01), on_data("b", 0.05, **other)]) == ""


def test_the_latest_run_counts_if_a_data_set_has_two_names(on_data):
    def at(when):
        return {"timings": {"started_at": f"2025-01-0{when}T00:00:00+00:00"}}

    renamed = on_data("new name", 0.01, data={"name": "new name", "digest": "digest of old name"}, **at(2))
    _, row = rows(render([renamed, on_data("old name", 0.9, **at(1)), on_data("z", 0.05, **at(1))], style="markdown"))

    assert row[1:3] == ["2: new name, z", "+0.0300 [-0.2241, +0.2841] accuracy"]


def test_every_test_has_a_row_of_its_own(on_data):
    others = [on_data(name, 0.2, title="width pays", hypothesis=f"test_width[{name}]") for name in ("a", "b", "c")]
    page = render([on_data("a", 0.01), *others, on_data("b", 0.05)], style="markdown")

    assert [row[:2] for row in rows(page)[1:]] == [["growth beats scratch", "2: a, b"], ["width pays", "3: a, b, c"]]


def test_effects_on_scores_that_were_given_are_marked(on_data):
    scores = {"file": "scores-00000000.csv", "sha256": "0" * 64, "source": "a.csv", "source_sha256": None, "repeats": 2}
    three = [on_data(name, 0.01) for name in "ab"] + [on_data("c", 0.02, scores=scores, controlled="none")]

    [_, row] = rows(render(three, style="markdown"))
    assert row[0] == "growth beats scratch (1 of 3 on scores as given: no controls)"
