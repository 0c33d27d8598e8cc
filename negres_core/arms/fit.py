"""Fits: what an arm computes without training a network, from scikit-learn's PCA to a linear probe of a trained one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from typing import Any

from negres_core.arguments import explain_arguments
from negres_core.claim import Metric
from negres_core.errors import InputError

Compute = Callable[..., Any]
"""A function (train, test) of two data sets that returns predictions of the test fold, or metrics."""

Render = Callable[..., Any]
"""A function (train, test) of two data sets that returns images by caption."""

OFFERED = ("model", "seed", "outputs", "record")
"""The arguments that the functions of a fit may ask for."""


WANTED = "A fit has to be a function of a training fold and a test fold"
"""What a fit is given, as the beginning of a sentence."""

IN_STAGES = {
    name: f"`{name}` belongs to a stage, which trains a network: Recipe(Stage(build, {name}=...)). A fit is a function."
    for name in ("epochs", "batch_size", "optimizer", "loss", "objective", "freezes")
} | {
    "preprocess": "Give it to the recipe: Recipe(Fit(compute), preprocess=StandardScaler).",
    "resample": "Give it to the recipe: Recipe(Fit(compute), resample=SMOTE).",
    "class_weight": "Leave it out: the function itself weights the rows of its training fold.",
    "sample_weight": "Give the weights to the data set, Dataset(..., sample_weight=weights); the function finds those "
    "of its training fold in train.sample_weight.",
    "seed": "Leave it out: a parameter of the function that is named `seed` is given one.",
}
"""Arguments that a fit does not have, and where they belong."""


@explain_arguments("fit", IN_STAGES)
@dataclass(frozen=True)
class Fit:
    """What an arm computes without training a network: a function of a training fold and a test fold.

    A fit alone is an arm, `Recipe(Fit(forest))`. At the end of a recipe it can ask for the last stage's trained model.

    Attributes:
        compute: a function of the training fold and the test fold, each a `Dataset`. It returns either predictions of
            the test fold's targets, in their shape, which are scored like a network's; or for class labels also
            probabilities, (rows, classes), which some metrics need; or a dictionary of the names of metrics to
            numbers. Predictions must not depend on the targets of the test fold. A claim about a metric
            that negres computes itself needs predictions. If the data set has weights, those of the training fold are
            `train.sample_weight`, and the test fold has none. A parameter named `model` receives the trained Keras
            model that the fit inherits, one named `seed` an integer that differs between replicates, and one named
            `outputs` the number of classes, or of target columns, of the whole data set. One named `record` receives a
            function to call before and after training, `record(model, epochs=30, steps=600)`, with a PyTorch module, a
            Keras model, or a dictionary of names to arrays, such as a state_dict. Controls then see what was trained.
            The counts may be left out.
        inherits: the `build` of the stage before, whose trained model the fit receives; None if the recipe has no
            stages.
        metrics: direction and unit of the custom metrics that `compute` returns.
        pictures: None, or a function of the same arguments that returns pictures to store with the evidence, as a
            dictionary of captions to images, (height, width) or (height, width, channels), in the data's range. It is
            called once, when a hypothesis is finished. It does not affect training, so changing it retrains nothing.

    Raises:
        InputError: a field has the wrong type.

    Examples:
        >>> def forest(train, test, seed):
        ...     from sklearn.ensemble import RandomForestClassifier
        ...
        ...     return RandomForestClassifier(random_state=seed).fit(train.flatten(), train.y).predict(test.flatten())
        >>> by_forest = Fit(forest)
        >>> def confidence(train, test, model):
        ...     return {"confidence": float(model.predict(test.x, verbose=0).max(axis=1).mean())}
        >>> def wide(input_shape, outputs): ...
        >>> metric = Metric("confidence", higher_is_better=True, unit="probability")
        >>> of_wide = Fit(confidence, inherits=wide, metrics=(metric,))
    """

    compute: Compute
    _: KW_ONLY
    inherits: Callable[..., Any] | None = None
    metrics: tuple[Metric, ...] = ()
    pictures: Render | None = None

    def __post_init__(self) -> None:
        refuse_estimator(self.compute)
        for field in ("compute", "inherits", "pictures"):
            value = getattr(self, field)
            if not callable(value) and (field == "compute" or value is not None):
                raise InputError(
                    f"`{field}` of a fit has to be a function.",
                    received=value,
                    remedy="Give the function itself, not its result: Fit(pca), not Fit(pca()).",
                )
        is_many = isinstance(self.metrics, list | tuple)
        if not is_many or not all(isinstance(metric, Metric) for metric in self.metrics):
            raise InputError(
                "`metrics` of a fit has to be a tuple of Metric objects.",
                received=self.metrics,
                remedy='Declare each custom metric: metrics=(Metric("rank", higher_is_better=True, unit="rank"),).',
            )
        if computed := [metric.name for metric in self.metrics if metric.compute is not None]:
            raise InputError(
                "`metrics` declares metrics that the fit itself returns, but one of these metrics has a function of "
                "its own.",
                received=f"compute= of {', '.join(computed)}",
                remedy="Give that metric to the claim, beats(metric, by=...): it is computed for every arm.",
            )
        object.__setattr__(self, "metrics", tuple(self.metrics))

    @property
    def function(self) -> Callable[..., Any]:
        """The user's function, whose name and source stand for the fit."""
        return self.compute


def refuse_estimator(given: Any, *, wanted: str = WANTED) -> None:
    """Raise InputError if a model with `fit` and `predict`, or a class of them, was given in place of a function.

    Args:
        given: what was given.
        wanted: what should have been given, as the beginning of a sentence.
    """
    if not all(hasattr(given, method) for method in ("fit", "predict")):
        return
    kind = given if isinstance(given, type) else type(given)
    if hasattr(given, "layers"):
        raise InputError(
            f"{wanted}, and a Keras model was given.",
            received=f"a {kind.__name__}",
            remedy="Give a stage the function that builds it, Recipe(Stage(build)): each replicate trains a new one.",
        )
    written = " ".join(repr(given).split())
    if given is kind or not written.startswith(f"{kind.__name__}("):
        written = f"{kind.__name__}()"
    raise InputError(
        f"{wanted}, and an estimator was given.",
        received=given,
        remedy=f"def make(): return {written}; then Recipe(Estimator(make)). Each cell fits a new one.",
    )
