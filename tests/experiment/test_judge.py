"""Scores that exist already are judged like those of arms that negres trains, and say that no control could run."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from negres_core import Fit, Metric, Recipe
from negres_core.claim import beats, matches, reaches
from negres_core.design import FixedSplit, Holdout, KFolds, LeaveOneGroupOut
from negres_core.errors import InputError
from negres_core.evidence import AS_GIVEN, Ledger, Store, read_scores
from negres_core.experiment.judge import Judge, known_before
from negres_core.experiment.registration import register
from negres_core.scores import Columns
from tests.experiment.simple_arms import BLIND, DATA, ONE, PATIENTS, TWO

DESIGN = KFolds(folds=5, repeats=4)
BETTER = beats("accuracy")


CASES = {
    "decided at the first look": (ONE, BLIND, beats("accuracy"), DESIGN),
    "undecided after all looks": (TWO, ONE, beats("accuracy", by=0.02), DESIGN),
    "one look": (TWO, ONE, beats("accuracy"), KFolds(folds=5, repeats=4, looks=False)),
    "refuted": (BLIND, ONE, beats("accuracy"), DESIGN),
    "a margin out of reach": (TWO, ONE, matches("accuracy", within=0.0001), DESIGN),
    "equivalent": (TWO, ONE, matches("accuracy", within=0.2), DESIGN),
    "seeds": (TWO, ONE, beats("accuracy"), KFolds(folds=3, repeats=3, seeds=3)),
    "lower is better": (ONE, BLIND, beats("mae"), DESIGN),
    "equal arms": (ONE, ONE, beats("accuracy"), DESIGN),
    "one arm": (TWO, None, reaches("accuracy", bar=0.7), DESIGN),
    "random splits": (TWO, ONE, beats("accuracy", by=0.01), Holdout(0.25, splits=12)),
    "random splits, one look": (TWO, ONE, beats("accuracy"), Holdout(0.3, splits=11, seeds=2)),
    "one group out": (ONE, BLIND, beats("accuracy"), LeaveOneGroupOut()),
    "one repeat": (ONE, BLIND, beats("accuracy"), KFolds(folds=10, repeats=1)),
}


def scores_of(evidence, store):
    """Return the scores of the replicates of evidence, in the long form of their design."""
    rows = []
    design = evidence.design.as_design()
    for arm in evidence.arms:
        for id in arm.own_replicates:
            replicate = store.find(id)
            repeat, fold = replicate.key.repeat, replicate.key.fold
            cell = {
                "k folds": {"repeat": repeat, "fold": fold},
                "random splits": {"split": design.folds * repeat + fold},
                "leave one group out": {"group": f"patient {fold}"},
            }[design.kind] | {"seed": replicate.key.seed}
            rows.append({"arm": arm.role, **cell, **replicate.metrics})
    return pd.DataFrame(rows)


@pytest.fixture
def judge(tmp_path):
    """Return a function that judges scores; it accepts the fields of the judge and the arguments of the claim."""

    def judge(scores, *, treatment="A", control="B", claim=BETTER, design=DESIGN, judge=None, **arguments):
        known = Judge(hypothesis="a test", title="A beats B", store=Store(tmp_path / "evidence"), **judge or {})
        return known.judge(scores, treatment=treatment, control=control, claim=claim, design=design, **arguments)

    return judge


def frame_of(repeats=4, folds=5, *, effect=0.05, seed=0):
    """Return scores in the wide form."""
    rng = np.random.default_rng(seed)
    control = 0.8 + 0.01 * rng.normal(size=repeats * folds)
    treatment = control + effect + 0.01 * rng.normal(size=repeats * folds)
    repeat, fold = np.divmod(np.arange(repeats * folds), folds)
    return pd.DataFrame({"repeat": repeat, "fold": fold, "A": treatment, "B": control})


@pytest.mark.parametrize(("treatment", "control", "claim", "design"), CASES.values(), ids=CASES)
@pytest.mark.parametrize("form", ["frame", "csv"])
def test_scores_of_a_run_are_judged_as_the_run_was_to_the_last_digit(
    new_experiment, judge, tmp_path, treatment, control, claim, design, form
):
    experiment, groups = new_experiment(controls="none"), None
    data = DATA
    if isinstance(design, LeaveOneGroupOut):
        data, groups = PATIENTS, 8
    if claim.metric == "mae":
        treatment, control = (Recipe(Fit(_errors_of(arm.fit.compute))) for arm in (treatment, control))
    if control is None:
        trained = experiment.measure(treatment, on=data, claim=claim, design=design)
    else:
        trained = experiment.compare(treatment, against=control, on=data, claim=claim, design=design)
    scores = scores_of(trained, experiment.store).sample(frac=1, random_state=1)
    if form == "csv":
        scores.to_csv(tmp_path / "scores.csv", index=False)
        scores = tmp_path / "scores.csv"

    judged = judge(
        scores,
        treatment="treatment",
        control=None if control is None else "control",
        claim=claim,
        design=design,
        rows=len(DATA),
        groups=groups,
    )

    for field in ("differences", "looks", "estimate", "verdict", "finding", "explanation", "p_value", "claim"):
        assert getattr(judged, field) == getattr(trained, field), field
    assert [arm.values for arm in judged.arms] == [arm.values for arm in trained.arms]
    for mine, other in zip(judged.arms, trained.arms, strict=True):
        assert mine.metrics == {claim.metric: other.metrics[claim.metric]}


def _errors_of(compute):
    def errors(train, test, seed):
        return {"mae": float(np.mean(np.abs(compute(train, test, seed) - test.y)))}

    return errors


def test_repeats_after_the_look_that_decided_are_kept_and_not_judged(judge):
    whole, half = judge(frame_of(4)), judge(frame_of(4).query("repeat < 1"))

    assert whole.estimate == half.estimate
    assert (len(whole.differences), whole.scores.repeats) == (1, 4)
    assert "3 repeats of 4 are after the look that decided and not judged" in str(whole)
    assert "after the look" not in str(half)


def test_everything_says_that_there_were_no_controls(judge):
    evidence = judge(frame_of(), data="digits")
    assert evidence.judgement == f"supported ({evidence.finding}), {AS_GIVEN}"
    assert (evidence.controlled, evidence.controls, evidence.data.name) == ("none", [], "digits")
    assert "scores      as given: no controls; from a table in memory" in str(evidence)


def test_the_scores_that_were_judged_are_kept_beside_the_evidence(judge, tmp_path):
    frame_of().to_csv(tmp_path / "mine.csv", index=False)
    evidence = judge(str(tmp_path / "mine.csv"))

    store = Store(tmp_path / "evidence")
    lines = read_scores(store, evidence).decode().splitlines()
    assert lines[0] == "arm,repeat,fold,seed,score"
    assert len(lines) == 1 + 2 * 4 * 5
    assert lines[1] == f"A,0,0,0,{float(frame_of().A[0])!r}"
    assert (evidence.data.name, evidence.scores.source) == ("mine", str(tmp_path / "mine.csv"))
    assert evidence.scores.source_sha256 is not None


def test_other_arms_of_the_table_are_named(judge):
    evidence = judge(frame_of().assign(C=0.5, D=0.5))
    assert evidence.scores.other_arms == ["C", "D"]
    assert "other arms or columns of the table: C, D" in str(evidence)


def test_a_score_that_is_not_finite_makes_the_claim_invalid_wherever_it_is(judge):
    frame = frame_of()
    frame.loc[18, "B"] = np.nan
    evidence = judge(frame)
    assert (evidence.verdict, evidence.estimate) == ("invalid", None)
    assert "1 cell of an arm not finite: B in repeat 4, fold 4" in str(evidence)


def test_without_the_number_of_rows_the_evidence_says_what_is_not_considered(judge):
    assert "the number of rows is not known" in str(judge(frame_of()))
    assert "the number of rows" not in str(judge(frame_of(), rows=300))


def test_equal_scores_are_no_equality_of_shares_of_few_rows(judge):
    """Two arms that differ in one fold of many: with the number of rows, the spread is not taken for nothing."""
    frame = frame_of()
    frame["A"] = frame["B"]
    frame.loc[0, "A"] += 0.01
    claim = matches("accuracy", within=0.005)
    assert judge(frame, claim=claim, rows=100).verdict != "supported"


def test_few_digits_in_a_file_do_not_make_equal_differences_vary(judge, tmp_path):
    frame = frame_of()
    frame["B"] = frame["B"].round(3)
    frame["A"] = frame["B"] + 0.001
    frame.round(3).to_csv(tmp_path / "scores.csv", index=False)
    evidence = judge(tmp_path / "scores.csv")
    assert (evidence.verdict, evidence.finding) == ("invalid", "variance")


def test_a_metric_that_negres_does_not_know_is_declared(judge):
    frame = frame_of().rename(columns={"A": "big", "B": "small"})
    metric = Metric("perplexity", higher_is_better=False, unit="perplexity")
    arguments = {"treatment": "big", "control": "small", "claim": beats("perplexity")}

    evidence = judge(frame, metric=metric, **arguments)

    assert (evidence.verdict, evidence.claim.unit, evidence.claim.higher_is_better) == ("refuted", "perplexity", False)


def test_columns_are_named_where_they_are_not_the_usual_ones(judge):
    frame = frame_of().rename(columns={"fold": "split", "repeat": "run"})
    assert judge(frame, columns=Columns(fold="split", repeat="run")).verdict == "supported"


def test_a_smoke_run_is_not_judged(judge, tmp_path):
    def refuse(commitment):
        raise AssertionError("a smoke run is not compared with the ledger")

    evidence = judge(frame_of(), judge={"smoke": True, "register_or_compare": refuse})
    assert (evidence.verdict, evidence.smoke, evidence.registration) == (None, True, None)


INVALID = {
    "claim": ({"claim": "beats"}, "`claim` has to be a claim"),
    "design": ({"design": {"folds": 5}}, "`design` has to be a design"),
    "no control": ({"control": None}, "there is only one"),
    "control of one arm": ({"claim": reaches("accuracy", bar=0.5)}, "there are two"),
    "same arm": ({"control": "A"}, "different names"),
    "empty name": ({"control": " "}, "different names"),
    "rows": ({"rows": 4}, "`rows` is the number of rows"),
    "rows that are true": ({"rows": True}, "`rows` is the number of rows"),
    "groups": ({"rows": 50, "groups": 51}, "`groups` is the number of groups"),
    "groups of rows": (
        {"design": FixedSplit(train=range(9), test=range(9, 50)), "groups": 12},
        "not valid for rows in groups",
    ),
    "no mean over rows": (
        {"design": FixedSplit(train=range(9), test=range(9, 50)), "claim": beats("roc_auc")},
        "The roc_auc of the test set is not a mean over its rows",
    ),
    "unknown number of groups": ({"design": LeaveOneGroupOut()}, "needs the number of groups"),
    "two groups": ({"design": LeaveOneGroupOut(groups=2)}, "needs the number of groups"),
    "other groups": ({"design": LeaveOneGroupOut(groups=9), "groups": 8}, "needs the number of groups"),
    "copies": ({"groups": 5}, "every repeat tests the same folds"),
    "unknown metric": ({"claim": beats("bleu")}, "its direction has to be given"),
    "other metric": (
        {"claim": beats("bleu"), "metric": Metric("rouge", higher_is_better=True, unit="ROUGE")},
        "not the one that the claim names",
    ),
    "known metric": (
        {"metric": Metric("accuracy", higher_is_better=False, unit="accuracy")},
        "not the one that the claim names",
    ),
    "no metric": ({"metric": "accuracy"}, "not the one that the claim names"),
    "percent": ({"claim": beats("accuracy", by=2)}, "a share, from 0 to 1"),
}


@pytest.mark.parametrize(("arguments", "wrong"), INVALID.values(), ids=INVALID)
def test_an_invalid_argument_is_refused_before_anything_is_recorded(judge, tmp_path, arguments, wrong):
    with pytest.raises(InputError, match=wrong):
        judge(frame_of(), **arguments)
    assert not (tmp_path / "evidence").exists()


def test_percent_in_place_of_shares_is_refused(judge):
    frame = frame_of()
    frame[["A", "B"]] *= 100
    with pytest.raises(InputError, match="accuracy is a share"):
        judge(frame)


def test_repeats_with_the_same_scores_everywhere_are_refused(judge, tmp_path):
    frame = frame_of()
    frame.loc[frame["repeat"] == 3, ["A", "B"]] = frame.loc[frame["repeat"] == 1, ["A", "B"]].to_numpy()
    with pytest.raises(InputError, match="Two repeats have the same scores in every fold") as raised:
        judge(frame)
    assert raised.value.received.startswith("equal scores in the repeats 1 and 3; the chance of that is ")
    assert not list(tmp_path.rglob("*.json"))

    frame.loc[frame.index[-1], "A"] += 1e-6
    assert judge(frame).verdict == "supported"


@pytest.mark.parametrize("arms", [["A"], ["A", "B"]])
def test_repeats_may_be_equal_where_scores_take_few_values(judge, arms):
    frame = frame_of(effect=0.1)
    frame.loc[frame["repeat"] < 2, ["A", "B"]] = [0.9, 0.8]
    frame.loc[frame["repeat"] >= 2, arms] = [0.9 if arm == "A" else 0.85 for arm in arms]
    assert judge(frame).verdict == "supported"


def test_fewer_repeats_than_planned_are_judged_only_if_a_look_decides(judge):
    with pytest.raises(InputError, match="fewer repeats than planned, and these do not decide") as raised:
        judge(frame_of(2, effect=0.0))
    assert raised.value.received.startswith("2 of repeats=4; so far inconclusive")
    assert "repeats=2" in raised.value.remedy


class TestRegistration:
    @pytest.fixture
    def ledger(self, tmp_path):
        return Ledger(tmp_path / "ledger.jsonl")

    @pytest.fixture
    def run(self, judge, tmp_path, ledger):
        """Return functions that register and that judge the same claim about a file."""
        path = tmp_path / "scores.csv"

        class RegisteredError(Exception):
            pass

        def end(commitment):
            register(commitment, ledger=ledger, store=Store(tmp_path), reason=None, seen=known_before(path))
            raise RegisteredError

        def run(*, then="compare", **arguments):
            what = end if then == "register" else ledger.compare
            fields = {"expected": "supported", "register_or_compare": what}
            try:
                return judge(path, judge=fields, **arguments)
            except RegisteredError:
                return None

        return run

    def test_a_claim_is_registered_before_its_scores_exist(self, run, tmp_path, ledger):
        assert run(then="register") is None
        frame_of().to_csv(tmp_path / "scores.csv", index=False)
        later = datetime.now(UTC) + timedelta(minutes=1)
        os.utime(tmp_path / "scores.csv", (later.timestamp(),) * 2)

        registration = run().registration

        assert (registration.status, registration.seen, registration.older) == ("registered", [], 0)
        assert "after a run" not in registration.notes

    def test_a_claim_that_is_registered_when_the_scores_exist_says_so(self, run, tmp_path):
        frame_of().to_csv(tmp_path / "scores.csv", index=False)
        run(then="register")
        evidence = run()
        assert evidence.registration.seen == ["scores as given"]
        assert "after a run" in evidence.registration.notes
        assert "registered after a run (scores as given)" in str(evidence)

    def test_a_file_that_is_older_than_the_entry_was_known(self, run, tmp_path):
        run(then="register")
        frame_of().to_csv(tmp_path / "scores.csv", index=False)
        os.utime(tmp_path / "scores.csv", (1e9, 1e9))
        assert run().registration.older == 20

    @pytest.mark.parametrize(
        ("arguments", "changed"),
        [
            ({"claim": beats("accuracy", by=0.01)}, ["margin"]),
            ({"design": KFolds(folds=5, repeats=4, looks=False)}, ["design", "stopping rule"]),
            ({"control": "C"}, ["control"]),
            ({"rows": 100}, ["data"]),
        ],
    )
    def test_what_differs_from_the_registration_is_named(self, run, tmp_path, arguments, changed):
        run(then="register")
        frame_of().assign(C=0.5).to_csv(tmp_path / "scores.csv", index=False)
        assert sorted(run(**arguments).registration.changed) == sorted(changed)

    def test_a_table_in_memory_is_known(self):
        assert known_before(frame_of()) == ["scores as given"]
