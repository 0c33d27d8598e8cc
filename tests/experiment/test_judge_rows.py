"""Single test rows are judged by a fixed split and a time series, also if their scores are given."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from negres_core.claim import beats, matches, reaches
from negres_core.design import FixedSplit, TimeSeries
from negres_core.errors import InputError
from negres_core.evidence import Store
from negres_core.experiment.given_scores import EARLIER_PLAN
from negres_core.experiment.judge import Judge
from negres_core.experiment.recheck import recheck
from tests.experiment.simple_arms import BLIND, DATA, ONE, TWO

BETTER = beats("accuracy")


@pytest.fixture
def judge(tmp_path):
    """Return a function that judges scores of the arms A and B."""

    def judge(scores, *, design, claim=BETTER, control="B"):
        known = Judge(hypothesis="a test", title="A beats B", store=Store(tmp_path / "evidence"))
        return known.judge(scores, treatment="A", control=control, claim=claim, design=design)

    return judge


def by_row(truth, *predicted):
    """Return scores of single rows in the long form: 1 where an arm is right; `predicted` has (seeds, rows) per arm."""
    return pd.DataFrame(
        [
            {"arm": arm, "seed": seed, "row": row, "accuracy": int(label == truth[row])}
            for arm, of_seeds in zip("AB", predicted, strict=False)
            for seed, labels in enumerate(of_seeds)
            for row, label in enumerate(labels)
        ]
    )


SPLIT = FixedSplit(train=range(150), test=range(150, 300), seeds=4)
SERIES = TimeSeries(5, gap=2)


@pytest.mark.parametrize(
    ("design", "claim", "arms"),
    [
        (SPLIT, beats("accuracy", by=0.01), (TWO, ONE)),
        (SPLIT, matches("accuracy", within=0.2), (TWO, ONE)),
        (SPLIT, reaches("accuracy", bar=0.7), (TWO,)),
        (SERIES, beats("accuracy"), (ONE, BLIND)),
    ],
    ids=["beats", "matches", "reaches", "time series"],
)
def test_their_scores_are_judged_as_a_run_is(new_experiment, judge, design, claim, arms):
    experiment = new_experiment(controls="none")
    if len(arms) == 1:
        trained = experiment.measure(*arms, on=DATA, claim=claim, design=design)
    else:
        trained = experiment.compare(arms[0], against=arms[1], on=DATA, claim=claim, design=design)
    rows = experiment.store.read_row_scores(trained)
    frame = by_row(np.ones(rows.shape[2]), *rows).sample(frac=1, random_state=1)

    judged = judge(frame, claim=claim, design=design, control="B" if len(arms) > 1 else None)

    for field in ("looks", "estimate", "verdict", "finding", "explanation", "p_value"):
        assert getattr(judged, field) == getattr(trained, field), field
    np.testing.assert_allclose(judged.differences, trained.differences, rtol=1e-12, atol=1e-12)
    assert "repeat" not in str(judged).split("scores  ")[1].splitlines()[0]


@pytest.fixture
def frame():
    rng = np.random.default_rng(2)
    truth = np.ones(150)
    return by_row(truth, rng.uniform(size=(4, 150)) < 0.9, rng.uniform(size=(4, 150)) < 0.6)


def test_they_are_kept_and_verified(judge, frame, tmp_path):
    evidence = judge(frame, design=SPLIT)
    assert (evidence.verdict, evidence.scores.repeats, len(evidence.differences)) == ("supported", 4, 4)
    assert recheck(evidence, Store(tmp_path / "evidence"), None) == []


def test_seeds_that_an_earlier_version_asked_for_are_not_verified_and_say_what_to_do(new_experiment, judge, tmp_path):
    experiment = new_experiment(controls="none")
    trained = experiment.compare(TWO, against=ONE, on=DATA, claim=beats("accuracy", by=0.03), design=SPLIT)
    rows = experiment.store.read_row_scores(trained)
    judged = judge(by_row(np.ones(rows.shape[2]), *rows), claim=beats("accuracy", by=0.03), design=SPLIT)

    for evidence, store in ((trained, experiment.store), (judged, Store(tmp_path / "evidence"))):
        assert (evidence.verdict, recheck(evidence, store, None)) == ("inconclusive", [])
        assert recheck(evidence.updated(finding="needs 999 seeds"), store, None) == [EARLIER_PLAN]
        forged = evidence.updated(finding="needs 999 seeds", verdict="refuted")
        assert EARLIER_PLAN not in recheck(forged, store, None)


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        (lambda frame: frame.query("row < 149"), "rows of the table are not the test rows"),
        (lambda frame: frame.query("seed < 3"), "seeds of the table are not those"),
        (lambda frame: frame.assign(accuracy=0.5), "accuracy of a single row is 0 or 1"),
        (lambda frame: frame.rename(columns={"row": "fold"}), "layout of the table is unknown"),
    ],
)
def test_others_than_those_of_the_design_are_refused(judge, frame, change, wrong):
    with pytest.raises(InputError, match=wrong):
        judge(change(frame), design=SPLIT)


def test_too_few_are_refused(judge, frame):
    with pytest.raises(InputError, match="Fewer than 100 test rows"):
        judge(frame.query("row < 40 and seed == 0"), design=TimeSeries(4))
    with pytest.raises(InputError, match="rows of the table are not the test rows"):
        judge(frame.query("seed == 0"), design=TimeSeries(4))
