"""Sessions that train one shard, with a fake engine: they judge nothing, and say so."""

from __future__ import annotations

import json

import pytest

from negres_core.cli import main
from negres_core.evidence import Store, read_shards
from tests.sessions import HYPOTHESIS, evidence_in

REFUTED = HYPOTHESIS.format(expected="refuted")
"""The registered verdict is a surprise, which a shard cannot see."""
SECONDS = """
def test_it_is_faster(experiment):
    experiment.compare(LONG, against=SHORT, on=DATA, claim=beats("seconds"), folds=2, repeats=1)
"""
SCORES = """
def test_scores_are_better(experiment):
    experiment.judge("scores.csv", treatment="a", control="b", claim=beats("accuracy"))
"""
SAME_ROWS = HYPOTHESIS.format(expected="supported").replace("[(DATA,", "[(COPIES,")
COPIES = """
ROWS = np.random.default_rng(0).normal(size=(100, 3))
COPIES = Dataset(x=np.repeat(ROWS, 4, axis=0), y=np.arange(400) // 4 % 2, name="copies")
"""


def test_shards_train_and_judge_nothing_until_they_are_merged(session, pytester, quick_engine):
    for number in (1, 2):
        options = (f"--negres-shard={number}/2", f"--negres-evidence=shard{number}")
        result = session(REFUTED, *options)
        assert result.ret == 0
        result.stdout.fnmatch_lines(
            [
                f"*; shard {number}/2: it trains and judges nothing",
                "longer is better [[]mine[]] *none: trained, not",
                " *judged: shard ?/2, 2 of",
                "*= 1 trained, not judged in *",
            ]
        )
        assert not Store(pytester.path / f"shard{number}").current_evidence()
        assert quick_engine.jobs == 4 * number
    assert main(["merge", "shard1", "shard2"]) == 0
    result = session(REFUTED)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["longer is better, a|b *SURPRISE, not *"])
    assert quick_engine.jobs == 8
    assert evidence_in(pytester.path / ".negres").timings.reused == 8


def test_what_a_shard_does_not_train_is_named_and_is_no_failure(session, quick_engine):
    result = session(SECONDS + SCORES, "--negres-shard=1/2")
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        ["it is faster *none: not trained: A*", "scores are better *none: not trained:*", "*= 2 not trained in *"]
    )
    assert quick_engine.jobs == 0


def test_a_failed_control_is_named_and_nothing_is_trained(session, pytester, quick_engine):
    result = session(COPIES + SAME_ROWS, "--negres-shard=1/2")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*none: not trained: a*", "*control failed, so that*", "*duplicates*"])
    assert quick_engine.jobs == 0
    [record] = read_shards(Store(pytester.path / ".negres"))
    assert "duplicates" in record.failed


def test_a_test_that_fails_in_a_shard_fails(session):
    result = session("def test_it(experiment): experiment.compare(LONG, against=SHORT)", "--negres-shard=1/2")
    assert result.ret == 1
    result.assert_outcomes(failed=1)


def test_a_test_that_expects_a_verdict_and_asks_for_none_fails_in_a_shard_too(session):
    body = "@pytest.mark.parametrize('expected', ['refuted'])\ndef test_it(experiment, expected): pass"
    assert session(body, "--negres-shard=1/2").ret == 1


def test_a_shard_is_a_skipped_test_in_other_reports(session, pytester):
    session(REFUTED, "--negres-shard=2/2", "--junitxml=j.xml", "--benchmark-json=b.json")
    text = (pytester.path / "j.xml").read_text()
    assert 'skipped="1"' in text
    assert "trained, not judged: shard 2/2, 2 of 4 cells; 4 replicates trained, 0 found" in text
    for benchmark in json.loads((pytester.path / "b.json").read_text())["benchmarks"]:
        assert set(benchmark["extra_info"]) == {"hypothesis", "shard"}


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--negres-shard=9/8"], "*given as its number, from 1*"),
        (["--negres-shard=three"], "*given as its number, from 1*"),
        (["--negres-shard=1/8", "--negres-smoke"], "*A smoke run has no shards: omit --negres-smoke*"),
        (["--negres-shard=1/8", "--negres-register"], "*A registration has no shards: omit --negres-register*"),
    ],
)
def test_options_that_leave_a_shard_nothing_to_train_are_refused(session, options, why):
    result = session(REFUTED, *options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([why])
