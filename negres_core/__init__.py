"""negres: claims about machine learning, decided honestly, negative results first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from negres_core.arms.estimator import Estimator
from negres_core.arms.fit import Fit
from negres_core.arms.recipe import Recipe
from negres_core.arms.stage import Stage
from negres_core.arms.tuning import Tuned
from negres_core.claim import Metric, beats, matches, reaches, to_reach
from negres_core.dataset import Dataset
from negres_core.design import FixedSplit, Holdout, KFolds, LeaveOneGroupOut, SealedRows, TimeSeries

if TYPE_CHECKING:
    from negres_core.evidence import Evidence

__all__ = [
    "Dataset",
    "Estimator",
    "Evidence",
    "Fit",
    "FixedSplit",
    "Holdout",
    "KFolds",
    "LeaveOneGroupOut",
    "Metric",
    "Recipe",
    "SealedRows",
    "Stage",
    "TimeSeries",
    "Tuned",
    "beats",
    "matches",
    "reaches",
    "to_reach",
]


def __getattr__(name: str) -> Any:
    # pydantic takes a quarter of a second to import, which collecting tests does not need.
    if name == "Evidence":
        from negres_core.evidence import Evidence

        return Evidence
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
