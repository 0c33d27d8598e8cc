"""Bugs of early stopping: other rows than validation rows decide when training ends, or what is kept."""

from __future__ import annotations

import dataclasses

import numpy as np

from negres_core import Recipe
from negres_core.arms.preprocessing import prepare_inputs
from negres_core.engine.watch import Watch, Watched
from tests.zoo.bugs_of_arms import fitted
from tests.zoo.bugs_of_costs import with_validation_rows
from tests.zoo.pipelines_of_costs import epochs_to_target
from tests.zoo.pipelines_of_stopping import early_stopping
from tests.zoo.specimens import bug


@bug("validation rows from the test fold", "disjoint folds", on=early_stopping)
def hold_out_test_rows():
    """The split gives the test rows a second name, and takes no row from the training fold."""
    return {
        "negres_core.design.validation._split_off": lambda cell, data, wanted: dataclasses.replace(
            cell, validation=cell.test
        )
    }


@bug("training that ends by the loss on the test fold", "validation curve", on=early_stopping)
def stop_by_test_rows():
    """What is monitored after each epoch is measured on the test fold."""
    scores = Watch.scores

    def on_test_rows(self, job, outputs, loss):
        return scores(self, with_validation_rows(job, job.cell.test), outputs, loss)

    return {
        f"{Watch.__module__}.Watch.rows_of": lambda self, job: job.cell.test if self._monitor else None,
        f"{Watch.__module__}.Watch.scores": on_test_rows,
    }


@bug("validation rows that only the scaler saw", "fitted scaler", on=early_stopping)
def scale_with_validation_rows():
    """The scaler is fitted before the validation rows are held out."""

    def on_both(recipe, data, cell):
        if cell.validation is not None:
            cell = dataclasses.replace(cell, train=np.sort(np.concatenate([cell.train, cell.validation])))
        return prepare_inputs(recipe, data, cell)

    return {"negres_core.arms.resampling.prepare_inputs": on_both}


@bug("weights of the last epoch for those of the best", "validation curve", on=early_stopping)
def forget_to_restore():
    """The best epoch is recorded, and never restored."""
    add = Watched.add

    def without_restoring(self, outputs, loss):
        add(self, outputs, loss)
        self.keeps = True

    return {f"{Watched.__module__}.Watched.add": without_restoring}


@bug("patience that ends an epoch too soon", "budget", on=early_stopping)
def end_too_soon():
    """The epochs without improvement are counted from 1."""

    def is_over(self):
        course = self._course
        return course is not None and len(course.values) + 1 - course.best_epoch >= self._watch._monitor.patience

    return {f"{Watched.__module__}.Watched.is_over": property(is_over)}


@bug("a callback that cuts one arm's training short", "budget")
def cut_one_arm_short(seed):
    """A callback that was to save time while debugging stayed in the treatment arm, and the claim is about the way to a
    target, for which both arms have the same budget."""

    def callbacks():
        import keras

        class FirstEpochs(keras.callbacks.Callback):
            def on_epoch_end(self, epoch, logs=None):
                self.model.stop_training = epoch + 1 >= 8

        return [FirstEpochs()]

    pipeline = epochs_to_target(seed)
    stage = dataclasses.replace(pipeline.treatment.last, callbacks=callbacks)
    return dataclasses.replace(pipeline, treatment=Recipe(stage, preprocess=pipeline.treatment.preprocess))


@bug("fit that keeps its best epoch on the test fold", "blind fit", "permuted labels")
def keep_best_on_test(seed):
    """A function of the researcher's own trains step by step, and returns the predictions of its best step."""

    def compute(train, test):
        from sklearn.linear_model import SGDClassifier

        model, best = SGDClassifier(random_state=0), (-1.0, None)
        for _ in range(20):
            predicted = model.partial_fit(train.x, train.y, classes=[0, 1]).predict(test.x)
            best = max(best, (float(np.mean(predicted == test.y)), predicted), key=lambda pair: pair[0])
        return best[1]

    return fitted(seed, compute)
