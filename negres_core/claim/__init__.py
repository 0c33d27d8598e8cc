"""Claims: what a hypothesis states, and the metric that it states it about."""

from __future__ import annotations

from negres_core.claim.claim import THRESHOLD_NAMES, Claim, beats, matches, reaches
from negres_core.claim.metric import Metric

__all__ = ["THRESHOLD_NAMES", "Claim", "Metric", "beats", "matches", "reaches"]
