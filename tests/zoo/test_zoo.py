"""Every planted bug is caught by a control intended for it; clean pipelines and undetectable bugs stay valid."""

import os
import pkgutil

import pytest

from tests.zoo import BUGS, SPECIMENS
from tests.zoo.cases import Case, Outcome, cases
from tests.zoo.part import BUG_OF, CLEAN, is_in_part
from tests.zoo.specimens import Specimen

CASES = cases()


@pytest.fixture(scope="module")
def replicates(tmp_path_factory):
    """A folder for the replicates that cases share, those of all workers of pytest-xdist."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "replicates"
    folder.mkdir(exist_ok=True)
    return folder


# Keras, or negres itself, rightly warns of some specimens.
@pytest.mark.filterwarnings("ignore:(?s).*softmax over axis:UserWarning")
@pytest.mark.filterwarnings("ignore::negres_core.errors.EngineWarning")
@pytest.mark.filterwarnings("ignore::negres_core.errors.SeedWarning")
@pytest.mark.zoo
@pytest.mark.parametrize(
    "case",
    [pytest.param(case, marks=pytest.mark.zoo_part) if is_in_part(case) else case for case in CASES],
    ids=lambda case: f"{case.kind}-{case.name}",
)
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
        ("bug", "scores whose repeats are copies", "refused", ["refused"], False),
        ("bug", "softmax twice", "refused", ["refused"], True),
        ("clean", "digits", "refused", ["refused"], True),
        ("undetectable", "leak that is not perfect", "supported", [], False),
        ("undetectable", "leak that is not perfect", "invalid", ["duplicates"], True),
        ("bug", "softmax twice", "crashed", ["crashed"], True),
        ("clean", "digits", "crashed", ["crashed"], True),
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


def test_the_part_has_a_bug_for_each_control_that_catches_any_and_a_few_clean_pipelines():
    assert set(BUG_OF) == {control for specimen in BUGS.values() for control in specimen.intended}
    for control, bug in BUG_OF.items():
        assert control in BUGS[bug].intended
    assert set(CLEAN) < set(SPECIMENS["clean"])
    assert sum(map(is_in_part, CASES)) == len({*BUG_OF.values(), *CLEAN})


def test_an_error_ends_its_own_run_alone(monkeypatch, tmp_path):
    def broken(specimen, seed, replicates):
        raise TypeError("an argument is missing")

    monkeypatch.setattr(Specimen, "run", broken)
    outcome = Case("bug", "softmax twice", 0).run(tmp_path)
    assert outcome.is_wrong
    assert outcome.failed == {"crashed": "TypeError: an argument is missing"}


@pytest.mark.parametrize("kind", SPECIMENS)
def test_what_a_specimen_replaces_is_part_of_negres(kind):
    replaced = {name for specimen in SPECIMENS[kind].values() for name in specimen.replacements()}
    missing = [name for name in replaced if not hasattr(*_owner_and_name(name))]
    assert missing == []


def _owner_and_name(name):
    owner, _, attribute = name.rpartition(".")
    return pkgutil.resolve_name(owner), attribute
