"""Scores that exist already: their table, whichever framework made it, and the cells that they belong to."""

from negres_core.scores.cells import Cells, pair
from negres_core.scores.kept import read_kept, write_kept
from negres_core.scores.layout import FOLD_COLUMNS, USUAL_COLUMNS, Columns, Score, other_arms, scores_in
from negres_core.scores.table import Table, read_table

__all__ = [
    "FOLD_COLUMNS",
    "USUAL_COLUMNS",
    "Cells",
    "Columns",
    "Score",
    "Table",
    "other_arms",
    "pair",
    "read_kept",
    "read_table",
    "scores_in",
    "write_kept",
]
