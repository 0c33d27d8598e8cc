"""The table that evidence keeps: the scores that were judged, as a CSV file from which everything follows."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from negres_core.errors import InputError
from negres_core.scores.cells import Cells, Planned, pair
from negres_core.scores.layout import Score
from negres_core.scores.table import read_csv

HEADER = ("arm", "repeat", "fold", "seed", "score")
"""The columns of the file."""


def write_kept(cells: Cells) -> bytes:
    """Return the file. Each number is the shortest text that reads back as the same number."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows((each.arm, each.repeat, each.fold, each.seed, repr(each.score)) for each in cells.scores)
    return file.getvalue().encode()


def read_kept(content: bytes, *, arms: Sequence[str], design: Planned) -> Cells:
    """Read the file again; see `pair`.

    Raises:
        InputError: the file does not hold the cells of the design.
    """
    return pair(scores_of_kept(content), arms=arms, design=design)


def scores_of_kept(content: bytes) -> list[Score]:
    """Return the scores in the file, in its order.

    Raises:
        InputError: it is not such a file.
    """
    names, rows = read_csv(content, source="the table of scores")
    try:
        if names != HEADER:
            raise ValueError(f"columns {', '.join(names)}")
        return [
            Score(arm, repeat, fold, seed, float(score), number)
            for number, (arm, repeat, fold, seed, score) in enumerate(rows, 1)
        ]
    except ValueError as error:
        raise InputError(
            "The table of scores is not one that negres wrote.",
            received=str(error),
            remedy="Judge the original table again.",
        ) from error
