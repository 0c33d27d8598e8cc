from __future__ import annotations

from pathlib import Path

import pytest

from negres_core.report.words import render
from tests.fakes import BUDGET, DESCRIPTION, SEAL

PICTURE = {"name": "originals", "caption": "Ten faces.", "file": "pictures/originals-0a1b2c3d.png", "sha256": "0" * 64}
ARM = {
    "role": "treatment",
    "recipe": "grown (2 epochs)",
    "description": DESCRIPTION,
    "budget": BUDGET,
    "metrics": {"accuracy": {"mean": 0.5, "sd": 0.1, "min": 0.4, "max": float("nan")}},
    "values": [],
    "replicates": [],
}
FAILED = {
    "control": "finite",
    "passed": False,
    "found": "1 of 4 replicates turned NaN",
    "threshold": "expected 0",
    "remedy": "Lower the rate.",
}
ESTIMATE = {
    "effect": 0.0123,
    "standard_error": 0.002,
    "dof": 3,
    "sd": 0.01,
    "cell_count": 4,
    "test_train_ratio": 1.0,
    "statistic": 6.15,
    "p_greater": 0.1,
    "p_less": 0.9,
    "p_two_sided": 0.2,
    "interval_90": (0.0089, 0.0157),
    "interval_95": (0.0082, 0.0164),
    "probability_better": 0.9,
}
POWER = {"sd": 0.01, "known_from": "4 cells of 'it'", "detectable": 0.01383, "equivalence": 0.00921, "floor": 0.008}


def test_the_text_states_the_verdict_and_its_reason(new_evidence):
    fields = {"differences": [[0.1, 0.2]] * 2, "controls": [FAILED, FAILED | {"passed": True}]}
    evidence = new_evidence(arms=[ARM], expected="supported", **fields)

    assert render(evidence).splitlines() == [
        "growth beats scratch, on digits: refuted (worse)",
        "  expected    supported",
        "  treatment   grown (2 epochs): accuracy mean 0.5000, min 0.4000, max not finite",
        "  margin      0.01 accuracy",
        "  cells       4 (2 folds x 2 repeats, 1 seed each)",
        "  control     finite failed: 1 of 4 replicates turned NaN; expected 0. Lower the rate. "
        "See docs/controls.md#finite.",
        "  because     It was worse.",
    ]


def test_the_text_says_that_power_was_computed_when_all_replicates_were_there(new_evidence):
    timings = {"started_at": "2025-01-01T00:00:00+00:00", "trained": 0, "reused": 8}
    assert "(from 4 cells of 'it', when all replicates already existed)" in render(
        new_evidence(power=POWER, timings=timings)
    )
    assert "(from 4 cells of 'it')" in render(new_evidence(power=POWER, timings=timings | {"trained": 8}))


def test_the_text_says_what_tells_arms_of_one_name_apart(new_evidence):
    stage = DESCRIPTION["stages"][0] | {"batch_size": 64}
    control = ARM | {"role": "control", "description": DESCRIPTION | {"stages": [stage]}}
    lines = render(new_evidence(arms=[ARM, control])).splitlines()

    assert lines[3] == "  differ in   batch size 7 in the treatment arm, 64 in the control arm"


def test_the_text_says_how_long_an_arm_with_patience_was_trained(new_evidence):
    monitor = {"share": 0.1, "metric": "loss", "higher_is_better": False, "patience": 5, "restores_best": True}
    description = DESCRIPTION | {"stages": [DESCRIPTION["stages"][0] | {"monitor": monitor}]}
    text = render(new_evidence(arms=[ARM | {"description": description}]))

    assert f"max not finite; trained for {BUDGET['epochs']} epochs on average" in text
    assert "on average" not in render(new_evidence(arms=[ARM]))


def test_the_text_says_what_waived_controls_found_and_why_they_are_waived(new_evidence):
    waived = {"finite": "one run is enough", "budget": "why not", "duplicates": "they are days"}
    controls = [
        FAILED | {"waived": "one run is enough"},
        FAILED | {"control": "budget", "passed": True, "waived": "why not"},
    ]
    lines = render(new_evidence(controls=controls, waived=waived)).splitlines()

    assert lines[0] == "growth beats scratch, on digits: refuted (worse), waived: finite"
    assert [line for line in lines if line.startswith("  waived")] == [
        "  waived      finite failed: 1 of 4 replicates turned NaN; expected 0. Waived because: one run is enough",
        "  waived      budget passed. Waived because: why not",
        "  waived      duplicates has no finding: it did not run, or does not apply. Waived because: they are days",
    ]
    assert not [line for line in lines if line.startswith("  control ")]


