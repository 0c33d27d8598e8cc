"""The compiled engine gives the reference's numbers, and the same numbers whatever it trains in parallel."""

from __future__ import annotations

import functools
import threading

import numpy as np
import pytest
from sklearn.preprocessing import MinMaxScaler

from negres_core.arms.recipe import Recipe
from negres_core.engine import compiled, memory, relatives
from negres_core.engine.contract import Job
from negres_core.engine.replicate import needs_keras_to_score
from tests.engine import examples as ex
from tests.engine import heads

PAIRS = {
    "dropout, a last partial batch, more outputs than classes": (Recipe(ex.stage(ex.dense)), ex.CLASSES),
    "batch normalization, momentum": (Recipe(ex.stage(ex.normalized, optimizer=ex.momentum)), ex.CLASSES),
    "convolution, batches that divide the fold": (Recipe(ex.stage(ex.convolutional, batch_size=10)), ex.IMAGES),
    "penalties": (Recipe(ex.stage(ex.regularized)), ex.CLASSES),
    "a subclassed model": (Recipe(ex.stage(ex.subclassed)), ex.CLASSES),
    "a batch larger than the fold": (Recipe(ex.stage(ex.plain, batch_size=500)), ex.CLASSES),
    "regression of two columns": (Recipe(ex.stage(ex.linear, loss="mse")), ex.VALUES),
    "one sigmoid": (Recipe(ex.stage(ex.sigmoid, loss="binary_crossentropy")), ex.BINARY),
    "several labels a row": (Recipe(ex.stage(ex.sigmoids, loss="binary_crossentropy")), ex.SEVERAL),
    "logits of several labels a row": (
        Recipe(ex.stage(functools.partial(ex.linear, outputs=3), loss=ex.of_logits)),
        ex.SEVERAL,
    ),
    "two outputs, weighted": (
        Recipe(ex.stage(heads.two_heads, loss=heads.LOSSES, loss_weights={"total": 0.3})),
        heads.HEADS.about("sign"),
    ),
    "two outputs of a subclassed model": (
        Recipe(ex.stage(heads.subclassed_heads, loss=heads.LOSSES)),
        heads.HEADS.about("total"),
    ),
    "two outputs, rows weighted": (
        Recipe(ex.stage(heads.two_heads, loss=heads.LOSSES), preprocess=MinMaxScaler),
        heads.HEADS.with_weights(np.linspace(0, 2, 61, dtype=np.float32)).about("total"),
    ),
    "a label for each step": (Recipe(ex.stage(ex.of_steps)), ex.STEPS),
    "steps that do not count, logits": (
        Recipe(ex.stage(functools.partial(ex.of_steps, None), loss=ex.counted_logits)),
        ex.PADDED,
    ),
    "a mask by one sigmoid": (Recipe(ex.stage(ex.of_pixels, loss="binary_crossentropy")), ex.MASKS),
    "a schedule": (Recipe(ex.stage(ex.plain, optimizer=ex.falling)), ex.CLASSES),
    "a schedule without a configuration": (Recipe(ex.stage(ex.plain, optimizer=ex.halving)), ex.CLASSES),
    "a moving mean that is read after its update": (Recipe(ex.stage(ex.centred)), ex.CLASSES),
    "Keras' own random numbers": (Recipe(ex.stage(ex.noisy)), ex.CLASSES),
    "two inputs, scaled": (
        Recipe(ex.stage(ex.joined, optimizer=ex.momentum), preprocess=MinMaxScaler),
        ex.PORTRAITS,
    ),
    "two inputs in a list": (Recipe(ex.stage(functools.partial(ex.joined, listed=True))), ex.PORTRAITS),
    "two inputs of a subclassed model": (Recipe(ex.stage(ex.paired)), ex.PORTRAITS),
    "two inputs and an objective": (Recipe(ex.stage(ex.joined, objective=ex.weighted_by_age)), ex.PORTRAITS),
    "a custom loss": (Recipe(ex.stage(ex.plain, loss=lambda: ex.squares)), ex.CLASSES),
}


def assert_same_numbers(first, second, *, saved_as="keras"):
    for one, other in zip(
        ex.model_of(first, saved_as).get_weights(), ex.model_of(second, saved_as).get_weights(), strict=True
    ):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-5)
    assert first.curve == pytest.approx(second.curve, rel=1e-4)
    assert first.metrics == pytest.approx(second.metrics, rel=1e-4)
    assert first.predictions.keys() == second.predictions.keys()
    for name, value in first.predictions.items():
        other = second.predictions[name]
        assert value == (other if name == "counts" else pytest.approx(other, rel=1e-4))
    assert [weight.start for weight in first.weights] == [weight.start for weight in second.weights]
    assert first.inputs_digest == second.inputs_digest
    assert first.budget == second.budget


