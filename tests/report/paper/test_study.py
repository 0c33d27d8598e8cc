from __future__ import annotations

from negres_core.report.paper.study import Compute, count_hypotheses, enumerate_names, name_of, show_metrics
from tests.report.page.suites import write_hypothesis


def test_a_study_has_the_family_and_what_training_took(store, study_of, register):
    one = write_hypothesis(store, "one")
    write_hypothesis(store, "two", seed=1)
    smoke = write_hypothesis(store, "smoke").updated(smoke=True)
    store.write_evidence(smoke)
    register(one)
    study = study_of(one, smoke)

    assert (study.records, study.smoke, study.ledger) == ([one], 1, "intact")
    assert len(study.family) == 2
    assert [each.hypothesis for each in study.entries] == [one.hypothesis]
    assert list(study.left_out.values()) == ["\u201ctwo\u201d on digits"]
    # Two arms of 10 replicates, 0.5 + 4 + 0.25 seconds each.
    assert study.compute == Compute(replicates=20, seconds=95.0, unmeasured=0, memory_bytes=2.0**30)


def test_mixtures_of_a_bisection_are_no_claims(store, study_of):
    one = write_hypothesis(store, "one")
    study = study_of(one, write_hypothesis(store, "mixed", kind="mixture"))
    assert (study.records, study.smoke) == ([one], 0)


def test_replicates_that_are_missing_are_counted(store, study_of):
    one = write_hypothesis(store, "one")
    next(store.folder.glob("replicates/*/*.json")).unlink()
    assert study_of(one).compute.unmeasured == 1
    assert study_of(one.updated(arms=[])).compute == Compute(0, None, 0, None)


def test_a_broken_ledger_is_named(store, study_of, ledger):
    one, notes = write_hypothesis(store, "one"), []
    assert study_of(one).ledger == "missing"
    ledger.path.write_text("{}\n")
    study = study_of(one, notes=notes)
    assert (study.ledger, study.entries, study.family) == ("broken", [], {})
    assert "no p-value is corrected" in notes[0]


def test_many_names_are_cut():
    assert enumerate_names([]) == ""
    assert enumerate_names(["a"]) == "a"
    assert enumerate_names(["a", "a", "b"]) == "a and b"
    assert enumerate_names(map(str, range(20)), most=2) == "0, 1 and 18 others"


def test_counts_are_in_words():
    assert count_hypotheses([], [1]) == "no hypothesis"
    assert count_hypotheses([], [1, 2]) == "none of 2 hypotheses"


def test_names_are_shown(new_evidence, study_of):
    evidence = new_evidence(title="a\x1bb")
    assert name_of(evidence) == "\u201ca\\x1bb\u201d on digits"
    assert show_metrics(study_of(evidence, evidence)) == ["accuracy"]
