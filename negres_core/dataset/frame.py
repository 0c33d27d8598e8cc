"""Frames of pandas whose columns are of several kinds: checked once, digested by content, and seen as numbers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from negres_core.dataset.exact import as_float32
from negres_core.dataset.given import as_array, check_numeric, kinds_of
from negres_core.dataset.remedies import LINES, are_numbers
from negres_core.errors import InputError

MISSING = b"\x00missing"
"""What a missing name is hashed as; no text begins with it in practice."""


class Column(NamedTuple):
    """One column of a frame, as it is digested and seen as numbers.

    Attributes:
        kind: what it holds, the same in every version of pandas: "text", "dates", "int64", "category, ordered" ...
        values: numbers, (rows,), int64 or float64, 0 for what is missing; or the places of names.
        missing: which rows lack a value, (rows,).
        names: the names, in order; None for numbers.
        ranks: the place of each name in the order in which a control sees them; None for numbers.
    """

    kind: str
    values: np.ndarray
    missing: np.ndarray
    names: list[str] | None = None
    ranks: np.ndarray | None = None


def is_frame(values: Any) -> bool:
    """Return whether a value is a DataFrame of pandas, or something with the same interface."""
    return hasattr(values, "iloc") and hasattr(values, "columns") and hasattr(values, "dtypes")


def needs_frame(frame: Any) -> bool:
    """Return whether a frame holds anything but numbers, or misses some, so that no plain array says what it does."""
    return any(_is_no_number(frame.iloc[:, place]) for place in range(frame.shape[1]))


def _is_no_number(series: Any) -> bool:
    if series.dtype.kind in "biu" and not hasattr(series.dtype, "na_value"):
        return False
    if bool(series.isna().any()):
        return True
    return series.dtype.kind not in "biuf" and kinds_of(np.asarray(series)) != {"numbers"}


def check_frame(frame: Any, label: str, *, of: str) -> Any:
    """Return a copy of a frame, whose rows are numbered from 0: its index is not part of the data.

    Returns:
        The copy; or None if an array says what there is to say, or what is wrong: without rows or columns, with numbers
        only in columns without names of their own, or with objects that only the checks of arrays have a remedy for.

    Raises:
        InputError: columns that are not all numbers have no names of their own, or hold values of several kinds.
    """
    if not frame.size:
        return None
    has_names, is_needed = _has_names(frame), needs_frame(frame)
    if not is_needed:
        return frame.reset_index(drop=True).copy() if has_names else None
    if not has_names:
        _refuse_names(frame, label, of)
    unread = {name: kinds_of(np.asarray(frame[name], dtype=object)) for name in frame if _read(frame[name]) is None}
    if any(kinds & {*LINES, "complex numbers", "integers of more than 64 bits"} for kinds in unread.values()):
        return None
    if unread:
        name, kinds = next(iter(unread.items()))
        raise InputError(
            f"`{label}` of data set {of!r} has a column whose values are not all numbers, all text or all times.",
            received=f"{' and '.join(sorted(kinds))} in column {name!r}",
            remedy=f"If they are names, make them text: {label}[{name!r}] = {label}[{name!r}].astype(str); "
            "otherwise, turn them into columns of numbers.",
        )
    for name, column in columns_of_frame(frame):
        if column.names is None and np.isinf(column.values).any():
            raise InputError(
                f"`{label}` of data set {of!r} has infinite values.",
                received=f"{int(np.isinf(column.values).sum())} in column {name!r}",
                remedy=f"Drop these rows, or mark them as missing: {label}.replace([np.inf, -np.inf], np.nan).",
            )
    # A copy, so that the data set stays what was checked.
    return frame.reset_index(drop=True).copy()


def refuse_frame(frame: Any, *, of: str, wanted_by: str) -> None:
    """Raise InputError because a model takes numbers, and a frame holds something else, or misses some.

    Args:
        frame: the inputs.
        of: the name of the data set.
        wanted_by: what takes numbers, in words.
    """
    remedy = (
        "Give the recipe a function that returns a ColumnTransformer, Recipe(..., preprocess=make), or for tokens "
        "Keras' TextVectorization: it is fitted on the training fold alone."
    )
    received, further = f"columns of {', '.join(sorted({str(kind) for kind in frame.dtypes}))}", ""
    try:
        array = as_array(frame, "x", of=of)
        check_numeric(array, "x", of=of, columns=list(frame.columns))
        as_float32(array, "x", of=of, columns=list(frame.columns))
    except InputError as error:
        received, further = str(error.received), f" To do without one: {error.remedy}"
    raise InputError(
        f"{wanted_by} takes numbers, but `x` of data set {of!r} is a DataFrame that also has other values.",
        received=received,
        remedy=remedy + further,
    )


def _has_names(frame: Any) -> bool:
    """Return whether each column has a name of its own, and all are text, or none is."""
    names = list(frame.columns)
    is_text = {isinstance(name, str) for name in names}
    return frame.columns.nlevels == 1 and len(set(names)) == len(names) and len(is_text) == 1


def _refuse_names(frame: Any, label: str, of: str) -> None:
    names = list(frame.columns)
    if frame.columns.nlevels > 1:
        raise InputError(
            f"`{label}` of data set {of!r} has column names with several levels.",
            received=f"columns such as {names[0]!r}",
            remedy=f'Join them: {label}.columns = ["_".join(map(str, name)) for name in {label}.columns].',
        )
    if repeated := sorted({str(name) for name in names if names.count(name) > 1}):
        raise InputError(
            f"`{label}` of data set {of!r} has several columns with the same name.",
            received=", ".join(map(repr, repeated)),
            remedy="Give each column a name of its own.",
        )
    raise InputError(
        f"`{label}` of data set {of!r} has column names of which only some are text.",
        received=", ".join(map(repr, names[:5])),
        remedy=f"Make all names text: {label}.columns = {label}.columns.astype(str).",
    )


def columns_of_frame(frame: Any) -> Iterator[tuple[Any, Column]]:
    """Yield the name and the content of each column of a frame that was checked."""
    for place, name in enumerate(frame.columns):
        column = _read(frame.iloc[:, place])
        assert column is not None, f"column {name!r} holds values of several kinds"
        yield name, column


def _read(series: Any) -> Column | None:
    """Return the content of a column; None if it is of no one kind."""
    import pandas as pd

    dtype, missing = series.dtype, np.asarray(series.isna())
    if isinstance(dtype, pd.CategoricalDtype):
        names = [_text_of(each) for each in dtype.categories]
        codes = np.asarray(series.cat.codes, dtype=np.int64)
        # Categories are given in an order, which transformers may use even if it means nothing.
        kind = f"category{', ordered' if dtype.ordered else ''}"
        return Column(kind, np.where(missing, 0, codes), missing, names, np.arange(len(names)))
    if dtype.kind in "biuf" and not isinstance(dtype, pd.SparseDtype):
        return _read_numbers(series, str(dtype).lower().partition("[")[0])
    if isinstance(dtype, pd.PeriodDtype | pd.IntervalDtype):
        return None
    if dtype.kind in "Mm":
        return _read_times(series)
    items = np.asarray(series, dtype=object)
    present = items[~missing]
    kinds = kinds_of(present) if len(present) else {"numbers"}
    if kinds == {"text"} and all(isinstance(item, str) for item in present):
        return _read_text(items, missing)
    if kinds == {"numbers"}:
        return _read_numbers(pd.Series(items), "float64")
    if kinds in ({"dates"}, {"durations"}):
        read = pd.to_datetime if kinds == {"dates"} else pd.to_timedelta
        return _read_times(pd.Series(read(pd.Series(items))))
    return None


def _read_numbers(series: Any, kind: str) -> Column:
    missing = np.asarray(series.isna())
    wanted = np.int64 if kind.startswith(("int", "uint")) else np.float64
    return Column(kind, series.to_numpy(dtype=wanted, **({"na_value": 0} if missing.any() else {})), missing)


def _read_times(series: Any) -> Column:
    """Return dates as nanoseconds since 1970 in UTC, and durations in nanoseconds; microseconds where these are few."""
    import pandas as pd

    zone = getattr(series.dtype, "tz", None)
    plain = series.dt.tz_convert("UTC").dt.tz_localize(None) if zone is not None else series
    try:
        ticks, unit = plain.dt.as_unit("ns"), "ns"
    except (OverflowError, pd.errors.OutOfBoundsDatetime, pd.errors.OutOfBoundsTimedelta):
        ticks, unit = plain.dt.as_unit("us"), "us"
    missing = np.asarray(series.isna())
    kind = f"{'dates' if series.dtype.kind == 'M' else 'durations'} in {unit}{f', {zone}' if zone else ''}"
    return Column(kind, np.where(missing, 0, np.asarray(ticks).view(np.int64)), missing)


def _read_text(items: np.ndarray, missing: np.ndarray) -> Column:
    names = sorted(set(items[~missing].tolist()))
    places = {name: place for place, name in enumerate(names)}
    values = np.array([0 if lacks else places[item] for item, lacks in zip(items, missing, strict=True)], np.int64)
    ranks = np.arange(len(names))
    if _are_all_numbers(names):
        ranks[sorted(range(len(names)), key=lambda place: float(names[place]))] = np.arange(len(names))
    return Column("text", values, missing, names, ranks)


def _are_all_numbers(names: list[str]) -> bool:
    """Return whether text is numbers, which are seen in the order of what they say."""
    return all(name.strip() for name in names) and are_numbers(names)


def _text_of(name: Any) -> str:
    """Return what identifies a category, which may be text, a number or a time."""
    return name if isinstance(name, str) else f"{type(name).__name__}: {name}"


def as_numbers(frame: Any) -> np.ndarray:
    """Return a frame as numbers, (rows, columns), float32, for controls that compare rows.

    A number is itself, or its distance from the smallest one where float32 would round it; a time its distance from the
    first. Text is its place among all text of the column, sorted, by what it says if that is a number; a category its
    place among the categories. What is missing is a value of its own, below all others.
    """
    seen = [_seen(column) for _, column in columns_of_frame(frame)]
    return np.ascontiguousarray(np.stack(seen, axis=1), dtype=np.float32)


def _seen(column: Column) -> np.ndarray:
    known = ~column.missing
    if column.ranks is not None:
        return np.where(known, column.ranks[column.values] if len(column.ranks) else 0, -1)
    if not known.any():
        return np.zeros(len(known))
    is_time = column.kind.startswith(("dates", "durations"))
    values = column.values
    if is_time or not (values[known].astype(np.float32) == values[known]).all():
        # The differences of integers are exact.
        values = values - values[known].min()
    seen = values.astype(np.float64) / ((86_400e9 if " in ns" in column.kind else 86_400e6) if is_time else 1)
    lowest, highest = seen[known].min(), seen[known].max()
    return np.where(known, seen, lowest - ((highest - lowest) or 1.0))


def row_words(frame: Any) -> np.ndarray:
    """Return 64 bits for each value, (rows, columns), uint64, that depend on nothing but the value."""
    words = []
    for _, column in columns_of_frame(frame):
        if column.names is not None:
            table = np.array([_word(name.encode()) for name in column.names] or [0], dtype=np.uint64)
            word = table[column.values]
        elif column.kind.startswith(("dates", "durations")):
            word = column.values.view(np.uint64)
        else:
            word = (column.values.astype(np.float64) + 0.0).view(np.uint64)  # no negative zero
        words.append(np.where(column.missing, np.uint64(_word(MISSING)), word))
    return np.ascontiguousarray(np.stack(words, axis=1))


def words_of_items(table: np.ndarray) -> np.ndarray:
    """Return what `row_words` returns of the frame that a table of Python objects, (rows, columns), was made of."""
    import pandas as pd

    frame = pd.DataFrame(table).infer_objects()
    read = [place for place in frame if _read(frame[place]) is not None]
    words = np.zeros(table.shape, dtype=np.uint64)
    words[:, read] = row_words(frame[read]) if read else 0
    return words


def _word(text: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little")


def digest_frame(frame: Any) -> str:
    """Digest the names, kinds and values of all columns: the same in every process and version of pandas.

    Text counts the same whether pandas keeps it as objects or as strings, nullable numbers like those that are not, and
    times in whatever unit.
    """
    digest = hashlib.sha256()
    for name, column in columns_of_frame(frame):
        digest.update(f"{name!r} {column.kind} {len(column.values)}".encode())
        for each in column.names or ():
            encoded = each.encode()
            digest.update(len(encoded).to_bytes(8, "little") + encoded)
        # No negative zero, and the same bytes on every machine.
        values = column.values + column.values.dtype.type(0)
        digest.update(np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<")).data)
        digest.update(np.packbits(column.missing).data)
    return digest.hexdigest()
