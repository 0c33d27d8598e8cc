"""The cells of a claim: those of its design, with validation rows where the claim or an arm needs them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from negres_core.claim import CostMetric, Metric
from negres_core.claim.cost import watched_metric
from negres_core.dataset import Dataset
from negres_core.design.base import Cell, Design
from negres_core.design.validation import with_validation
from negres_core.early_stopping import Validation
from negres_core.errors import InputError


def cells_of(design: Design, data: Dataset, metric: Metric, held_out: Iterable[Validation | None] = ()) -> list[Cell]:
    """Return the cells of a design, with validation rows if the metric of the claim is measured on them.

    The validation rows of the design itself are left out if neither the claim nor an arm uses them. An arm that holds
    out rows of its training folds does so later: see `hold_out`.

    Args:
        design: the design.
        data: the data set.
        metric: the metric of the claim.
        held_out: what the network of each arm holds out.

    Raises:
        InputError: the data set cannot be split this way, the design has no valid test of a cost, or the claim or an
            arm asks for validation rows that are not those of the others.
    """
    if isinstance(metric, CostMetric) and design.kind == "time series":
        raise InputError(
            "There is no valid test of a cost on a time series: its folds are not a sample, and a cost has no score "
            "for each row.",
            received=f"a claim about {metric.name}",
            remedy="Use KFolds, Holdout or a FixedSplit with several seeds.",
        )
    cells = list(design.split(data))
    held_out = list(held_out)
    _check_rows_of_design(cells, held_out)
    if watched_metric(metric) is not None:
        return with_validation(cells, data, _shared_validation(held_out))
    if True in held_out:
        return cells
    return [replace(cell, validation=None) for cell in cells]


def _check_rows_of_design(cells: Sequence[Cell], held_out: Sequence[Validation | None]) -> None:
    """Raise InputError if an arm asks for a share of the training rows, and the design has validation rows."""
    shares = [each for each in held_out if each not in (None, True)]
    if shares and any(cell.validation is not None for cell in cells):
        raise InputError(
            "The design has validation rows, but an arm holds out training rows as well.",
            received=f"validation={shares[0]:g} in a stage",
            remedy="Give the stage validation=True, which takes the rows of the design; or leave `validation` out of "
            "the design.",
        )


def _shared_validation(held_out: Sequence[Validation | None]) -> Validation:
    """Return what all arms hold out for a claim that measures its target on validation rows."""
    different = {True if each is None else each for each in held_out} or {True}
    if len(different) > 1:
        raise InputError(
            "The claim is about reaching a target on validation rows, which have to be the same for both arms.",
            received=" and ".join(f"validation={each!r}" for each in held_out),
            remedy="Give the stages of both arms the same `validation`, or leave it out of both.",
        )
    return different.pop()
