"""The prospect: what a design can decide, if the differences of its cells spread as they did before."""

from __future__ import annotations

from dataclasses import dataclass

from negres_core.claim import Claim
from negres_core.design import Design
from negres_core.errors import InputError
from negres_core.statistics import Look, minimum_detectable_effect, smallest_decidable_margin
from negres_core.statistics.level import check_alpha
from negres_core.statistics.resampled_t import half_width


@dataclass(frozen=True, kw_only=True)
class Power:
    """What a design can decide, in the metric's unit.

    Attributes:
        design: folds, repeats, seeds and looks.
        sd: standard deviation of the cell differences that it is worked out for.
        detectable: the true effect that is seen with probability .8; with a margin, that much more than the margin.
        equivalence: the smallest margin within which an effect of 0 is shown to lie.
        floor: the same, with any number of repeats of these folds.
    """

    design: Design
    sd: float
    detectable: float
    equivalence: float
    floor: float

    def check(self, claim: Claim, *, sd_at_least: float, known_from: str) -> None:
        """Raise InputError where no number of repeats can decide a claim.

        That can be known beforehand of equivalence alone: an effect may always turn out to be so large that it decides
        whether one arm beats another.

        Args:
            claim: the claim.
            sd_at_least: what the standard deviation is at least, as far as is known.
            known_from: what it is known from.
        """
        floor = self.floor * sd_at_least / self.sd
        if claim.kind != "matches" or claim.threshold > floor:
            return
        raise InputError(
            "No number of repeats can show that two arms match within this margin on this data set.",
            received=f"{claim}, where margins of {floor:.3g} and less are out of reach: the standard deviation of the "
            f"cells' differences is about {self.sd:.3g}, and {sd_at_least:.3g} at least ({known_from})",
            remedy=f"Claim a margin of more than {self.floor:.3g}, take more folds or data, or average more seeds.",
        )

    def __str__(self) -> str:
        design, several = self.design, self.design.repeats > 1
        looks = ", with a look after each" if design.looks and several else ""
        return (
            f"{design.folds} folds x {design.repeats} repeat{'s' * several}{looks}: "
            f"sees an effect of {self.detectable:.3g} four times in five; "
            f"shows equivalence within {self.equivalence:.3g}, with any number of repeats within {self.floor:.3g}"
        )


def analyze_power(design: Design, *, sd: float, alpha: float = 0.05) -> Power:
    """Work out what a design can decide at its last look.

    Args:
        design: folds, repeats, seeds and looks.
        sd: standard deviation of the cell differences, in the metric's unit.
        alpha: the level of a claim, over all looks, between 0 and .5.

    Raises:
        InputError: the standard deviation is not finite and positive, the level not between 0 and .5, or the design has
            fewer than 2 cells.

    Examples:
        >>> foreseen = analyze_power(Design(folds=5, repeats=5, looks=False), sd=0.01)
        >>> [round(value, 4) for value in (foreseen.detectable, foreseen.equivalence, foreseen.floor)]
        [0.0138, 0.0092, 0.0082]
    """
    check_alpha(alpha)
    level = Look(design.folds, design.repeats, design.repeats).level(alpha) if design.looks else alpha
    ratio = design.test_train_ratio
    return Power(
        design=design,
        sd=sd,
        detectable=minimum_detectable_effect(sd, design.cell_count, test_train_ratio=ratio, alpha=level),
        equivalence=half_width(sd, design.cell_count, test_train_ratio=ratio, alpha=level),
        floor=smallest_decidable_margin(sd, design.folds, alpha=level),
    )
