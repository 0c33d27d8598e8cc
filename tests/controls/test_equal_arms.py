from __future__ import annotations

from dataclasses import replace

from negres_core.controls.equal_arms import check


def test_arms_that_differ_pass(new_run, with_models):
    finding = check(with_models(new_run()))

    assert finding.passed
    assert finding.found.endswith("differ")


def test_arms_that_are_one_computation_fail(new_run, with_models):
    finding = check(with_models(new_run(), answers={"same": True}))

    assert not finding.passed
    assert finding.control == "equal arms"
    assert finding.found.endswith("train the same function in the same way")


def test_a_single_arm_and_a_run_without_models_have_no_finding(new_run, with_models):
    run = with_models(new_run(), answers={"same": True})

    assert check(replace(run, arms=run.arms[:1])) is None
    assert check(new_run()) is None
