"""Every planted bug is found by a control meant for it; what is clean, or cannot be found, is left alone."""

import pytest

from tests.zoo.cases import cases

CASES = cases()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.kind}-{case.name}")
def test_controls_void_what_they_should_and_nothing_else(case):
    outcome = case.run()
    assert not outcome.is_wrong, str(outcome)


def test_the_zoo_is_as_large_as_it_says():
    kinds = [case.kind for case in CASES]
    assert kinds.count("bug") >= 24
    assert kinds.count("clean") >= 12
    assert kinds.count("undetectable") >= 3
