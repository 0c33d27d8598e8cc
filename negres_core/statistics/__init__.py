"""Statistics that hold for cross-validation: pure functions over arrays, one method per file."""

from __future__ import annotations

from negres_core.statistics.equivalence import equivalence_p
from negres_core.statistics.estimate import CellEstimate, Estimate
from negres_core.statistics.multiplicity import holm
from negres_core.statistics.planning import minimum_detectable_effect, smallest_decidable_margin, units_needed
from negres_core.statistics.random_effects import RandomEffects, combine
from negres_core.statistics.ranking import Ranking, rank
from negres_core.statistics.resampled_t import corrected_resampled_t
from negres_core.statistics.sequential import ONLY_LOOK, Look

__all__ = [
    "ONLY_LOOK",
    "CellEstimate",
    "Estimate",
    "Look",
    "RandomEffects",
    "Ranking",
    "combine",
    "corrected_resampled_t",
    "equivalence_p",
    "holm",
    "minimum_detectable_effect",
    "rank",
    "smallest_decidable_margin",
    "units_needed",
]
