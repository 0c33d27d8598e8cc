"""Metrics by the names that users give."""

from __future__ import annotations

import pytest

from negres_core.errors import InputError
from negres_core.experiment.recorded_metric import recorded_metric, recorded_metrics
from tests.fakes import BUDGET, CLAIM, STAGE

COST = CLAIM | {"metric": "cost", "higher_is_better": False, "unit": "EUR"}


@pytest.fixture
def evidence_of_fits(new_evidence):
    """A claim on the metric "told" of a fit, which declares three more; for one of them, lower is better."""
    declared = [
        {"name": name, "higher_is_better": name != "error", "unit": "share", "tasks": []}
        for name in ("told", "told_age", "told_pose", "error")
    ]
    fit = {"compute": "probe", "source": "def probe(): ...", "code": "its code", "inherits": None, "metrics": declared}
    arm = {
        "role": "treatment",
        "recipe": "wide then probe",
        "description": {"preprocess": None, "stages": [STAGE], "fit": fit},
        "budget": BUDGET,
        "metrics": {},
        "values": [[0.5]],
        "replicates": [[]],
    }
    return [new_evidence(claim=CLAIM | {"metric": "told", "higher_is_better": True}, arms=[arm])]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("accuracy", ("accuracy", True)),
        ("log_loss", ("log_loss", False)),
        ("top_10", ("top_10", True)),
        ("pinball_0.05", ("pinball_0.05", False)),
    ],
)
def test_a_metric_of_negres_needs_no_evidence(name, found):
    assert recorded_metric(name, []) == found


def test_a_metric_of_a_claim_is_found_by_its_name_or_by_that_in_the_records(new_evidence):
    records = [new_evidence(claim=COST | {"code": "a" * 64}), new_evidence(claim=CLAIM | {"metric": "rank"})]
    assert recorded_metric("rank", records) == ("rank", True)
    assert recorded_metric("cost", records) == recorded_metric("cost@aaaaaaaaaaaa", records)
    assert recorded_metric("cost", records) == ("cost@aaaaaaaaaaaa", False)


def test_refuses_a_name_that_several_metrics_have(new_evidence):
    records = [new_evidence(claim=COST | {"code": letter * 64}) for letter in "ab"]
    with pytest.raises(InputError, match="Several metrics have the name 'cost'") as caught:
        recorded_metric("cost", records)
    assert "cost@aaaaaaaaaaaa, cost@bbbbbbbbbbbb" in caught.value.remedy


def test_refuses_a_name_that_no_metric_has(new_evidence):
    with pytest.raises(InputError, match="There is no metric 'cots'") as caught:
        recorded_metric("cots", [new_evidence(claim=COST)])
    assert "cost" in caught.value.remedy
    assert "pinball_0.9" in caught.value.remedy


def test_a_metric_that_a_fit_declares_is_found_by_its_name(evidence_of_fits):
    assert recorded_metric("told_age", evidence_of_fits) == ("told_age", True)


def test_a_pattern_finds_the_metrics_of_claims_and_of_fits(evidence_of_fits):
    assert recorded_metrics("told_*", evidence_of_fits) == (["told_age", "told_pose"], True)
    assert recorded_metrics("*old", evidence_of_fits) == (["told"], True)
    assert recorded_metrics("accuracy", evidence_of_fits) == (["accuracy"], True)


def test_refuses_a_pattern_that_nothing_matches_and_one_of_two_directions(evidence_of_fits):
    with pytest.raises(InputError, match="No metric of a claim or of a fit matches") as caught:
        recorded_metrics("tolt_*", evidence_of_fits)
    assert "told_age" in caught.value.remedy
    with pytest.raises(InputError, match="others lower values"):
        recorded_metrics("*", evidence_of_fits)
