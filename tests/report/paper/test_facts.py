from __future__ import annotations

from negres_core.report.paper import facts
from tests.fakes import PROVENANCE, SEAL
from tests.report.page.suites import FINDING, write_hypothesis


def test_each_data_set_is_described_once(store, study_of):
    one, two = write_hypothesis(store, "one"), write_hypothesis(store, "two")
    other = write_hypothesis(store, "three", data="wine")
    other = other.updated(data=other.data.updated(groups=8))
    study = study_of(one, two, other)
    assert len(facts.data_sets(study)) == 2
    assert facts.describe_data(study)[0] == f"digits: scikit-learn; SHA-256 {one.data.digest[:12]}"
    assert facts.count_rows(study) == ["digits: 40 rows", "wine: 40 rows in 8 groups"]
    assert facts.describe_targets(study) == ["digits: classification, 2 outputs", "wine: classification, 2 outputs"]


def test_commits_are_counted(store, study_of):
    clean = write_hypothesis(store, "one")
    dirty = write_hypothesis(store, "two", provenance=PROVENANCE | {"dirty": True})
    outside = write_hypothesis(store, "three", provenance=PROVENANCE | {"commit": None, "dirty": None})
    [text] = facts.describe_code(study_of(clean, dirty, outside))
    digits = "c" * 12
    assert text.endswith(f": {digits} (1), {digits} with uncommitted changes (1) and outside a repository (1)")


def test_the_command_runs_the_files_of_the_tests(store, study_of):
    other = write_hypothesis(store, "two", hypothesis="tests/test_depth.py::test_two")
    records = [write_hypothesis(store, "one"), write_hypothesis(store, "one", data="wine"), other]
    command, verify = facts.describe_reproduction(study_of(*records))
    assert command == "Each hypothesis is a test: pytest tests/test_growth.py tests/test_depth.py"
    assert "negres verify" in verify


def test_arms_and_their_transformers_are_named(store, study_of):
    evidence = write_hypothesis(store)
    assert facts.describe_arms(study_of(evidence))[0] == "Arms: treatment net (4 epochs) and control net (4 epochs)"
    assert facts.describe_arms(study_of(evidence.updated(arms=[]))) == []
    assert facts.describe_transformations(study_of(evidence.updated(arms=[]))) == []
    assert facts.describe_transformations(study_of(evidence)) == ["The recipes name no transformer and no sampler"]
    scaler = {"transformer": "MinMaxScaler", "source": "", "code": "c"}
    arm = evidence.arms[0]
    arm = arm.updated(description=arm.description.updated(preprocess=scaler))
    text = facts.describe_transformations(study_of(evidence.updated(arms=[arm])))
    assert text == ["Transformers, fitted on the training fold: MinMaxScaler"]


def test_sealed_rows_are_named(store, study_of):
    evidence = write_hypothesis(store)
    assert facts.describe_seals(study_of(evidence)) == []
    assert facts.describe_seals(study_of(evidence.updated(seal=SEAL))) == [
        "digits: 17 of 57 rows sealed while exploring"
    ]


def test_outcomes_of_controls_are_counted(store, study_of):
    passed = {"control": "finite", "passed": True, **FINDING}
    one = write_hypothesis(store, "one", controls=[passed])
    two = write_hypothesis(store, "two", controls=[passed | {"passed": False}])
    three = write_hypothesis(store, "three", controls=[])
    assert facts.describe_outcomes(study_of(one, three), ("finite", "duplicates")) == [
        "Control \u201cfinite\u201d: ran for 1 of 2 hypotheses, passed each time"
    ]
    [text] = facts.describe_outcomes(study_of(one, two), ("finite",))
    assert text.endswith("ran for 2 of 2 hypotheses, failed for 1")


def test_limits_and_verdicts_are_counted(store, study_of):
    one = write_hypothesis(store, "one", effect=0.2)
    two = write_hypothesis(store, "two", effect=-0.2)
    study = study_of(one, two)
    [limit] = facts.describe_limits(study)
    assert limit.startswith("Of all 2 hypotheses: It is about training on rows like these")
    assert facts.count_verdicts(study) == "2 claims: 1 supported and 1 refuted; 1 verdict not as expected"
