"""A run: the arms, the data and the design of one hypothesis."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple

import numpy as np

from negres_core.arms.recipe import Recipe
from negres_core.claim import Claim, CostMetric, CostName, Metric
from negres_core.claim.cost import shared_budget, watched_metric
from negres_core.dataset import Dataset
from negres_core.design import Cell, Design, hold_out
from negres_core.evidence import Replicate
from negres_core.metrics import METRICS, Predicted, score_table, task_metric
from negres_core.metrics.of_rows import Unit
from negres_core.run.arm import Arm, Role
from negres_core.run.models import Inspection, Models

ControlLevel = Literal["all", "cheap", "none"]
"""Which controls run: all of them, only those that train no models of their own ("cheap"), or none."""


class RowTable(NamedTuple):
    """Scores of single test rows.

    Attributes:
        scores: (seeds, columns); in a time series in the order of time.
        unit: what a column stands for.
    """

    scores: np.ndarray
    unit: Unit


@dataclass(frozen=True)
class Run:
    """The arms, data and design of one hypothesis, as given to controls, signatures and pictures.

    Attributes:
        data: the data set.
        design: folds, repeats and seeds.
        cells: the cells of the design, repeat by repeat.
        arms: the arms.
        metric: the metric that the claim is about.
        models: inspects trained models, or None if there are none to inspect.
        claim: the claim, or None if there is none.
        sound: the roles of the arms that learned a signal that can be learned, in a small run. If such an arm learns
            nothing from the data, that is a finding about the data.
        predicted: by the role of an arm, what each of its replicates predicts for its test rows; only after training,
            and only if the design scores single rows.
        waived: controls whose failure does not count, with the reason for each.
        own_controls: controls of the user's own, which run beside those of negres.
        equal: what the budgets of both arms have to be equal in; None if they need not be.
    """

    data: Dataset
    design: Design
    cells: Sequence[Cell]
    arms: Sequence[Arm]
    metric: Metric = METRICS["loss"]
    models: Models | None = None
    claim: Claim | None = None
    sound: frozenset[Role] = frozenset()
    predicted: Mapping[Role, Sequence[Predicted]] = field(default_factory=dict)
    waived: Mapping[str, str] = field(default_factory=dict)
    own_controls: Sequence[Any] = ()
    equal: CostName | None = None
    _tables: dict[tuple[Role, Metric], RowTable] = field(default_factory=dict, init=False, repr=False, compare=False)

    def values(self, arm: Arm, metric: str) -> np.ndarray:
        """Return a metric of an arm's replicates, (repeats, folds, seeds), with NaN for values that are not finite."""
        values = np.array([replicate.metrics[metric] for replicate in arm.replicates], dtype=float)
        return values.reshape(-1, self.design.folds, self.design.seeds_per_cell)

    @property
    def judged_cells(self) -> Sequence[Cell]:
        """The cells whose test rows are judged one by one; those of a fixed split are all the same."""
        return self.cells if self.design.kind == "time series" else self.cells[:1]

    def row_table(self, arm: Arm, metric: Metric) -> RowTable:
        """Return what each test row contributes to a metric of an arm under each seed, for a design that scores rows.

        It is computed once, since a metric that is not a mean over rows takes hundreds of computations.

        Raises:
            InputError: the metric cannot be computed of the predictions.
        """
        if (arm.role, metric) not in self._tables:
            predicted = self.predicted[arm.role]
            seeds = len(predicted) // len(self.judged_cells)
            by_cell = [predicted[begin : begin + seeds] for begin in range(0, len(predicted), seeds)]
            self._tables[arm.role, metric] = self.score_cells(metric, by_cell)
        return self._tables[arm.role, metric]

    def score_cells(self, metric: Metric, by_cell: Sequence[Sequence[Predicted]]) -> RowTable:
        """Return the same of other predictions: for each of `judged_cells`, those under each seed."""
        tables = []
        for cell, predicted in zip(self.judged_cells, by_cell, strict=True):
            # Rows of a time series are judged in the order of time, whatever groups they are in.
            has_groups = self.data.groups is not None and self.design.kind != "time series"
            groups = self.data.groups[cell.test] if has_groups else None
            tables.append(score_table(metric, self.data.y[cell.test], predicted, groups=groups))
        return RowTable(np.concatenate([table for table, _ in tables], axis=1), tables[0][1])

    def inspections(self) -> Iterator[tuple[Arm, Replicate, Inspection]]:
        """Inspect one replicate of each arm, the first that stayed finite: systematic faults show in any replicate."""
        for arm in self.arms:
            if self.models is not None and (position := arm.first_finished) is not None:
                replicate = arm.replicates[position]
                yield arm, replicate, self.models.inspect(arm.recipe_of(position), replicate)

    @property
    def by_recipe(self) -> list[Arm]:
        """The arms, a tuned one once for each recipe that was chosen in any cell."""
        return [each for arm in self.arms for each in arm.by_recipe]

    @property
    def stages(self) -> Iterator[tuple[Arm, Recipe]]:
        """Each stage that is trained, as the recipe that ends in it, with the first arm that has it."""
        seen: set[Recipe] = set()
        for arm in self.arms:
            for recipe in arm.recipe.lineage:
                if recipe not in seen and recipe.fit is None:
                    yield arm, recipe
                seen.add(recipe)

    @property
    def networks(self) -> Run:
        """The run without fits: each arm as the network that it trains, and no arms that train no network."""
        arms = []
        for arm in self.arms:
            network = arm.recipe.network
            if network is not None:
                networks = tuple(each.network or network for each in arm.recipes)
                stages = arm.stages[: len(network.stages)]
                arms.append(replace(arm, recipe=network, recipes=networks, stages=stages))
        metric = self.metric
        if self.data.task not in metric.tasks and (metric.compute is None or metric.tasks):
            metric = METRICS["loss"]  # the claim is about a metric that a fit returns
        return replace(self, arms=arms, metric=metric)

    @property
    def scored(self) -> Run:
        """The run as controls of predictions see it, since a claim about a cost says nothing of predictions.

        Its metric is the one that is watched, or else the one of a fit, or of the task; and it has no claim. What
        remains of a claim about the way to a target is that both arms have the same budget.
        """
        if not isinstance(self.metric, CostMetric):
            return self
        own = [metric for arm in self.arms if arm.recipe.fit for metric in arm.recipe.fit.metrics or ()]
        metric = watched_metric(self.metric) or [*own, task_metric(self.data.task)][0]
        return replace(self, metric=metric, claim=None, equal=self.equal or shared_budget(self.metric))

    def cell_of(self, replicate: Replicate) -> Cell:
        """Return the cell of a replicate, with the whole training fold; see `trained_cell`."""
        return self.cells[replicate.key.repeat * self.design.folds + replicate.key.fold]

    def trained_cell(self, recipe: Recipe, cell: Cell) -> Cell:
        """Return a cell as a recipe is trained on it: without the validation rows that it holds out."""
        return hold_out(cell, self.data, recipe.validation)
