"""Metrics by the names that users give."""

from __future__ import annotations

import pytest

from negres_core.errors import InputError
from negres_core.experiment.recorded_metric import recorded_metric
from tests.fakes import CLAIM

COST = CLAIM | {"metric": "cost", "higher_is_better": False, "unit": "EUR"}


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