def test_the_text_says_that_a_control_is_of_the_users_own(new_evidence):
    own = {"prices": "e" * 64}
    text = render(new_evidence(controls=[FAILED | {"control": "prices"}, FAILED], own_controls=own))

    assert "  control     prices (a control of your own) failed: 1 of 4 replicates" in text
    assert "#prices" not in text
    assert "  control     finite failed: 1 of 4 replicates" in text


def test_the_text_is_that_of_a_failed_assertion(new_evidence):
    evidence = new_evidence(arms=[ARM], pictures=[PICTURE])

    assert str(evidence) == render(evidence)


def test_an_estimate_and_the_power_of_the_design_are_shown(new_evidence):
    lines = render(new_evidence(estimate=ESTIMATE, power=POWER)).splitlines()

    interval, p = "95% interval [+0.0082, +0.0164]", "standard error 0.002, p 0.2 (two-sided)"
    assert f"  effect      +0.0123 accuracy, {interval}, {p}" in lines
    power = "detects an effect of 0.0138 with 80% power; shows equivalence within 0.00921"
    assert f"  power       {power} (from 4 cells of 'it')" in lines


def test_an_expected_verdict_that_came_true_is_not_repeated(new_evidence):
    assert "expected" not in render(new_evidence(expected="refuted"))


def test_the_registration_is_shown(new_evidence):
    lines = render(new_evidence(registration={"status": "exploratory"})).splitlines()

    assert "  registered  exploratory: the hypothesis is not in the ledger" in lines


OPENED = SEAL | {"phase": "confirming"}


@pytest.mark.parametrize(
    ("seal", "prior", "lines"),
    [
        (
            SEAL,
            {},
            [
                "  explored    on the open rows; 17 of 57 rows are sealed",
                "  before      no verdict on these rows",
            ],
        ),
        (
            SEAL,
            {"verdicts": 12, "decided": ["a", "b"], "registered": ["c"]},
            [
                "  explored    on the open rows; 17 of 57 rows are sealed",
                "  before      12 verdicts of 2 hypotheses, and 1 more registered, on these rows",
            ],
        ),
        (
            SEAL,
            {"opened": ["a::confirmation"]},
            [
                "  explored    on the open rows; 17 of 57 rows are sealed, and were opened by 1 hypothesis: "
                "a::confirmation",
                "  before      no verdict on these rows",
            ],
        ),
        (
            OPENED,
            {"verdicts": 1, "decided": ["a"]},
            [
                "  opened      17 of 57 rows; no hypothesis had opened them before",
                "  before      1 verdict of 1 hypothesis on the open rows",
            ],
        ),
        (
            OPENED,
            {"opened": ["a", "b"], "reopened": 1, "seen": ["c"]},
            [
                "  opened      17 of 57 rows; opened before by 2 hypotheses: a, b; opened 1 time before by this one, "
                "before it was changed; seen before, whole or in part, by 1 hypothesis: c",
                "  before      no verdict on the open rows",
            ],
        ),
        (
            OPENED,
            {"seen": [f"h{number}" for number in range(11)]},
            [
                "  opened      17 of 57 rows; seen before, whole or in part, by 11 hypotheses: "
                "h0, h1, h2, h3, h4, h5, h6, h7, h8, h9, ...",
                "  before      no verdict on the open rows",
            ],
        ),
    ],
)
def test_sealed_rows_and_earlier_looks_are_shown(new_evidence, seal, prior, lines):
    shown = render(new_evidence(seal=seal, prior=prior)).splitlines()
    assert [line for line in shown if line.split()[0] in ("explored", "opened", "before")] == lines


def test_a_smoke_run_names_sealed_rows_and_no_earlier_looks(new_evidence):
    shown = render(new_evidence(seal=SEAL, smoke=True, verdict=None))
    assert "17 of 57 rows are sealed" in shown
    assert "  before" not in shown


