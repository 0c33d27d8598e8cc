"""What is trained, and what is not: with an engine that pretends."""

import dataclasses
import json

import keras
import numpy as np
import pytest

from negres_core.dataset import Dataset
from negres_core.design import Design
from negres_core.engine.device import Device
from negres_core.evidence import Budget, Cost, ProvenanceRecord, Store, TrainedWeight
from negres_core.experiment.training import Trainer, no_progress
from negres_core.recipe import Recipe, Stage
from negres_core.run import Arm, Run
from tests.fakes import BUDGET, PROVENANCE

CPU = Device("cpu", "some processor", "tensorflow", workers=1)
X, Y = np.arange(36.0).reshape(12, 3), np.arange(12) % 2
DATA = Dataset(x=X, y=Y, name="tiny")
DESIGN = Design(folds=2, repeats=2, seeds=2)


def base():
    return keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2, name="kept")])


def grown():
    layers = (keras.layers.Dense(3, name="new"), keras.layers.Dense(2, name="kept"))
    return keras.Sequential([keras.layers.Input((3,)), *layers])


def narrow():
    return keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2, name="kept", use_bias=False)])


def min_max():
    from sklearn.preprocessing import MinMaxScaler

    return MinMaxScaler()


BASE = Recipe(Stage(base))
FROZEN = Recipe(Stage(base), Stage(grown, inherits=base, freezes=base))
FREE = Recipe(Stage(base), Stage(grown, inherits=base))


@pytest.fixture(autouse=True)
def scores(engine):
    """No two replicates of a recipe are alike."""
    engine.accuracy = lambda recipe, job: job.cell.repeat + job.cell.fold / 10 + job.seed / 100


@pytest.fixture
def new_trainer(tmp_path):
    """Make the trainer of another run, by default with the same store, data and design."""

    def make(
        *,
        fresh=False,
        data=DATA,
        design=DESIGN,
        device=CPU,
        backend="tensorflow",
        progress=no_progress,
        note=lambda sentence: None,
    ):
        run = Run(data, design, list(design.split(data)), [])
        provenance = ProvenanceRecord(**PROVENANCE | {"backend": backend})
        return Trainer(Store(tmp_path, fresh=fresh, note=note), run, device, provenance, progress)

    return make


def train(trainer, recipe=BASE):
    return trainer.train(Arm("treatment", recipe))


def test_every_cell_and_seed_is_trained_and_recorded_once(new_trainer, engine):
    trainer = new_trainer()
    arm = train(trainer)
    where = [(each.key.repeat, each.key.fold, each.key.seed) for each in arm.replicates]
    assert where == [(repeat, fold, seed) for repeat in (0, 1) for fold in (0, 1) for seed in (0, 1)]
    assert [each.metrics["accuracy"] for each in arm.replicates] == [r + f / 10 + s / 100 for r, f, s in where]
    assert (trainer.trained, trainer.reused) == (8, 0)
    [(_, _, jobs)] = engine.calls
    for job in jobs:
        assert sorted([*job.cell.train, *job.cell.test]) == list(range(12))


def test_what_is_recorded_is_what_the_engine_gave(new_trainer, tmp_path):
    first = train(new_trainer()).replicates[0]
    assert Store(tmp_path).find(first.id) == first
    assert (first.status, first.curve, first.predictions.counts) == ("finished", [0.5] * 10, [6, 0])
    assert first.budget == Budget(**BUDGET | {"epochs": 10, "steps": 10})
    assert first.cost == Cost(train_s=0.5)
    assert (first.weights[0].path, first.weights[0].start, first.weights[0].end) == ("kept/kernel", "a", "b")
    assert (first.key.data, first.key.folds, first.key.device) == (DATA.digest, 2, "cpu")
    assert Store(tmp_path).model_path(first).read_bytes() == b"base (10 epochs) 0.0"


def test_a_second_run_trains_nothing_and_finds_the_same(new_trainer, engine):
    first = train(new_trainer(), FROZEN)
    again = new_trainer()
    assert train(again, FROZEN) == first
    assert (again.trained, again.reused) == (0, 16)
    assert [len(jobs) for _, _, jobs in engine.calls[2:]] == [0, 0]


