"""Designs: how a data set is split into cells, and how many replicates each cell has."""

from negres_core.design.base import Cell, Design, Kind, count_units
from negres_core.design.claimed_cells import cells_of
from negres_core.design.fixed_split import FixedSplit
from negres_core.design.given import GivenSplits, Splitter, as_design
from negres_core.design.k_folds import KFolds
from negres_core.design.leave_one_group_out import LeaveOneGroupOut
from negres_core.design.nested import nested_cells
from negres_core.design.random_splits import Holdout
from negres_core.design.rows import Rows
from negres_core.design.sealed_rows import Seal, SealedRows, apply_seal
from negres_core.design.shard import Shard
from negres_core.design.time_series import TimeSeries
from negres_core.design.validation import TrainedCells, hold_out, with_validation

__all__ = [
    "Cell",
    "Design",
    "FixedSplit",
    "GivenSplits",
    "Holdout",
    "KFolds",
    "Kind",
    "LeaveOneGroupOut",
    "Rows",
    "Seal",
    "SealedRows",
    "Shard",
    "Splitter",
    "TimeSeries",
    "TrainedCells",
    "apply_seal",
    "as_design",
    "cells_of",
    "count_units",
    "hold_out",
    "nested_cells",
    "with_validation",
]
