"""Which replicates are trained and which are reused, with a fake engine."""

import dataclasses
import json

import keras
import numpy as np
import pytest

from negres_core.arms.recipe import Recipe
from negres_core.arms.stage import Stage
from negres_core.dataset import Dataset
from negres_core.design import KFolds
from negres_core.engine.device import Device
from negres_core.evidence import Budget, Cost, ProvenanceRecord, Store, TrainedWeight
from negres_core.experiment.training import Trainer, no_progress
from negres_core.run.arm import Arm
from negres_core.run.run import Run
from tests.fakes import BUDGET, PROVENANCE

CPU = Device("cpu", "some processor", "tensorflow", workers=1)
X, Y = np.arange(36.0).reshape(12, 3), np.arange(12) % 2
DATA = Dataset(x=X, y=Y, name="tiny")
DESIGN = KFolds(folds=2, repeats=2, seeds=2)


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
    """No two replicates of a recipe have the same accuracy."""
    engine.accuracy = lambda recipe, job: job.cell.repeat + job.cell.fold / 10 + job.seed / 100


@pytest.fixture
def new_trainer(tmp_path):
    """Return a function that makes the trainer of a new run, by default with the same store, data and design."""

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
    places = [(each.key.repeat, each.key.fold, each.key.seed) for each in arm.replicates]
    assert places == [(repeat, fold, seed) for repeat in (0, 1) for fold in (0, 1) for seed in (0, 1)]
    assert [each.metrics["accuracy"] for each in arm.replicates] == [
        repeat + fold / 10 + seed / 100 for repeat, fold, seed in places
    ]
    assert (trainer.trained, trainer.reused) == (8, 0)
    [(_, _, jobs)] = engine.calls
    for job in jobs:
        assert sorted([*job.cell.train, *job.cell.test]) == list(range(12))


def test_a_record_contains_the_results_of_the_engine(new_trainer, tmp_path):
    first = train(new_trainer()).replicates[0]
    assert Store(tmp_path).find(first.id) == first
    assert (first.status, first.curve, first.predictions.counts) == ("finished", [0.5] * 10, [6, 0])
    assert first.budget == Budget(**BUDGET | {"epochs": 10, "steps": 10})
    assert first.cost == Cost(train_s=0.5, steady_epoch_s=0.25)
    assert (first.weights[0].path, first.weights[0].start, first.weights[0].end) == ("kept/kernel", "a", "b")
    assert (first.key.data, first.key.folds, first.key.device) == (DATA.digest, 2, "cpu")
    assert Store(tmp_path).model_path(first).read_bytes() == b"base (10 epochs) 0.0"


def test_a_second_run_trains_nothing_and_finds_the_same_replicates(new_trainer, engine):
    first = train(new_trainer(), FROZEN)
    later = new_trainer()
    assert train(later, FROZEN) == first
    assert (later.trained, later.reused) == (0, 16)
    assert [len(jobs) for _, _, jobs in engine.calls[2:]] == [0, 0]


def test_a_parent_is_trained_once_for_all_recipes_that_inherit_it(new_trainer, engine, tmp_path):
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


def test_an_interrupted_run_continues_where_it_stopped(new_trainer, engine, tmp_path):
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
    places = [(repeat, fold, seed) for _, repeat, fold, seed in engine.trained[8:]]
    assert places == [(each.key.repeat, each.key.fold, each.key.seed) for each in arm.replicates[:6]]


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
def test_a_damaged_record_is_set_aside_and_retrained(new_trainer, tmp_path, damage):
    arm = train(new_trainer())
    record = next(tmp_path.glob(f"replicates/*/{arm.replicates[3].id}.json"))
    damage(record)
    damaged = record.read_bytes()
    notes = []
    later = new_trainer(note=notes.append)
    retrained = train(later)
    assert (later.trained, later.reused) == (1, 7)
    assert [each.metrics for each in retrained.replicates] == [each.metrics for each in arm.replicates]
    assert damaged in [path.read_bytes() for path in tmp_path.glob("set-aside/*.json")]
    assert str(record) in notes[0]


