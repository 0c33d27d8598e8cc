"""A stranger verifies tuned arms by their records: what is forged about trials is found."""

from __future__ import annotations

import pytest

from negres_core import KFolds, beats
from negres_core.experiment.recheck import recheck
from negres_core.experiment.replicate_checks import find_replicates
from negres_core.experiment.tuning_checks import check_tuning
from tests.experiment.simple_arms import COLUMNS, DATA, SHIFTS


@pytest.fixture
def run(new_experiment):
    """Return a function that runs two tuned arms, and returns the evidence and its store."""
    experiment = new_experiment()
    evidence = experiment.compare(
        SHIFTS, against=COLUMNS, on=DATA, claim=beats("accuracy", by=0.05), design=KFolds(3, repeats=1)
    )
    return evidence, experiment.store


def forged(evidence, change):
    """Return evidence whose treatment arm has another record of its tuning, a dictionary that is changed in place."""
    treatment, control = evidence.arms
    content = treatment.tuning.model_dump()
    change(content)
    return evidence.updated(arms=[treatment.updated(tuning=content), control])


def test_what_an_honest_run_recorded_is_sound(run):
    evidence, store = run

    assert recheck(evidence, store, None) == []
    assert recheck(forged(evidence, lambda tuning: None), store, None) == []


def another(search):
    search["chosen"] = (search["chosen"] + 1) % 3


FORGERIES = {
    "another trial chosen": (lambda tuning: another(tuning["searches"][0]), "did not choose the best trial"),
    "a better score": (
        lambda tuning: tuning["searches"][0]["trials"][0].update(score=0.99),
        "whose score is not the accuracy of its replicate",
    ),
    "fewer trials": (lambda tuning: tuning["searches"][1]["trials"].pop(), "trials, not 3"),
    "more trials than there were": (lambda tuning: tuning["plan"].update(trials=20), "it has 3 trials, not 20"),
    "a search left out": (lambda tuning: tuning["searches"].pop(), "not those of its cells"),
    "searches of other cells": (
        lambda tuning: tuning["searches"].reverse(),
        "not those of its cells",
    ),
    "a trial of another cell": (
        lambda tuning: tuning["searches"][0]["trials"].__setitem__(0, tuning["searches"][1]["trials"][0]),
        "a trial of another cell",
    ),
    "settings outside of the space": (
        lambda tuning: [each["trials"][0]["settings"].update(shift=9.0) for each in tuning["searches"]],
        "outside of its space",
    ),
    "a setting of another name": (
        lambda tuning: [each["trials"][0].update(settings={"rate": 0.0}) for each in tuning["searches"]],
        "outside of its space",
    ),
    "settings that differ between cells": (
        lambda tuning: tuning["searches"][0]["trials"][0]["settings"].update(
            shift=tuning["searches"][0]["trials"][1]["settings"]["shift"]
        ),
        "differ between cells",
    ),
    "a smaller budget": (lambda tuning: tuning["budget"].update(seconds=0.0), "budget of its search"),
    "a trial that does not exist": (
        lambda tuning: tuning["searches"][0]["trials"][0].update(replicates=["0" * 32]),
        "missing or damaged replicates of trials",
    ),
    "an id that is none": (
        lambda tuning: tuning["searches"][0]["trials"][0].update(replicates=["../x"]),
        "missing or damaged replicates of trials",
    ),
    "another description": (
        lambda tuning: tuning["recipes"].update({"0" * 64: next(iter(tuning["recipes"].values()))}),
        "are not those that it chose",
    ),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_search_is_found(run, name):
    evidence, store = run
    change, said = FORGERIES[name]

    problems = recheck(forged(evidence, change), store, None)

    assert any(said in problem for problem in problems), problems


def test_a_test_score_in_place_of_a_validation_score_is_found(run):
    evidence, store = run
    treatment = evidence.arms[0]
    own = store.find(treatment.own_replicates[0])

    def boast(tuning):
        search = tuning["searches"][0]
        search["trials"][search["chosen"]].update(replicates=[own.id], score=own.metrics["accuracy"])

    problems = check_tuning(forged(evidence, boast), find_replicates(forged(evidence, boast), store)[0], store)

    assert any("scored on the test rows" in problem for problem in problems)


def test_an_arm_that_is_called_tuned_and_was_not_is_found(run):
    evidence, store = run
    treatment, control = evidence.arms

    problems = recheck(evidence.updated(arms=[treatment, control.updated(tuning=treatment.tuning)]), store, None)

    assert problems
