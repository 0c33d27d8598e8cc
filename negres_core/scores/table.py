"""A table of scores as it was given: a CSV or Parquet file, a data frame, or anything that a data frame accepts."""

from __future__ import annotations

import csv
import hashlib
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from negres_core.errors import InputError, show

PARQUET = (".parquet", ".pq")
"""Suffixes of Parquet files; all others are text, separated by tabs in a .tsv file and by commas elsewhere."""
IN_MEMORY = "a table in memory"


@dataclass(frozen=True)
class Table:
    """Rows of values under named columns.

    Attributes:
        names: the names of the columns, all different.
        rows: one value per column.
        is_text: whether all values are text, as in a CSV file.
        source: the name of the file, or that it was in memory.
        sha256: the digest of the file; None for a table in memory.
        written_at: when the file was last changed, UTC; None for a table in memory.
    """

    names: tuple[str, ...]
    rows: Sequence[Sequence[object]]
    is_text: bool
    source: str = IN_MEMORY
    sha256: str | None = None
    written_at: datetime | None = None

    def __post_init__(self) -> None:
        twice = sorted({name for name in self.names if self.names.count(name) > 1})
        if twice:
            raise InputError(
                "Two columns of the table have the same name.",
                received=f"{self.source}: {', '.join(twice)}",
                remedy="Rename one of them.",
            )
        if not self.rows:
            raise InputError(
                "The table has no rows of scores.",
                received=f"{self.source} with columns {', '.join(self.names) or 'none'}",
                remedy="Give one row per score (arm, fold, score), or one per cell with a column per arm.",
            )


def read_table(scores: object) -> Table:
    """Read a table of scores.

    Args:
        scores: the path of a CSV file (UTF-8, one header line) or of a Parquet file; or a data frame, of pandas or of
            another library, or anything that `pandas.DataFrame` accepts, such as a dictionary of columns or a list of
            dictionaries.

    Raises:
        InputError: it cannot be read, two columns have the same name, or there are no rows.
    """
    if not isinstance(scores, str | os.PathLike):
        return _from_frame(scores)
    path = Path(scores)
    try:
        content = path.read_bytes()
        written_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError as error:
        raise InputError(
            "The scores cannot be read.",
            received=f"{path}: {error.strerror or error}",
            remedy="Give the path of a CSV or Parquet file, or a data frame.",
        ) from error
    sha256 = hashlib.sha256(content).hexdigest()
    if path.suffix.lower() in PARQUET:
        table = _read_parquet(content, path)
        return replace(table, source=str(path), sha256=sha256, written_at=written_at)
    names, rows = read_csv(content, source=str(path), separator="\t" if path.suffix.lower() == ".tsv" else ",")
    return Table(names, rows, True, str(path), sha256, written_at)


def read_csv(content: bytes, *, source: str, separator: str = ",") -> tuple[tuple[str, ...], list[list[str]]]:
    """Read the names of the columns and the rows of a CSV file; all values stay text.

    Raises:
        InputError: it is not UTF-8, has no header, or a row has another number of values than the header.
    """
    try:
        text = content.decode("utf-8-sig")
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            "The scores are not a CSV file in UTF-8.",
            received=f"{source}: {error}",
            remedy="Save the table as CSV in UTF-8, or give a Parquet file that ends in .parquet.",
        ) from error
    header, *rows = [line for line in lines if any(value.strip() for value in line)] or [[]]
    names = tuple(name.strip() for name in header)
    for number, row in enumerate(rows, 1):
        if len(row) != len(names):
            raise InputError(
                "A row of the table has another number of values than the header.",
                received=f"{source}: {len(row)} values in row {number}, {len(names)} columns: {', '.join(names)}",
                remedy="Separate values by commas, and quote values that contain one.",
            )
    return names, rows


def _read_parquet(content: bytes, path: Path) -> Table:
    import pandas as pd

    try:
        frame = pd.read_parquet(io.BytesIO(content))
    except ImportError as error:
        raise InputError(
            "Reading Parquet needs a package that is not installed.",
            received=str(path),
            remedy="python -m pip install pyarrow; or save the scores as CSV.",
        ) from error
    except Exception as error:  # each engine has errors of its own
        raise InputError(
            "The scores are not a Parquet file.",
            received=f"{path}: {show(error)}",
            remedy="Write it again with frame.to_parquet(path), or save the scores as CSV.",
        ) from error
    return _from_frame(frame)


def _from_frame(scores: object) -> Table:
    import pandas as pd

    try:
        convert = getattr(scores, "to_pandas", None)
        frame = pd.DataFrame(convert() if callable(convert) else scores)
    except (ValueError, TypeError, ImportError) as error:
        raise InputError(
            "The scores are neither a path nor a table.",
            received=f"{type(scores).__name__}: {error}",
            remedy="Give a pandas DataFrame, what pandas.DataFrame accepts, or the path of a CSV or Parquet file.",
        ) from error
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()
    if frame.columns.nlevels > 1:
        raise InputError(
            "The columns of the table have names of several levels.",
            received=f"{frame.columns.nlevels} levels",
            remedy='Give each column one name: frame.columns = ["_".join(name) for name in frame.columns].',
        )
    columns = [frame.iloc[:, place].tolist() for place in range(frame.shape[1])]
    names = tuple(str(name).strip() for name in frame.columns)
    return Table(names, list(zip(*columns, strict=True)), is_text=False)
