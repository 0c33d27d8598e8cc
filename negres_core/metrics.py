"""Metrics of held-out predictions: names, direction, unit, and their computation by scikit-learn and scikit-image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from negres_core.claim import Claim
from negres_core.dataset import Task
from negres_core.errors import InputError


@dataclass(frozen=True)
class Metric:
    """What is known of a metric apart from its value.

    Attributes:
        name: the name a claim uses.
        higher_is_better: the direction; effects are signed so that positive means better.
        unit: the unit of its values and so of effects and margins.
        tasks: the tasks that it is always known for.
    """

    name: str
    higher_is_better: bool
    unit: str
    tasks: tuple[Task, ...] = ()


VALUES: tuple[Task, ...] = ("regression", "reconstruction")


METRICS = {
    metric.name: metric
    for metric in (
        Metric("accuracy", True, "accuracy", ("classification",)),
        Metric("precision", True, "macro precision", ("classification",)),
        Metric("recall", True, "macro recall", ("classification",)),
        Metric("f1", True, "macro F1", ("classification",)),
        Metric("loss", False, "loss", ("classification", *VALUES)),
        Metric("mse", False, "target^2", VALUES),
        Metric("mae", False, "target", VALUES),
        Metric("r2", True, "R^2", VALUES),
        Metric("psnr", True, "dB", ("reconstruction",)),
        Metric("ssim", True, "SSIM", ("reconstruction",)),
        Metric("skill", True, "skill", ("reconstruction",)),
        Metric("loss_skill", True, "skill", ("reconstruction",)),
    )
}

SSIM_ROWS = 256
"""Most images of a test fold that structural similarity is averaged over, spread over the fold: it is slow."""


def metric_of(claim: Claim, *, task: Task, own: Sequence[Sequence[Metric] | None] = (None,)) -> Metric:
    """Look up the metric a claim is about.

    Args:
        claim: the claim.
        task: what the targets ask for.
        own: for each arm, None where it is a network, which has the metrics of its task; or, where it ends in a `Fit`,
            which may have any but a loss, its own.

    Raises:
        InputError: there is no such metric for one of the arms.
    """
    found = []
    for metrics in own:
        if metrics is None:
            defined = {metric.name: metric for metric in METRICS.values() if task in metric.tasks}
        else:
            defined = {name: metric for name, metric in METRICS.items() if "loss" not in name}
            defined |= {metric.name: metric for metric in metrics}
        if claim.metric not in defined:
            raise InputError(
                f"There is no metric {claim.metric!r} for {'a fit' if metrics is not None else task}.",
                received=str(claim),
                remedy=f"Use one of: {', '.join(defined)}.",
            )
        found.append(defined[claim.metric])
    if len(set(found)) > 1:
        raise InputError(
            f"The arms mean different things by the metric {claim.metric!r}.",
            received=", ".join(map(str, found)),
            remedy="Give both arms the same Metric.",
        )
    return found[0]


def score_labels(y: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """Score predicted class labels, both (rows,): accuracy, and macro precision, recall and F1 over the classes in y.

    A class that is never predicted has precision 0, as in the usual macro average.
    """
    from sklearn.metrics import accuracy_score, precision_recall_fscore_support

    precision, recall, f1, _ = precision_recall_fscore_support(
        y, predicted, labels=np.unique(y), average="macro", zero_division=0.0
    )
    scores = {"accuracy": accuracy_score(y, predicted), "precision": precision, "recall": recall, "f1": f1}
    return {name: float(value) for name, value in scores.items()}


def score_values(y: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """Score predicted values, both (rows, ...): mean squared and absolute error, and R^2, averaged over columns."""
    from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score

    y, predicted = y.reshape(len(y), -1), predicted.reshape(len(y), -1)
    return {
        "mse": float(mean_squared_error(y, predicted)),
        "mae": float(mean_absolute_error(y, predicted)),
        "r2": float(r2_score(y, predicted)),
    }


def score_images(y: np.ndarray, predicted: np.ndarray, *, mean: np.ndarray, span: float) -> dict[str, float]:
    """Score predicted images, both (rows, height, width, channels).

    Args:
        y: the images.
        predicted: what an arm makes of them, raw: neither clipped nor rounded.
        mean: the mean image of the training fold, (height, width, channels): the best answer that looks at nothing.
        span: from the darkest to the brightest value of the data set; 1 for images from 0 to 1.

    Returns:
        `psnr`, the mean over images of the peak signal-to-noise ratio, dB, in which no image has an error under that
        of rounding to 8 bits; `ssim`, the mean structural similarity (Wang et al. 2004, with scikit-image's window of
        7 pixels, or less for smaller images) of at most `SSIM_ROWS` of them; `skill`, the share of the mean image's
        squared error that is gone: 1 is perfect, 0 is the mean image.
    """
    errors = np.mean((y - predicted) ** 2, axis=(1, 2, 3), dtype=np.float64)
    trivial = np.mean((y - mean) ** 2, dtype=np.float64)
    rounding = (span / 255) ** 2 / 12
    rows = np.linspace(0, len(y) - 1, min(SSIM_ROWS, len(y))).astype(int)
    return {
        "psnr": float(np.mean(10 * np.log10(span**2 / np.maximum(errors, rounding)))),
        "ssim": _ssim(y[rows], predicted[rows], span),
        "skill": float(1 - errors.mean() / trivial) if trivial > 0 else 0.0,
    }


def _ssim(y: np.ndarray, predicted: np.ndarray, span: float) -> float:
    from skimage import metrics

    window = min(7, *y.shape[1:3])
    if window < 3:
        return float("nan")  # there is no structure in it
    # Every channel of every image is a channel of one large image, whose mean similarity is the mean of theirs.
    stacked = [np.moveaxis(images, 0, 2).reshape(*y.shape[1:3], -1) for images in (y, predicted)]
    odd = window - 1 + window % 2
    return float(metrics.structural_similarity(*stacked, win_size=odd, channel_axis=-1, data_range=span))


def loss_skill(loss: float, *, trivial: float, floor: float) -> float:
    """Return the share, of what a constant prediction leaves to be learned, that was learned.

    The binary cross-entropy of a perfect reconstruction is far from 0, so that a raw loss says little.

    >>> round(loss_skill(0.55, trivial=0.66, floor=0.54), 2)
    0.92
    """
    return (trivial - loss) / (trivial - floor) if trivial > floor else 0.0


FLOOR_AT_ZERO = (
    "sparse_categorical_crossentropy",
    "categorical_crossentropy",
    "mean_squared_error",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_logarithmic_error",
    "huber",
    "log_cosh",
)
"""Keras' losses that a perfect prediction brings to 0; binary cross-entropy of values between 0 and 1 is not one."""


def floor_of(loss: str | None, targets: np.ndarray) -> float | None:
    """Return the lowest value that one of Keras' own losses, by its name, can have on targets; None of any other."""
    if loss in FLOOR_AT_ZERO:
        return 0.0
    return entropy(targets) if loss == "binary_crossentropy" else None


def entropy(targets: np.ndarray) -> float:
    """Return the mean entropy of targets taken as probabilities, H(y) = -y log y - (1 - y) log(1 - y), in nats.

    It is the binary cross-entropy of a perfect prediction, its floor. Outside 0 and 1, where that loss has no floor, it
    is the entropy of the nearest value inside.
    """
    # Row by row: a test fold of images would need gigabytes at once.
    return float(np.mean([_entropy(row) for row in targets]))


def _entropy(targets: np.ndarray) -> float:
    y = np.clip(np.asarray(targets, dtype=np.float64), 1e-12, 1 - 1e-12)
    return float(-np.mean(y * np.log(y) + (1 - y) * np.log1p(-y)))