@pytest.mark.parametrize(("recipe", "data"), PAIRS.values(), ids=PAIRS)
def test_the_numbers_are_those_of_the_reference(recipe, data):
    slow, fast = (ex.result_of(engine, recipe, data) for engine in ("reference", "compiled"))
    assert_same_numbers(slow, fast)
    assert all(weight.start != weight.end for weight in fast.weights), "no weight was trained"


@pytest.mark.parametrize("saved_as", ["h5", "keras"])
def test_a_stage_that_inherits_and_freezes_gives_the_numbers_of_the_reference(saved_as, tmp_path):
    recipe = Recipe(
        ex.stage(ex.dense, saved_as=saved_as),
        ex.stage(ex.grown, inherits=ex.dense, freezes=ex.dense, saved_as=saved_as),
    )
    cell = ex.cells(ex.CLASSES)[0]
    parent = ex.result_of("reference", recipe.parent, ex.CLASSES)
    path = tmp_path / f"parent.{saved_as}"
    path.write_bytes(parent.model)
    (slow,) = ex.train("reference", recipe, ex.CLASSES, [Job(cell, 0, path)]).values()
    (fast,) = ex.train("compiled", recipe, ex.CLASSES, [Job(cell, 0, path)]).values()
    assert_same_numbers(slow, fast, saved_as=saved_as)
    for result in (slow, fast):
        front, base = result.weights[:2], result.weights[2:]
        assert all(w.trainable and not w.frozen and w.inherited_from is None and w.start != w.end for w in front)
        assert all(w.frozen and not w.trainable and w.start == w.end for w in base)
        assert [w.start for w in base] == [parent.weights[w.inherited_from].end for w in base]


@pytest.fixture(scope="module")
def together():
    """Every fold, of 40 and of 41 rows, with two seeds, two replicates in parallel."""
    jobs = [Job(cell, seed) for cell in ex.cells(ex.CLASSES) for seed in range(2)]
    return ex.train("compiled", PAIR[0], PAIR[1], jobs, workers=2)


PAIR = next(iter(PAIRS.values()))


def test_folds_that_differ_by_a_row_are_all_trained(together):
    assert {len(cell.train) for cell in ex.cells(ex.CLASSES)} == {40, 41}
    assert len({result.metrics["loss"] for result in together.values()}) == 6


def test_numbers_do_not_depend_on_workers_other_jobs_or_order(together):
    *_, fold_1, fold_2 = ex.cells(ex.CLASSES)
    again = ex.train("compiled", *PAIR, [Job(fold_2, 1), Job(fold_1, 1), Job(fold_2, 0)], workers=1)
    assert set(again) == {(0, 2, 1), (0, 1, 1), (0, 2, 0)}
    for key, result in again.items():
        assert result.curve == together[key].curve
        assert result.metrics == together[key].metrics
        assert [weight.end for weight in result.weights] == [weight.end for weight in together[key].weights]


def test_inputs_are_prepared_for_each_cell():
    from sklearn.preprocessing import StandardScaler

    recipe = Recipe(ex.stage(ex.plain, epochs=1), preprocess=StandardScaler)
    jobs = [Job(cell, 0) for cell in ex.cells(ex.CLASSES)]
    slow, fast = (ex.train(engine, recipe, ex.CLASSES, jobs, workers=2) for engine in ("reference", "compiled"))
    assert len({result.inputs_digest for result in fast.values()}) == 3
    for key, result in slow.items():
        assert_same_numbers(result, fast[key])


@pytest.mark.parametrize("engine", ex.ENGINES)
@pytest.mark.parametrize(
    ("recipe", "data"),
    [
        (
            Recipe(ex.stage(ex.linear, loss="mse", epochs=9, optimizer=ex.too_fast)),
            ex.VALUES,
        ),
        (Recipe(ex.stage(ex.plain, loss=lambda: ex.not_a_number, epochs=9)), ex.CLASSES),
    ],
    ids=["diverged", "a loss that is NaN"],
)
def test_a_replicate_that_is_not_finite_stops_and_reports_it(engine, recipe, data):
    (result,) = ex.train(engine, recipe, data, [Job(ex.cells(data)[0], 0)]).values()
    assert not result.finite
    assert len(result.curve) < 9
    assert result.metrics
    assert all(np.isnan(value) for value in result.metrics.values())
    assert result.predictions == {}


