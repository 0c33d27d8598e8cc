from __future__ import annotations

import re

from negres_core.evidence import Registration
from negres_core.report.paper.table import COLUMNS, state_threshold, write_tables
from tests.report.page.suites import write_hypothesis
from tests.report.paper.typeset import check, rows_of


def test_a_row_has_what_the_terminal_has(store, study_of):
    evidence = write_hypothesis(store, effect=0.2)
    [header, row] = rows_of(write_tables(study_of(evidence)))
    low, high = (f"{end:+.4f}" for end in evidence.estimate.interval_95)
    assert header == [each.header for each in COLUMNS]
    assert row == [
        "growth beats scratch (accuracy, by 0.01)",
        "digits",
        f"{evidence.estimate.effect:+.4f}",
        f"[{low}, {high}]",
        "supported (meaningfully better)",
        "<0.001",
    ]


def test_negative_numbers_have_minus_signs(store, study_of):
    tex = write_tables(study_of(write_hypothesis(store, effect=-0.2)))
    [_, row] = rows_of(tex)
    assert row[2].startswith("\N{MINUS SIGN}0.")
    assert row[3].startswith("[\N{MINUS SIGN}0.")
    assert "$-$0" in tex


def test_thresholds_are_in_words(store):
    claim = write_hypothesis(store).claim
    evidence = write_hypothesis(store)
    for changes, words in (
        ({"threshold": 0.0}, "accuracy, by any amount"),
        ({"kind": "matches"}, "accuracy, within 0.01"),
        ({"kind": "reaches", "metric": "psnr", "unit": "dB", "threshold": 20.0}, "psnr, bar 20 dB"),
    ):
        assert state_threshold(evidence.updated(claim=claim.updated(**changes))) == words


def test_marks_say_what_weakens_a_verdict_and_are_explained(store, study_of):
    clean = Registration(status="registered", entry="e" * 64, committed=True)
    sound = write_hypothesis(store, "sound", effect=0.2, registration=clean)
    assert "$^{" not in write_tables(study_of(sound))
    assert "exploratory" not in write_tables(study_of(sound))

    late = write_hypothesis(store, "late", effect=0.2, registration=clean.updated(seen=["refuted"]))
    surprise = write_hypothesis(store, "surprise", effect=-0.2, registration=clean)
    exploratory = write_hypothesis(store, "exploratory", effect=0.2)
    marks = {
        each.title: re.findall(r"\$\^\{(.*?)\}\$", write_tables(study_of(each)))
        for each in (late, surprise, exploratory)
    }
    assert marks == {"late": [r"\ddag"], "surprise": [r"\S"], "exploratory": [r"\dag"]}
    tex = write_tables(study_of(exploratory, surprise))
    assert r"$\dag$: not registered before the run, so exploratory; $\S$: not the expected verdict." in tex


def test_what_is_not_significant_after_holm_says_so(store, study_of):
    records = [write_hypothesis(store, f"claim {number}", effect=0.05, seed=number) for number in range(9)]
    [_, row, *_] = rows_of(write_tables(study_of(*records)))
    decided = records[0]
    assert decided.p_value is not None
    assert row[5].endswith("(n.s.)")
    assert "n.s.: not significant after Holm's correction." in write_tables(study_of(*records))


def test_a_run_without_a_verdict_has_a_row(store, study_of):
    nothing = dict.fromkeys(("verdict", "finding", "estimate", "outcome", "explanation", "p_value"))
    started = write_hypothesis(store, status="started", **nothing)
    [_, row] = rows_of(write_tables(study_of(started)))
    assert row[2:] == ["", "", "none: the run was interrupted", ""]


def test_verdicts_on_scores_that_were_given_are_counted(store, study_of, scores):
    tex = write_tables(study_of(write_hypothesis(store, scores=scores)))
    assert "1 verdict on scores as given: no controls." in tex


def test_a_long_table_is_split(store, study_of):
    evidence = write_hypothesis(store)
    records = [evidence.updated(title=f"claim {number} " + "with many words " * 6) for number in range(40)]
    tex = write_tables(study_of(*records))
    check(f"% Made by negres\n{tex}")
    tables = tex.split(r"\begin{table*}")[1:]
    assert len(tables) > 2
    assert len(rows_of(tex)) == 40 + len(tables)
    assert [re.search(r"\\label\{(.*?)\}", table)[1] for table in tables[:2]] == ["tab:negres", "tab:negres-2"]
    assert "continued" in tables[1]


def test_claims_on_several_data_sets_have_a_table_of_their_own(store, study_of):
    one = write_hypothesis(store, "one", data="digits", effect=0.2)
    two = write_hypothesis(store, "one", data="wine", effect=0.1, seed=1)
    tex = write_tables(study_of(one, two))
    check(f"% Made by negres\n{tex}")
    [*_, row] = rows_of(tex)
    assert row[:2] == ["one (accuracy, by 0.01)", "digits, wine"]
    assert "With only 2 data sets" in tex
    assert r"\label{tab:negres-across}" in tex
    assert "across" not in write_tables(study_of(one))
