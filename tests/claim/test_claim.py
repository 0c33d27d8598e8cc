from __future__ import annotations

import dataclasses
import math
import pickle
from fractions import Fraction

import numpy as np
import pytest
from sklearn.metrics import fbeta_score, make_scorer

from negres_core import Metric, beats, matches, reaches
from negres_core.errors import InputError


@pytest.mark.parametrize(
    ("claim", "kind", "threshold", "margin", "words"),
    [
        (beats("accuracy", by=0.005), "beats", 0.005, 0.005, "beats('accuracy', by=0.005)"),
        (beats("accuracy"), "beats", 0.0, 0.0, "beats('accuracy', by=0)"),
        (matches("loss", within=0.1), "matches", 0.1, 0.1, "matches('loss', within=0.1)"),
        (reaches("r2", bar=-2), "reaches", -2.0, 0.0, "reaches('r2', bar=-2)"),
        (beats("f1", by=0.1, output="sex"), "beats", 0.1, 0.1, "beats('f1', by=0.1, output='sex')"),
    ],
)
def test_a_claim_has_a_kind_a_threshold_a_margin_and_reads_like_its_code(claim, kind, threshold, margin, words):
    assert (claim.kind, claim.threshold, claim.margin, str(claim)) == (kind, threshold, margin, words)
    with pytest.raises(dataclasses.FrozenInstanceError):
        claim.threshold = 1.0


@pytest.mark.parametrize("output", ["", 3, ["sex"]])
@pytest.mark.parametrize(
    "make",
    [
        lambda output: beats("f1", output=output),
        lambda output: matches("f1", within=1, output=output),
        lambda output: reaches("f1", bar=1, output=output),
    ],
)
def test_refuses_an_output_without_a_name(make, output):
    with pytest.raises(InputError, match="has to be the name of an output") as caught:
        make(output)
    assert f"output={output!r}" in str(caught.value)
    assert make("sex").output == "sex"


@pytest.mark.parametrize("number", [1, np.float32(0.5), np.int64(2), Fraction(1, 2)])
def test_any_real_number_becomes_a_float(number):
    claim = beats("accuracy", by=number)

    assert claim.threshold == float(number)
    assert type(claim.threshold) is float


@pytest.mark.parametrize("metric", ["", None, 3, beats])
@pytest.mark.parametrize("make", [beats, lambda m: matches(m, within=1), lambda m: reaches(m, bar=1)])
def test_refuses_a_claim_without_the_name_of_a_metric(make, metric):
    with pytest.raises(InputError, match="A claim needs a metric") as caught:
        make(metric)
    assert f"Received: {metric if isinstance(metric, str) else repr(metric)}\n" in str(caught.value)
    assert '"accuracy"' in str(caught.value)


def cost(targets, outputs):
    return float(np.mean(targets != outputs))


def test_a_claim_can_be_given_a_metric_and_is_known_by_its_name():
    metric = Metric("cost", higher_is_better=False, unit="EUR", compute=cost)
    claim = beats(metric, by=5)
    assert (claim.metric, claim.own, str(claim)) == ("cost", metric, "beats('cost', by=5)")
    assert len({claim, beats(metric, by=5), matches(metric, within=5)}) == 2
    assert pickle.loads(pickle.dumps(claim)) == claim


def test_a_claim_can_be_given_a_scorer_of_scikit_learn():
    claim = reaches(make_scorer(fbeta_score, beta=2), bar=0.5)
    assert str(claim) == "reaches('fbeta_score(beta=2)', bar=0.5)"
    assert claim.own.higher_is_better
    assert isinstance(hash(claim), int)


def test_names_of_scorers_are_those_of_metrics_that_are_the_same():
    assert beats("roc_auc_ovr") == beats("roc_auc")
    assert beats("f1_macro") == beats("f1")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, "0.1", None, True, 1j, [0.1]])
@pytest.mark.parametrize(
    ("make", "argument", "remedy"),
    [
        (beats, "by", "smallest difference that would matter"),
        (matches, "within", "largest difference that would not matter"),
        (reaches, "bar", "the value to reach"),
    ],
)
def test_refuses_a_threshold_that_is_not_a_finite_number(make, argument, remedy, value):
    with pytest.raises(InputError, match=f"`{argument}` of {make.__name__}.* has to be a finite number") as caught:
        make("accuracy", **{argument: value})
    assert f"Received: {argument}={value!r}" in str(caught.value)
    assert remedy in str(caught.value)


def test_refuses_a_negative_margin():
    with pytest.raises(InputError, match="cannot have a negative margin") as caught:
        beats("accuracy", by=-0.01)
    assert "Received: by=-0.01" in str(caught.value)
    assert "swap the treatment arm and the control arm" in str(caught.value)


@pytest.mark.parametrize("within", [0, -0.01])
def test_refuses_equivalence_without_a_margin(within):
    with pytest.raises(InputError, match="Equivalence needs a positive margin") as caught:
        matches("accuracy", within=within)
    assert f"Received: within={float(within)!r}" in str(caught.value)
    assert "largest difference that would not matter" in str(caught.value)
