"""Remedies: the line to write for inputs and targets that are not plain numbers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

DAYS = '(pd.to_datetime({column}, utc=True) - pd.Timestamp("2020-01-01", tz="UTC")) / pd.Timedelta(days=1)'
PERIODS = '(pd.PeriodIndex({column}).to_timestamp() - pd.Timestamp("2020-01-01")) / pd.Timedelta(days=1)'
LINES = {
    "dates": (DAYS, "Give dates as days since a fixed day"),
    "durations": ("pd.to_timedelta({column}).dt.total_seconds()", "Give durations in seconds"),
    "objects of type Period": (PERIODS, "Give periods as days since a fixed day"),
    "objects of type Interval": ("pd.arrays.IntervalArray(list({column})).mid", "Give intervals by their midpoints"),
}
"""For each kind, an expression that makes numbers of a column of pandas, and what they are."""

OTHER_NAMES = {
    **dict.fromkeys(
        ("X", "data", "inputs", "features", "images"), "Name the inputs `x`: Dataset(x=..., y=..., name=...)."
    ),
    **dict.fromkeys(
        ("target", "targets", "label", "labels", "Y"), "Name the targets `y`: Dataset(x=..., y=..., name=...)."
    ),
    **dict.fromkeys(
        ("x_train", "X_train", "x_test", "X_test", "train", "test", "x_val", "validation"),
        "Give all rows, x=np.concatenate([x_train, x_test]) and y likewise; the design says which rows are tested: "
        "FixedSplit(train=range(len(x_train)), test=range(len(x_train), len(x))).",
    ),
    "weights": "Pass the weights of rows as `sample_weight`.",
    "feature_names": "Give x as a DataFrame, whose columns have names.",
    "categorical_features": "Give x as a DataFrame, and let a Pipeline or `preprocess` encode its categories.",
    "batch_size": "Give it to the stage: Recipe(Stage(build, batch_size={value})).",
}
"""Arguments that a data set does not have, and what to do instead."""


def remedy_for_inputs(kinds: set[str], label: str, columns: dict[Any, Any], *, is_table: bool, ndim: int) -> str:
    """Return how to turn inputs, or an attribute, into numbers.

    Args:
        kinds: what was found that is not a number; see `kinds_of`.
        label: the argument, such as "x".
        columns: the values of each column in which it was found, by its name or number.
        is_table: whether the columns have names.
        ndim: number of axes.
    """
    names = ", ".join(map(repr, columns))
    kind = next((each for each in LINES if each in kinds), "")
    if kind:
        line, words = LINES[kind]
        if ndim == 1:
            return f"{words}: {label}={line.format(column=f'pd.Series({label})')}."
        table = "" if is_table else f"{label} = pd.DataFrame({label}); "
        column = f"{label}[{next(iter(columns))!r}]"
        return f"{words}, column by column: {table}{column} = {line.format(column=column)}."
    if "text" in kinds and kinds <= {"text", "missing values"}:
        if are_numbers(text for column in columns.values() for text in column):
            if is_table:
                line = f'{label}[[{names}]] = {label}[[{names}]].apply(pd.to_numeric, errors="coerce")'
                return f"The text is numbers: {line}. Or, for categories: pd.get_dummies({label}, columns=[{names}])."
            return f"The text is numbers: {label}=np.asarray({label}, dtype=float)."
        return _remedy_for_text(label, names if is_table else "")
    if kinds == {"missing values"}:
        return remedy_for_missing(label, is_table=is_table)
    if "complex numbers" in kinds:
        return (
            "Give real and imaginary parts as columns: "
            f"{label}=np.concatenate([np.asarray({label}, dtype=complex).real, "
            f"np.asarray({label}, dtype=complex).imag], axis=-1)."
        )
    if "fields" in kinds:
        return (
            "Give the fields as columns: from numpy.lib.recfunctions import structured_to_unstructured; "
            f"{label}=structured_to_unstructured({label})."
        )
    if "integers of more than 64 bits" in kinds:
        return (
            "Leave out what only numbers the rows; give sizes as floats, "
            f"{label}=np.asarray({label}, dtype=float) / 1e20, or as logarithms."
        )
    return "Give one number for each value, for example as a NumPy array of floats."


def remedy_for_targets(kinds: set[str]) -> str:
    """Return how to turn targets that are neither numbers nor names into values or class labels."""
    kind = next((each for each in LINES if each in kinds), "")
    if "missing values" in kinds:
        return "Drop the rows whose target is unknown: keep = pd.notna(y), and take [keep] of x, y and all others."
    if kind:
        line, words = LINES[kind]
        expression = line.format(column="pd.Series(np.ravel(y))")
        return f"{words}: y=np.asarray({expression}, dtype=float). If they name classes: y=[str(each) for each in y]."
    if "complex numbers" in kinds:
        return (
            "Give real and imaginary parts as two columns: y=np.stack([np.asarray(y, dtype=complex).real, "
            "np.asarray(y, dtype=complex).imag], axis=-1)."
        )
    if kinds == {"text", "numbers"}:
        return "If they are the names of classes, make them all text: y=[str(each) for each in y]."
    return "Give values as floats, y=np.asarray(y, dtype=float), or the names of classes: y=[str(each) for each in y]."


def remedy_for_missing(label: str, *, is_table: bool) -> str:
    """Return how to deal with missing inputs such that no row of a test fold has a part in training."""
    line = (
        f'pd.concat([{label}.fillna(0), {label}.isna().add_suffix(" missing")], axis=1)'
        if is_table
        else f"np.concatenate([np.nan_to_num({label}), np.isnan({label})], axis=-1)"
    )
    return (
        f"Fill them with a constant and mark them, {label}={line}, or drop these rows. Do not fill in means: "
        "computed before the split, they carry test rows into training."
    )


def _remedy_for_text(label: str, names: str) -> str:
    if names:
        return (
            f"Turn each category into a column: {label}=pd.get_dummies({label}, columns=[{names}], "
            "dummy_na=True). This learns nothing from other rows, so it may be done before the split."
        )
    return (
        f"Turn each category into a column: {label}=pd.get_dummies(pd.DataFrame({label})). Give sentences as a "
        f'frame, {label}=pd.DataFrame({{"text": {label}}}), and let `preprocess` of the recipe turn them into '
        "numbers in each training fold: a ColumnTransformer with a TfidfVectorizer, or Keras' TextVectorization for "
        "tokens."
    )


def are_numbers(texts: Iterable[Any], *, with_fractions: bool = False) -> bool:
    """Return whether all texts are numbers, apart from empty ones and missing values.

    Args:
        texts: texts, and missing values.
        with_fractions: whether one of them has to be no whole number.
    """
    try:
        found = [float(text) for text in texts if isinstance(text, str | bytes) and text.strip()]
    except ValueError:
        return False
    return any(not number.is_integer() for number in found) if with_fractions else bool(found)
