from __future__ import annotations

from negres_core.report.paper.conduct import (
    describe_budgets,
    describe_controls,
    describe_hardware,
    describe_software,
    describe_tuning,
)
from tests.fakes import BUDGET, PROVENANCE
from tests.report.page.suites import FINDING, write_hypothesis


def say(sentences):
    return " ".join(f"{each.text}." for each in sentences)


def cites(sentences):
    return {key for each in sentences for key in each.cites}


def test_controls_are_named_with_their_number_where_not_all_have_them(store, study_of):
    one = write_hypothesis(store, "one")
    more = [{"control": name, "passed": True, **FINDING} for name in ("finite", "duplicates")]
    two = write_hypothesis(store, "two", controls=more)
    text = say(describe_controls(study_of(one, two)))
    assert (
        "2 controls applied (in parentheses to how many hypotheses, if not to all 2): duplicates (1) and finite" in text
    )
    assert "No control failed." in text


def test_a_failed_control_and_one_that_is_waived_are_told_apart(store, study_of):
    failed = [{"control": "finite", "passed": False, **FINDING}]
    waived = [failed[0] | {"waived": "it is known"}]
    records = [write_hypothesis(store, "one", controls=failed), write_hypothesis(store, "two", controls=waived)]
    assert "A control failed for 1 of 2 hypotheses (finite: 1)" in say(describe_controls(study_of(*records)))


def test_runs_with_fewer_controls_are_counted(store, study_of):
    records = [
        write_hypothesis(store, "one", controlled="cheap"),
        write_hypothesis(store, "two", controlled="none", own_controls={"no \x1b zeros": "d" * 64}),
    ]
    text = say(describe_controls(study_of(*records)))
    assert "For 1 of 2 hypotheses, only controls that train nothing ran" in text
    assert "For 1 of 2 hypotheses, no control ran" in text
    assert "Controls of the authors' own: no \\x1b zeros" in text


def test_scores_that_were_given_had_no_control(store, study_of, scores):
    text = say(describe_controls(study_of(write_hypothesis(store, scores=scores))))
    assert text == "Scores were given, so no control could check the pipeline."
    assert describe_hardware(study_of(write_hypothesis(store, scores=scores))) == []


def test_budgets_are_ranges_and_unequal_ones_are_counted(store, study_of):
    one = write_hypothesis(store, "one")
    text = say(describe_budgets(study_of(one)))
    assert "for 2 epochs and 6 optimizer steps" in text
    assert "8 trainable weights" in text
    assert "the same number of optimizer steps in 1 of 1 comparison." in text

    longer = one.arms[0].updated(budget=BUDGET | {"steps": 6_000})
    text = say(describe_budgets(study_of(one.updated(arms=[longer, one.arms[1]]))))
    assert "6 to 6,000 optimizer steps" in text
    assert "in none of 1 comparison." in text


def test_equal_budgets_are_named_by_their_unit(store, study_of):
    arm = {"declared_epochs": 2, "epochs": 2, "left_over": 0.0}
    equal = {"counted_in": "steps", "budget": 6.0, "arms": {"treatment": arm, "control": arm}}
    records = [write_hypothesis(store, "one", equal=equal), write_hypothesis(store, "two")]
    text = say(describe_budgets(study_of(*records)))
    assert "For 1 of 2 hypotheses, both arms had the same budget, in steps" in text
    assert "in 1 of 1 other comparison." in text


def test_early_stopping_makes_epochs_limits(store, study_of):
    evidence = write_hypothesis(store)
    assert "stop early" not in say(describe_budgets(study_of(evidence)))
    monitor = {"share": 0.1, "metric": "accuracy", "higher_is_better": True, "patience": 3, "restores_best": True}
    arm = evidence.arms[0]
    stage = arm.description.stages[0].updated(monitor=monitor)
    arm = arm.updated(description=arm.description.updated(stages=[stage]))
    assert "stop early" in say(describe_budgets(study_of(evidence.updated(arms=[arm, evidence.arms[1]]))))


def test_fits_have_no_budget_and_no_framework(store, study_of):
    evidence = write_hypothesis(store)
    none = dict.fromkeys(BUDGET, 0)
    fits = evidence.updated(arms=[arm.updated(budget=none) for arm in evidence.arms])
    assert describe_budgets(study_of(fits)) == []
    assert "chollet2015keras" not in cites(describe_software(study_of(fits)))


def test_software_is_what_the_hypotheses_ran_with(store, study_of):
    packages = {"negres": "0.1.0", "keras": "3.1", "jax": "0.4", "torch": "2.9", "scikit-learn": "1.6", "numpy": "2.1"}
    one = write_hypothesis(store, provenance=PROVENANCE | {"packages": packages, "backend": "jax"})
    sentences = describe_software(study_of(one))
    known = cites(sentences)
    assert "Python 3.11.0, negres 0.1.0, Keras 3.1, JAX 0.4, scikit-learn 1.6, NumPy 2.1 and SciPy" in say(sentences)
    assert known >= {"negres", "chollet2015keras", "bradbury2018jax", "pedregosa2011scikit", "harris2020array"}
    assert not known & {"abadi2016tensorflow", "paszke2019pytorch"}  # they are installed, and were not used


def test_hardware_and_time_are_told(store, study_of):
    text = say(describe_hardware(study_of(write_hypothesis(store))))
    assert "Hardware: cpu: some processor, under Linux" in text
    assert "20 replicates, those of controls and trials included, took 95.0 s" in text
    assert "the peak memory of one is 1 GiB" in text
    next(store.folder.glob("replicates/*/*.json")).unlink()
    evidence = store.read_evidence(next(iter(store.evidence_paths())))
    assert "20 replicates (time not known of 1), those" in say(describe_hardware(study_of(evidence)))


def test_tuning_is_described_with_its_sampler(store, study_of):
    evidence = write_hypothesis(store)
    assert describe_tuning(study_of(evidence)) == []
    arm = evidence.arms[0]
    digest = arm.description.digest
    plan = {"make": "make", "source": "", "code": "c", "space": {"rate": {"kind": "float", "low": 0.1, "high": 1.0}}}
    plan |= {"trials": 8, "sampler": "tpe", "metric": "accuracy", "higher_is_better": True}
    trial = {"settings": {"rate": 0.5}, "score": 0.7, "replicates": []}
    tuning = {
        "plan": plan,
        "searches": [{"repeat": 0, "fold": 0, "chosen": 0, "trials": [trial] * 8}],
        "recipes": {digest: arm.description.model_dump(mode="json")},
        "chosen": [digest],
        "budget": {"epochs": 1, "steps": 1, "flops": 1, "seconds": 1.0},
    }
    sentences = describe_tuning(study_of(evidence.updated(arms=[arm.updated(tuning=tuning), evidence.arms[1]])))
    assert "by 8 trials" in say(sentences)
    assert cites(sentences) == {"bergstra2011algorithms", "akiba2019optuna"}
    plan["sampler"] = "random"
    assert cites(describe_tuning(study_of(evidence.updated(arms=[arm.updated(tuning=tuning)])))) == {
        "bergstra2012random"
    }
