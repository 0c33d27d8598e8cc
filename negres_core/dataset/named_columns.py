"""What is given a frame: transformers and estimators that choose columns by name or kind, and those of mixed data."""

from __future__ import annotations

from typing import Any

from negres_core.dataset.dataset import Dataset


def takes_frame(estimator: Any, data: Dataset) -> bool:
    """Return whether a transformer or an estimator is given the inputs of a data set as a DataFrame.

    It is if they are not all numbers, and of numbers if it chooses columns by name, or if it predicts by itself and a
    column is a category, which gradient boosting looks for.
    """
    if data.has_frame:
        return True
    if data.as_given is None:
        return False
    has_categories = any(str(kind) == "category" for kind in data.as_given.dtypes)
    return names_columns(estimator) or (has_categories and hasattr(estimator, "predict"))


def names_columns(estimator: Any) -> bool:
    """Return whether some part of an estimator chooses columns by their names or kinds, as a ColumnTransformer does."""
    for part in parts_of(estimator):
        for item in getattr(part, "transformers", None) or ():
            columns = item[2] if isinstance(item, tuple) and len(item) == 3 else None
            names = [columns] if isinstance(columns, str) else columns if isinstance(columns, list | tuple) else []
            if callable(columns) or any(isinstance(name, str) for name in names):
                return True
        features = getattr(part, "categorical_features", None)
        if isinstance(features, list | tuple) and any(isinstance(name, str) for name in features):
            return True
    return False


def parts_of(estimator: Any) -> list[Any]:
    """Return an estimator and all estimators inside it."""
    parts = estimator.get_params(deep=True).values() if hasattr(estimator, "get_params") else ()
    return [estimator, *(part for part in parts if hasattr(part, "fit") and not isinstance(part, type))]