def test_a_parent_is_trained_once_for_all_that_inherit_it(new_trainer, engine, tmp_path):
    trainer = new_trainer()
    frozen, free, alone = (train(trainer, recipe) for recipe in (FROZEN, FREE, BASE))
    assert frozen.stages[0] == free.stages[0] == alone.replicates
    names = [str(recipe) for recipe, _, _ in engine.calls]
    assert names == ["base (10 epochs)", f"{FROZEN}", f"{FREE}"]
    assert trainer.trained == 24
    for _, _, jobs in engine.calls[1:]:
        for job, parent in zip(jobs, frozen.stages[0], strict=True):
            assert (job.cell.repeat, job.cell.fold, job.seed) == (parent.key.repeat, parent.key.fold, parent.key.seed)
            assert job.parent == Store(tmp_path).model_path(parent)


def test_a_parent_is_shared_with_a_later_run(new_trainer):
    train(new_trainer(), FROZEN)
    later = new_trainer()
    train(later, FREE)
    assert (later.trained, later.reused) == (8, 8)


def test_an_interrupted_run_goes_on_where_it_stopped(new_trainer, engine, tmp_path):
    engine.fail_after(2)
    trainer = new_trainer()
    with pytest.raises(RuntimeError, match="out of memory"):
        train(trainer)
    records = sorted(tmp_path.glob("replicates/*/*.json"))
    assert (len(records), trainer.trained) == (2, 2)
    before = [record.read_bytes() for record in records]
    engine.before_result = lambda: None
    later = new_trainer()
    arm = train(later)
    assert (later.trained, later.reused) == (6, 2)
    assert [record.read_bytes() for record in records] == before
    done = [(repeat, fold, seed) for _, repeat, fold, seed in engine.trained[8:]]
    assert done == [(each.key.repeat, each.key.fold, each.key.seed) for each in arm.replicates[:6]]


def truncate(record):
    record.write_bytes(record.read_bytes()[:-30])


def edit(record):
    content = json.loads(record.read_text())
    content["metrics"]["accuracy"] = 1.0
    record.write_text(json.dumps(content))


def change_model(record):
    [model] = record.parent.glob(f"{record.stem}*.keras")
    model.write_bytes(b"another model")


def lose_model(record):
    [model] = record.parent.glob(f"{record.stem}*.keras")
    model.unlink()


@pytest.mark.parametrize("damage", [truncate, edit, change_model, lose_model])
def test_a_damaged_record_is_set_aside_and_trained_again(new_trainer, tmp_path, damage):
    arm = train(new_trainer())
    record = next(tmp_path.glob(f"replicates/*/{arm.replicates[3].id}.json"))
    damage(record)
    damaged = record.read_bytes()
    notes = []
    later = new_trainer(note=notes.append)
    mended = train(later)
    assert (later.trained, later.reused) == (1, 7)
    assert [each.metrics for each in mended.replicates] == [each.metrics for each in arm.replicates]
    assert damaged in [path.read_bytes() for path in tmp_path.glob("set-aside/*.json")]
    assert str(record) in notes[0]


def test_a_fresh_run_trains_anew_but_shares_what_it_trained(new_trainer):
    train(new_trainer(), FROZEN)
    fresh = new_trainer(fresh=True)
    train(fresh, FROZEN)
    train(fresh, FREE)
    assert (fresh.trained, fresh.reused) == (24, 0)


def staged(**changes):
    return Recipe(Stage(base, **changes))


@pytest.mark.parametrize(
    "recipe",
    [
        staged(epochs=11),
        staged(batch_size=64),
        staged(optimizer="sgd"),
        staged(optimizer=lambda: keras.optimizers.Adam(0.5)),
        staged(loss=lambda: keras.losses.SparseCategoricalCrossentropy(from_logits=True)),
        staged(saved_as="h5"),
        Recipe(Stage(narrow)),
        Recipe(Stage(base), preprocess=min_max),
    ],
    ids=["epochs", "batch", "optimizer", "rate", "loss", "format", "model", "preprocess"],
)
def test_another_recipe_is_trained(new_trainer, recipe):
    train(new_trainer())
    later = new_trainer()
    train(later, recipe)
    assert (later.trained, later.reused) == (8, 0)


def test_a_child_is_trained_anew_when_its_parent_is(new_trainer):
    train(new_trainer(), FROZEN)
    later = new_trainer()
    train(later, Recipe(Stage(base, epochs=1), FROZEN.last))
    assert (later.trained, later.reused) == (16, 0)


