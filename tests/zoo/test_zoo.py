"""Every planted bug is caught by a control intended for it; clean pipelines and undetectable bugs stay valid."""

import pytest

from tests.zoo.cases import Case, Outcome, cases

CASES = cases()


@pytest.fixture(scope="module")
def replicates(tmp_path_factory):
    """A folder for the replicates that cases share."""
    return tmp_path_factory.mktemp("replicates")


# Keras, or negres itself, rightly warns of some specimens.
@pytest.mark.filterwarnings("ignore:(?s).*softmax over axis:UserWarning")
@pytest.mark.filterwarnings("ignore::negres_core.errors.EngineWarning")
@pytest.mark.filterwarnings("ignore::negres_core.errors.SeedWarning")
@pytest.mark.zoo
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.kind}-{case.name}")
def test_exactly_the_runs_with_a_detectable_bug_are_invalid(case, replicates):
    outcome = case.run(replicates)
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
        ("undetectable", "leak that is not perfect", "supported", [], False),
        ("undetectable", "leak that is not perfect", "invalid", ["duplicates"], True),
    ],
)
def test_a_bug_counts_as_caught_only_by_an_intended_control(kind, name, verdict, failed, wrong):
    outcome = Outcome(Case(kind, name, 0), verdict, dict.fromkeys(failed, ""), 1.0)
    assert outcome.is_wrong == wrong


def test_the_zoo_is_as_large_as_documented():
    kinds = [case.kind for case in CASES]
    assert kinds.count("bug") >= 24
    assert kinds.count("clean") >= 12
    assert kinds.count("undetectable") >= 3
