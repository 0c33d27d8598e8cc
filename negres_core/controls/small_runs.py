"""Small runs: they show whether the pipeline can be trusted, and are small enough for every hypothesis to afford.

Each trains one arm: an arm brings its own build function, objective and layers, and they may be at fault in one only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from negres_core.arms.fit import Fit
from negres_core.arms.preprocessing import prepare_inputs
from negres_core.arms.recipe import Recipe
from negres_core.controls.positions import inputs_by_position
from negres_core.controls.trial_rows import resample_if_possible, weight_classes, weight_rows
from negres_core.dataset import Dataset
from negres_core.dataset.segmentation import counted
from negres_core.design import Cell, Design, KFolds
from negres_core.early_stopping import NO_MONITOR
from negres_core.metrics import METRICS, task_metric
from negres_core.run.arm import Arm, Role
from negres_core.run.run import Run
from negres_core.seeds import derive_seed
from negres_core.statistics import corrected_resampled_t

TRUE_TARGETS, PERMUTED_TARGETS = "true targets", "permuted targets"
"""Names of two small runs of each arm, which differ only in the order of the targets. The evidence records them, each
followed by the role of the arm."""
FURTHER_TARGETS = "further permuted targets"
"""Name of small runs on the cells that `permuted_targets` leaves out; the role follows."""
PLANTED_TARGETS = "planted targets"
"""Name of small runs whose targets can be learned, for arms that do not learn the true ones; the role follows."""

MIN_P_VALUE = 1e-4
"""p-value below which a pipeline check fails. These checks run in every run: at 5% they would make one clean run in
twenty invalid."""

MAX_ROWS = 150
"""Most rows of a small run: few, so that a pipeline that leaks can memorize them."""
TEST_ROWS = 5
"""Rows of a test fold."""
FEW_HELD_OUT = 0.1
"""Share that a small run holds out if an arm takes the validation rows of the design."""

MAX_BATCH_ROWS = 16
"""Most rows of a training step."""
TRUE_CELLS = 10
"""Cells of the small run on true targets."""


def true_targets(run: Run) -> dict[str, Run]:
    """Return, for each arm, the small run on the data as they are, with a few cells and two seeds."""

    def few_cells(small_run: Run) -> Run:
        cells = small_run.cells[:TRUE_CELLS]
        return replace(small_run, cells=cells, design=_design(len(cells), seeds=2))

    return _of_each_arm(run, TRUE_TARGETS, few_cells)


def permuted_targets(run: Run) -> dict[str, Run]:
    """Return, for each arm, the small run on the same rows with unrelated targets, in the first half of the folds."""
    return _of_each_arm(run, PERMUTED_TARGETS, lambda small_run: _permute(small_run, further=False))


def further_permuted_targets(run: Run) -> dict[str, Run]:
    """Return, for each arm, the small run on permuted targets in the folds that `permuted_targets` leaves out."""
    return _of_each_arm(run, FURTHER_TARGETS, lambda small_run: _permute(small_run, further=True))


def _permute(small_run: Run, *, further: bool) -> Run | None:
    y = np.random.default_rng(derive_seed(PERMUTED_TARGETS)).permutation(small_run.data.y)
    first = max(TRUE_CELLS, -(-len(small_run.cells) // 2))
    if len(small_run.cells) - first < 2:
        first = len(small_run.cells)  # too few are left for a design of their own
    cells = small_run.cells[first:] if further else small_run.cells[:first]
    if not cells:
        return None
    return replace(small_run, data=small_run.data.with_targets(y), cells=cells, design=_design(len(cells)))


def planted_targets(run: Run) -> dict[str, Run]:
    """Return, for each arm, a small run whose targets are in the order of the inputs' first principal component.

    The inputs of these rows vary most in its direction, so an arm that can learn from such inputs can learn it. The
    targets themselves are the true ones, so that their shares and their distribution stay the same. Of several labels a
    row each is planted by itself: along the first component, against it, or along or against the second. Labels of
    steps or pixels are planted along that of the inputs at their place, so that a model can learn it that sees no more.
    """

    def plant(small_run: Run) -> Run:
        y = _plant_positions(small_run.data) if small_run.data.task == "segmentation" else None
        if y is None:
            y = _plant(_inputs_of(small_run), small_run.data.y)
        return replace(small_run, data=small_run.data.with_targets(y))

    return _of_each_arm(run, PLANTED_TARGETS, plant)


def name_of_small_run(purpose: str, role: Role) -> str:
    """Return the name of the small run of an arm."""
    return f"{purpose}, {role}"


def by_role(trained: Mapping[str, Run], purpose: str) -> dict[Role, Run]:
    """Return the trained small runs of one purpose, by the role of their arm."""
    return {
        small_run.arms[0].role: small_run
        for name, small_run in trained.items()
        if name == name_of_small_run(purpose, small_run.arms[0].role)
    }


def _of_each_arm(run: Run, purpose: str, change: Callable[[Run], Run | None]) -> dict[str, Run]:
    """Return the changed small run of each arm, by name; empty if there are too few rows.

    Arms that are the same at this size, because only their epochs differ, have the same replicates: the store has those
    of the second.
    """
    changed = {}
    for arm in run.arms:
        small_run = _small_run(run, arm)
        if small_run is not None and (small_run := change(small_run)) is not None:
            changed[name_of_small_run(purpose, arm.role)] = resample_if_possible(small_run)
    return changed


def _inputs_of(small_run: Run) -> np.ndarray:
    """Return the inputs of all rows as numbers, (rows, features), float64; those of a frame as they are prepared.

    The columns of a frame have different units, and codes that no arm need be able to order.
    """
    data, every = small_run.data, np.arange(len(small_run.data), dtype=np.int32)
    if not data.has_frame:
        return data.flatten().astype(np.float64)
    alone = Recipe(Fit(len), preprocess=small_run.arms[0].recipe.preprocess)
    x = np.asarray(prepare_inputs(alone, data, Cell(0, 0, every, every)), dtype=np.float64)
    return x / np.where(x.std(axis=0) > 0, x.std(axis=0), 1)


def _plant_positions(data: Dataset) -> np.ndarray | None:
    """Return labels in the order of the inputs at their place; None if the inputs have no such places."""
    x = inputs_by_position(data, np.arange(len(data)))
    if x is None:
        return None
    counts = counted(data.y)
    here = x[counts[..., 0]].astype(np.float64)
    centered = here - here.mean(axis=0)
    largest = np.linalg.eigh(centered.T @ centered)[1][:, -1]
    planted = data.y.copy()
    planted[counts] = _in_order_of(centered @ largest, data.y[counts])
    return np.asarray(planted)


def _plant(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    centered = x - x.mean(axis=0)
    # There are fewer rows than columns in images: the component comes from the products of rows.
    largest = np.linalg.eigh(centered @ centered.T)[1][:, :-3:-1].T
    components = [each * np.sign(each[np.argmax(np.abs(each))]) for each in largest]
    if y.dtype.kind != "i" or y.ndim != 2:
        return _in_order_of(components[0], y)
    # Several labels a row that were all alike could be mixed up without a trace.
    orders = [components[0], -components[0], components[1], -components[1]]
    return np.stack([_in_order_of(orders[label % 4], column) for label, column in enumerate(y.T)], axis=1)


def _in_order_of(component: np.ndarray, y: np.ndarray) -> np.ndarray:
    planted = np.empty_like(y)
    planted[np.argsort(component, kind="stable")] = np.sort(y, axis=0)
    return planted


def _small_run(run: Run, arm: Arm) -> Run | None:
    """Return a run of one arm on few rows, or None if there are too few for two folds."""
    width = run.data.width
    rows = run.data.shuffle_rows(derive_seed("trial rows"))[: min(MAX_ROWS, max(10 * TEST_ROWS, 750_000 // width))]
    folds = len(rows) // TEST_ROWS
    if folds < 2:
        return None
    # The folds do not depend on the targets, so permuting these does not change them. Groups are dropped: they matter
    # for how well an arm generalizes, which is not tested here.
    data = weight_rows(run.data.take(rows).without_groups(), of=run.data)
    every = np.arange(len(rows), dtype=np.int32)
    cells = [Cell(0, fold, np.setdiff1d(every, test), test) for fold, test in enumerate(np.array_split(every, folds))]
    recipe = weight_classes(arm.recipe, data, of=run.data)
    recipe = shorten(recipe, steps=most_steps(width), rows=len(cells[0].train))
    return replace(run, data=data, design=_design(folds), cells=cells, arms=[Arm(arm.role, recipe)])


def _design(folds: int, *, seeds: int = 1) -> Design:
    return KFolds(folds=folds, repeats=1, seeds=seeds, looks=False)


def most_steps(width: int) -> int:
    """Return the most steps that a small run affords on rows of this number of values."""
    return min(800, max(40, 250_000 // width))


def shorten(recipe: Recipe, *, steps: int, rows: int, planned_rows: int | None = None) -> Recipe:
    """Return a recipe whose stages take about this number of steps, with small batches, on this number of rows.

    They hold out no validation rows and do not end early, since a small run asks whether an arm can learn. If
    `planned_rows`, the rows of a training fold of the arm itself, are given, no stage takes more steps than there; and
    each keeps its share of validation rows and its patience, counted in steps and not in epochs. It monitors the loss
    then, because other metrics may not be defined on few rows. A fit stays as it is: only its function knows how it is
    trained.
    """
    stages = []
    for stage in recipe.stages:
        planned = steps if planned_rows is None else min(steps, stage.count_steps(planned_rows))
        batch_size = min(stage.batch_size, MAX_BATCH_ROWS)
        steps_per_epoch = replace(stage, batch_size=batch_size).steps_per_epoch(rows)
        short = replace(stage, epochs=-(-planned // steps_per_epoch), batch_size=batch_size)
        if planned_rows is None:
            short = replace(short, **NO_MONITOR)
        elif stage.validation is not None:
            waited = None if stage.patience is None else stage.patience * stage.steps_per_epoch(planned_rows)
            patience = None if waited is None else -(-waited // steps_per_epoch)
            share = FEW_HELD_OUT if stage.validation is True else stage.validation
            short = replace(short, validation=share, patience=patience, monitor="loss", plateau=None)
        stages.append(short)
    return recipe.with_parts(*stages, *([recipe.fit] if recipe.fit else []))


def skills(small_run: Run, *, absolute: bool = False) -> np.ndarray:
    """Return how far a trained small run came from the best constant (0) to perfection (1): (1, folds, seeds).

    The measure is the metric of the task, see `task_metric`, or for values the mean `absolute` error of each replicate.
    The constant is the best one for all data of the small run, so that a model that does not know the targets of a test
    fold has an expected skill of 0 at most. NaN for a replicate that diverged.
    """
    metric = METRICS["mae"] if absolute else task_metric(small_run.data.task)
    y = small_run.data.y
    if small_run.data.task == "segmentation":
        labels = np.stack([(y == label).sum(axis=0) for label in range(small_run.data.outputs)])
        constant = np.full(len(small_run.cells), labels.max(axis=0).sum() / labels.sum())
    elif metric.name == "accuracy":
        constant = np.full(len(small_run.cells), np.bincount(y).max() / len(y))
    elif metric.name == "hamming":
        shares = y.mean(axis=0)
        constant = np.full(len(small_run.cells), np.minimum(shares, 1 - shares).mean())
    elif absolute:
        constant = np.array([np.mean(np.abs(y[cell.test] - np.median(y, axis=0))) for cell in small_run.cells])
    else:
        constant = np.array([np.mean((y[cell.test] - y.mean(axis=0)) ** 2) for cell in small_run.cells])
    perfect = 1.0 if metric.higher_is_better else 0.0
    values = small_run.values(small_run.arms[0], metric.key)
    skill: np.ndarray = (values - constant[:, None]) / (perfect - constant[:, None])
    return skill


def p_better(differences: np.ndarray, small_run: Run) -> float:
    """Return the one-sided p-value of the null hypothesis that differences, (1, folds), are not positive.

    By the corrected resampled t-test. If all differences are equal, the p-value is 0 for positive ones and 1 otherwise.
    """
    if np.ptp(differences) < 1e-12:
        return float(differences.mean() < 1e-12)
    cell = small_run.cells[0]
    return corrected_resampled_t(differences, test_train_ratio=len(cell.test) / len(cell.train)).p_greater


def p_shifted(differences: np.ndarray) -> float:
    """Return the one-sided p-value of the null hypothesis that differences, (1, folds), are symmetric about 0.

    By Wilcoxon's signed ranks. One cell with a large difference, such as that of a loss that has no bound, counts as
    one cell only; for the corrected t-test it hides the others, because it raises their variance.
    """
    from scipy.stats import rankdata

    values = np.round(differences.ravel(), 12)
    ranks = np.sign(values) * rankdata(np.abs(values))
    # All signs of up to ten cells; beyond that, a normal approximation is exact enough.
    if len(ranks) <= 10:
        signs = 1 - 2 * (np.arange(2 ** len(ranks))[:, None] >> np.arange(len(ranks)) & 1)
        return float(np.mean(signs @ np.abs(ranks) >= ranks.sum() - 1e-9))
    from scipy.stats import norm

    return float(norm.sf(ranks.sum() / max(np.sqrt((ranks**2).sum()), 1e-12)))
