"""Power: what a design can decide, given how much the differences between the arms vary over its cells."""

from __future__ import annotations

from dataclasses import dataclass

from scipy.special import stdtrit

from negres_core.claim import Claim
from negres_core.design import Design
from negres_core.errors import InputError
from negres_core.statistics import ONLY_LOOK, Look, minimum_detectable_effect, smallest_decidable_margin
from negres_core.statistics.level import check_alpha
from negres_core.statistics.noncentral_t import noncentrality
from negres_core.statistics.planning import MAX_UNITS
from negres_core.statistics.resampled_t import half_width
from negres_core.statistics.row_estimate import RowEstimate
from negres_core.statistics.skewness import CHANCE_OF_SKEWNESS, share_of_level


@dataclass(frozen=True, kw_only=True)
class Power:
    """What a design can decide, in the metric's unit.

    Attributes:
        design: folds, repeats, seeds and looks.
        sd: the assumed standard deviation of the cell differences; if single rows are judged, the assumed standard
            error.
        detectable: the true effect that the design detects with 80% power; for a claim with a margin, its excess over
            the margin.
        equivalence: the smallest margin within which an observed effect of 0 shows equivalence.
        floor: the limit of `equivalence` for any number of repeats of these folds, or of seeds on these test rows; in a
            time series it is `equivalence`, since time runs once.
    """

    design: Design
    sd: float
    detectable: float
    equivalence: float
    floor: float

    def check(self, claim: Claim, *, sd_at_least: float, known_from: str) -> None:
        """Raise InputError if no number of repeats can decide a claim.

        Only a claim of equivalence can be known to be out of reach in advance. The effect may always turn out so large
        that it decides whether one arm beats another.

        Args:
            claim: the claim.
            sd_at_least: a lower confidence limit of the standard deviation.
            known_from: the evidence that this limit is from, in words.
        """
        floor = self.floor * sd_at_least / self.sd
        if claim.kind != "matches" or claim.threshold > floor:
            return
        raise InputError(
            "No number of repeats can show that two arms match within this margin on this data set.",
            received=f"{claim}, but margins up to {floor:.3g} are out of reach: the standard deviation of the cell "
            f"differences is about {self.sd:.3g}, and at least {sd_at_least:.3g} ({known_from})",
            remedy=f"Choose a margin of more than {self.floor:.3g}, use more folds or data, or average more seeds.",
        )

    def __str__(self) -> str:
        noun = {"fixed split": "seeds", "time series": None}.get(self.design.kind, "repeats")
        looks = ", with a look after each" if self.design.looks and self.design.repeats > 1 else ""
        return (
            f"{self.design.layout()}{looks}: detects an effect of {self.detectable:.3g} with 80% power; "
            f"shows equivalence within {self.equivalence:.3g}"
            + ("" if noun is None else f" (with any number of {noun}: {self.floor:.3g})")
        )


def analyze_power(design: Design, *, sd: float, alpha: float = 0.05, most_dof: int | None = None) -> Power:
    """Compute what a design can decide at its last look.

    Args:
        design: folds, repeats, seeds and looks.
        sd: standard deviation of the cell differences, in the metric's unit.
        alpha: the level of a claim, over all looks, between 0 and 0.5.
        most_dof: the most degrees of freedom; None for one fewer than the cells.

    Raises:
        InputError: the standard deviation is not finite and positive, the level is not between 0 and 0.5, or the design
            has fewer than 2 cells.

    Examples:
        >>> from negres_core.design import KFolds
        >>> power = analyze_power(KFolds(folds=5, repeats=5, looks=False), sd=0.01)
        >>> [round(value, 4) for value in (power.detectable, power.equivalence, power.floor)]
        [0.0147, 0.0092, 0.0082]
    """
    check_alpha(alpha)
    last = Look(design.folds, design.repeats, design.repeats) if design.looks else ONLY_LOOK
    at_last_look = last.level(alpha)
    level = min(at_last_look, alpha * share_of_level(design.cell_count, skewed=False))
    ratio = design.test_train_ratio
    # Some runs look skewed by chance and then hardly detect anything, so the others have to detect more.
    power = 0.8 / (1 - CHANCE_OF_SKEWNESS)
    return Power(
        design=design,
        sd=sd,
        detectable=minimum_detectable_effect(
            sd, design.cell_count, test_train_ratio=ratio, alpha=level, power=power, most_dof=most_dof
        ),
        equivalence=half_width(sd, design.cell_count, test_train_ratio=ratio, alpha=level, most_dof=most_dof),
        floor=smallest_decidable_margin(sd, design.parts, alpha=at_last_look, most_dof=most_dof),
    )


def analyze_row_power(design: Design, estimate: RowEstimate, *, alpha: float = 0.05) -> Power:
    """Compute what a design that scores single rows can decide, if rows and seeds vary as in an earlier estimate.

    Args:
        design: a fixed split or a time series.
        estimate: the earlier estimate, on the same test rows.
        alpha: the level of a claim, between 0 and 0.5.

    Raises:
        InputError: the level is not between 0 and 0.5.
    """
    check_alpha(alpha)
    by_seeds = design.kind == "fixed split" and estimate.components is not None
    planned = estimate.with_units(design.repeats) if by_seeds else estimate
    limit = estimate.with_units(MAX_UNITS) if by_seeds else estimate

    def half(each: RowEstimate) -> float:
        return float(stdtrit(each.dof, 1.0 - alpha * min(each.shares))) * each.standard_error

    detectable = noncentrality(half(planned) / planned.standard_error, planned.dof, probability=0.2)
    return Power(
        design=design,
        sd=planned.standard_error,
        detectable=detectable * planned.standard_error,
        equivalence=half(planned),
        floor=half(limit),
    )
