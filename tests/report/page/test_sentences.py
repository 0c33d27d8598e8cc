from __future__ import annotations

import pytest

from negres_core.report.page.sentences import state_claim, state_expectation, state_limits, state_verdict
from tests.report.page.suites import write_hypothesis


@pytest.fixture
def evidence(store):
    return write_hypothesis(store)


@pytest.mark.parametrize(
    ("claim", "sentence"),
    [
        (
            {},
            "On digits, the treatment arm, treatment net (4 epochs), has higher accuracy than the control arm, "
            "control net (4 epochs), by at least 0.01.",
        ),
        (
            {"threshold": 0.0, "metric": "loss", "unit": "nats", "higher_is_better": False},
            "On digits, the treatment arm, treatment net (4 epochs), has lower loss than the control arm, "
            "control net (4 epochs), by any amount.",
        ),
        (
            {"kind": "matches", "threshold": 0.25, "metric": "psnr", "unit": "dB"},
            "On digits, the treatment arm, treatment net (4 epochs), and the control arm, control net (4 epochs), "
            "differ in psnr by less than 0.25 dB.",
        ),
        (
            {"kind": "reaches", "threshold": 0.9},
            "On digits, the treatment arm, treatment net (4 epochs), reaches accuracy of 0.9 or more.",
        ),
        (
            {"kind": "reaches", "threshold": 1.5, "metric": "loss", "unit": "nats", "higher_is_better": False},
            "On digits, the treatment arm, treatment net (4 epochs), reaches loss of 1.5 nats or less.",
        ),
    ],
)
def test_a_claim_is_a_sentence(evidence, claim, sentence):
    assert state_claim(evidence.updated(claim=evidence.claim.updated(**claim))) == sentence


def test_a_claim_about_arms_of_one_name_says_what_tells_them_apart(evidence):
    treatment, control = evidence.arms
    stage = control.description.stages[0].updated(class_weight="balanced")
    description = control.description.updated(stages=[stage])
    same = evidence.updated(arms=[treatment.updated(recipe=control.recipe, description=description), control])
    assert state_claim(same).endswith(
        "by at least 0.01. The arms differ in: class weights balanced in the treatment arm, none in the control arm."
    )


def test_a_claim_of_a_run_without_arms_names_their_roles(evidence):
    assert state_claim(evidence.updated(arms=[])).startswith("On digits, the treatment arm has higher accuracy than")


def test_a_verdict_says_what_it_means_and_why(new_evidence):
    assert state_verdict(new_evidence()) == [
        "The data show that the claim does not hold: worse.",
        "It was worse.",
    ]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        (
            {"smoke": True, "verdict": None},
            "Nothing was judged: this was a smoke run, with tiny data and a tiny budget.",
        ),
        (
            {"status": "started", "verdict": None},
            "There is no verdict: the run was interrupted, or is still in progress.",
        ),
        (
            {"controlled": "none"},
            "No control was run. So the pipeline was checked less thoroughly than with all controls.",
        ),
        ({"verdict": "invalid", "finding": "finite"}, "The pipeline failed one of its own checks, so its numbers mean"),
    ],
)
def test_what_weakens_a_verdict_is_said(new_evidence, fields, sentence):
    assert any(each.startswith(sentence) for each in state_verdict(new_evidence(**fields)))


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        (
            {},
            "No verdict was expected beforehand; the hypothesis was not registered before the run, so it is "
            "exploratory.",
        ),
        (
            {"expected": "supported", "outcome": "surprise"},
            "This is a surprise: the expected verdict is supported; the hypothesis was not registered before the run, "
            "so it is exploratory.",
        ),
        (
            {"expected": "refuted", "registration": {"status": "registered", "committed": True}},
            "This is the expected verdict; the hypothesis was registered before the run.",
        ),
        (
            {"expected": "refuted", "registration": {"status": "registered"}},
            "This is the expected verdict; the hypothesis was registered before the run. The entry was not "
            "committed when the run began, so its date rests only on the clock of the machine that registered it.",
        ),
        (
            {"expected": "refuted", "registration": {"status": "registered", "committed": True, "older": 4}},
            "This is the expected verdict; the hypothesis was registered after a run.",
        ),
        (
            {
                "expected": "refuted",
                "registration": {"status": "amended", "committed": True, "seen": ["inconclusive", "refuted"]},
            },
            "This is the expected verdict; the hypothesis was registered, and amended after a run, with these verdicts "
            "known: inconclusive, refuted.",
        ),
        (
            {
                "expected": "refuted",
                "registration": {"status": "changed", "changed": ["margin", "data"], "committed": True},
            },
            "This is the expected verdict; the run differs from the registration in: margin, data.",
        ),
        ({"expected": "refuted", "verdict": None, "status": "started"}, "The expected verdict is refuted."),
        ({"verdict": None, "status": "started"}, ""),
    ],
)
def test_the_expectation_is_a_sentence(new_evidence, fields, sentence):
    assert state_expectation(new_evidence(**fields)) == sentence


def test_older_evidence_gets_the_limits_of_its_design(new_evidence):
    assert state_limits(new_evidence(does_not_show="Not this.")) == "Not this."
    assert "it does not show" in state_limits(new_evidence())
