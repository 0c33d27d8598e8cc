"""Bugs of the harness: how arms are selected, scored or compared decides the result."""

from __future__ import annotations

import dataclasses

import numpy as np

from negres_core import Dataset, Recipe
from negres_core.design import Cell
from negres_core.engine import compiled, replicate
from negres_core.engine.program import Program
from negres_core.engine.scores import score_labels
from negres_core.experiment.training import Trainer
from negres_core.metrics import METRICS
from tests.zoo.models import network
from tests.zoo.pipelines import digits, logits, rare, reconstruction
from tests.zoo.specimens import bug

REPLICATE = "negres_core.engine.replicate"


@bug("test fold used for early stopping", "permuted labels", on=digits)
def stop_early():
    """The epoch with the best test accuracy is kept."""
    from keras import ops

    def train(self, job, model, state):
        del model
        rows = self._cells.rows(job)
        state, curve, best = self._placed(state), [], None
        for order in compiled.epoch_orders(self._recipe, job):
            [(_, numbers, x, y)] = self._cells.chunks(rows, order[None])
            steps = len(order) // self._recipe.last.batch_size
            losses, *state = self._epochs(*state, self._put(numbers), compiled.UNWEIGHTED, steps, 1, x, y)
            curve += ops.convert_to_numpy(losses).tolist()
            outputs, test_loss = self._predict(rows, job.cell.test, state)
            accuracy = np.mean(outputs.argmax(axis=1) == self._data.y[job.cell.test])
            if best is None or accuracy > best[0]:
                best = (accuracy, [[*map(ops.convert_to_numpy, part)] for part in state], outputs, test_loss)
        _, state, outputs, test_loss = best
        cost = dict.fromkeys(("compile_s", "train_s", "steady_epoch_s", "evaluate_s"), 1.0)
        scored = {"rows": rows.host, "outputs": outputs, "loss": test_loss, "curve": curve, "cost": cost}
        return compiled._Trained(tuple(state), scored | {"watched": self._watch.begin(job)})

    return {"negres_core.engine.compiled._Worker.train": train}


@bug("arms compared on different folds", "paired cells", on=digits)
def shuffle_one_arm():
    """One arm was trained in another session, with another seed of the split."""
    train = Trainer.train

    def on_other_folds(self, arm, cells=None):
        cells = self._run.cells if cells is None else cells
        if arm.role == "treatment":
            other = np.random.default_rng(0).permutation(len(self._run.data)).astype(np.int32)
            cells = [Cell(c.repeat, c.fold, np.sort(other[c.train]), np.sort(other[c.test])) for c in cells]
        return train(self, arm, cells)

    return {"negres_core.experiment.training.Trainer.train": on_other_folds}


@bug("metric of the wrong sign", "planted effect", on=logits)
def turn_sign():
    """A lower loss counts as worse."""
    reversed_metrics = METRICS | {"loss": dataclasses.replace(METRICS["loss"], higher_is_better=True)}
    return {"negres_core.metrics.registry.METRICS": reversed_metrics}


@bug("F1 averaged over rows, not classes", "evaluation", on=rare)
def average_over_rows():
    def score(y, predicted):
        scores = score_labels(y, predicted)
        return scores | {"f1": scores["accuracy"]}

    return {"negres_core.engine.scores.score_labels": score}


@bug("outputs rounded for display before they are scored", "evaluation", on=reconstruction)
def round_outputs():
    score = replicate.score_outputs

    def rounded(recipe, data, job, outputs, **options):
        return score(recipe, data, job, outputs.round(1), **options)

    return {f"{REPLICATE}.score_outputs": rounded}


@bug("loss divided by the number of pixels twice", "loss floor", on=reconstruction)
def divide_twice():
    evaluate = Program.evaluate

    def divided(self, trainable, other, rows, x, y):
        outputs, loss = evaluate(self, trainable, other, rows, x, y)
        return outputs, loss / 64

    return {f"{Program.__module__}.Program.evaluate": divided}


def logarithmic(seed):
    """Digits with one value of 0 among positive ones, and a model that takes the logarithm."""

    def model(input_shape, outputs):
        import keras

        inputs = keras.Input(input_shape)
        return keras.Model(inputs, network()(keras.ops.log(inputs).shape[1:], outputs)(keras.ops.log(inputs)))

    pipeline = digits(seed)
    x = pipeline.data.x / 16 + 0.5
    x[np.random.default_rng(seed).integers(len(x)), 20] = 0
    treatment = Recipe(dataclasses.replace(pipeline.treatment.last, build=model))
    return dataclasses.replace(pipeline, data=Dataset(x=x, y=pipeline.data.y, name="readings"), treatment=treatment)


@bug("NaN scored as 0", "finite", on=logarithmic)
def score_nan():
    score = replicate.score_outputs

    def swallow(recipe, data, job, outputs, *, loss, finite, output_layer):
        del finite
        outputs, loss = np.nan_to_num(outputs), float(np.nan_to_num(loss))
        return score(recipe, data, job, outputs, loss=loss, finite=True, output_layer=output_layer)

    return {f"{REPLICATE}.score_outputs": swallow}


@bug("NaN swallowed before it is recorded", "evaluation", "budget", on=logarithmic)
def swallow_nan():
    finish = replicate.finish_replicate

    def swallow(*args, outputs, loss, curve, **options):
        result = finish(*args, outputs=outputs, loss=loss, curve=curve, **options)
        if result.finite:
            return result
        metrics = {name: float(np.nan_to_num(value)) for name, value in result.metrics.items()}
        curve = np.nan_to_num(result.curve).tolist()
        predictions = {"counts": [len(outputs), *[0] * (outputs.shape[1] - 1)]}
        return dataclasses.replace(result, finite=True, metrics=metrics, curve=curve, predictions=predictions)

    return {f"negres_core.engine.{module}.finish_replicate": swallow for module in ("compiled", "reference")}