@pytest.mark.parametrize(
    "other",
    [
        {"data": Dataset(x=X + 1, y=Y, name="tiny")},
        {"data": Dataset(x=X, y=1 - Y, name="tiny")},
        {"data": Dataset(x=X, y=Y, name="tiny", groups=np.arange(12) // 2)},
        {"design": dataclasses.replace(DESIGN, folds=3)},
        {"device": dataclasses.replace(CPU, kind="gpu")},
        {"backend": "jax"},
    ],
    ids=["x", "y", "groups", "folds", "device", "backend"],
)
def test_other_conditions_are_trained(new_trainer, other):
    train(new_trainer())
    later = new_trainer(**other)
    arm = train(later)
    assert (later.trained, later.reused) == (len(arm.replicates), 0)


@pytest.mark.parametrize("more", [{"repeats": 3}, {"seeds": 3}])
def test_a_larger_design_adds_to_what_is_there(new_trainer, more):
    train(new_trainer())
    later = new_trainer(design=dataclasses.replace(DESIGN, **more))
    train(later)
    assert (later.trained, later.reused) == (4, 8)


def test_the_name_of_a_data_set_and_of_a_processor_change_nothing(new_trainer):
    train(new_trainer())
    named = Dataset(x=X, y=Y, name="another name", source="another place")
    later = new_trainer(data=named, device=dataclasses.replace(CPU, name="another", workers=3))
    train(later)
    assert (later.trained, later.reused) == (0, 8)


def test_a_replicate_that_diverged_is_recorded_as_that_and_not_tried_again(new_trainer, engine):
    engine.accuracy = lambda recipe, job: float("nan")
    arm = train(new_trainer())
    assert {each.status for each in arm.replicates} == {"not finite"}
    assert {each.metrics["accuracy"] for each in arm.replicates} == {None}
    later = new_trainer()
    train(later)
    assert (later.trained, later.reused) == (0, 8)


def test_progress_counts_from_what_is_there(new_trainer, engine):
    engine.fail_after(6)
    with pytest.raises(RuntimeError):
        train(new_trainer())
    engine.before_result = lambda: None
    told = []
    train(new_trainer(progress=lambda *progress: told.append(progress)))
    assert told == [("base (10 epochs)", done, 8) for done in (6, 7, 8)]


def test_some_cells_are_trained_and_the_others_later(new_trainer, engine):
    told = []
    trainer = new_trainer(progress=lambda *progress: told.append(progress))
    arm = Arm("treatment", FROZEN)
    cells = list(DESIGN.split(DATA))

    first, whole = trainer.train(arm, cells[:2]), trainer.train(arm, cells)

    assert [len(stage) for stage in first.stages] == [4, 4]
    assert [stage[:4] for stage in whole.stages] == first.stages
    assert whole == new_trainer().train(arm)
    assert [{job.cell.repeat for job in jobs} for _, _, jobs in engine.calls[:4]] == [{0}, {0}, {1}, {1}]
    assert (trainer.trained, trainer.reused) == (16, 0)
    counted = [(done, total) for what, done, total in told if what == str(FROZEN)]
    assert counted == [(done, 8) for done in (*range(5), *range(4, 9))]


def test_a_stored_child_that_began_with_another_parents_weights_is_trained_anew(new_trainer, engine, monkeypatch):
    """A parent that was trained again, on another machine say, need not have ended with the same bits."""
    weight = {"path": "kept/kernel", "shape": (3, 2), "trainable": True, "frozen": False}
    child = TrainedWeight(**weight, start="b", end="b", inherited_from=0)
    parent = TrainedWeight(**weight, start="a", end="b", inherited_from=None)
    give = engine.train

    def train_related(recipe, data, jobs, *, device):
        for job, result in give(recipe, data, jobs, device=device):
            yield job, dataclasses.replace(result, weights=[child if job.parent else parent])

    monkeypatch.setattr("negres_core.engine.selection.train", train_related)
    train(new_trainer(), FREE)
    again = new_trainer()
    train(again, FREE)
    assert (again.trained, again.reused) == (0, 16)

    parent = parent.updated(end="other bits")
    child = child.updated(start="other bits")
    train(new_trainer(fresh=True), BASE)
    later = new_trainer()
    arm = train(later, FREE)
    assert (later.trained, later.reused) == (8, 8)
    assert {weight.start for each in arm.replicates for weight in each.weights} == {"other bits"}


def test_replicates_that_version_0_1_0_recorded_by_the_text_of_the_code_are_reused(new_trainer, tmp_path):
    """Their key has the digest of the recipe's text; a parent and its child are both found."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "negres_core.engine.description.digest_recipe",
            lambda description: f"older {len(description.stages)}",
        )
        train(new_trainer(), FREE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "negres_core.engine.description.digest_recipe_by_text", lambda recipe, data: f"older {len(recipe.stages)}"
        )
        later = new_trainer()
        train(later, FREE)

    assert (later.trained, later.reused) == (0, 16)
    without = new_trainer()
    train(without, FREE)
    assert (without.trained, without.reused) == (16, 0)
