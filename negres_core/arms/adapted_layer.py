"""A layer of Keras that prepares inputs, such as TextVectorization, as a transformer of scikit-learn.

Text cannot reach a compiled model, so the layer stands in front of it: it is adapted to the training fold of each cell.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import numpy as np

from negres_core.errors import InputError


class AdaptedLayer:
    """A transformer that adapts a new layer to the rows that it is fitted on.

    Args:
        make: returns a new layer.
    """

    def __init__(self, make: Callable[[], Any]) -> None:
        self.make = make

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the arguments of the transformer, as scikit-learn copies it by."""
        del deep
        return {"make": self.make}

    def fit(self, rows: Any) -> Self:
        """Adapt the layer to some rows; a layer with a vocabulary of its own learns nothing."""
        self.layer_ = self.make()
        if hasattr(self.layer_, "adapt") and not getattr(self.layer_, "_has_input_vocabulary", False):
            self.layer_.adapt(self._column(rows))
        return self

    def transform(self, rows: Any) -> np.ndarray:
        """Return what the layer makes of some rows, (rows, features)."""
        prepared = self.layer_(self._column(rows))
        if getattr(self.layer_, "trainable_variables", None):
            raise InputError(
                "`preprocess` returns a layer with trainable weights.",
                received=f"{transformer_name(self)} with {len(self.layer_.trainable_variables)} weights",
                remedy="Put it into the build function; `preprocess` takes a layer that adapts to data, or one "
                "without weights.",
            )
        if not hasattr(prepared, "shape") or hasattr(prepared, "row_splits"):
            raise InputError(
                "`preprocess` returns a layer whose output rows have different lengths.",
                received=f"a {type(prepared).__name__} of {transformer_name(self)}",
                remedy="Leave out ragged=True, and give output_sequence_length=.",
            )
        if hasattr(prepared, "values") and hasattr(prepared, "indices"):
            raise InputError(
                "`preprocess` returns a layer with sparse output, but inputs have to be dense arrays.",
                received=f"{transformer_name(self)}(sparse=True)",
                remedy="Leave out sparse=True.",
            )
        values = prepared.detach().cpu() if hasattr(prepared, "detach") else prepared
        array = np.asarray(values)
        return array.reshape(len(array), -1)

    def fit_transform(self, rows: Any) -> np.ndarray:
        """Adapt the layer to some rows, and return what it makes of them."""
        return self.fit(rows).transform(rows)

    def _column(self, rows: Any) -> Any:
        """Return rows as the layer takes them: an array of numbers as it is, of a frame its one column of text."""
        if not hasattr(rows, "iloc"):
            return rows
        if rows.shape[1] != 1 or rows.isna().to_numpy().any():
            lacking = int(rows.isna().to_numpy().any(axis=1).sum())
            raise InputError(
                f"`preprocess` returns the layer {transformer_name(self)}, which takes one column without missing "
                "values.",
                received=f"columns {', '.join(map(repr, rows.columns))}; {lacking} rows lack a value",
                remedy='Give only the text column, Dataset(x=table[["text"]].fillna(""), ...); for several columns, '
                "return a ColumnTransformer.",
            )
        return rows.iloc[:, 0].to_numpy(dtype=str)


def is_layer(made: Any) -> bool:
    """Return whether something is a Keras layer and not a model."""
    return hasattr(made, "compute_output_spec") and not hasattr(made, "fit")


def as_transformer(layer: Any, make: Callable[[], Any]) -> AdaptedLayer:
    """Return the transformer that adapts the layers of a function.

    Args:
        layer: one of them.
        make: the function.

    Raises:
        InputError: it returns the same layer again, which several cells would adapt at once.
    """
    if make() is layer:
        raise InputError(
            "`preprocess` has to return a new layer at every call.",
            received=f"the same {type(layer).__name__} twice",
            remedy="Create it inside the function, preprocess=lambda: TextVectorization(output_sequence_length=100), "
            "without adapt().",
        )
    return AdaptedLayer(make)


def transformer_name(transformer: Any) -> str:
    """Return the name of a transformer's class; of an adapted layer, the name of the layer's."""
    return type(transformer.make() if isinstance(transformer, AdaptedLayer) else transformer).__qualname__
