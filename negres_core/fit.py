"""Fits: what an arm does without training a network, from scikit-learn's PCA to a probe of a trained network's code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from typing import Any

from negres_core.errors import InputError
from negres_core.metrics import Metric

Compute = Callable[..., Any]
"""A function (train, test) of two data sets to predictions of the test fold, or to metrics."""

Render = Callable[..., Any]
"""A function (train, test) of two data sets to images by caption."""

OFFERED = ("model", "seed")


@dataclass(frozen=True)
class Fit:
    """What is computed from a training fold and tried on a test fold.

    Attributes:
        compute: a function of the training fold and the test fold, each a `Dataset`, that returns either predictions
            of the test fold's targets, in their shape (class labels, (rows,), for a classification), which are scored
            as a network's are; or a mapping of the names of metrics to numbers. Where it names a parameter `model`, it
            is given the trained Keras model that it inherits; `seed` (an integer) is another one for every replicate.
        inherits: the `build` of the last stage before, whose trained model is looked at; None where a recipe has no
            stages.
        metrics: what is to be known of metrics of its own; others are those that every arm has.
        pictures: None, or a function that is called the same way, once, when a hypothesis is finished, and returns
            pictures to be kept beside its evidence: a mapping of captions to images, (height, width) or (height, width,
            channels), in the data's range. It is no part of what is trained: to change it retrains nothing.
    """

    compute: Compute
    _: KW_ONLY
    inherits: Callable[..., Any] | None = None
    metrics: tuple[Metric, ...] = ()
    pictures: Render | None = None

    def __post_init__(self) -> None:
        for field in ("compute", "inherits", "pictures"):
            value = getattr(self, field)
            if not callable(value) and (field == "compute" or value is not None):
                raise InputError(
                    f"`{field}` of a fit has to be a function.",
                    received=value,
                    remedy="Give the function itself, not its result: Fit(pca), not Fit(pca()).",
                )
        if not all(isinstance(metric, Metric) for metric in self.metrics):
            raise InputError(
                "`metrics` of a fit says what its own metrics are.",
                received=self.metrics,
                remedy='Give a tuple: metrics=(Metric("rank", higher_is_better=True, unit="rank"),).',
            )
        object.__setattr__(self, "metrics", tuple(self.metrics))
