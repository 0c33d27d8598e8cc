"""Statistics that hold for cross-validation: pure functions over arrays, one method a file."""

from __future__ import annotations

from negres_core.statistics.equivalence import equivalence_p
from negres_core.statistics.estimate import Estimate
from negres_core.statistics.planning import repeats_needed, smallest_decidable_margin
from negres_core.statistics.resampled_t import corrected_resampled_t
from negres_core.statistics.sequential import ONLY_LOOK, Look

__all__ = [
    "ONLY_LOOK",
    "Estimate",
    "Look",
    "corrected_resampled_t",
    "equivalence_p",
    "repeats_needed",
    "smallest_decidable_margin",
]
