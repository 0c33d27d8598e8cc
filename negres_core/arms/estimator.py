"""Estimators: arms that are fitted by scikit-learn, or by a library with the same interface, such as LightGBM."""

from __future__ import annotations

import functools
import inspect
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from negres_core.arguments import explain_arguments
from negres_core.arms.fit import Fit, refuse_estimator
from negres_core.arms.functions import name_of
from negres_core.dataset import Dataset
from negres_core.dataset.named_columns import takes_frame
from negres_core.errors import InputError

Make = Callable[..., Any]
"""A function that returns an unfitted estimator. It may ask for `seed` by name."""

IN_A_FIT = {
    name: f"An estimator predicts by itself; with `{name}`, write its function: Recipe(Fit(compute, {name}=...))."
    for name in ("inherits", "metrics", "pictures")
} | {
    "preprocess": "Give it to the recipe, Recipe(Estimator(make), preprocess=StandardScaler), or let `make` return a "
    "Pipeline.",
    "seed": "Leave it out: a parameter of `make` that is named `seed` is given one.",
    "resample": "Give it to the recipe, Recipe(Estimator(make), resample=SMOTE), or let `make` return a Pipeline of "
    "imbalanced-learn.",
    "class_weight": 'Give it to the estimator itself, as in LogisticRegression(class_weight="balanced").',
    "sample_weight": "Give the weights to the data set: Dataset(x=x, y=y, sample_weight=weights, name=...).",
}
"""Arguments that an estimator does not have, and where they belong."""


@explain_arguments("estimator", IN_A_FIT)
@dataclass(frozen=True, init=False)
class Estimator(Fit):
    """An arm that fits an estimator with the interface of scikit-learn, such as gradient boosting or a Pipeline.

    In each cell a new estimator is fitted on the training fold, and predicts the test fold. Use it as
    `Recipe(Estimator(make))`.

    It receives the inputs as float32, flattened to (rows, features); several inputs are placed side by side, sorted by
    name. A DataFrame with text, categories, dates or missing values is passed on as a DataFrame; so is one with only
    numbers if the estimator names columns, as a Pipeline with a ColumnTransformer does. It receives class labels as
    integers, (rows,), values as they are, images flattened to (rows, pixels), and labels of steps or pixels flattened
    likewise. If it has `predict_proba`, it predicts the probability of each class, which is 0 for a class that the
    training fold lacks; with several labels a row, it predicts the probability of each. Otherwise it predicts by
    `predict`. If it has a `decision_function`, like LinearSVC, its scores give the metrics of ranks, such as the area
    under the ROC curve. If the data set has weights, those of the training fold are passed to its `fit`, or to that of
    the last step of a Pipeline, as `sample_weight`; an estimator that does not take them is refused.

    Args:
        make: a function without required parameters that returns an unfitted estimator, with `fit`, `predict` and
            `get_params`. A parameter named `seed` receives an integer that differs between replicates. Each
            `random_state`, `seed` or `random_seed` that is None, also inside a Pipeline, is set to it, so that every
            replicate can be repeated.

    Raises:
        InputError: `make` is not such a function; or, in a cell, it does not return an estimator for the task of the
            data.

    Examples:
        >>> def boosting():
        ...     from sklearn.ensemble import HistGradientBoostingClassifier
        ...
        ...     return HistGradientBoostingClassifier(max_iter=50)
        >>> Estimator(boosting).function.__name__
        'boosting'
    """

    def __init__(self, make: Make) -> None:
        _check_make(make)
        super().__init__(FitAndPredict(make))

    def make(self) -> Any:
        """Return a new estimator."""
        return make_estimator(self.function, seed=0)

    @property
    def function(self) -> Callable[..., Any]:
        """The function that makes the estimator."""
        function: Callable[..., Any] = self.compute.make  # type: ignore[attr-defined]
        return function


