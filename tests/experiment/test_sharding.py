"""All shards together train what one run trains, bit for bit, and the run that judges them trains nothing."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from negres_core import Dataset, FixedSplit, Holdout, KFolds, Recipe, Stage, TimeSeries, beats, reaches
from negres_core.design import Shard
from negres_core.evidence import Store, read_shards
from negres_core.evidence.completeness import waiting_in
from negres_core.evidence.merging import Source, carry_out, plan_merge
from negres_core.experiment.sharding import NotShardableError
from tests.experiment.simple_arms import BLIND, COLUMNS, DATA, ONE, SHIFTS, TWO

CLAIM = beats("accuracy", by=0.05)
DESIGNS = [
    KFolds(3, repeats=3),
    KFolds(3, repeats=3, seeds=2, looks=False),
    Holdout(test=0.3, splits=6),
    FixedSplit(train=range(200), test=range(200, 300), seeds=5),
    TimeSeries(4, seeds=2),
]


def dense(input_shape, outputs):
    return keras.Sequential([keras.layers.Input(input_shape), keras.layers.Dense(outputs, "softmax")])


def compare(experiment, treatment=TWO, control=ONE, *, claim=CLAIM, design=DESIGNS[0], on=DATA, **options):
    return experiment.compare(treatment, against=control, on=on, claim=claim, design=design, **options)


def without_times(replicate):
    return replicate.model_dump(exclude={"cost", "provenance", "recorded_at"})


def replicates_in(store):
    return {path.stem: without_times(store.find(path.stem)) for path in store.folder.glob("replicates/*/*.json")}


@pytest.fixture
def shards(tmp_path, new_experiment):
    """Train all shards of a comparison in folders of their own, but those that are left out; return their stores."""

    def train(of, *arms, without=(), controls="cheap", **arguments):
        stores = []
        for shard in Shard(1, of).siblings:
            if shard.number not in without:
                store = Store(tmp_path / f"shard {shard.number}")
                compare(new_experiment(store=store, shard=shard, controls=controls), *arms, **arguments)
                stores.append(store)
        return stores

    return train


@pytest.fixture
def merged(tmp_path):
    """Merge stores, and return the store that they were merged into."""

    def merge(stores):
        target = Source("merged", Store(tmp_path / "merged"))
        carry_out(plan_merge([Source(store.folder.name, store) for store in stores], target), target.store)
        return target.store

    return merge


@pytest.mark.parametrize(
    ("design", "of"),
    list(zip(DESIGNS, (8, 2, 2, 2, 2), strict=True)),
    ids=["looks", "seeds", "splits", "fixed", "time"],
)
def test_all_shards_give_the_evidence_of_one_run(tmp_path, new_experiment, shards, merged, design, of):
    whole = compare(new_experiment(store=Store(tmp_path / "one")), design=design)
    store = merged(shards(of, design=design))
    evidence = compare(new_experiment(store=store), design=design)
    assert evidence.timings.trained == 0
    assert evidence.substance() == whole.substance()
    assert replicates_in(store).items() >= replicates_in(Store(tmp_path / "one")).items()


def test_tuned_arms_search_in_each_shard_for_its_cells(tmp_path, new_experiment, shards, merged):
    whole = compare(new_experiment(store=Store(tmp_path / "one")), SHIFTS, COLUMNS)
    store = merged(shards(2, SHIFTS, COLUMNS))
    evidence = compare(new_experiment(store=store), SHIFTS, COLUMNS)
    assert evidence.timings.trained == 0
    assert evidence.substance() == whole.substance()


def test_the_shard_of_the_first_cell_trains_the_small_runs_of_controls(tmp_path, new_experiment, shards, merged):
    whole = compare(new_experiment(store=Store(tmp_path / "one"), controls="all"))
    assert whole.small_runs
    stores = shards(2, controls="all")
    store = merged(stores)
    evidence = compare(new_experiment(store=store, controls="all"))
    assert evidence.timings.trained == 0
    assert evidence.substance() == whole.substance()
    trained = [set(replicates_in(each)) for each in stores]
    assert sum(map(len, trained)) == len(set().union(*trained)), "a replicate was trained by two shards"


def test_a_missing_shard_is_trained_by_the_run_that_judges(tmp_path, new_experiment, shards, merged):
    design = KFolds(3, repeats=3, looks=False)
    whole = compare(new_experiment(store=Store(tmp_path / "one")), design=design)
    store = merged(shards(4, without=[3], design=design))
    [waiting] = waiting_in(store)
    assert waiting.shards == ["3/4"]
    evidence = compare(new_experiment(store=store), design=design)
    assert evidence.timings.trained == 2 * len(waiting.missing)
    assert evidence.substance() == whole.substance()


def test_a_shard_writes_no_evidence_and_its_record_goes_when_the_hypothesis_is_judged(new_experiment, shards, merged):
    store = merged(shards(2))
    assert store.current_evidence() == []
    [one, two] = read_shards(store)
    assert one.commitment == two.commitment
    assert len(one.cells) + len(two.cells) == 9
    assert all(len(cell.replicates) == 2 for cell in one.cells)
    compare(new_experiment(store=store))
    assert list(read_shards(store)) == []


def test_more_shards_than_cells_leave_some_without(shards, merged):
    stores = shards(7, design=KFolds(2, repeats=2))
    assert sum(not record.cells for store in stores for record in read_shards(store)) == 3
    [waiting] = waiting_in(merged(stores))
    assert not waiting.missing


def test_a_shard_resumes_where_it_was_interrupted(tmp_path, new_experiment):
    store, shard = Store(tmp_path / "shard"), Shard(1, 2)
    compare(new_experiment(store=store, shard=shard))
    [first] = read_shards(store)
    compare(new_experiment(store=store, shard=shard))
    [again] = read_shards(store)
    assert again.substance() == first.substance()
    assert (again.timings.trained, again.timings.reused) == (0, first.timings.trained)


def test_hypotheses_that_share_an_arm_have_its_replicates_in_one_shard(tmp_path, new_experiment):
    of_shard = []
    for shard in Shard(1, 3).siblings:
        store = Store(tmp_path / f"shard {shard.number}")
        compare(new_experiment(store=store, shard=shard), design=KFolds(3, repeats=2))
        compare(new_experiment("another", store=store, shard=shard), BLIND, ONE, design=KFolds(3, repeats=4))
        of_shard.append(set(replicates_in(store)))
    assert sum(map(len, of_shard)) == len(set().union(*of_shard)) == 6 + 12 + 12


def test_after_a_failed_control_a_shard_trains_nothing_and_the_run_is_invalid(tmp_path, new_experiment, shards, merged):
    rng = np.random.default_rng(0)
    x, y = np.repeat(rng.normal(size=(60, 4)), 4, axis=0), np.repeat(np.arange(60) % 2, 4)
    copies = Dataset(x=x, y=y, name="each row four times")
    store = merged(shards(2, on=copies))
    assert not replicates_in(store)
    [waiting] = waiting_in(store)
    assert list(waiting.failed) == ["duplicates"]
    assert compare(new_experiment(store=store), on=copies).verdict == "invalid"


def test_a_claim_about_seconds_is_left_to_the_run_that_judges(tmp_path, new_experiment, engine):
    arm = Recipe(Stage(dense))
    with pytest.raises(NotShardableError, match="the session that judges it measures the times"):
        compare(new_experiment(shard=Shard(1, 2)), arm, arm, claim=beats("seconds"))
    assert not engine.trained


def test_one_arm_is_measured_in_shards_too(tmp_path, new_experiment, merged):
    def measure(experiment):
        return experiment.measure(TWO, on=DATA, claim=reaches("accuracy", bar=0.6), design=DESIGNS[0])

    stores = [Store(tmp_path / str(number)) for number in (1, 2)]
    for number, store in enumerate(stores, start=1):
        measure(new_experiment(store=store, shard=Shard(number, 2)))
    assert measure(new_experiment(store=merged(stores))).timings.trained == 0
