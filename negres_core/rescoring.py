"""Rescoring: the metrics of predictions that were made again, and how far rounding may move each of them.

Predicting again may use another program, batch size or machine, and so sums in another order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from negres_core.claim import Metric
from negres_core.dataset import Task
from negres_core.dataset.segmentation import counted, is_segmentation
from negres_core.metrics import METRICS, Predicted, entropy, probabilities_of, recorded_names, score_metric, shown_of
from negres_core.metrics.of_probabilities import calibration_tolerance
from negres_core.metrics.registry import VALUES
from negres_core.metrics.rounding import LabelRanges, of_target, possible_labels, probability_ranges

Scores = dict[str, tuple[float, float]]
"""The value and the tolerance of each metric, by name."""

DEVICE_ROUNDING = {"cpu": 1e-4, "gpu": 1e-2}
"""How far the outputs of two programs may differ, relative to the largest output, by the kind of device: they sum in
another order, and a GPU multiplies with 10-bit mantissas. It is a hundred times the difference seen on a CPU, and less
than the effect of dropout, rounding or other weights."""

TYPE_ROUNDING = {"float16": 1e-2, "bfloat16": 3e-2}
"""The same for models that compute in half precision, by the dtype: it has mantissas of 10 and 7 bits."""

SSIM_SLOPE = 110.0
"""Most change of the structural similarity per change of the outputs, both relative to the span of the images. With the
constants of Wang et al. (2004), (0.01 span)^2 and (0.03 span)^2, the comparison of means changes by at most 0.65 / 0.01
per span, and that of variances by at most 1.3 / 0.03."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Predictions:
    """What a model predicts for a test fold, with dropout off.

    Attributes:
        targets: the targets, as in the data set.
        outputs: the raw outputs, (rows, ...), float32.
        predicted: predicted labels, or the outputs, in the shape of the targets.
        logits: whether the outputs are logits instead of probabilities.
        loss: mean loss; None if it is not known.
        trivial_loss: mean loss of the best constant prediction; None like `loss`.
        task: the task of the data set.
    """

    targets: np.ndarray
    outputs: np.ndarray
    predicted: np.ndarray
    logits: bool
    loss: float | None
    trivial_loss: float | None
    task: Task


EVERY_VERSION = ("accuracy", "precision", "recall", "f1", "loss", "mse", "mae", "r2", "psnr", "ssim", "skill")
"""Metrics that every version of negres has recorded. A replicate of an earlier version may lack any other."""


def agrees(recorded: float | None, value: float, tolerance: float) -> bool:
    """Return whether a recorded metric, None if it is not finite, is the value up to a tolerance."""
    if recorded is None or not np.isfinite(value):
        return recorded is None and not np.isfinite(value)
    return abs(recorded - value) <= tolerance


def relative_rounding(*, devices: Collection[str], dtype: str = "float32") -> float:
    """Return how far outputs may differ, relative to the largest, between programs on some kinds of devices."""
    return max(*(DEVICE_ROUNDING[kind] for kind in devices), TYPE_ROUNDING.get(dtype, 0.0))


def rescore(predictions: Predictions, *, relative: float, also: Sequence[Metric] = ()) -> Scores:
    """Score finite predictions by scikit-learn.

    Args:
        predictions: the predictions.
        relative: how far an output may differ, relative to the largest; see `relative_rounding`.
        also: metrics that not every replicate records, such as one of the user's own.

    Returns:
        The metrics of the task and the loss, by the names under which replicates record them, and without those that
        these predictions do not have. If rounding could flip labels, at nearly equal outputs, the tolerance of a metric
        of labels is the most that those rows can change. A metric that is not defined is NaN.
    """
    scores = _score_loss(predictions, relative)
    if predictions.task in VALUES:
        scores |= _score_values(predictions, relative * _largest(predictions))
    has_classes = predictions.task in ("classification", "segmentation")
    classes = max(predictions.outputs.shape[-1], 2) if has_classes else 0
    # The metrics of images alone need the mean image; see `image_tolerances`.
    names = recorded_names("regression" if predictions.task == "reconstruction" else predictions.task, classes=classes)
    others = {name: METRICS[name] for name in names} | {each.key: each for each in also}
    others = {key: metric for key, metric in others.items() if key not in scores}
    return scores | _score_others(others, predictions, relative)


