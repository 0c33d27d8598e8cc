"""Claims: what a hypothesis states, and the metric that it states it about."""

from __future__ import annotations

from negres_core.claim.claim import THRESHOLD_NAMES, Claim, beats, matches, reaches
from negres_core.claim.cost import COSTS, CostMetric, CostName, to_reach
from negres_core.claim.metric import Metric

__all__ = [
    "COSTS",
    "THRESHOLD_NAMES",
    "Claim",
    "CostMetric",
    "CostName",
    "Metric",
    "beats",
    "matches",
    "reaches",
    "to_reach",
]