def test_a_fresh_run_retrains_everything_once(new_trainer):
    train(new_trainer(), FROZEN)
    fresh = new_trainer(fresh=True)
    train(fresh, FROZEN)
    train(fresh, FREE)
    assert (fresh.trained, fresh.reused) == (24, 0)


def recipe_of_stage(**fields):
    return Recipe(Stage(base, **fields))


@pytest.mark.parametrize(
    "recipe",
    [
        recipe_of_stage(epochs=11),
        recipe_of_stage(batch_size=64),
        recipe_of_stage(optimizer="sgd"),
        recipe_of_stage(optimizer=lambda: keras.optimizers.Adam(0.5)),
        recipe_of_stage(loss=lambda: keras.losses.SparseCategoricalCrossentropy(from_logits=True)),
        recipe_of_stage(saved_as="h5"),
        Recipe(Stage(narrow)),
        Recipe(Stage(base), preprocess=min_max),
    ],
    ids=["epochs", "batch", "optimizer", "rate", "loss", "format", "model", "preprocess"],
)
def test_another_recipe_is_trained_again(new_trainer, recipe):
    train(new_trainer())
    later = new_trainer()
    train(later, recipe)
    assert (later.trained, later.reused) == (8, 0)


def test_a_child_is_retrained_if_its_parent_is_another_recipe(new_trainer):
    train(new_trainer(), FROZEN)
    later = new_trainer()
    train(later, Recipe(Stage(base, epochs=1), FROZEN.last))
    assert (later.trained, later.reused) == (16, 0)


