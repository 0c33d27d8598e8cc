"""Stages with validation rows end, restore and slow down alike in all engines, and as plain Keras does."""

from __future__ import annotations

import functools

import keras
import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from negres_core import Dataset, Metric
from negres_core.arms.recipe import Recipe
from negres_core.arms.stage import Stage
from negres_core.design import KFolds, hold_out
from negres_core.engine import batched
from negres_core.engine.contract import Job
from tests.engine import examples as ex

RNG = np.random.default_rng(5)
NOISE = RNG.normal(size=(240, 6))
NOISY = Dataset(x=NOISE, y=(NOISE[:, 0] + RNG.normal(size=240) > 0).astype(int), name="noisy")
"""Labels that a network soon learns by heart, so that its validation loss rises."""
SHIFTED = Dataset(x=NOISE, y=NOISE[:, :2] + RNG.normal(size=(240, 2)), name="noisy values")


def overfitting(units=2, activation="softmax"):
    return keras.Sequential(
        [
            keras.Input((6,)),
            keras.layers.Dense(48, activation="relu", name="hidden"),
            keras.layers.BatchNormalization(name="norm"),
            keras.layers.Dropout(0.2),
            keras.layers.Dense(units, activation=activation, name="classes"),
        ]
    )


def fast():
    return keras.optimizers.Adam(0.02)


def falling():
    return keras.callbacks.ReduceLROnPlateau(factor=0.3, patience=1, cooldown=1, min_lr=1e-4)


def share(targets, labels):
    return float(np.mean(targets == labels))


def rising(model, x, y, *, training):
    return keras.losses.sparse_categorical_crossentropy(y, model(x, training=training))


def noisy(build=overfitting, *, preprocess=StandardScaler, **options):
    fields = {"epochs": 14, "batch_size": 16, "optimizer": fast, "validation": 0.2, "patience": 3}
    return Recipe(Stage(build, **fields | options), preprocess=preprocess)


values = functools.partial(overfitting, units=2, activation=None)
OPTIONS = {
    "patience": (noisy(), NOISY),
    "the last epoch": (noisy(restore_best=False), NOISY),
    "the best of all epochs": (noisy(patience=None, restore_best=True), NOISY),
    "validation rows alone": (noisy(patience=None), NOISY),
    "accuracy": (noisy(monitor="accuracy"), NOISY),
    "a metric of one's own": (
        noisy(monitor=Metric("right", higher_is_better=True, unit="share", compute=share, takes="labels")),
        NOISY,
    ),
    "values": (noisy(values, loss="mse", monitor="r2"), SHIFTED),
    "a plateau": (noisy(patience=None, plateau=falling), NOISY),
    "a plateau, and patience": (noisy(patience=5, plateau=falling), NOISY),
    "an objective": (noisy(objective=rising, plateau=falling), NOISY),
    "no scaler": (noisy(preprocess=None), NOISY),
}


def jobs_of(data, recipe, *, seeds=1):
    cells = KFolds(folds=3, repeats=1).split(data)
    return [Job(hold_out(cell, data, recipe.validation), seed) for cell in cells for seed in range(seeds)]


@functools.cache
def results(engine, name):
    """Return the results of one option, by cell and seed."""
    recipe, data = OPTIONS[name]
    jobs = jobs_of(data, recipe)
    if engine == "batched":
        done = batched.train(recipe, data, jobs, device=ex.device())
        return {(job.cell.fold, job.seed): result for job, result in done}
    return {place[1:]: result for place, result in ex.train(engine, recipe, data, jobs, workers=2).items()}


@pytest.mark.parametrize("engine", ["compiled", "batched"])
@pytest.mark.parametrize("name", OPTIONS)
def test_all_engines_give_the_numbers_of_the_reference_engine(engine, name):
    expected, found = results("reference", name), results(engine, name)
    assert found.keys() == expected.keys()
    for place, one in expected.items():
        other = found[place]
        assert (other.best_epoch, other.budget) == (one.best_epoch, one.budget)
        assert other.curve == pytest.approx(one.curve, abs=1e-5)
        assert other.monitored == pytest.approx(one.monitored, abs=1e-5)
        assert other.metrics == pytest.approx(one.metrics, abs=1e-5)
        assert other.outputs == pytest.approx(one.outputs, abs=1e-5)


@pytest.mark.parametrize("name", ["patience", "accuracy"])
def test_replicates_count_what_was_trained(name):
    found = results("compiled", name)
    for result in found.values():
        trained = result.budget["epochs"]
        assert trained == len(result.curve) == len(result.monitored) <= 14
        assert trained == min(14, result.best_epoch + 3)
        # 160 rows of three folds, of which a fifth is held out.
        assert result.budget["steps"] == trained * 8
    assert all(result.validation is None for result in found.values())