def test_the_threshold_of_a_claim_about_one_arm_is_a_bar(new_evidence):
    assert (
        "  bar         0.8 accuracy" in render(new_evidence(claim={"kind": "reaches", "threshold": 0.8})).splitlines()
    )


@pytest.mark.parametrize(
    ("fields", "why"),
    [({"status": "started"}, "interrupted"), ({"smoke": True}, "smoke run")],
    ids=["started", "smoke"],
)
def test_evidence_without_a_verdict_states_why(new_evidence, fields, why):
    evidence = new_evidence(verdict=None, finding=None, explanation=None, **fields)

    assert render(evidence).splitlines()[0] == f"growth beats scratch, on digits: not judged ({why})"
    assert "because" not in render(evidence)


def test_pictures_are_named_with_their_path(new_evidence):
    evidence = new_evidence(pictures=[PICTURE])

    assert "  picture     pictures/originals-0a1b2c3d.png (originals)" in render(evidence).splitlines()
    there = render(evidence, Path("there")).splitlines()
    assert "  picture     there/pictures/originals-0a1b2c3d.png (originals)" in there


@pytest.mark.parametrize(
    ("repeats", "line"),
    [
        (1, "  cells       2 (2 folds x 1 of 2 repeats, 1 seed each)"),
        (2, "  cells       4 (2 folds x 2 repeats, 1 seed each)"),
        (0, "  cells       0 (2 folds x 0 of 2 repeats, 1 seed each)"),
    ],
)
def test_repeats_are_counted_of_those_planned(new_evidence, repeats, line):
    assert line in render(new_evidence(differences=[[0.1, 0.2]] * repeats)).splitlines()


def test_an_interrupted_run_has_only_planned_cells(new_evidence):
    line = "  cells       4 planned (2 folds x 2 repeats, 1 seed each)"
    assert line in render(new_evidence(status="started", verdict=None)).splitlines()


def test_one_repeat_and_one_seed_are_in_the_singular(new_evidence):
    design = {"folds": 5, "repeats": 1, "seeds": 1}

    trained = {"differences": [[0.1] * 5]}
    lines = render(new_evidence(design=design, **trained)).splitlines()
    assert "  cells       5 (5 folds x 1 repeat, 1 seed each)" in lines
    assert "1 repeat, 3 seeds each" in render(new_evidence(design=design | {"seeds": 3}, **trained))


def test_a_diagnosis_stands_below_the_verdict(new_evidence):
    diagnosis = {"arm": "control", "cause": "tanh", "found": "outputs from -1 to 1", "remedy": "End in a sigmoid."}

    lines = render(new_evidence(diagnosis=[diagnosis])).splitlines()
    assert lines[1] == "  diagnosis   control: tanh: outputs from -1 to 1. End in a sigmoid."


def test_the_p_value_is_that_of_the_verdict(new_evidence):
    """It is not the two-sided p-value of the effect, and a run that decided nothing has none."""
    assert "  p-value     0.0266, of the null hypothesis that the verdict rejects" in render(
        new_evidence(p_value=0.0266)
    )
    assert "p-value" not in render(new_evidence())


SCORES = {"file": "scores-00000000.csv", "sha256": "0" * 64, "source": "a\x1b.csv", "source_sha256": None, "repeats": 2}


def test_scores_that_were_given_are_described_in_one_line(new_evidence):
    arm = {"role": "treatment", "recipe": "A", "description": None, "budget": None, "metrics": {}, "replicates": []}
    evidence = new_evidence(
        scores=SCORES | {"other_arms": ["C", "D"], "repeats": 3},
        data={"rows": None},
        controlled="none",
        differences=[[0.1, None]],
        arms=[arm | {"values": [[0.5, None]]}],
    )
    [line] = [line for line in render(evidence).splitlines() if line.startswith("  scores ")]
    assert line == (
        "  scores      as given: no controls; from a\\x1b.csv; 2 repeats of 3 are after the look that decided and not "
        "judged; the number of rows is not known, so it is not considered how much single rows may change; 1 cell of "
        "an arm not finite: A in repeat 1, fold 2; other arms or columns of the table: C, D"
    )
    assert "  scores " not in render(new_evidence())