SHORT_EPOCHS = {
    "dropout": (Recipe(ex.stage(ex.dense, epochs=5)), ex.CLASSES),
    "weighted rows": (
        Recipe(ex.stage(ex.plain, epochs=5)),
        ex.CLASSES.with_weights(np.linspace(0, 2, len(ex.CLASSES), dtype=np.float32)),
    ),
    "a convolution": (Recipe(ex.stage(ex.convolutional, epochs=5)), ex.IMAGES),
    "diverged": (Recipe(ex.stage(ex.linear, loss="mse", epochs=9, optimizer=ex.too_fast)), ex.VALUES),
}


@pytest.mark.parametrize("most", [90, 10**6], ids=["two or three epochs", "every epoch"])
@pytest.mark.parametrize(("recipe", "data"), SHORT_EPOCHS.values(), ids=SHORT_EPOCHS)
def test_epochs_in_one_call_give_the_bits_of_one_call_for_each(recipe, data, most, monkeypatch):
    calls, weights_in = [], compiled._Worker._weights_in

    def recorded(worker, orders, weights):
        calls.append(orders.shape[0])
        return weights_in(worker, orders, weights)

    def train(rows):
        monkeypatch.setattr(compiled, "EPOCH_ROWS", rows)
        calls.clear()
        (result,) = ex.train("compiled", recipe, data, [Job(ex.cells(data)[0], 0)]).values()
        return str((result.curve, result.metrics, [weight.end for weight in result.weights]))

    monkeypatch.setattr(compiled._Worker, "_weights_in", recorded)
    alone, epochs_of_calls = train(1), set(calls)
    together = train(most)
    assert together == alone
    assert epochs_of_calls == {1} < {*calls, 1}


@pytest.mark.parametrize("engine", ex.ENGINES)
def test_a_fold_gives_the_same_metrics_in_one_call_of_evaluation_and_in_several(engine, monkeypatch):
    whole = ex.result_of(engine, *PAIR)
    monkeypatch.setattr(memory, "EVALUATION_BYTES", 1)  # calls of 16 rows for the 21 rows of the test fold
    (parts,) = ex.train(engine, *PAIR, [Job(ex.cells(ex.CLASSES)[0], 0)]).values()
    assert parts.metrics == pytest.approx(whole.metrics, rel=1e-6)
    assert parts.predictions == whole.predictions


@pytest.mark.parametrize(("build", "processors", "workers"), [("plain", 4, 4), ("convolutional", 4, 2)])
def test_each_convolutional_replicate_has_two_processors(build, processors, workers):
    assert compiled.count_workers(getattr(ex, build)(), ex.device(processors)) == workers
    assert compiled.count_workers(getattr(ex, build)(), ex.device(1)) == 1


def test_replicates_of_a_stage_share_one_model_and_are_scored_by_the_threads_that_train(monkeypatch):
    built, scored = [], []
    build, score = relatives.build_model, compiled.score_replicate
    monkeypatch.setattr(relatives, "build_model", lambda *args, **options: built.append(0) or build(*args, **options))
    monkeypatch.setattr(
        compiled,
        "score_replicate",
        lambda *args, **options: scored.append(threading.current_thread()) or score(*args, **options),
    )
    jobs = [Job(cell, 0) for cell in ex.cells(ex.CLASSES)]
    ex.train("compiled", *PAIR, jobs[:1])
    for_one = len(built)
    results = ex.train("compiled", *PAIR, jobs, workers=2)
    assert len(built) <= 2 * for_one
    assert len(scored) == 4
    assert threading.main_thread() not in scored
    assert len({result.weights[0].start for result in results.values()}) == 3


def test_what_needs_keras_is_scored_by_the_thread_that_builds_models():
    assert not needs_keras_to_score(ex.stage(ex.dense), ex.CLASSES)
    assert not needs_keras_to_score(ex.stage(ex.plain, loss=ex.squares), ex.CLASSES)
    assert needs_keras_to_score(ex.stage(ex.plain, loss=lambda: ex.squares), ex.CLASSES)
    assert needs_keras_to_score(ex.stage(ex.joined, objective=ex.weighted_by_age), ex.PORTRAITS)


def test_no_jobs_give_no_results():
    assert ex.train("compiled", *PAIR, []) == {}


def test_an_error_in_one_replicate_reaches_the_caller():
    def failing(y, outputs):
        raise ArithmeticError("no loss today")

    with pytest.raises(ArithmeticError, match="no loss today"):
        ex.train(
            "compiled", Recipe(ex.stage(ex.plain, loss=lambda: failing)), ex.CLASSES, [Job(ex.cells(ex.CLASSES)[0], 0)]
        )