@dataclass(frozen=True)
class FitAndPredict:
    """The function of a fit by an estimator. Recorded digests contain the names of this class and its field.

    Attributes:
        make: the function that returns the estimator.
    """

    make: Make

    def __call__(self, train: Dataset, test: Dataset, seed: int, outputs: int) -> np.ndarray:
        """Return predictions of the test fold: probabilities, (rows, classes) or (rows, labels), labels, or values."""
        estimator = make_estimator(self.make, seed=seed)
        _check_kind(self.make, estimator, train)
        _check_that_all_count(self.make, train)
        is_frame = takes_frame(estimator, train)
        of_each_row = train.task in ("classification", "multilabel")
        # Copies, because some estimators refuse read-only arrays; and PyTorch takes labels in int64 alone.
        x, unknown = (
            data.as_given.copy() if is_frame else np.array(data.flatten(), dtype=np.float32, order="C")
            for data in (train, test)
        )
        y = train.y.astype(np.int64) if train.has_labels else np.array(train.y)
        y = y.reshape(len(y), -1) if y.ndim > 2 else y
        with _named_warnings(name_of(self.make)), _explained_errors(self.make, train, is_frame=is_frame):
            _fit(self.make, estimator, x, y, train.sample_weight)
            if of_each_row and hasattr(estimator, "predict_proba"):
                probabilities = estimator.predict_proba(unknown)
                if train.task == "multilabel":
                    return _column_per_label(self.make, estimator, probabilities, (len(test), outputs))
                return _column_per_class(self.make, estimator, np.asarray(probabilities), y, outputs=outputs)
            predicted = np.asarray(estimator.predict(unknown))
            scores = _scores(estimator, unknown, y, outputs=outputs) if of_each_row else None
        shape = (len(test), *train.y.shape[1:])
        predicted = predicted.reshape(shape) if predicted.size == np.prod(shape) else predicted
        if not train.has_labels:
            return predicted.astype(np.float64)
        if scores is not None and predicted.shape == shape:
            from negres_core.metrics import RankedLabels

            return RankedLabels.of(predicted, scores)
        return predicted if train.task == "classification" else predicted.astype(np.int64)


def make_estimator(make: Make, *, seed: int) -> Any:
    """Return a new estimator whose random numbers follow from a seed.

    Raises:
        InputError: the function returns no estimator.
    """
    from sklearn.base import clone

    made = make(seed=seed) if _asks_for_seed(make) else make()
    methods = ("fit", "predict", "get_params", "set_params")
    if isinstance(made, type) or not all(hasattr(made, method) for method in methods):
        transforms = hasattr(made, "transform") and not isinstance(made, type)
        raise InputError(
            f"{name_of(make)} has to return an unfitted estimator of scikit-learn, with `fit` and `predict`.",
            received=made,
            remedy="A transformer does not predict: end the Pipeline with an estimator, or use a Fit."
            if transforms
            else "Return one such as sklearn.ensemble.HistGradientBoostingClassifier().",
        )
    # The function may return the same object at every call, or one that was fitted before.
    estimator = clone(made)
    unset = {
        name
        for name, value in estimator.get_params(deep=True).items()
        if value is None and (name.endswith("random_state") or name.rpartition("__")[2] in ("seed", "random_seed"))
    }
    if unset:
        estimator.set_params(**dict.fromkeys(unset, seed))
    # Keras seeds PyTorch only if it is its backend, and the function may have imported it only now.
    if (torch := sys.modules.get("torch")) is not None:
        torch.manual_seed(seed)
    return estimator


def _asks_for_seed(make: Make) -> bool:
    preset = make.keywords if isinstance(make, functools.partial) else {}
    return "seed" in inspect.signature(make).parameters and "seed" not in preset


def _check_make(make: Any) -> None:
    """Raise InputError unless `make` is a function that requires no argument besides a seed."""
    refuse_estimator(make, wanted="An Estimator takes a function that returns a new, unfitted estimator")
    if not callable(make):
        raise InputError(
            "An Estimator takes a function that returns a new, unfitted estimator.",
            received=make,
            remedy="Give the function itself, not its result: Estimator(boosting), not Estimator(boosting()).",
        )
    try:
        parameters = inspect.signature(make).parameters.values()
    except (TypeError, ValueError):  # some functions written in C
        return
    named = [each for each in parameters if each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)]
    required = [each.name for each in named if each.default is each.empty and each.name != "seed"]
    if required:
        raise InputError(
            f"{name_of(make)} is called without arguments, but requires some.",
            received=", ".join(required),
            remedy=f"Set them with functools.partial({name_of(make)}, {required[0]}=...); it may have a parameter "
            "`seed`. A function of a training fold and a test fold belongs in a Fit.",
        )