def test_replicates_do_not_all_end_at_the_same_epoch():
    names = ("patience", "accuracy", "values", "a plateau, and patience")
    assert len({result.budget["epochs"] for name in names for result in results("compiled", name).values()}) > 1


@pytest.mark.parametrize("engine", ["reference", "compiled", "batched"])
@pytest.mark.parametrize("name", ["patience", "the last epoch", "the best of all epochs", "a plateau"])
def test_the_saved_model_is_that_of_the_epoch_that_is_kept(engine, name):
    recipe, data = OPTIONS[name]
    [job] = [job for job in jobs_of(data, recipe) if (job.cell.fold, job.seed) == (0, 0)]
    result = results(engine, name)[0, 0]
    scaler = StandardScaler().fit(data.x[job.cell.train])
    rows = job.cell.validation
    model = ex.model_of(result)
    outputs = np.asarray(model(scaler.transform(data.x[rows]).astype(np.float32), training=False))
    loss = float(np.mean(-np.log(outputs[np.arange(len(rows)), data.y[rows]])))
    epoch = result.best_epoch if recipe.last.restores_best else len(result.monitored)
    assert loss == pytest.approx(result.monitored[epoch - 1], abs=1e-5)
    assert result.best_epoch == 1 + np.argmin(result.monitored)


def test_the_reference_is_keras_fit_with_early_stopping():
    """Without dropout and with the order of negres, `fit` with Keras' callbacks gives the same curve and weights."""
    from negres_core.engine.replicate import epoch_orders, start_replicate

    def calm():
        return keras.Sequential([keras.Input((6,)), keras.layers.Dense(64, "relu"), keras.layers.Dense(2, "softmax")])

    recipe = noisy(calm, preprocess=None, epochs=30, patience=2, plateau=falling)
    job = jobs_of(NOISY, recipe)[0]
    (result,) = ex.train("compiled", recipe, NOISY, [job]).values()

    model = start_replicate(recipe, NOISY, job).model
    model.compile(fast(), "sparse_categorical_crossentropy")
    stopping = keras.callbacks.EarlyStopping(patience=2, restore_best_weights=True)
    slowing = falling()
    for each in (stopping, slowing):
        each.set_model(model)
        each.on_train_begin()
    rows, losses = job.cell.validation, []
    for epoch, order in enumerate(epoch_orders(recipe, job)):
        model.fit(NOISY.x[order], NOISY.y[order], batch_size=16, shuffle=False, verbose=0)
        losses.append(model.evaluate(NOISY.x[rows], NOISY.y[rows], verbose=0))
        for each in (stopping, slowing):
            each.on_epoch_end(epoch, {"val_loss": losses[-1]})
        if model.stop_training:
            break
    stopping.on_train_end()

    assert result.monitored == pytest.approx(losses, abs=1e-5)
    assert result.best_epoch == stopping.best_epoch + 1 < len(losses) < 30
    for mine, theirs in zip(ex.model_of(result).get_weights(), model.get_weights(), strict=True):
        assert mine == pytest.approx(theirs, abs=1e-5)


def test_a_schedule_of_the_optimizer_is_followed_by_all_engines():
    def scheduled():
        return keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(0.5, 60, warmup_target=1.0, warmup_steps=9))

    recipe = noisy(optimizer=scheduled, patience=None, validation=None)
    job = jobs_of(NOISY, recipe)[0]
    done = [next(iter(ex.train(engine, recipe, NOISY, [job]).values())) for engine in ("reference", "compiled")]
    done.append(next(result for _, result in batched.train(recipe, NOISY, [job], device=ex.device())))
    for other in done[1:]:
        assert other.curve == pytest.approx(done[0].curve, abs=1e-5)
    constant = noisy(optimizer=lambda: keras.optimizers.SGD(0.5), patience=None, validation=None)
    (plain,) = ex.train("compiled", constant, NOISY, [job]).values()
    assert plain.curve != pytest.approx(done[1].curve, abs=1e-3)


def test_a_later_stage_starts_from_the_restored_weights(tmp_path):
    def child():
        return overfitting()

    first = noisy()
    both = Recipe(
        first.last,
        Stage(child, inherits=overfitting, validation=0.2, epochs=1, batch_size=16),
        preprocess=StandardScaler,
    )
    job = jobs_of(NOISY, first)[0]
    (parent,) = ex.train("compiled", first, NOISY, [job]).values()
    path = tmp_path / "parent.keras"
    path.write_bytes(parent.model)
    (result,) = ex.train("compiled", both, NOISY, [Job(job.cell, job.seed, path)]).values()
    ends = {weight.path: weight.end for weight in parent.weights}
    assert parent.best_epoch < parent.budget["epochs"]
    assert all(weight.start == ends[weight.path] for weight in result.weights if weight.inherited_from is not None)
    assert result.best_epoch == 1
