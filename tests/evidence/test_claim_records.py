from __future__ import annotations

import numpy as np
import pytest

from negres_core import Dataset, Metric, beats, matches, reaches
from negres_core.design import KFolds
from negres_core.evidence import ClaimRecord, DataRecord, DesignRecord, StoppingRule
from negres_core.metrics import METRICS


@pytest.mark.parametrize(
    ("claim", "word"),
    [(beats("rank", by=0.5), "margin"), (matches("rank", within=1), "margin"), (reaches("rank", bar=3), "bar")],
)
def test_a_claim_is_restored_from_its_record(claim, word):
    record = ClaimRecord.of(claim, Metric("rank", higher_is_better=False, unit="ranks"), alpha=0.01)

    assert record.as_claim() == claim
    assert (record.unit, record.higher_is_better, record.alpha, record.word) == ("ranks", False, 0.01, word)


COST = Metric("cost", higher_is_better=False, unit="EUR", compute=lambda y, p: 0.0)


def test_the_record_of_a_metric_of_the_users_own_has_the_digest_of_its_function():
    record = ClaimRecord.of(beats(COST, by=1), COST.with_code("ab" * 32), alpha=0.05)

    assert (record.metric, record.code, record.key) == ("cost", "ab" * 32, "cost@abababababab")
    assert record.model_dump()["code"] == "ab" * 32
    assert ClaimRecord.model_validate_json(record.model_dump_json()) == record
    assert record.as_claim() == beats("cost", by=1)


def test_the_record_of_a_metric_of_negres_is_what_it_was_in_earlier_versions():
    """The entries of ledgers are chained by digests of it."""
    record = ClaimRecord.of(beats("loss", by=1), METRICS["loss"], alpha=0.05)

    assert record.key == "loss"
    assert list(record.model_dump()) == ["kind", "metric", "threshold", "unit", "higher_is_better", "alpha"]


def test_a_design_is_restored_from_its_record():
    design = KFolds(folds=3, repeats=4, seeds=2, looks=False)

    assert DesignRecord.of(design).as_design() == design


@pytest.mark.parametrize(
    ("design", "looks", "words"),
    [
        (KFolds(), 5, "a look after each of 5 repeats, Hwang-Shih-DeCani spending; stops when a look decides"),
        (KFolds(looks=False), 1, "one look, after the last repeat"),
        (KFolds(repeats=1), 1, "one look, after the last repeat"),
    ],
)
def test_the_stopping_rule_follows_from_the_design(design, looks, words):
    rule = StoppingRule.of(design)

    assert (rule.looks, rule.spending is None, str(rule)) == (looks, looks == 1, words)


@pytest.mark.parametrize(
    ("x", "shape"), [(np.zeros((6, 2)), (2,)), ({"b": np.zeros((6, 2)), "a": np.zeros((6, 3))}, {"a": (3,), "b": (2,)})]
)
def test_a_data_set_is_recorded_with_the_shape_of_each_input(x, shape):
    record = DataRecord.of(Dataset(x=x, y=np.arange(6) % 3, name="tiny"))

    assert record.input_shape == shape
    assert (record.name, record.rows, record.outputs, record.task) == ("tiny", 6, 3, "classification")
    assert DataRecord.model_validate_json(record.model_dump_json()) == record


def test_the_record_of_a_claim_about_one_of_several_outputs_names_it():
    record = ClaimRecord.of(beats("f1", by=0.1, output="sex"), METRICS["f1"], alpha=0.05)
    assert (record.output, str(record.as_claim())) == ("sex", "beats('f1', by=0.1, output='sex')")
    assert (record.of_output("F1"), record.model_dump()["output"]) == ("F1 of sex", "sex")
    plain = ClaimRecord.of(beats("f1", by=0.1), METRICS["f1"], alpha=0.05)
    assert plain.of_output("F1") == "F1"
    assert "output" not in plain.model_dump()
