from __future__ import annotations

from typing import get_args

import pytest

from negres_core.dataset import Task
from negres_core.evidence import StoppingRule
from negres_core.metrics import METRICS
from negres_core.metrics import counts_rows as decides
from negres_core.report.paper.judgement import (
    counts_rows,
    describe_across,
    describe_claims,
    describe_designs,
    describe_family,
    describe_looks,
)
from tests.report.page.suites import write_hypothesis


def say(sentences):
    return " ".join(f"{each.text}." for each in sentences)


def cites(sentences):
    return {key for each in sentences for key in each.cites}


FIXED = {"kind": "fixed split", "train": {"count": 30, "digest": "a"}, "test": {"count": 10, "digest": "b"}}
FIXED |= {"folds": 1, "repeats": 5, "seeds": 1, "looks": False}
OF_ROWS = {"sd": None, "cell_count": None, "test_train_ratio": None, "skewness": None, "shares": (1.0, 1.0)}


def on_rows(evidence, design, scope):
    estimate = evidence.estimate.updated(**OF_ROWS, scope=scope, seeds=5, rows=400)
    return evidence.updated(design=design, estimate=estimate)


def test_only_the_kinds_of_claims_that_were_made_are_explained(store, study_of):
    evidence = write_hypothesis(store)
    beats = describe_claims(study_of(evidence))
    assert "1 hypothesis was tested on 1 data set (digits)" in say(beats)
    assert "better than the control arm by at least a margin" in say(beats)
    assert "reaches a bar" not in say(beats)
    assert {"schuirmann1987comparison", "lakens2017equivalence"} <= cites(beats)

    bar = evidence.updated(claim=evidence.claim.updated(kind="reaches", threshold=0.9))
    reaches = describe_claims(study_of(bar))
    assert "reaches a bar" in say(reaches)
    assert "margin" not in say(reaches)
    assert "schuirmann1987comparison" not in cites(reaches)


def test_repeated_folds_are_judged_by_the_corrected_test(store, study_of):
    sentences = describe_designs(study_of(write_hypothesis(store, planned=5)))
    assert "5 folds \u00d7 5 repeats, 1 seed per cell (1 hypothesis)" in say(sentences)
    assert {"nadeau2003inference", "bouckaert2004evaluating", "joanes1998comparing"} <= cites(sentences)
    assert "hanley1983nothing" in cites(sentences)  # the claim is about accuracy
    assert "With N < 20 cells" in say(sentences)


def test_limited_degrees_of_freedom_are_told(store, study_of):
    one, two = write_hypothesis(store, "one"), write_hypothesis(store, "two")
    assert "degrees of freedom" not in say(describe_designs(study_of(one, two)))
    limited = one.updated(estimate=one.estimate.updated(dof=4, most_dof=4))
    text = say(describe_designs(study_of(limited, two)))
    assert "N \N{MINUS SIGN} 1 degrees of freedom, but for 1 of 2 estimates only 4: one arm" in text


def test_with_many_cells_and_another_metric_less_is_said(store, study_of):
    evidence = write_hypothesis(store, repeats=5)
    evidence = evidence.updated(claim=evidence.claim.updated(metric="f1", unit="f1"))
    sentences = describe_designs(study_of(evidence))
    assert "With N < 20 cells" not in say(sentences)
    assert "hanley1983nothing" not in cites(sentences)


@pytest.mark.parametrize("task", get_args(Task))
def test_metrics_that_count_rows_are_those_of_the_decision(new_evidence, task):
    for name in [*METRICS, "top_3", "top_", "f1_class_2"]:
        evidence = new_evidence(claim={"metric": name}, data={"task": task})
        assert counts_rows(evidence) == decides(name, task=task), name
    own = new_evidence(claim={"metric": "accuracy", "code": "c" * 64})
    assert not counts_rows(own)


def test_groups_are_named(store, study_of):
    evidence = write_hypothesis(store)
    assert "Rows of one group" not in say(describe_designs(study_of(evidence)))
    grouped = evidence.updated(data=evidence.data.updated(groups=8))
    assert "Rows of one group were kept together on digits" in say(describe_designs(study_of(grouped)))


