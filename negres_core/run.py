"""A run: the arms, the data and the design of one hypothesis, and the trained models that can be inspected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np

from negres_core.arms.recipe import Recipe
from negres_core.arms.tuning import Tuned
from negres_core.claim import Claim, CostMetric, Metric
from negres_core.claim.cost import watched_metric
from negres_core.dataset import Dataset
from negres_core.design import Cell, Design, hold_out
from negres_core.evidence import Replicate, SearchRecord
from negres_core.metrics import METRICS, Predicted, score_table, task_metric
from negres_core.metrics.of_rows import Unit
from negres_core.rescoring import Predictions

ControlLevel = Literal["all", "cheap", "none"]
"""Which controls run: all of them, only those that train no models of their own ("cheap"), or none."""

Role = Literal["treatment", "control"]


@dataclass(frozen=True)
class Arm:
    """One arm and its replicates.

    Attributes:
        role: "treatment" or "control".
        recipe: the recipe that the arm trains; of a tuned arm, the one that was chosen in the first cell.
        stages: the replicates of each stage of the recipe, ordered by repeat, fold and seed. Empty before training.
        tuned: how its settings are searched for; None if it is not tuned.
        recipes: of a tuned arm, the recipe that was chosen in each cell, cell by cell.
        searches: of a tuned arm, the trials in each cell.
        trials: the replicates of these trials, by their ids.
    """

    role: Role
    recipe: Recipe
    stages: Sequence[Sequence[Replicate]] = ()
    tuned: Tuned | None = None
    recipes: Sequence[Recipe] = ()
    searches: Sequence[SearchRecord] = ()
    trials: Mapping[str, Replicate] = field(default_factory=dict, repr=False)

    def recipe_of(self, position: int) -> Recipe:
        """Return the recipe of the replicate at a position."""
        return self.recipes[position // self._seeds] if self.recipes else self.recipe

    @property
    def untrained(self) -> Arm:
        """The arm before training, of which the recipe is known, and how it was searched for."""
        return replace(self, stages=(), recipes=())

    @property
    def by_recipe(self) -> list[Arm]:
        """The arm once for each recipe that its replicates have, with the replicates of that; itself if it has one."""
        places: dict[Recipe, list[int]] = {}
        for cell, recipe in enumerate(self.recipes):
            places.setdefault(recipe, []).extend(range(cell * self._seeds, (cell + 1) * self._seeds))
        if len(places) < 2:
            return [self]
        return [
            replace(
                self, recipe=recipe, recipes=(), stages=[[stage[place] for place in chosen] for stage in self.stages]
            )
            for recipe, chosen in places.items()
        ]

    @property
    def _seeds(self) -> int:
        """Replicates of a cell of a tuned arm."""
        return len(self.stages[-1]) // len(self.recipes)

    @property
    def replicates(self) -> Sequence[Replicate]:
        """The replicates of the last stage."""
        return self.stages[-1]

    @property
    def first_finished(self) -> int | None:
        """Position of the first replicate that stayed finite, or None if there is none."""
        return next((place for place, each in enumerate(self.replicates) if each.status == "finished"), None)


@dataclass(frozen=True)
class OutputLayer:
    """The output layer and the loss of a recipe's last stage, known before training.

    Attributes:
        activation: name of the model's last activation, or None if the model ends in something else.
        low: lower bound of the outputs; minus infinity if none is known.
        high: upper bound of the outputs; infinity if none is known.
        loss: name of a loss that is built into Keras ("binary_crossentropy"), or None for a custom loss or objective.
        logits: whether the loss takes logits instead of probabilities.
    """

    activation: str | None = None
    low: float = -np.inf
    high: float = np.inf
    loss: str | None = None
    logits: bool = False


@dataclass(frozen=True, eq=False, kw_only=True)
class Inspection:
    """The inspection of a trained model: its weights are loaded from its file and applied to the rows of its cell.

    Attributes:
        output_layer: the output layer and the loss, known before training.
        weights: digest of every weight in the file, in the model's order.
        targets: targets of the test fold, as in the data set.
        outputs: outputs on the test fold with dropout off, (rows, ...), float32.
        predicted: predicted labels, (rows,); or the outputs in the shape of the targets.
        loss: mean loss on the test fold, or None if the stage has an objective.
        trivial_loss: mean loss on the test fold if every output is the training fold's share of the class, or mean of
            the column; None like `loss`.
        training_loss: mean loss on a sample of the training fold in training mode (dropout on, batch statistics).
        inference_loss: mean loss on the same sample in inference mode.
        silent: for each hidden ReLU layer, the number of units that are zero on the whole sample, and of all units.
        gradient_norm: Euclidean norm of the gradient of the training loss over all trainable weights.
        weight_norm: Euclidean norm of the trainable weights.
        redundant: paths of the weights that ended as they began, and that the outputs do not depend on, although they
            depend on other weights of the same layer.
    """

    output_layer: OutputLayer
    weights: Sequence[str]
    targets: np.ndarray
    outputs: np.ndarray
    predicted: np.ndarray
    loss: float | None
    trivial_loss: float | None
    training_loss: float
    inference_loss: float
    silent: Sequence[tuple[int, int]]
    gradient_norm: float
    weight_norm: float
    redundant: Sequence[str] = ()


@dataclass(frozen=True)
class PairLosses:
    """Losses of an untrained model on a few rows with different targets.

    Attributes:
        each: the loss of every row, on the first axis, with every target: (rows, rows).
        together: the loss of the batch of all rows, each with its own target.
    """

    each: np.ndarray
    together: float


@dataclass(frozen=True)
class MatchedTraining:
    """How the control arm is trained beside the treatment arm, or beside Keras' defaults if that trains no network.

    Attributes:
        differences: each setting of the training that differs, in words: the control arm's against the treatment arm's.
        is_claim: whether the arms would be the same without these differences, so that the claim is about them.
        recipes: recipes of the control arm with settings of the treatment arm, by the names of these settings; empty if
            none of them may be to its disadvantage, or if the claim is about them.
    """

    differences: tuple[str, ...] = ()
    is_claim: bool = False
    recipes: Mapping[str, Recipe] = field(default_factory=dict)


class Models(Protocol):
    """Inspects trained models with code that is independent of the code that trained them."""

    def output_layer(self, recipe: Recipe) -> OutputLayer:
        """Return the output layer and the loss of a recipe's last stage."""

    def redraw_weights(self, recipe: Recipe, replicate: Replicate) -> Sequence[str]:
        """Return the digests of the initial weights that the build function draws under a replicate's seed."""

    def predicts_targets(self, recipe: Recipe) -> bool:
        """Return whether the outputs of a recipe's last stage are predictions of the targets.

        Otherwise its objective asks for something else, such as the inputs.
        """

    def statistics_of_all_rows(self, recipe: Recipe) -> Sequence[str]:
        """Return the layers of all stages that the build functions have adapted to all rows, test rows included."""

    def predict_untrained(self, recipe: Recipe, cell: Cell, rows: np.ndarray, *, shuffles: int = 0) -> np.ndarray:
        """Return the labels or values that a recipe's first stage predicts before training, (1 + shuffles, rows, ...).

        After the first come those of the same model with the numbers of each of its weights in random order.
        """

    def inspect(self, recipe: Recipe, replicate: Replicate) -> Inspection:
        """Inspect a trained replicate of a recipe's last stage."""

    def constant_loss(self, recipe: Recipe, cell: Cell) -> float | None:
        """Return the loss of a recipe's last stage on a test fold, for the best constant of the training fold.

        None if the stage has an objective, which a constant cannot be given to.
        """

    def predict(self, arm: Arm, position: int, rows: np.ndarray) -> np.ndarray | None:
        """Return raw predictions for rows of a replicate's test fold, or None if its fit returns only metrics."""

    def refit(
        self, arm: Arm, position: int, targets: np.ndarray, rows: np.ndarray | None = None
    ) -> np.ndarray | Mapping[str, float]:
        """Compute an arm's fit again with other targets, or other rows, in the test fold.

        Args:
            arm: the arm.
            position: place of the replicate.
            targets: targets of the rows that the fit is given to predict.
            rows: these rows; None for those of the replicate's test fold.

        Returns:
            Its predictions, or its metrics.
        """

    def predict_batches(self, recipe: Recipe, replicate: Replicate, batches: Sequence[np.ndarray]) -> np.ndarray:
        """Return raw outputs for rows of the data set, which the trained model is given batch by batch."""

    def predictions(self, recipe: Recipe, replicate: Replicate, rows: np.ndarray) -> Predictions:
        """Return what a trained model predicts for rows of the data set, with the loss there."""

    def draw_outputs(self, recipe: Recipe) -> np.ndarray:
        """Return raw outputs, (rows, ...), of a recipe's last model on some rows, under several draws of its weights.

        Weights that begin at 0 are drawn from a wide distribution. So outputs reach most of what they can be.
        """

    def pair_losses(self, recipe: Recipe) -> PairLosses | None:
        """Return losses of rows with their own and with each other's targets, or None if they vary by themselves."""

    def same_training(self, one: Recipe, other: Recipe) -> bool:
        """Return whether two recipes train the same function in the same way, whatever their layers are called."""

    def match_training(self, control: Recipe, treatment: Recipe | None) -> MatchedTraining:
        """Compare the training of a control arm with that of a treatment arm; None if that trains no network."""

    def render_fit(self, arm: Arm, position: int) -> Mapping[str, np.ndarray]:
        """Return the images that an arm's fit renders of a replicate, by caption; empty if it renders none."""

    def drive(self, recipe: Recipe, replicate: Replicate, rows: np.ndarray) -> np.ndarray:
        """Return raw outputs for rows whose contrast is raised far beyond the data, and for the same rows inverted.

        Such inputs drive the outputs nearly to the ends of their range. The result has twice as many rows.
        """


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
        """The run as it is seen by what judges predictions, of which a claim about a cost says nothing.

        Its metric is the one that is watched, or else the one of a fit, or of the task; and it has no claim.
        """
        if not isinstance(self.metric, CostMetric):
            return self
        own = [metric for arm in self.arms if arm.recipe.fit for metric in arm.recipe.fit.metrics or ()]
        metric = watched_metric(self.metric) or [*own, task_metric(self.data.task)][0]
        return replace(self, metric=metric, claim=None)

    def cell_of(self, replicate: Replicate) -> Cell:
        """Return the cell of a replicate, with the whole training fold; see `trained_cell`."""
        return self.cells[replicate.key.repeat * self.design.folds + replicate.key.fold]

    def trained_cell(self, recipe: Recipe, cell: Cell) -> Cell:
        """Return a cell as a recipe is trained on it: without the validation rows that it holds out."""
        return hold_out(cell, self.data, recipe.validation)
