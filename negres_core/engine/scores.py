"""Scores of one replicate: the metrics of its task, and a summary of its predictions.

scikit-learn and scikit-image compute the metrics. Nothing here knows the loss, which the engine adds.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from negres_core.arrays import spread_rows
from negres_core.dataset import Dataset
from negres_core.dataset.segmentation import counted
from negres_core.design import Cell
from negres_core.engine.areas import areas
from negres_core.metrics import METRICS, Predicted, of_labels, of_values, recorded_names, score_metric

SSIM_ROWS = 256
"""Most images of a test fold that structural similarity is averaged over, spread over the fold: it is slow."""


def score(
    data: Dataset, cell: Cell, predicted: Predicted, *, finite: bool, classes: int = 0
) -> tuple[dict[str, float], dict[str, Any]]:
    """Score predictions of a test fold.

    Args:
        data: the data set.
        cell: the cell.
        predicted: the predictions of the test fold. An arm that has only labels has fewer metrics.
        finite: whether losses, weights and predictions are finite; if not, all metrics are NaN and the summary is
            empty.
        classes: number of labels that could be predicted; the summary counts the predictions of each.

    Returns:
        Metrics by name, without those of a loss; and the summary that a record keeps.
    """
    if not finite:
        return dict.fromkeys(recorded_names(data.task, classes=classes), float("nan")), {}
    y = data.y[cell.test]
    if predicted.labels is not None:
        metrics = score_labels(y, predicted.labels) if data.task == "classification" else {}
        ranked = _score_ranks(y, predicted) if data.task == "classification" else {}
        for name in recorded_names(data.task, classes=classes):
            if name not in metrics:
                value = ranked[name] if name in ranked else score_metric(METRICS[name], y, predicted)
                metrics |= {} if value is None else {name: value}
        if data.task == "multilabel":
            return metrics, _summarize_labels(predicted)
        if data.task == "segmentation":
            return metrics, _summarize_positions(y, predicted.labels, classes)
        return metrics, {"counts": np.bincount(predicted.labels, minlength=classes).tolist()}
    values = predicted.best
    metrics = score_values(y, values)
    summary: dict[str, Any] = {"mean": float(values.mean()), "sd": float(values.std())}
    if data.task == "reconstruction":
        metrics |= score_images(y, values, mean=data.y[cell.train].mean(axis=0), span=data.span)
        summary |= _summarize_images(values, data)
    return metrics, summary


def _summarize_labels(predicted: Predicted) -> dict[str, Any]:
    """Summarize several labels a row: the rows with each, and the mean and the spread between rows of what is known."""
    assert predicted.labels is not None
    best = predicted.best.astype(np.float64)
    # Constant labels are equal in all rows, not in all columns.
    spread = best - best.mean(axis=0)
    sd = 0.0 if np.ptp(best, axis=0).max() == 0 else float(np.sqrt((spread**2).mean()))
    return {"counts": predicted.labels.sum(axis=0).tolist(), "mean": float(best.mean()), "sd": sd}


def _summarize_positions(y: np.ndarray, labels: np.ndarray, classes: int) -> dict[str, Any]:
    """Summarize a label for each step or pixel: how often each class is predicted, and the spread between rows."""
    counts = np.bincount(labels[counted(y)], minlength=classes).tolist()
    spread = labels - labels.mean(axis=0)
    is_constant = bool((labels == labels[:1]).all())
    return {"counts": counts, "sd": 0.0 if is_constant else float(np.sqrt((spread**2).mean()))}


def score_labels(y: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """Score predicted class labels, both (rows,): accuracy, and precision, recall and F1 in each average."""
    return {"accuracy": of_labels.accuracy(y, predicted), **of_labels.averages(y, predicted)}


def _score_ranks(y: np.ndarray, predicted: Predicted) -> dict[str, float]:
    """Return the metrics that one sort of the rows serves, if there is something to sort them by."""
    ranked = predicted.given_to(METRICS["roc_auc"])
    return {} if ranked is None else areas(y, ranked)


def score_values(y: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """Score predicted values, both (rows, ...): mean squared and absolute error, and R^2, averaged over columns."""
    return {name: getattr(of_values, name)(y, predicted) for name in ("mse", "mae", "r2")}


def score_images(y: np.ndarray, predicted: np.ndarray, *, mean: np.ndarray, span: float) -> dict[str, float]:
    """Score predicted images, both (rows, height, width, channels).

    Args:
        y: the images.
        predicted: the reconstructions, raw: neither clipped nor rounded.
        mean: the mean image of the training fold, (height, width, channels): the best prediction that ignores its
            input.
        span: from the darkest to the brightest value of the data set; 1 for images from 0 to 1.

    Returns:
        `psnr`, the mean over images of the peak signal-to-noise ratio, dB, in which no image has an error below that
        of rounding to 8 bits; `ssim`, the mean structural similarity (Wang et al. 2004, with scikit-image's window of
        7 pixels, or less for smaller images) of at most `SSIM_ROWS` images; `skill`, the share of the mean image's
        squared error that is removed: 1 is perfect, 0 is the mean image.
    """
    errors = np.mean((y - predicted) ** 2, axis=(1, 2, 3), dtype=np.float64)
    trivial = np.mean((y - mean) ** 2, dtype=np.float64)
    rounding = (span / 255) ** 2 / 12
    rows = spread_rows(len(y), most=SSIM_ROWS)
    return {
        "psnr": float(np.mean(10 * np.log10(span**2 / np.maximum(errors, rounding)))),
        "ssim": _ssim(y[rows], predicted[rows], span),
        "skill": float(1 - errors.mean() / trivial) if trivial > 0 else 0.0,
    }


def _ssim(y: np.ndarray, predicted: np.ndarray, span: float) -> float:
    from skimage import metrics

    window = min(7, *y.shape[1:3])
    if window < 3:
        return float("nan")  # too small to have structure
    # Every channel of every image is a channel of one large image, whose mean similarity is the mean of theirs.
    stacked = [np.moveaxis(images, 0, 2).reshape(*y.shape[1:3], -1) for images in (y, predicted)]
    odd = window - 1 + window % 2
    return float(metrics.structural_similarity(*stacked, win_size=odd, channel_axis=-1, data_range=span))


def _summarize_images(predicted: np.ndarray, data: Dataset) -> dict[str, float | int]:
    """Summarize raw outputs, and how they look after conversion to 8 bits."""
    shown = data.as_shown(predicted)
    return {
        "low": float(predicted.min()),
        "high": float(predicted.max()),
        "shown_values": int(np.count_nonzero(np.bincount(shown.reshape(-1), minlength=256))),
        "shown_black": float(np.mean(shown == 0)),
        "shown_white": float(np.mean(shown == 255)),
    }
