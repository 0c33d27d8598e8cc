"""scikit-learn's scorers as metrics: by their names, and as the objects that `make_scorer` returns."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np

from negres_core.claim.metric import Metric
from negres_core.errors import InputError

SCORER_NAMES = {
    "precision_macro": "precision",
    "recall_macro": "recall",
    "f1_macro": "f1",
    "roc_auc_ovr": "roc_auc",
    "matthews_corrcoef": "matthews",
}
"""scikit-learn's names of metrics that negres has under another name."""

Given = str | Metric | Any
"""The name of a metric, a `Metric` with `compute`, or a scorer of scikit-learn, which has no public type."""

_PARTS = ("_score_func", "_sign", "_kwargs", "_response_method")


def is_scorer(given: Any) -> bool:
    """Return whether an object is a scorer of scikit-learn, which needs no import to tell."""
    return callable(given) and all(hasattr(given, part) for part in _PARTS)


def as_metric(given: Given) -> Metric | str:
    """Return a metric that is given as an object, or its name in negres; what is neither is returned as it is."""
    if is_scorer(given):
        return metric_of_scorer(given)
    return SCORER_NAMES.get(given, given) if isinstance(given, str) else given


def metric_of_scorer(scorer: Any) -> Metric:
    """Return a scorer as a metric.

    A scorer turns the sign of a metric of which less is better; its metric has the sign of the function itself.

    Args:
        scorer: what `sklearn.metrics.make_scorer` or `get_scorer` returns.

    Raises:
        InputError: the scorer scores something else than predictions, such as clusters.

    >>> from sklearn.metrics import fbeta_score, make_scorer
    >>> metric = metric_of_scorer(make_scorer(fbeta_score, beta=2))
    >>> metric, metric.takes
    (Metric(name='fbeta_score(beta=2)', higher_is_better=True, unit='fbeta_score', tasks=()), 'labels')
    """
    function, sign, options, response = (getattr(scorer, part) for part in _PARTS)
    name = getattr(function, "__name__", None)
    wanted = [response] if isinstance(response, str) else list(response or ())
    if not isinstance(name, str) or not wanted or not isinstance(options, Mapping):
        raise InputError(
            "A claim takes a scorer that make_scorer makes of a function of targets and predictions.",
            received=scorer,
            remedy="Give the function itself: Metric(name, higher_is_better=..., unit=..., compute=function).",
        )
    shown = ", ".join(f"{key}={value!r}" for key, value in options.items())
    return Metric(
        f"{name}({shown})" if shown else name,
        higher_is_better=sign > 0,
        unit=name,
        compute=functools.partial(_call, function, tuple(options.items())),
        takes="labels" if "predict" in wanted else "outputs",
    )


def _call(function: Any, options: tuple[tuple[str, Any], ...], targets: np.ndarray, predicted: np.ndarray) -> Any:
    """Call the function of a scorer as scikit-learn does: of two classes it is given the probability of the second."""
    if targets.ndim > 2:
        targets, predicted = targets.reshape(len(targets), -1), predicted.reshape(len(targets), -1)
    if targets.dtype.kind == "i" and targets.ndim == 1 and predicted.ndim == 2 and predicted.shape[1] == 2:
        predicted = predicted[:, 1]
    return function(targets, predicted, **dict(options))