def test_a_fixed_split_is_judged_by_crossed_effects(store, study_of):
    evidence = on_rows(write_hypothesis(store), FIXED, "any seeds, on rows like these")
    sentences = describe_designs(study_of(evidence))
    assert cites(sentences) == {"searle1992variance", "satterthwaite1946approximate", "hanley1983nothing"}
    assert "any seeds, on rows like these" in say(sentences)

    few = on_rows(write_hypothesis(store), FIXED, "these trainings, on rows like these")
    assert cites(describe_designs(study_of(few))) == {"hanley1983nothing"}
    assert "averaged over seeds" in say(describe_designs(study_of(few)))

    scores = {"file": f"row-scores-{'a' * 16}.bin", "sha256": "a" * 64, "form": "float32", "unit": "blocks of rows"}
    blocks = evidence.updated(row_scores=scores | {"arms": 2, "seeds": 5, "columns": 10})
    assert cites(describe_designs(study_of(blocks))) >= {"tukey1958bias", "shao1989general"}


def test_a_time_series_is_judged_by_the_losses_of_rows(store, study_of):
    design = {"kind": "time series", "folds": 5, "repeats": 1, "seeds": 1, "looks": False}
    evidence = on_rows(write_hypothesis(store), design, "this stretch of time")
    known = cites(describe_designs(study_of(evidence)))
    assert known == {"diebold1995comparing", "harvey1997testing", "muller2007theory", "lazarus2018har"}


def test_scores_that_were_given_are_said_to_be(store, study_of, scores):
    records = [write_hypothesis(store, "one", scores=scores), write_hypothesis(store, "two")]
    text = say(describe_designs(study_of(*records)))
    assert "For 1 of 2 hypotheses the verdict is about scores as given: no controls" in text


def test_looks_are_described_only_if_there_are_several(store, study_of):
    assert describe_looks(study_of(write_hypothesis(store, "one", repeats=1, planned=1))) == []
    sentences = describe_looks(study_of(write_hypothesis(store, "two", repeats=2, planned=5)))
    assert cites(sentences) == {"lan1983discrete", "hwang1990group", "jennison2000group"}
    assert "as happened before the last repeat for 1 of them" in say(sentences)
    assert "on average too large" in say(sentences)


def test_the_spending_function_is_that_of_the_registration(store, study_of, register):
    evidence = write_hypothesis(store)
    registration = register(evidence, stopping=StoppingRule(looks=5, spending="obrien-fleming"))
    sentences = describe_looks(study_of(evidence.updated(registration=registration)))
    assert "O'Brien and Fleming" in say(sentences)
    assert "hwang1990group" not in cites(sentences)


def test_the_family_is_counted(store, study_of, register):
    one = write_hypothesis(store, "one", effect=0.2)
    two = write_hypothesis(store, "two", seed=1)
    register(two.updated(hypothesis="never run"))
    sentences = describe_family(study_of(one, two))
    assert "the family of 3 hypotheses" in say(sentences)
    significant = sum(each.p_value is not None for each in (one, two))
    assert f"of {significant} decision" in say(sentences)
    assert cites(sentences) == {"holm1979simple"}
    assert describe_family(study_of(one.updated(p_value=None))) == []


def test_an_unknown_family_is_said_to_be_unknown(store, study_of, ledger):
    ledger.path.write_text("{}\n")
    sentences = describe_family(study_of(write_hypothesis(store, effect=0.2)))
    assert "not corrected" in say(sentences)
    assert cites(sentences) == set()


def test_data_sets_are_combined_if_there_are_several(store, study_of):
    one = write_hypothesis(store, "one", data="digits", effect=0.2)
    assert describe_across(study_of(one)) == []
    two = write_hypothesis(store, "one", data="wine", effect=0.2, seed=1)
    two = two.updated(title=one.title)
    assert "paule1982consensus" in cites(describe_across(study_of(one, two)))
