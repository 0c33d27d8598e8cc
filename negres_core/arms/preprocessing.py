"""Preprocessing: the inputs of a cell, transformed by a transformer that is fitted on the training fold only."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from negres_core.arms.adapted_layer import as_transformer, is_layer, transformer_name
from negres_core.arms.recipe import Recipe
from negres_core.arrays import Named, map_arrays, spread_rows, take_rows
from negres_core.dataset import Dataset
from negres_core.dataset.named_columns import parts_of, takes_frame
from negres_core.design import Cell
from negres_core.errors import InputError

DIGESTED_ROWS = 64
"""Rows per fold that the digest of the prepared inputs covers."""

Make = Callable[[Recipe], Any]
"""A function that returns a new transformer of a recipe."""

TRIED_ROWS = 2000
"""Rows on which it is tried whether a transformer of arrays keeps their width."""


def make_transformer(recipe: Recipe) -> Any:
    """Return a new transformer of a recipe that has `preprocess`, with a fixed seed if it draws random numbers.

    Raises:
        InputError: `preprocess` returns neither a scikit-learn transformer nor a new layer of Keras.
    """
    transformer: Any = recipe.preprocess() if recipe.preprocess else None
    if recipe.preprocess and is_layer(transformer):
        return as_transformer(transformer, recipe.preprocess)
    methods = ("fit", "transform", "get_params")
    if isinstance(transformer, type) or not all(hasattr(transformer, method) for method in methods):
        raise InputError(
            "`preprocess` has to return an unfitted scikit-learn transformer.",
            received=transformer,
            remedy="Return one such as sklearn.preprocessing.MinMaxScaler().",
        )
    # Without a seed it would draw from NumPy's global generator, and inputs would differ between engines and sessions.
    parameters = transformer.get_params()
    unset = {name for name, value in parameters.items() if value is None and name.endswith("random_state")}
    return transformer.set_params(**dict.fromkeys(unset, 0)) if unset else transformer


def prepare_inputs(recipe: Recipe, data: Dataset, cell: Cell) -> Named[np.ndarray]:
    """Return the inputs of all rows of a data set, prepared for one cell.

    All rows are returned, so that row numbers address both folds, and a cell's replicates share one array.

    Args:
        recipe: its `preprocess` is fitted on the training fold.
        data: the data set, as it is or as models see it.
        cell: the rows of the training fold.

    Returns:
        float32, (rows, ...), with the data set's shape unless the transformer changes the number of features, then
        (rows, features); for several inputs, a dictionary by name. Models of all cells have one shape: where the
        transformer of a cell returns fewer features than that of all rows, for want of a category, zeros follow.
        A frame without `preprocess` is returned as controls see it.

    Raises:
        InputError: the transformer fails, or does not return finite numbers.
    """
    return prepare_inputs_of(recipe, data, cell, np.arange(len(data)))


def prepare_inputs_of(
    recipe: Recipe, data: Dataset, cell: Cell, rows: np.ndarray, *, make: Make = make_transformer
) -> Named[np.ndarray]:
    """Return the inputs of some rows, prepared for one cell by what `make` returns; see `prepare_inputs`."""
    if recipe.preprocess is None:
        whole = data.flatten() if data.has_frame else data.x
        return map_arrays(lambda x: x if _are_all(rows, len(data)) else x[rows], whole)
    data = data.origin
    where = f" in repeat {cell.repeat}, fold {cell.fold}"

    def prepare(x: np.ndarray) -> np.ndarray:
        return _reshape(_fit_and_transform(make(recipe), data, x, cell.train, rows, where=where), x)

    if not recipe.stages:
        return map_arrays(prepare, data.x)

    def prepare_for_model(x: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        prepared = _fit_and_transform(make(recipe), data, x, cell.train, rows, where=where)
        return _filled_up(prepared, int(np.prod(shape)), where).reshape(len(rows), *shape)

    return map_arrays(prepare_for_model, data.x, as_models_see(recipe, data).input_shape)


def as_models_see(recipe: Recipe, data: Dataset) -> Dataset:
    """Return a data set with inputs of the shape that the models of a recipe are built for.

    If the transformer changes the shape, its inputs are prepared by one that is fitted on all rows: for the shape, and
    for checks of models that are not trained, alone. `prepare_inputs` prepares those on which models are trained.
    """
    if recipe.preprocess is None or not recipe.stages:
        return data
    data = data.origin
    key = recipe.preprocess
    if key not in data.prepared:
        every, tried = np.arange(len(data)), spread_rows(len(data), most=TRIED_ROWS)

        def keeps_width(x: Any) -> bool:
            if data.has_frame:
                return False
            return bool(_fit_and_transform(make_transformer(recipe), data, x, tried, tried).shape[1] == x[:1].size)

        def prepare(x: Any) -> np.ndarray:
            if keeps_width(x):
                return np.asarray(x)
            return _fit_and_transform(make_transformer(recipe), data, x, every, every)

        prepared = map_arrays(prepare, data.x)
        is_same = not data.has_frame and map_arrays(np.shape, prepared) == map_arrays(np.shape, data.x)
        data.prepared[key] = data if is_same else data.with_inputs(prepared)
    return data.prepared[key]


def try_transformer(recipe: Recipe, data: Dataset) -> None:
    """Fit the transformer of a recipe on some rows, and transform them; raise InputError if that fails."""
    few = data.take(spread_rows(len(data), most=TRIED_ROWS))
    every = np.arange(len(few))
    map_arrays(lambda x: _fit_and_transform(make_transformer(recipe), few, x, every, every), few.x)


def needs_targets(transformer: Any) -> bool:
    """Return whether some part of a transformer says that it needs targets, as a TargetEncoder does."""
    from sklearn.utils import get_tags

    for part in parts_of(transformer):
        try:
            if get_tags(part).target_tags.required:
                return True
        except Exception:  # a class of its own that declares nothing
            pass
        parameters = _parameters_of_fit(part)
        if len(parameters) > 1 and parameters[1].default is inspect.Parameter.empty:
            return True
    return False


def _parameters_of_fit(estimator: Any) -> list[inspect.Parameter]:
    """Return the positional parameters of `fit`."""
    try:
        parameters = inspect.signature(estimator.fit).parameters.values()
    except (TypeError, ValueError):
        return []
    return [each for each in parameters if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]


def _fit_and_transform(
    transformer: Any, data: Dataset, x: Any, train: np.ndarray, rows: np.ndarray, *, where: str = ""
) -> np.ndarray:
    """Fit a transformer on the training rows of one input, and return some rows transformed, (rows, features)."""
    try:
        prepared = fit_and_transform(transformer, data, x, train, rows)
    except InputError:
        raise
    except Exception as error:
        raise InputError(
            f"`preprocess` cannot prepare the inputs of {data.name!r}{where}.",
            received=f"from the {transformer_name(transformer)}: {error}",
            remedy=_remedy_for(str(error), is_frame=takes_frame(transformer, data)),
        ) from error
    return _as_numbers(prepared, transformer, data, where)


def fit_and_transform(transformer: Any, data: Dataset, x: Any, train: np.ndarray, rows: np.ndarray) -> Any:
    """Fit a transformer on the training rows of one input, and return what it makes of some rows.

    A transformer that is fitted to targets transforms the training rows as it is fitted: scikit-learn's TargetEncoder
    then encodes each of them by other rows than itself. So does a transformer of a frame, as it would in a Pipeline.
    """
    transformer = _with_seeded_splits(transformer, data, train)
    is_frame = takes_frame(transformer, data)
    table: Any = data.as_given if is_frame else x.reshape(len(x), -1)
    y = data.y.reshape(len(data), -1) if data.y.ndim > 2 else data.y
    targets = (y[train],) if _takes_targets(transformer) else ()

    def some(places: np.ndarray) -> Any:
        return table.iloc[places].reset_index(drop=True) if is_frame else table[places]

    if not is_frame and not needs_targets(transformer):
        return transformer.fit(some(train), *targets).transform(table if _are_all(rows, len(data)) else some(rows))
    of_train = _as_table(transformer.fit_transform(some(train), *targets))
    places = np.full(len(data), -1)
    places[train] = np.arange(len(train))
    rest = rows[places[rows] < 0]
    if not len(rest):
        return of_train[places[rows]]
    of_rest = _as_table(transformer.transform(some(rest)))
    if of_rest.shape[1] != of_train.shape[1]:
        raise InputError(
            f"`preprocess` gives rows of {data.name!r} different widths.",
            received=f"{of_train.shape[1]} features for the rows that it is fitted on, {of_rest.shape[1]} for others",
            remedy="Give the width: TextVectorization(output_sequence_length=100).",
        )
    prepared = np.empty((len(rows), of_train.shape[1]), dtype=np.result_type(of_train, of_rest))
    prepared[places[rows] >= 0] = of_train[places[rows][places[rows] >= 0]]
    prepared[places[rows] < 0] = of_rest
    return prepared


def _with_seeded_splits(transformer: Any, data: Dataset, train: np.ndarray) -> Any:
    """Set the splits by which a TargetEncoder encodes its training rows, which depend on a global generator otherwise.

    Newer versions of scikit-learn take a seed by `cv` alone. A few rows that have fewer rows of every class than there
    are splits, such as those of a control, are split as often as they can be.
    """
    from sklearn.model_selection import KFold, StratifiedKFold

    parameters = transformer.get_params(deep=True)
    for name, value in parameters.items():
        prefix = name.removesuffix("target_type")
        splits = parameters.get(f"{prefix}cv")
        if not name.endswith("target_type") or not isinstance(splits, int):
            continue
        if is_classification := data.task == "classification":
            splits = max(2, min(splits, int(np.bincount(data.y[train]).max())))
        if parameters.get(f"{prefix}random_state") == "deprecated":
            kind = StratifiedKFold if is_classification and value != "continuous" else KFold
            splits = kind(splits, shuffle=True, random_state=0)
        transformer.set_params(**{f"{prefix}cv": splits})
    return transformer


def _are_all(rows: np.ndarray, count: int) -> bool:
    """Return whether row numbers are those of all rows in order, which need not be copied."""
    return len(rows) == count and np.array_equal(rows, np.arange(count))


def _takes_targets(transformer: Any) -> bool:
    return len(_parameters_of_fit(transformer)) > 1


def _as_table(prepared: Any) -> np.ndarray:
    """Return what a transformer returned as one array, (rows, features): a sparse matrix, a frame or an array."""
    if hasattr(prepared, "toarray"):
        try:
            prepared = prepared.toarray()
        except MemoryError as error:
            raise InputError(
                "`preprocess` returns a sparse matrix that does not fit into memory as an array.",
                received=f"{prepared.shape[0]} rows of {prepared.shape[1]} features",
                remedy="Return fewer features, such as TfidfVectorizer(max_features=2000), or OneHotEncoder("
                'min_frequency=20, handle_unknown="infrequent_if_exist").',
            ) from error
    elif hasattr(prepared, "to_numpy"):
        prepared = prepared.to_numpy()
    table = np.asarray(prepared)
    return table[:, None] if table.ndim == 1 else table


def _as_numbers(prepared: Any, transformer: Any, data: Dataset, where: str) -> np.ndarray:
    """Return prepared inputs as float32, (rows, features); raise InputError if they are not finite numbers."""
    table = _as_table(prepared)
    try:
        numbers = np.ascontiguousarray(table, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"`preprocess` leaves values that are not numbers in the inputs of {data.name!r}{where}.",
            received=f"from the {transformer_name(transformer)}: {error}",
            remedy="Let it encode every column of text, categories or dates. A ColumnTransformer with "
            'remainder="passthrough" leaves the columns that it does not name as they are.',
        ) from error
    if not numbers.shape[1]:
        raise InputError(
            f"`preprocess` leaves no feature of {data.name!r}{where}.",
            received=f"an array of shape {numbers.shape}",
            remedy="Let it keep a fixed number of features, such as SelectKBest(k=10).",
        )
    if takes_frame(transformer, data) and not np.isfinite(numbers).all():
        broken = np.flatnonzero(~np.isfinite(numbers).all(axis=0))
        raise InputError(
            f"`preprocess` leaves missing or infinite values in the inputs of {data.name!r}{where}.",
            received=", ".join(_names_of(transformer, numbers.shape[1])[place] for place in broken[:5]),
            remedy="Fill them inside the transformer, SimpleImputer(add_indicator=True), which learns from the "
            "training fold alone.",
        )
    return numbers


def _names_of(transformer: Any, width: int) -> list[str]:
    """Return the names of the features that a transformer returns, or else their numbers."""
    try:
        names = [repr(str(name)) for name in transformer.get_feature_names_out()]
    except Exception:  # a part that gives none
        names = []
    return names if len(names) == width else [f"feature {place}" for place in range(width)]


def _reshape(prepared: np.ndarray, x: Any) -> np.ndarray:
    """Return prepared inputs in the shape of one input, if they have as many values a row."""
    return prepared.reshape(len(prepared), *x.shape[1:]) if prepared.shape[1] == np.prod(x.shape[1:]) else prepared


def _filled_up(prepared: np.ndarray, width: int, where: str) -> np.ndarray:
    """Return prepared inputs with zeros for the features that the training fold did not give."""
    if prepared.shape[1] > width:
        raise InputError(
            f"`preprocess` returns more features{where} than for all rows, but models of all cells need the same "
            "shape.",
            received=f"{prepared.shape[1]} features, and {width} for all rows",
            remedy="Give a number of features instead of a share or a p-value: PCA(10) in place of PCA(0.95), "
            "SelectKBest(k=10) in place of SelectFpr().",
        )
    missing = width - prepared.shape[1]
    return np.pad(prepared, ((0, 0), (0, missing))) if missing else prepared


def _remedy_for(error: str, *, is_frame: bool) -> str:
    """Return what to do about an error of scikit-learn's."""
    if "unknown categories" in error:
        return (
            "A fold, or one of the small runs of the controls, may lack a category that other rows have: "
            'OneHotEncoder(handle_unknown="ignore"), or OrdinalEncoder(handle_unknown="use_encoded_value", '
            "unknown_value=-1)."
        )
    if "n_splits" in error or "members in each class" in error:
        return "Let it split the training fold into fewer parts: TargetEncoder(cv=2)."
    if "could not convert" in error or "Cannot cast" in error:
        return (
            "Encode columns of text before what takes numbers alone, by a ColumnTransformer: OneHotEncoder for "
            "categories, TfidfVectorizer for sentences, and for dates a FunctionTransformer that makes numbers of them."
        )
    if "NaN" in error or "missing" in error:
        return "Fill missing values first: make_pipeline(SimpleImputer(add_indicator=True), ...)."
    return (
        "Return a transformer of this frame; it is fitted on the training fold's rows and targets."
        if is_frame
        else "Return a transformer of numbers, such as sklearn.preprocessing.MinMaxScaler(). Rows are plain arrays, "
        "whose columns have numbers; to name columns, give x as a DataFrame."
    )


def training_fold(recipe: Recipe, data: Dataset, cell: Cell) -> Named[np.ndarray]:
    """Return the inputs of a cell's training fold, prepared for the cell."""
    fold: Named[np.ndarray] = take_rows(prepare_inputs(recipe, data, cell), cell.train)
    return fold


def sample_rows(cell: Cell) -> np.ndarray:
    """Return the row numbers that the digest of a cell's prepared inputs covers."""
    return np.concatenate([cell.train[:DIGESTED_ROWS], cell.test[:DIGESTED_ROWS]])
