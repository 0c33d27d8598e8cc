"""A waived control: it runs, and a reason stands in the evidence in place of an invalid verdict."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from negres_core.arms.recipe import Recipe
from negres_core.arms.stage import Stage
from negres_core.claim import beats, reaches
from negres_core.dataset import Dataset
from negres_core.design import KFolds
from negres_core.errors import InputError
from negres_core.evidence import Finding, Ledger, Store
from negres_core.experiment.recheck import recheck, recompute
from negres_core.experiment.registration import on_record

Y = np.arange(400) % 2
DATA = Dataset(x=np.random.default_rng(0).normal(size=(400, 3)), y=Y, name="mine")


def base(input_shape, outputs):
    return keras.Sequential([keras.layers.Input(input_shape), keras.layers.Dense(outputs, "softmax")])


ONCE = KFolds(folds=2, repeats=2, looks=False)
GOOD, POOR = Recipe(Stage(base, epochs=3)), Recipe(Stage(base, epochs=1))
COPIES = Dataset(x=np.tile(DATA.x[:100], (4, 1)), y=np.tile(Y[:100], 4), name="copies")
"""Every row four times."""


class EnoughRows:
    """A control of one's own."""

    NAME, WHEN = "enough rows", "before"

    def check(self, run):
        rows = len(run.data)
        return Finding(control=self.NAME, passed=rows > 1000, found=f"{rows} rows", threshold="", remedy="Get more.")


ENOUGH = EnoughRows()


@pytest.fixture(autouse=True)
def scores(engine):
    """An arm with more epochs is more accurate; folds and repeats differ slightly."""
    engine.accuracy = lambda recipe, job: (
        0.6 + recipe.last.epochs * (0.1 + job.cell.fold / 100 + job.cell.repeat / 1000)
    )


def test_a_waived_control_runs_and_its_failure_does_not_count(new_experiment, engine, tmp_path):
    design = {"claim": beats("accuracy", by=0.01), "design": ONCE}
    invalid = new_experiment().compare(GOOD, against=POOR, on=COPIES, **design)
    assert (invalid.verdict, invalid.finding, invalid.arms) == ("invalid", "duplicates", [])

    reasons = {"duplicates": "the rows are counts"}
    evidence = new_experiment().compare(GOOD, against=POOR, on=COPIES, waive=reasons, **design)
    [failed] = [finding for finding in evidence.controls if not finding.passed]
    assert (failed.control, failed.waived) == ("duplicates", "the rows are counts")
    assert failed.updated(waived=None) in invalid.controls
    assert evidence.waived == reasons
    assert evidence.judgement == "supported (meaningfully better), waived: duplicates"
    store = Store(tmp_path)
    assert store.read_evidence(store.evidence_path("a test")) == evidence
    assert recheck(evidence, store, None) == []
    assert recompute(evidence, store).substance() == evidence.substance()


def test_a_waiver_of_one_control_does_not_cover_another(new_experiment, engine):
    engine.accuracy = lambda recipe, job: float("nan") if job.cell.fold else 0.9
    evidence = new_experiment().measure(
        GOOD, on=COPIES, claim=reaches("accuracy", bar=0.5), design=ONCE, waive={"duplicates": "the rows are counts"}
    )
    assert evidence.judgement == "invalid (finite), waived: duplicates"


def test_a_waiver_that_was_not_needed_is_noted(new_experiment):
    notes = []
    evidence = new_experiment(note=notes.append).compare(
        GOOD, against=POOR, on=DATA, claim=beats("accuracy", by=0.01), design=ONCE, waive={"duplicates": "no matter"}
    )
    assert evidence.judgement == "supported (meaningfully better)"
    assert notes == ["it holds, on mine: duplicates passed, so it need not be waived"]


def test_a_waiver_is_part_of_the_commitment(new_experiment):
    commitments = []
    for waive in (None, {"duplicates": "no matter"}):
        new_experiment(register_or_compare=commitments.append).compare(
            GOOD, against=POOR, on=DATA, claim=beats("accuracy", by=0.01), design=ONCE, waive=waive
        )
    without, with_waiver = commitments
    assert "waived" not in without.model_dump()
    assert without.differs_in(with_waiver) == ["waived controls"]


def test_a_verifier_finds_a_waiver_that_was_added_or_taken_away(new_experiment, tmp_path):
    evidence = new_experiment().compare(
        GOOD, against=POOR, on=DATA, claim=beats("accuracy", by=0.01), design=ONCE, waive={"duplicates": "no matter"}
    )
    store = Store(tmp_path)
    assert recheck(evidence.updated(waived={}), store, None) == [
        "it has another reason for waiving duplicates in its finding"
    ]
    added = evidence.updated(waived={"duplicates": "no matter", "majority class": "why not"})
    assert recheck(added, store, None) == [
        "it has another reason for waiving majority class in its finding",
        "it waives majority class, which cannot be waived",
    ]


def test_a_waiver_of_no_control_is_refused_before_training(new_experiment, engine, tmp_path):
    with pytest.raises(InputError, match="no control 'duplicate'"):
        new_experiment().measure(
            GOOD, on=DATA, claim=reaches("accuracy", bar=0.5), design=ONCE, waive={"duplicate": "why"}
        )
    assert engine.calls == []
    assert list(tmp_path.iterdir()) == []


def test_waivers_and_own_controls_are_verified_against_the_ledger(new_experiment, tmp_path):
    ledger, store = Ledger(tmp_path / "ledger.jsonl"), Store(tmp_path / "evidence")
    experiment = new_experiment(
        store=store, expected="supported", register_or_compare=on_record(ledger, store), own_controls=[ENOUGH]
    )
    waive = {"duplicates": "no matter", "enough rows": "400 are all there are"}
    evidence = experiment.compare(
        GOOD, against=POOR, on=DATA, claim=beats("accuracy", by=0.01), design=ONCE, waive=waive
    )
    assert evidence.judgement == "supported (meaningfully better), waived: enough rows"
    assert (evidence.registration.status, evidence.outcome) == ("registered", "as expected")
    assert recheck(evidence, store, ledger.entries()) == []

    changed = evidence.updated(own_controls={"enough rows": "e" * 64})
    assert recheck(changed, store, ledger.entries()) == ["its run differed from its registration in: own controls"]
