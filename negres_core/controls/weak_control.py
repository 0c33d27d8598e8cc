"""The control arm is not held back: trained as the treatment arm is, it would not be far better."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from negres_core.controls.small_runs import most_steps, shorten, skills
from negres_core.controls.trial_rows import resample_if_possible, weight_classes, weight_rows
from negres_core.design import Cell, KFolds
from negres_core.evidence import Finding, Replicate
from negres_core.run.arm import Arm
from negres_core.run.models import MatchedTraining
from negres_core.run.run import Run
from negres_core.seeds import derive_seed

NAME = "weak control arm"
WHEN = "small runs"

AS_IT_IS = "control arm as it is"
"""Name of the small run of the control arm."""
OTHERWISE = "control arm with other"
"""Begin of the names of its other small runs; the settings that it takes from the treatment arm follow."""

FOLDS = 10
"""Cells of a small run."""
MIN_ROWS, MAX_ROWS = 50, 600
"""Fewest and most rows of a small run: more than elsewhere, because the arms have to be told apart by their scores."""

MIN_GAIN = 0.1
"""Gain from which a control arm counts as held back, as a share of the way from the best constant to perfection."""
MAX_P_VALUE = 1e-3
"""p-value below which the gain is certain to be larger. Small runs are trained only if settings differ."""


def small_runs(run: Run) -> dict[str, Run]:
    """Return the control arm as it is and with settings of the treatment arm, if any may be to its disadvantage."""
    matched = _match(run)
    if matched is None or not matched.recipes:
        return {}
    control = run.arms[-1]
    recipes = {AS_IT_IS: control.recipe}
    recipes |= {f"{OTHERWISE} {names}": recipe for names, recipe in matched.recipes.items()}
    width = run.data.width
    rows = run.data.shuffle_rows(derive_seed("comparison rows"))[: min(MAX_ROWS, max(MIN_ROWS, 3_000_000 // width))]
    if len(rows) < MIN_ROWS or (control.recipe.last.objective is not None and not run.data.has_labels):
        return {}  # an objective may ask for other values than the targets
    data = weight_rows(run.data.take(rows).without_groups(), of=run.data)
    every = np.arange(len(rows), dtype=np.int32)
    cells = [Cell(0, fold, np.setdiff1d(every, test), test) for fold, test in enumerate(np.array_split(every, FOLDS))]
    design = KFolds(folds=FOLDS, repeats=1, looks=False)
    sizes = {"rows": len(cells[0].train), "planned_rows": _planned_rows(run), "steps": most_steps(width)}
    trials = {}
    for name, recipe in recipes.items():
        arm = Arm(control.role, shorten(weight_classes(recipe, data, of=run.data), **sizes))
        trials[name] = resample_if_possible(replace(run, data=data, design=design, cells=cells, arms=[arm]))
    return trials


def check(run: Run, trained: Mapping[str, Run]) -> Finding | None:
    """Compare the control arm with itself under settings of the treatment arm, and report all settings that differ.

    A difference that is all there is between the arms is what the claim is about, and only reported. So is one with
    which the control arm is not far better. An arm that still learns at the end of a small run that is shorter than its
    own training is not judged: it may need the time that it is given.
    """
    matched = _match(run)
    if matched is None:
        return None
    found = [f"control arm against {_opponent(run)}: {', '.join(matched.differences) or 'trained alike'}"]
    passed = True
    if matched.is_claim:
        found.append("nothing else differs, so the claim is about it")
    for name, small_run in trained.items():
        if not name.startswith(OTHERWISE):
            continue
        as_it_is, otherwise = (skills(each)[..., 0] for each in (trained[AS_IT_IS], small_run))
        described = f"{name} {otherwise.mean():.0%} of the way from the best constant to perfection"
        if not np.isfinite([as_it_is, otherwise]).all():
            # Batches are small here, and an arm that diverges with them need not do so with its own.
            found.append(f"{name} not compared, since one of the two diverges in small batches")
        elif _may_catch_up(run, trained[AS_IT_IS]):
            found.append(f"{described}; not compared, since the control arm still learns after its last step here")
        else:
            p_value = _p_larger(otherwise - as_it_is)
            passed &= p_value >= MAX_P_VALUE
            found.append(f"{described}, as it is {as_it_is.mean():.0%}, p {p_value:.2g} (one-sided t over folds)")
    return Finding(
        control=NAME,
        passed=passed,
        found="; ".join(found),
        threshold=f"expected a gain that is not shown to exceed {MIN_GAIN:.0%} (p of {MAX_P_VALUE:g} or more): a "
        "treatment arm may beat a control arm only because that was held back",
        remedy="Train both arms with the same care: tune the control arm's learning rate, epochs, dropout and "
        "penalties as you tuned those of the treatment arm.",
    )


def _p_larger(gains: np.ndarray) -> float:
    """Return the one-sided p-value of the null hypothesis that gains, (1, folds), are `MIN_GAIN` or less on average.

    Like the control "majority class", this makes no statement about other training folds, so it needs no correction.
    """
    from scipy.stats import ttest_1samp

    if np.ptp(gains) < 1e-12:
        return float(gains.mean() <= MIN_GAIN)
    return float(ttest_1samp(gains.ravel(), MIN_GAIN, alternative="greater").pvalue)


def _match(run: Run) -> MatchedTraining | None:
    """Compare the training of the arms; None if the run has no control arm that is a network."""
    if run.models is None or not run.arms or run.arms[-1].role != "control":
        return None
    return run.models.match_training(run.arms[-1].recipe, run.arms[0].recipe if len(run.arms) > 1 else None)


def _opponent(run: Run) -> str:
    return "treatment arm" if len(run.arms) > 1 else "Keras' defaults"


def _planned_rows(run: Run) -> int:
    """Return the rows of a training fold of the run itself."""
    return min((len(cell.train) for cell in run.cells), default=len(run.data))


def _may_catch_up(run: Run, small_run: Run) -> bool:
    """Return whether the control arm still learns at the end of a small run that is shorter than its own training."""
    is_short = any(
        stage.count_steps(_planned_rows(run)) > most_steps(run.data.width) for stage in run.arms[-1].recipe.stages
    )
    return is_short and any(_still_learns(replicate) for replicate in small_run.arms[0].replicates)


def _still_learns(replicate: Replicate) -> bool:
    """Return whether the training loss fell in the second half, by 2% of what it was."""
    curve = np.array(replicate.curve, dtype=float)
    few, half = max(1, len(curve) // 20), len(curve) // 2
    middle, end = curve[max(0, half - few) : max(half, 1)].mean(), curve[-few:].mean()
    return bool(middle - end > 0.02 * abs(middle))
