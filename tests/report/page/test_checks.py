from __future__ import annotations

import pytest

from negres_core.report.page.checks import sort_checks
from tests.report.page.suites import FINDING

KNOWN = [("finite", "after"), ("A/A", "small runs"), ("headroom", "before")]


def finding(control, **fields):
    return FINDING | {"control": control, "passed": True} | fields


def names(checks):
    return [each.finding.control for each in checks]


def test_controls_are_sorted_by_what_became_of_them(new_evidence):
    evidence = new_evidence(
        controls=[
            finding("finite", passed=False),
            finding("headroom", passed=False, waived="it is known"),
            finding("majority class", withholds=["refuted"]),
            finding("mine"),
        ],
        own_controls={"mine": "c" * 64},
        waived={"headroom": "it is known"},
    )
    checks = sort_checks(evidence, KNOWN)

    assert names(checks.failed) == ["finite"]
    assert [(each.finding.control, each.waived) for each in checks.waived] == [("headroom", "it is known")]
    assert names(checks.withheld) == ["majority class"]
    assert [(each.finding.control, each.own) for each in checks.passed] == [("mine", True)]
    assert list(checks.without.values()) == [["A/A"]]
    assert checks.summary == "1 failed, 1 waived, 1 withheld a verdict, 1 passed, 1 without a finding"


@pytest.mark.parametrize(
    ("fields", "control", "reason"),
    [
        ({"controlled": "none"}, "finite", "No control was run (--negres-controls none)."),
        ({"controlled": "cheap"}, "A/A", "It trains small runs, which --negres-controls cheap leaves out."),
        ({"controlled": "cheap"}, "finite", "It does not apply"),
        ({"verdict": "invalid"}, "finite", "Another control failed first, so the arms were not trained."),
        ({"verdict": "invalid"}, "headroom", "It does not apply"),
        ({"verdict": "invalid", "differences": [[0.1]]}, "finite", "It does not apply"),
        ({"waived": {"finite": "it is slow"}}, "finite", "It is waived, and does not apply or did not run. "),
        ({"status": "started", "verdict": None}, "finite", "The run was interrupted."),
        ({}, "headroom", "It does not apply to this task, this design or these arms, or is newer than this evidence."),
    ],
)
def test_a_control_without_a_finding_has_a_reason(new_evidence, fields, control, reason):
    [found] = [
        text for text, several in sort_checks(new_evidence(**fields), KNOWN).without.items() if control in several
    ]
    assert found.startswith(reason)


def test_scores_that_were_given_had_no_pipeline_to_check(new_evidence):
    scores = {
        "file": "scores-0a1b2c3d.csv",
        "sha256": "0" * 64,
        "source": "mine.csv",
        "source_sha256": None,
        "repeats": 1,
    }
    checks = sort_checks(new_evidence(scores=scores), KNOWN)
    assert checks.without == {
        "The scores were given, so there was no pipeline to check.": ["finite", "A/A", "headroom"]
    }


def test_without_any_control_the_summary_says_so(new_evidence):
    assert sort_checks(new_evidence(), []).summary == "none"
