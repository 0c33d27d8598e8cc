"""Eight shards of real networks on digits, merged, give the evidence of one run; a confirmation has shards, too."""

from __future__ import annotations

import keras
import pytest
from sklearn.datasets import load_digits

from negres_core import Dataset, KFolds, Recipe, Stage, beats
from negres_core.design import Shard
from negres_core.engine.device import choose_device
from negres_core.errors import EvidenceError
from negres_core.evidence import Ledger, Store, read_shards, write_shard
from negres_core.evidence.completeness import waiting_in
from negres_core.evidence.merging import Source, carry_out, plan_merge
from negres_core.experiment.experiment import Experiment
from negres_core.experiment.recheck import recheck
from negres_core.experiment.registration import on_record
from tests.experiment.simple_arms import DATA, ONE, TWO

X, Y = load_digits(return_X_y=True)
DIGITS = Dataset(x=X[:120] / 16, y=Y[:120], name="digits")
FIT = {"epochs": 1, "batch_size": 16}


def base(input_shape, outputs):
    hidden = keras.layers.Dense(64, activation="relu", name="hidden")
    last = keras.layers.Dense(outputs, activation="softmax", name="last")
    return keras.Sequential([keras.layers.Input(input_shape), hidden, last])


def grown(input_shape, outputs):
    new = keras.layers.Dense(64, activation="relu", name="new")
    return keras.Sequential([keras.layers.Input(input_shape), new, *base(input_shape, outputs).layers])


GROWTH = Recipe(Stage(base, **FIT), Stage(grown, inherits=base, freezes=base, **FIT))
BASE = Recipe(Stage(base, **FIT))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Return a function that compares growth with its base in a folder, whole or one shard of it."""
    folder, device = tmp_path_factory.mktemp("shards"), choose_device("cpu")

    def compare(name, shard=None):
        place = {"store": Store(folder / name), "device": device, "controls": "none", "shard": shard}
        experiment = Experiment(hypothesis="growth", title="growth pays", **place)
        design = KFolds(3, repeats=3, looks=False)
        evidence = experiment.compare(GROWTH, against=BASE, on=DIGITS, claim=beats("accuracy", by=0.05), design=design)
        return evidence, place["store"]

    return compare


@pytest.fixture(scope="module")
def shards(run):
    """The stores of eight shards, by their names."""
    return {f"shard {shard.number}": run(f"shard {shard.number}", shard)[1] for shard in Shard(1, 8).siblings}


def merge(stores, into):
    sources = [Source(name, store) for name, store in stores.items()]
    carry_out(plan_merge(sources, Source("merged", into)), into)


def numbers_in(store):
    """Return all of each replicate but times and places; the file of a model has a date, its weights have digests."""
    excluded = {"cost", "provenance", "recorded_at", "model"}
    found = [store.find(path.stem) for path in store.folder.glob("replicates/*/*.json")]
    return {replicate.id: replicate.model_dump(exclude=excluded) for replicate in found}


def test_eight_shards_of_networks_give_the_evidence_of_one_run_bit_for_bit(run, shards):
    whole, one = run("one")
    folder = one.folder.with_name("merged")
    merge(shards, Store(folder))
    assert [waiting.missing for waiting in waiting_in(Store(folder))] == [[]]
    evidence, store = run("merged")
    assert evidence.timings.trained == 0
    assert evidence.substance() == whole.substance()
    assert numbers_in(store) == numbers_in(one)
    assert recheck(evidence, store, None) == []


def test_one_missing_shard_is_named_and_one_of_another_version_is_refused(shards, tmp_path):
    others = {name: store for name, store in shards.items() if name != "shard 3"}
    merge(others, seven := Store(tmp_path / "seven"))
    [waiting] = waiting_in(seven)
    assert waiting.shards == ["3/8"]
    [third] = read_shards(shards["shard 3"])
    assert waiting.missing == [(cell.repeat, cell.fold) for cell in third.cells]

    packages = third.provenance.packages | {"keras": "3.12.4"}
    write_shard(Store(tmp_path / "older"), third.updated(provenance=third.provenance.updated(packages=packages)))
    with pytest.raises(EvidenceError, match=r"shard 3/8 in shard 3 with keras 3\.12\.4"):
        merge(others | {"shard 3": Store(tmp_path / "older")}, Store(tmp_path / "eight"))
    assert not (tmp_path / "eight").exists()


def test_a_confirmation_is_trained_in_shards_once_it_is_registered(tmp_path, new_experiment):
    ledger = Ledger(tmp_path / "ledger.jsonl")

    def confirm(store, shard=None):
        record = on_record(ledger, store)
        options = {"store": store, "shard": shard, "confirming": True, "ledger": ledger, "expected": "supported"}
        experiment = new_experiment(**options, register_or_compare=record)
        claim, design = beats("accuracy"), KFolds(3, repeats=2)
        return experiment.compare(TWO, against=ONE, on=DATA, claim=claim, design=design, confirm=0.4)

    stores = {f"shard {number}": Store(tmp_path / str(number)) for number in (1, 2)}
    for number, store in enumerate(stores.values(), start=1):
        confirm(store, Shard(number, 2))
    merge(stores, merged := Store(tmp_path / "merged"))
    evidence = confirm(merged)
    assert evidence.timings.trained == 0
    assert evidence.seal.phase == "confirming"