@pytest.mark.parametrize(
    "fields",
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
def test_other_data_folds_or_devices_are_trained_again(new_trainer, fields):
    train(new_trainer())
    later = new_trainer(**fields)
    arm = train(later)
    assert (later.trained, later.reused) == (len(arm.replicates), 0)


@pytest.mark.parametrize("fields", [{"repeats": 3}, {"seeds": 3}])
def test_a_larger_design_trains_only_the_additional_replicates(new_trainer, fields):
    train(new_trainer())
    later = new_trainer(design=dataclasses.replace(DESIGN, **fields))
    train(later)
    assert (later.trained, later.reused) == (4, 8)


def test_another_name_of_the_data_set_or_processor_retrains_nothing(new_trainer):
    train(new_trainer())
    renamed = Dataset(x=X, y=Y, name="another name", source="another place")
    later = new_trainer(data=renamed, device=dataclasses.replace(CPU, name="another", workers=3))
    train(later)
    assert (later.trained, later.reused) == (0, 8)


def test_a_diverged_replicate_is_recorded_as_such_and_not_retrained(new_trainer, engine):
    engine.accuracy = lambda recipe, job: float("nan")
    arm = train(new_trainer())
    assert {each.status for each in arm.replicates} == {"not finite"}
    assert {each.metrics["accuracy"] for each in arm.replicates} == {None}
    later = new_trainer()
    train(later)
    assert (later.trained, later.reused) == (0, 8)


def test_progress_counts_stored_replicates_as_ready(new_trainer, engine):
    engine.fail_after(6)
    with pytest.raises(RuntimeError):
        train(new_trainer())
    engine.before_result = lambda: None
    reports = []
    train(new_trainer(progress=lambda *report: reports.append(report)))
    assert reports == [("base (10 epochs)", done, 8) for done in (6, 7, 8)]


def test_some_cells_can_be_trained_first_and_the_others_later(new_trainer, engine):
    reports = []
    trainer = new_trainer(progress=lambda *report: reports.append(report))
    arm = Arm("treatment", FROZEN)
    cells = list(DESIGN.split(DATA))

    first, complete = trainer.train(arm, cells[:2]), trainer.train(arm, cells)

    assert [len(stage) for stage in first.stages] == [4, 4]
    assert [stage[:4] for stage in complete.stages] == first.stages
    assert complete == new_trainer().train(arm)
    assert [{job.cell.repeat for job in jobs} for _, _, jobs in engine.calls[:4]] == [{0}, {0}, {1}, {1}]
    assert (trainer.trained, trainer.reused) == (16, 0)
    counts = [(done, total) for what, done, total in reports if what == str(FROZEN)]
    assert counts == [(done, 8) for done in (*range(5), *range(4, 9))]


def test_a_stored_child_is_retrained_if_it_started_from_other_weights_than_those_of_its_parent(
    new_trainer, engine, monkeypatch
):
    """A parent that was retrained, for example on another machine, may have ended with different bits."""
    weight = {"path": "kept/kernel", "shape": (3, 2), "trainable": True, "frozen": False}
    child = TrainedWeight(**weight, start="b", end="b", inherited_from=0)
    parent = TrainedWeight(**weight, start="a", end="b", inherited_from=None)
    fake_train = engine.train

    def train_related(recipe, data, jobs, *, device):
        for job, result in fake_train(recipe, data, jobs, device=device):
            yield job, dataclasses.replace(result, weights=[child if job.parent else parent])

    monkeypatch.setattr("negres_core.engine.selection.train", train_related)
    train(new_trainer(), FREE)
    unchanged = new_trainer()
    train(unchanged, FREE)
    assert (unchanged.trained, unchanged.reused) == (0, 16)

    parent = parent.updated(end="other bits")
    child = child.updated(start="other bits")
    train(new_trainer(fresh=True), BASE)
    later = new_trainer()
    arm = train(later, FREE)
    assert (later.trained, later.reused) == (8, 8)
    assert {weight.start for each in arm.replicates for weight in each.weights} == {"other bits"}


VERSIONS = tuple(f"{name}=={version}" for name, version in PROVENANCE["packages"].items())
"""The packages that the records of these tests name."""


@pytest.mark.parametrize(("packages", "trained"), [(VERSIONS, 0), (("keras==2.0",), 16), (("lightgbm==4.0",), 16)])
def test_replicates_without_packages_in_their_keys_are_reused_if_their_provenance_names_them(
    packages, trained, new_trainer, monkeypatch
):
    monkeypatch.setattr("negres_core.engine.description.packages_of_recipe", lambda recipe: None)
    train(new_trainer(), FREE)
    monkeypatch.setattr("negres_core.engine.description.packages_of_recipe", lambda recipe: packages)
    later = new_trainer()
    train(later, FREE)

    assert (later.trained, later.reused) == (trained, 16 - trained)


def test_another_version_of_a_package_that_a_recipe_uses_is_another_replicate(new_trainer, monkeypatch):
    for version, trained in (("1", 16), ("2", 16), ("1", 0)):
        monkeypatch.setattr(
            "negres_core.engine.description.packages_of_recipe", lambda recipe, version=version: (f"keras=={version}",)
        )
        trainer = new_trainer()
        train(trainer, FREE)

        assert trainer.trained == trained


def test_replicates_that_version_0_1_0_stored_by_the_text_of_their_code_are_reused(new_trainer, tmp_path):
    """Their key contains the digest of the recipe's text. A parent and its child are both found."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "negres_core.evidence.RecipeDescription.digest", property(lambda self: f"older {len(self.stages)}")
        )
        patch.setattr("negres_core.engine.description.packages_of_recipe", lambda recipe: None)
        train(new_trainer(), FREE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "negres_core.engine.description.digest_recipe_by_text", lambda recipe, data: f"older {len(recipe.stages)}"
        )
        patch.setattr("negres_core.engine.description.packages_of_recipe", lambda recipe: VERSIONS)
        later = new_trainer()
        train(later, FREE)

    assert (later.trained, later.reused) == (0, 16)
    without = new_trainer()
    train(without, FREE)
    assert (without.trained, without.reused) == (16, 0)
