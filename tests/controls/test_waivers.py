from __future__ import annotations

import pytest

from negres_core.controls import majority_class
from negres_core.controls.waivers import NOT_WAIVABLE, apply_waivers, check_waivers, needless_waivers
from negres_core.errors import InputError
from negres_core.evidence import Finding


def found(control, *, passed):
    return Finding(control=control, passed=passed, found="3 rows", threshold="expected 0", remedy="Look.")


def test_without_waivers_nothing_is_waived():
    assert check_waivers(None) == check_waivers({}) == {}


def test_a_waiver_keeps_its_reason():
    assert check_waivers({"duplicates": " they are days "}) == {"duplicates": "they are days"}


@pytest.mark.parametrize(
    ("waive", "wrong", "received", "remedy"),
    [
        ("duplicates", "has to map the names of controls to reasons", "waive='duplicates'", 'waive={"duplicates": '),
        ({"duplicate": "why"}, "no control 'duplicate'", "{'duplicate': ...}", "Did you mean 'duplicates'?"),
        ({"Row Alignement": "why"}, "no control 'Row Alignement'", "Alignement", "Did you mean 'row alignment'"),
        ({"xyz": "why"}, "no control 'xyz'", "{'xyz': ...}", "The controls are "),
        ({1: "why"}, "no control 1", "{1: ...}", "The controls are "),
        ({"duplicates": ""}, "Waiving 'duplicates' needs a reason", "{'duplicates': ''}", "Say in a sentence"),
        ({"duplicates": "  "}, "Waiving 'duplicates' needs a reason", "'  '", "Say in a sentence"),
        ({"duplicates": True}, "Waiving 'duplicates' needs a reason", "True", "Say in a sentence"),
        ({"majority class": "why"}, "cannot be waived", "{'majority class': ...}", "Fix the arms or the data"),
        ({"mean prediction": "why"}, "cannot be waived", "{'mean prediction': ...}", "Nothing learned"),
    ],
    ids=["no mapping", "near", "case", "unknown", "number", "empty", "blank", "no text", "classes", "values"],
)
def test_a_waiver_without_a_control_or_a_reason_is_refused(waive, wrong, received, remedy):
    with pytest.raises(InputError) as caught:
        check_waivers(waive)

    assert wrong in caught.value.wrong
    assert received in caught.value.received
    assert remedy in caught.value.remedy


def test_only_the_controls_that_can_withhold_a_verdict_cannot_be_waived():
    assert {majority_class.NAME, majority_class.NAME_FOR_VALUES} == NOT_WAIVABLE


def test_a_waived_failure_is_sound_and_another_is_not():
    findings = apply_waivers(
        [found("duplicates", passed=False), None, found("finite", passed=False), found("budget", passed=True)],
        {"duplicates": "they are days", "budget": "why"},
    )

    assert [(each.control, each.passed, each.waived, each.is_sound) for each in findings] == [
        ("duplicates", False, "they are days", True),
        ("finite", False, None, False),
        ("budget", True, "why", True),
    ]
    assert needless_waivers(findings) == ["budget"]
