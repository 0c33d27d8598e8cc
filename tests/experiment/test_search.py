"""Searches: every trial is a replicate inside a training fold, the best is trained on all of it, and none twice."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from negres_core import Fit, FixedSplit, KFolds, Metric, Recipe, Stage, TimeSeries, Tuned, beats, matches, reaches
from negres_core.design import nested_cells
from negres_core.errors import InputError
from negres_core.evidence import Store
from negres_core.experiment.recheck import recheck
from negres_core.experiment.search import Recipes
from tests.experiment.simple_arms import COLUMNS, DATA, ONE, PATIENTS, SHIFTS, make_shifted, shifted

FOLDS = KFolds(3, repeats=2)
CLAIM = beats("accuracy", by=0.05)


@pytest.fixture
def experiment(new_experiment):
    return new_experiment()


def arm_of(evidence, role="treatment"):
    return next(arm for arm in evidence.arms if arm.role == role)


def compare(experiment, treatment=SHIFTS, control=COLUMNS, *, on=DATA, claim=CLAIM, design=FOLDS, **options):
    return experiment.compare(treatment, against=control, on=on, claim=claim, design=design, **options)


def test_each_cell_has_its_trials_and_trains_the_best_of_them(experiment):
    evidence = compare(experiment)

    for arm in evidence.arms:
        cells = FOLDS.folds * len(arm.values)
        assert [(each.repeat, each.fold) for each in arm.tuning.searches] == [divmod(cell, 3) for cell in range(cells)]
        for search, id in zip(arm.tuning.searches, arm.own_replicates, strict=True):
            scores = [trial.score for trial in search.trials]
            assert len(scores) == 3
            assert search.chosen == int(np.argmax(scores))
            last = experiment.store.find(search.best.replicates[-1])
            assert last.metrics["accuracy"] == search.best.score
            assert last.key.recipe == experiment.store.find(id).key.recipe
    assert arm_of(evidence).tuning.searches[0].best.settings == {"shift": 0.0}
    assert "tuned: 3 trials" in evidence.judgement
    assert recheck(evidence, experiment.store, None) == []


def test_trials_see_validation_rows_and_no_test_rows(experiment, monkeypatch):
    seen = []

    def spy(train, test, *, shift):
        seen.append((len(train), len(test), shift))
        return shifted(train, test, shift=shift)

    def make(shift):
        return Recipe(Fit(functools.partial(spy, shift=shift)))

    experiment.measure(
        Tuned(make, space={"shift": [-1.0, 0.0]}, trials=2),
        on=DATA,
        claim=reaches("accuracy", bar=0.5),
        design=KFolds(3, repeats=1),
    )

    [nested] = {(len(cell.train), len(cell.test)) for cell in nested_cells(KFolds(3, repeats=1), DATA)}
    assert nested == (170, 30)
    trials, rest = seen[:2], [each for each in seen if each[:2] == nested]
    assert [each[:2] for each in trials] == [nested, nested]
    assert len(rest) == 6


def test_the_settings_of_random_trials_are_the_same_in_all_cells(experiment):
    tuning = arm_of(compare(experiment)).tuning

    assert len({str([trial.settings for trial in search.trials]) for search in tuning.searches}) == 1


def test_trials_of_one_setting_are_trained_together(new_experiment, monkeypatch):
    from negres_core.engine import fits

    calls, train = [], fits.train

    def counted(recipe, data, jobs, *, device):
        calls.append(len(jobs))
        yield from train(recipe, data, jobs, device=device)

    monkeypatch.setattr(fits, "train", counted)
    arm = Tuned(make_shifted, space={"shift": [-3.0, 0.0]}, trials=2)

    new_experiment().measure(arm, on=DATA, claim=reaches("accuracy", bar=0.5), design=KFolds(5, repeats=1))

    # The first cell is searched before the controls, the other four side by side; then the chosen recipe is trained.
    assert calls == [1, 1, 4, 4, 5]


def test_nothing_is_trained_twice_and_an_interrupted_search_goes_on(tmp_path, new_experiment, monkeypatch):
    from negres_core.engine import fits

    train, left = fits.train, iter(range(9))

    def interrupted(recipe, data, jobs, *, device):
        for each in train(recipe, data, jobs, device=device):
            if next(left, None) is None:
                raise KeyboardInterrupt
            yield each

    monkeypatch.setattr(fits, "train", interrupted)
    with pytest.raises(KeyboardInterrupt):
        compare(new_experiment(store=Store(tmp_path / "cut")))
    monkeypatch.setattr(fits, "train", train)

    resumed = compare(new_experiment(store=Store(tmp_path / "cut")))
    whole = compare(new_experiment(store=Store(tmp_path / "whole")))
    again = compare(new_experiment(store=Store(tmp_path / "whole")))

    assert resumed.timings.reused == 9
    assert resumed.timings.trained + 9 == whole.timings.trained
    assert again.timings.trained == 0
    assert resumed.substance() == whole.substance() == again.substance()


def test_tpe_searches_each_cell_by_its_own_results(experiment):
    def make(shift):
        return make_shifted(shift)

    from optuna.distributions import FloatDistribution

    arm = Tuned(make, space={"shift": FloatDistribution(-3, 3)}, trials=14, sampler="tpe")
    evidence = experiment.measure(arm, on=DATA, claim=reaches("accuracy", bar=0.5), design=KFolds(3, repeats=1))

    trials = [[trial.settings["shift"] for trial in each.trials] for each in arm_of(evidence).tuning.searches]
    assert trials[0][:10] == trials[1][:10] == trials[2][:10]
    assert len({tuple(each) for each in trials}) > 1
    assert recheck(evidence, experiment.store, None) == []


def test_several_seeds_share_the_search_of_their_cell(experiment):
    evidence = compare(experiment, design=KFolds(3, repeats=1, seeds=2))

    arm = arm_of(evidence)
    assert len(arm.tuning.searches) == 3
    assert len(arm.own_replicates) == 6
    assert recheck(evidence, experiment.store, None) == []


def test_another_metric_than_that_of_the_claim_chooses(experiment):
    treatment, control = (Tuned(each.make, space=each.space, trials=3, on="recall") for each in (SHIFTS, COLUMNS))

    evidence = compare(experiment, treatment, control)

    arm = arm_of(evidence)
    assert arm.tuning.plan.metric == "recall"
    for search in arm.tuning.searches:
        replicate = experiment.store.find(search.best.replicates[-1])
        assert search.best.score == replicate.metrics["recall"]
    assert recheck(evidence, experiment.store, None) == []


def test_a_metric_of_ones_own_may_choose(experiment):
    def missed(targets, labels):
        return float(((targets == 1) & (labels == 0)).mean())

    metric = Metric("missed", higher_is_better=False, unit="share", compute=missed, takes="labels")
    treatment, control = (Tuned(each.make, space=each.space, trials=3, on=metric) for each in (SHIFTS, COLUMNS))

    evidence = compare(experiment, treatment, control)

    plan = arm_of(evidence).tuning.plan
    assert plan.metric.startswith("missed@")
    assert not plan.higher_is_better
    for search in arm_of(evidence).tuning.searches:
        assert search.best.score == min(trial.score for trial in search.trials)


@pytest.mark.parametrize(
    ("design", "data"),
    [
        (FixedSplit(train=range(150), test=range(150, 300), seeds=3), DATA),
        (TimeSeries(2), DATA),
        (KFolds(4, repeats=1), PATIENTS),
    ],
    ids=["fixed split", "series", "groups"],
)
def test_every_design_can_be_searched_in(experiment, design, data):
    evidence = compare(experiment, on=data, design=design)

    assert evidence.verdict in ("supported", "refuted", "inconclusive"), evidence
    assert recheck(evidence, experiment.store, None) == []


def test_an_arm_may_be_tuned_against_one_that_is_not_if_that_is_waived(experiment):
    failed = compare(experiment, control=ONE, claim=matches("accuracy", within=0.1))
    waived = compare(
        experiment,
        control=ONE,
        claim=matches("accuracy", within=0.1),
        waive={"unequal tuning": "the claim is about tuning"},
    )

    assert (failed.verdict, failed.finding) == ("invalid", "unequal tuning")
    assert waived.verdict in ("supported", "inconclusive")
    assert "tuned: treatment 3, control not" in waived.judgement
    assert "waived: unequal tuning" in waived.judgement


def test_a_smoke_run_has_two_trials(new_experiment):
    evidence = compare(new_experiment(smoke=True))

    assert arm_of(evidence).tuning.plan.trials == 2
    assert evidence.verdict is None


def test_recipes_are_made_once_and_have_equal_stages():
    def make(deep):
        first = Stage(base)
        return Recipe(first, Stage(grown, inherits=base)) if deep else Recipe(first)

    recipes = Recipes(Tuned(make, space={"deep": [0, 1, False]}, trials=2))

    assert recipes.of({"deep": 0}) is recipes.of({"deep": 0})
    assert recipes.of({"deep": False}) is not recipes.of({"deep": 0})
    with pytest.raises(InputError, match="same number of stages"):
        recipes.of({"deep": 1})


def base(): ...


def grown(): ...


def test_a_metric_that_a_recipe_does_not_report_is_refused(experiment):
    def make(shift):
        def numbers(train, test):
            return {"accuracy": 0.5}

        return Recipe(Fit(numbers))

    with pytest.raises(InputError, match="Trials are compared by 'recall'"):
        compare(experiment, treatment=Tuned(make, space={"shift": [0, 1]}, trials=2, on="recall"), control=ONE)