def image_tolerances(predictions: Predictions, *, mean: np.ndarray, span: float, relative: float) -> dict[str, float]:
    """Return how far rounding may move the metrics of images, by name; see `engine.scores.score_images`.

    Args:
        predictions: finite predictions of images, (rows, height, width, channels).
        mean: the mean image of the training fold, (height, width, channels).
        span: from the darkest to the brightest value of the data set.
        relative: see `rescore`.
    """
    y, predicted, rounding = predictions.targets, predictions.predicted, relative * _largest(predictions)
    axes = (1, 2, 3)
    errors = np.mean((y - predicted) ** 2, axis=axes, dtype=np.float64)
    moved = 2 * rounding * np.mean(np.abs(y - predicted), axis=axes, dtype=np.float64) + rounding**2
    floor = (span / 255) ** 2 / 12
    ratios = [np.maximum(each, floor) / np.maximum(errors, floor) for each in (errors + moved, errors - moved)]
    trivial = float(np.mean((y - mean) ** 2, dtype=np.float64))
    return {
        "psnr": 1e-5 + float(np.mean(np.max(np.abs(10 * np.log10(ratios)), axis=0))),
        "ssim": 1e-6 + SSIM_SLOPE * rounding / span,
        "skill": 1e-6 + (float(moved.mean()) / trivial if trivial > 0 else 0.0),
    }


def _largest(predictions: Predictions) -> float:
    return float(np.abs(predictions.outputs).max())


def _score_values(predictions: Predictions, rounding: float) -> Scores:
    """Return the value and the tolerance of each metric of a regression."""
    from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score

    y, predicted = (array.reshape(len(array), -1) for array in (predictions.targets, predictions.predicted))
    mse, mae = float(mean_squared_error(y, predicted)), float(mean_absolute_error(y, predicted))
    r2 = float(r2_score(y, predicted))
    column = 2 * rounding * np.abs(y - predicted).mean(axis=0) + rounding**2
    variance = y.var(axis=0)
    # For a column without variance, the coefficient is 1 if the prediction is exact, and 0 otherwise.
    lost = np.where(variance > 0, column / np.where(variance > 0, variance, 1), 1)
    return {
        "mse": (mse, 1e-5 * mse + float(column.mean())),
        "mae": (mae, 1e-5 * mae + rounding),
        "r2": (r2, 1e-5 * abs(1 - r2) + float(lost.mean())),
    }


def _score_others(metrics: Mapping[str, Metric], predictions: Predictions, relative: float) -> Scores:
    """Return the value of each metric that these predictions have, and how far rounding moved it.

    Where no bound is known in closed form, the metric is computed again of predictions that are moved. None of negres'
    own metrics of probabilities gets worse when a probability comes nearer to its target, so that all of them moved
    towards the targets, and all moved away, are its ends. Of any other metric, such as a user's own, outputs that are
    moved towards the targets, away from them and at random show what was seen, so it counts twice.
    """
    y, predicted = predictions.targets, _predicted_of(predictions, predictions.outputs)
    computed = {key: score_metric(metric, y, predicted) for key, metric in metrics.items()}
    values = {key: value for key, value in computed.items() if value is not None}
    rounding = relative * _largest(predictions)
    bounds = {key: _bound_of(metrics[key], value, predictions, predicted, relative) for key, value in values.items()}
    known = {key: bound for key, bound in bounds.items() if bound is not None}
    known |= _bounds_of_labels(metrics, values, predictions, rounding)
    rest = {key: value for key, value in values.items() if key not in known}
    has_ends = {key for key in rest if metrics[key].code is None and predictions.task not in VALUES}
    with_ends = {key: value for key, value in rest.items() if key in has_ends}
    others = {key: value for key, value in rest.items() if key not in has_ends}
    furthest: dict[str, float] = {}
    if with_ends:
        furthest |= _furthest(metrics, with_ends, y, predicted, _ends(predictions, predicted, rounding))
    if others:
        seen = _furthest(metrics, others, y, predicted, _moved(predictions, rounding))
        furthest |= {key: 2 * distance for key, distance in seen.items()}
    known |= {key: 1e-6 * max(1.0, abs(values[key])) + distance for key, distance in furthest.items()}
    return {key: (value, known[key]) for key, value in values.items()}


def _furthest(
    metrics: Mapping[str, Metric],
    values: Mapping[str, float],
    y: np.ndarray,
    predicted: Predicted,
    moved: Iterable[Predicted],
) -> dict[str, float]:
    """Return how far each of some metrics is from its value for any of the moved predictions."""
    furthest = dict.fromkeys(values, 0.0)
    # One array of moved predictions at a time: those of images are large.
    for each in moved:
        for key, distance in furthest.items():
            # Rounding flips few labels, and usually none: then the value is the same.
            if _gives_the_same(metrics[key], each, predicted):
                continue
            other = score_metric(metrics[key], y, each)
            if other is not None and np.isfinite(other):
                furthest[key] = max(distance, abs(other - values[key]))
    return furthest


