"""Every planted bug is found by a control meant for it; what is clean, or cannot be found, is left alone."""

import pytest

from tests.zoo.cases import Case, Outcome, cases

CASES = cases()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.kind}-{case.name}")
def test_controls_void_what_they_should_and_nothing_else(case):
    outcome = case.run()
    assert not outcome.is_wrong, str(outcome)


@pytest.mark.parametrize(
    ("kind", "name", "verdict", "failed", "wrong"),
    [
        ("bug", "softmax twice", "invalid", ["squashed outputs"], False),
        ("bug", "softmax twice", "invalid", ["overfits 16", "squashed outputs"], False),
        ("bug", "softmax twice", "invalid", ["overfits 16"], True),
        ("bug", "softmax twice", "refuted", [], True),
        ("clean", "digits", "inconclusive", [], False),
        ("clean", "digits", "invalid", ["overfits 16"], True),
        ("undetectable", "subjects unknown", "supported", [], False),
        ("undetectable", "subjects unknown", "invalid", ["duplicates"], True),
    ],
)
def test_only_a_control_that_is_meant_for_a_bug_finds_it(kind, name, verdict, failed, wrong):
    outcome = Outcome(Case(kind, name, 0), verdict, dict.fromkeys(failed, ""), 1.0)
    assert outcome.is_wrong == wrong


def test_the_zoo_is_as_large_as_it_says():
    kinds = [case.kind for case in CASES]
    assert kinds.count("bug") >= 24
    assert kinds.count("clean") >= 12
    assert kinds.count("undetectable") >= 3
