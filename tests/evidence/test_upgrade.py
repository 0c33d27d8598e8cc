"""Evidence of schema version 1, which negres 0.1.0 wrote, is read in the current form."""

from __future__ import annotations

import json

import pytest

from negres_core.evidence import Evidence, Store
from negres_core.evidence.record import digest_of

ESTIMATE = {
    "effect": -0.1,
    "standard_error": 0.01,
    "dof": 3.0,
    "sd": 0.01,
    "test_train_ratio": 1.0,
    "statistic": -10.0,
    "p_greater": 0.99,
    "p_less": 0.01,
    "p_two_sided": 0.02,
    "interval_90": [-0.2, -0.1],
    "interval_95": [-0.2, -0.1],
    "probability_better": 0.01,
}
POWER = {"sd": 0.01, "known_from": "4 cells", "detectable": 0.02, "equivalence": 0.02, "floor": 0.01}


@pytest.fixture
def old_content(new_evidence):
    """The content of an evidence file of schema version 1."""
    content = new_evidence(outcome="as expected", expected="refuted").model_dump(mode="json")
    content |= {"schema_version": 1, "outcome": "as registered", "estimate": ESTIMATE | {"cells": 4}}
    content |= {"trials": {"true targets": [["a" * 32]]}, "foreseen": POWER, "registered": content.pop("expected")}
    for name in ("kind", "small_runs", "power"):
        del content[name]
    return content


def test_fields_have_their_current_names(old_content):
    evidence = Evidence.model_validate(old_content)

    assert (evidence.schema_version, evidence.kind) == (2, "claim")
    assert (evidence.expected, evidence.outcome) == ("refuted", "as expected")
    assert evidence.small_runs == {"true targets": [["a" * 32]]}
    assert evidence.power.detectable == 0.02
    assert (evidence.estimate.cell_count, evidence.estimate.dof) == (4, 3)


def test_a_mixture_is_recognized_by_its_test_id(old_content):
    name = "mix-0123456789ab"
    tests = {
        f"a.py::test[{name}]": "mixture",
        f"a.py::test[digits-{name}-long]": "mixture",
        f"a.py::test_{name}": "claim",
    }

    for test, kind in tests.items():
        assert Evidence.model_validate(old_content | {"hypothesis": test}).kind == kind


def test_a_finding_has_its_current_wording(old_content):
    finding = "better, by 0.01 or not: needs 13 repeats"

    evidence = Evidence.model_validate(old_content | {"verdict": "inconclusive", "finding": finding})

    assert evidence.finding == "better than 0; margin 0.01 undecided: needs 13 repeats"


def test_an_old_file_is_read_and_not_changed(tmp_path, old_content):
    store = Store(tmp_path)
    path = store.evidence_path(old_content["hypothesis"])
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(old_content | {"digest": digest_of(old_content)}))
    before = path.read_bytes()

    assert store.read_evidence(path).expected == "refuted"
    assert path.read_bytes() == before
    assert store.damaged == 0


def test_fields_of_both_versions_are_refused(old_content):
    with pytest.raises(ValueError, match="trials"):
        Evidence.model_validate(old_content | {"schema_version": 2})