def _check_kind(make: Make, estimator: Any, train: Dataset) -> None:
    """Raise InputError if a classifier is to predict values, or a regressor class labels."""
    from sklearn.utils import get_tags

    try:
        kind = get_tags(estimator).estimator_type
    except AttributeError:  # a class of its own that declares nothing
        return
    wanted = "classifier" if train.has_labels else "regressor"
    if kind in (None, wanted):
        return
    targets = "class labels" if wanted == "classifier" else "values"
    remedy = "For labels, give y as integers: y=y.astype(int)." if wanted == "regressor" else "For values, give floats."
    raise InputError(
        f"The targets of {train.name!r} are {targets}, and {name_of(make)} does not return a {wanted}.",
        received=f"a {type(estimator).__name__}, which is a {kind.replace('_', ' ')}",
        remedy=f"Return a {wanted}. {remedy}",
    )


def _check_that_all_count(make: Make, train: Dataset) -> None:
    """Raise InputError if some steps or pixels do not count, since an estimator would be fitted to their label too."""
    if train.ignore_class is not None and (train.y == train.ignore_class).any():
        raise InputError(
            f"Some steps or pixels of {train.name!r} do not count, but the estimator of {name_of(make)} cannot leave "
            "them out.",
            received="labels with `ignore_class`",
            remedy="Write a fit instead, Recipe(Fit(compute)), whose function uses only those that count: train.y != "
            "-1.",
        )


def weight_argument(estimator: Any) -> str | None:
    """Return the argument by which the `fit` of an estimator takes weights of rows; None if it takes none.

    A Pipeline hands it to its last step, and a search or another estimator around one hands it on.
    """
    from sklearn.utils.validation import has_fit_parameter

    if has_fit_parameter(estimator, "sample_weight"):
        return "sample_weight"
    if steps := getattr(estimator, "steps", None):
        name, last = steps[-1]
        inner = weight_argument(last)
        return None if inner is None else f"{name}__{inner}"
    parameters = inspect.signature(estimator.fit).parameters.values()
    wrapped = next(
        (each for name in ("estimator", "regressor") if (each := getattr(estimator, name, None)) is not None), None
    )
    if wrapped is not None and any(each.kind is each.VAR_KEYWORD for each in parameters):
        return weight_argument(wrapped)
    return None


def weights_for(make: Make, estimator: Any, weights: np.ndarray | None) -> dict[str, np.ndarray]:
    """Return the argument of `fit` with the weights of the rows; raise InputError if the estimator takes none."""
    if weights is None:
        return {}
    argument = weight_argument(estimator)
    if argument is None:
        raise InputError(
            f"The estimator of {name_of(make)} does not take sample weights, but the data set has them.",
            received=f"a {type(estimator).__name__}, whose `fit` has no sample_weight",
            remedy="Return an estimator whose `fit` takes sample_weight; or use a Fit, whose function finds the "
            "weights in train.sample_weight; or give the data set no weights.",
        )
    return {argument: np.array(weights)}


def _fit(make: Make, estimator: Any, x: np.ndarray, y: np.ndarray, weights: np.ndarray | None) -> None:
    """Fit an estimator; raise InputError if it takes one column of targets or no weights, and there are such."""
    weighted = weights_for(make, estimator, weights)
    try:
        estimator.fit(x, y, **weighted)
    except ValueError as error:
        if y.ndim == 1 or "1d array" not in str(error):
            raise
        raise InputError(
            f"The estimator of {name_of(make)} takes one column of targets.",
            received=f"targets of shape {y.shape}: {error}",
            remedy="Give y as a single column, shape (rows,)."
            if y.shape[1] == 1
            else "Return one estimator for each column: sklearn.multioutput.MultiOutputRegressor(...).",
        ) from error