def _ends(predictions: Predictions, predicted: Predicted, rounding: float) -> Iterator[Predicted]:
    """Yield the probabilities moved towards the targets and away from them."""
    assert predicted.outputs is not None
    target = of_target(predictions.targets, predicted.outputs)
    lowest, highest = probability_ranges(predicted.outputs, rounding=rounding, logits=predictions.logits)
    yield Predicted(np.where(target, highest, lowest), predicted.labels)
    yield Predicted(np.where(target, lowest, highest), predicted.labels)


def _bounds_of_labels(
    metrics: Mapping[str, Metric], values: Mapping[str, float], predictions: Predictions, rounding: float
) -> dict[str, float]:
    """Return how far rounding may move each of negres' own metrics of labels."""
    names = {key: metrics[key].name for key in values if metrics[key].takes == "labels" and metrics[key].code is None}
    if not names:
        return {}
    possible = possible_labels(predictions.outputs, rounding=rounding, logits=predictions.logits, task=predictions.task)
    ranges = LabelRanges(predictions.targets, possible)
    if ranges.are_certain:
        return dict.fromkeys(names, 1e-6)
    limits = {key: limit for key, name in names.items() if (limit := ranges.of(name)) is not None}
    return {key: 1e-6 + max(values[key] - low, high - values[key]) for key, (low, high) in limits.items()}


def _bound_of(
    metric: Metric, value: float, predictions: Predictions, predicted: Predicted, relative: float
) -> float | None:
    """Return how far rounding may move a metric, if that is known in closed form."""
    y = predictions.targets
    if metric.name == "ece" and predicted.outputs is not None:
        rounding = relative * _largest(predictions)
        return 1e-6 + calibration_tolerance(y, predicted.outputs, rounding=rounding)
    if metric.name == "log_loss":
        # As steep as the loss: a probability of a millionth does not round to 0, since it is rounded itself.
        return 1e-6 + relative * (10 * abs(value) + _entropy_of_shares(y))
    return None


def _gives_the_same(metric: Metric, one: Predicted, other: Predicted) -> bool:
    given, before = one.given_to(metric), other.given_to(metric)
    return given is not None and before is not None and np.array_equal(given, before)


def _entropy_of_shares(labels: np.ndarray) -> float:
    """Return the log loss of the shares of classes, or of labels."""
    if is_segmentation(labels):
        labels = labels[counted(labels)]
    if labels.ndim == 2:
        return entropy(labels.mean(axis=0)[None])
    shares = np.bincount(labels) / len(labels)
    return -float(np.log(shares[labels]).mean())


def _predicted_of(predictions: Predictions, outputs: np.ndarray) -> Predicted:
    """Return what outputs predict, which are raw ones or such as rounding may give."""
    task, logits = predictions.task, predictions.logits
    if task in VALUES:
        return Predicted(outputs.reshape(predictions.targets.shape))
    if outputs is predictions.outputs:
        return Predicted(probabilities_of(outputs, logits=logits, task=task), predictions.predicted)
    # Whether outputs are probabilities is decided by those that the model gives.
    if probabilities_of(predictions.outputs, logits=logits, task=task) is None:
        return Predicted(None, shown_of(outputs, predictions.targets, logits=logits, task=task))
    probabilities = probabilities_of(_inside(outputs, logits, task), logits=logits, task=task)
    assert probabilities is not None
    return Predicted.of(probabilities, task=task)


def _inside(outputs: np.ndarray, logits: bool, task: Task) -> np.ndarray:
    """Return moved outputs as probabilities, whose rows sum to 1 if they are of classes, unless they are logits."""
    if logits:
        return outputs
    inside: np.ndarray = np.clip(outputs, 0, 1)
    if task == "multilabel" or outputs.shape[-1] == 1:
        return inside
    return np.asarray(inside / inside.sum(axis=-1, keepdims=True))


def _moved(predictions: Predictions, rounding: float) -> Iterator[Predicted]:
    """Yield what outputs predict that are moved towards the targets, away from them, and twice at random."""
    y, outputs = predictions.targets, predictions.outputs.astype(np.float64)
    if predictions.task in VALUES:
        towards = np.sign(y.reshape(outputs.shape) - outputs)
    else:
        towards = 2.0 * of_target(y, outputs) - 1
    random = np.random.default_rng(0)
    yield _predicted_of(predictions, outputs + rounding * towards)
    yield _predicted_of(predictions, outputs - rounding * towards)
    for _ in range(2):
        yield _predicted_of(predictions, outputs + rounding * random.uniform(-1, 1, size=outputs.shape))


def _score_loss(predictions: Predictions, relative: float) -> Scores:
    """Return the value and the tolerance of the loss, which may be steep at outputs near certainty."""
    if predictions.loss is None or predictions.trivial_loss is None:
        return {}
    scale = 10 * abs(predictions.loss) + abs(predictions.trivial_loss)
    return {"loss": (predictions.loss, 1e-6 + relative * scale)}
