"""Scorers of scikit-learn as metrics give what scikit-learn's own call of the scorer gives."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import d2_pinball_score, fbeta_score, get_scorer, label_ranking_loss, make_scorer, roc_auc_score

from negres_core.claim.scorers import is_scorer, metric_of_scorer
from negres_core.errors import InputError
from negres_core.metrics import Predicted, score_metric

SCORERS = {
    "f2": make_scorer(fbeta_score, beta=2),
    "balanced_accuracy": get_scorer("balanced_accuracy"),
    "jaccard_weighted": get_scorer("jaccard_weighted"),
    "roc_auc_ovo": get_scorer("roc_auc_ovo"),
    "roc_auc": get_scorer("roc_auc"),
    "neg_log_loss": get_scorer("neg_log_loss"),
    "neg_brier_score": get_scorer("neg_brier_score"),
    "partial area": make_scorer(roc_auc_score, response_method="predict_proba", max_fpr=0.1),
    "neg_median_absolute_error": get_scorer("neg_median_absolute_error"),
    "d2": make_scorer(d2_pinball_score, alpha=0.9),
}
OF_TWO = ("f2", "roc_auc", "neg_brier_score", "partial area")


def data_of(name):
    if name in ("neg_median_absolute_error", "d2"):
        return *load_diabetes(return_X_y=True), LinearRegression()
    load = load_breast_cancer if name in OF_TWO else load_iris
    return *load(return_X_y=True), LogisticRegression(C=0.01, max_iter=5000)


@pytest.mark.parametrize("name", SCORERS)
def test_a_metric_is_its_scorer_with_the_sign_of_the_function(name):
    x, y, model = data_of(name)
    model.fit(x[::2], y[::2])
    metric = metric_of_scorer(SCORERS[name])
    predict = getattr(model, "predict_proba", model.predict)
    predicted = Predicted.of(predict(x[1::2]), task="classification" if y.dtype.kind == "i" else "regression")

    value = score_metric(metric, y[1::2], predicted)

    assert value != 0
    assert metric.higher_is_better is not name.startswith("neg_")
    assert (1 if metric.higher_is_better else -1) * value == pytest.approx(SCORERS[name](model, x[1::2], y[1::2]))


def test_a_name_tells_the_options():
    assert metric_of_scorer(SCORERS["f2"]).name == "fbeta_score(beta=2)"
    assert metric_of_scorer(SCORERS["f2"]).takes == "labels"
    assert metric_of_scorer(SCORERS["roc_auc_ovo"]).takes == "outputs"


@pytest.mark.parametrize("given", ["accuracy", 3, len, roc_auc_score, np.mean, LinearRegression()])
def test_other_objects_are_no_scorers(given):
    assert not is_scorer(given)


def test_refuses_a_scorer_of_something_else():
    class Scorer:
        _score_func, _sign, _kwargs, _response_method = len, 1, {}, None

        def __call__(self, model, x, y):
            return 0

    assert is_scorer(Scorer())
    with pytest.raises(InputError, match="A claim takes a scorer that make_scorer makes"):
        metric_of_scorer(Scorer())


def test_a_scorer_is_given_both_columns_of_two_labels_a_row():
    targets, probabilities = np.array([[0, 1], [1, 1], [1, 0]]), np.array([[0.2, 0.9], [0.6, 0.7], [0.8, 0.1]])
    metric = metric_of_scorer(make_scorer(label_ranking_loss, greater_is_better=False, response_method="predict_proba"))

    assert metric.compute(targets, probabilities) == label_ranking_loss(targets, probabilities)