def _column_per_class(
    make: Make, estimator: Any, probabilities: np.ndarray, y: np.ndarray, *, outputs: int
) -> np.ndarray:
    """Return probabilities with a column for each class of the data set, 0 for those without a row in training."""
    classes = np.asarray(getattr(estimator, "classes_", np.unique(y)))
    if probabilities.ndim == 2 and probabilities.shape[1] == len(classes):
        spread = np.zeros((len(probabilities), outputs))
        spread[:, classes.astype(np.int64)] = probabilities
        return spread
    # A network has a column for each of its outputs, whichever classes it has seen.
    if probabilities.ndim == 2 and probabilities.shape[1] == outputs:
        return probabilities
    raise InputError(
        f"The estimator of {name_of(make)} does not return a probability for each class.",
        received=f"probabilities of shape {probabilities.shape} for {len(classes)} classes in the training fold and "
        f"{outputs} in the data set",
        remedy="Return an estimator whose predict_proba has a column for each of its `classes_`.",
    )


def _column_per_label(make: Make, estimator: Any, probabilities: Any, shape: tuple[int, int]) -> np.ndarray:
    """Return the probability of each of several labels, (rows, labels).

    Forests and MultiOutputClassifier return a list with an array for each label, (rows, classes of the label); a chain
    and a network return one array.
    """
    if not isinstance(probabilities, list):
        of_each = np.asarray(probabilities)
    else:
        columns = []
        classes = getattr(estimator, "classes_", None) or [np.arange(np.shape(each)[1]) for each in probabilities]
        for each, known in zip(probabilities, classes, strict=True):
            # A label that all rows of the training fold have, or none has, is a single class.
            place = np.flatnonzero(np.asarray(known) == 1)
            columns.append(np.asarray(each)[:, place[0]] if len(place) else np.zeros(len(each)))
        of_each = np.stack(columns, axis=1)
    if of_each.shape != shape:
        raise InputError(
            f"The estimator of {name_of(make)} does not return a probability for each label.",
            received=f"probabilities of shape {of_each.shape} for {shape[1]} labels a row",
            remedy="Return an estimator such as sklearn.multioutput.MultiOutputClassifier(...), or write a Fit.",
        )
    return of_each.astype(np.float64)


def _scores(estimator: Any, unknown: np.ndarray, y: np.ndarray, *, outputs: int) -> np.ndarray | None:
    """Return a score for each class, (rows, classes), or each label, (rows, labels); None if there are none."""
    # One score for each pair of classes is none of a class.
    of_pairs = any(
        name.endswith("decision_function_shape") and value == "ovo" for name, value in estimator.get_params().items()
    )
    if not hasattr(estimator, "decision_function") or of_pairs:
        return None
    scores = np.asarray(estimator.decision_function(unknown), dtype=np.float64)
    if y.ndim > 1:
        return scores if scores.shape == (len(unknown), outputs) else None
    classes = np.asarray(getattr(estimator, "classes_", np.unique(y))).astype(np.int64)
    if scores.ndim == 1 and len(classes) == 2:
        scores = np.stack([-scores, scores], axis=1)
    if scores.shape != (len(unknown), len(classes)):
        return None
    # A class that the training fold lacks ranks last.
    spread = np.full((len(unknown), outputs), scores.min() - 1)
    spread[:, classes] = scores
    return spread


@contextmanager
def _explained_errors(make: Make, train: Dataset, *, is_frame: bool) -> Iterator[None]:
    """Turn what an estimator raises of a frame into an InputError that says what to do."""
    try:
        yield
    except InputError:
        raise
    except (ValueError, TypeError) as error:
        if not is_frame:
            raise
        raise InputError(
            f"The estimator of {name_of(make)} cannot take the frame of {train.name!r}.",
            received=f"from scikit-learn, or a library like it: {error}",
            remedy="Return a Pipeline that begins with a ColumnTransformer, which encodes text, categories and "
            "dates, and fills missing values. A test fold may have categories that its training fold lacks, so use "
            'OneHotEncoder(handle_unknown="ignore"). Or let the recipe prepare the inputs: Recipe(Estimator(make), '
            "preprocess=...).",
        ) from error


@contextmanager
def _named_warnings(name: str) -> Iterator[None]:
    """Show each warning that would be shown of the code inside once, after the name of the estimator's function."""
    with warnings.catch_warnings(record=True) as caught:
        yield
    seen = set[tuple[type[Warning], str]]()
    # They have passed the filters already, which may name the module that they came from.
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        for each in caught:
            if (key := (each.category, str(each.message))) not in seen:
                seen.add(key)
                warnings.warn_explicit(f"{name}: {each.message}", each.category, each.filename, each.lineno)
