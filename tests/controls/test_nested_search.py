from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from negres_core import Dataset, Tuned
from negres_core.controls import nested_search
from negres_core.controls.nested_search import check
from negres_core.design import KFolds, nested_cells
from negres_core.evidence import SearchRecord, TrialRecord


def make(rate): ...


@pytest.fixture
def searched(new_run, new_replicate):
    """A run of which the treatment arm has two trials in each cell, and those of the cells that are given elsewhere."""

    def search(elsewhere=()):
        data = Dataset(x=np.random.default_rng(5).uniform(size=(200, 3)), y=np.arange(200) % 2, name="rows")
        design = KFolds(2, repeats=2)
        run = replace(new_run(), data=data, design=design, cells=list(design.split(data)))
        trials, searches = {}, []
        for place, cell in enumerate(nested_cells(design, data)):
            rows = "0" * 32 if place in elsewhere else cell.digest(len(data))
            found = [
                new_replicate(recipe=f"trial {number}", repeat=cell.repeat, fold=cell.fold, rows=rows)
                for number in range(2)
            ]
            trials |= {each.id: each for each in found}
            records = [TrialRecord(settings={"rate": 1}, score=0.5, replicates=[each.id]) for each in found]
            searches.append(SearchRecord(repeat=cell.repeat, fold=cell.fold, chosen=0, trials=records))
        tuned = Tuned(make, space={"rate": [1, 2]}, trials=2)
        arm = replace(run.arms[0], tuned=tuned, searches=searches, trials=trials)
        return replace(run, arms=[arm, run.arms[1]])

    return search


def test_arms_that_are_not_tuned_have_no_finding(new_run):
    assert check(new_run()) is None


def test_trials_inside_their_training_folds_pass(searched):
    finding = check(searched())

    assert finding.passed
    assert finding.found.startswith("0 rows of trials")
    assert "0 of 8 replicates" in finding.found


def test_trials_on_other_rows_fail(searched):
    finding = check(searched(elsewhere=[2]))

    assert not finding.passed
    assert "2 of 8 replicates" in finding.found


@pytest.mark.parametrize("part", ["test", "train"])
def test_trials_that_are_compared_on_test_rows_or_trained_rows_fail(searched, monkeypatch, part):
    run = searched()
    outer = list(run.cells)

    def leaky(design, data):
        cells = nested_cells(design, data)
        if part == "test":
            return [replace(cell, test=each.test) for cell, each in zip(cells, outer, strict=True)]
        return [replace(cell, test=np.union1d(cell.test, cell.train[:5])) for cell in cells]

    monkeypatch.setattr(nested_search, "nested_cells", leaky)
    finding = check(run)

    assert not finding.passed
    assert not finding.found.startswith("0 rows")
