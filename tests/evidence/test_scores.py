from __future__ import annotations

import hashlib

import pytest
from pydantic import ValidationError

from negres_core.evidence import AS_GIVEN, ScoresRecord, Store, digest_of_arm, read_scores, write_scores
from negres_core.evidence.scores import scores_file_name

CONTENT = b"arm,repeat,fold,seed,score\n"
SCORES = {"file": scores_file_name(CONTENT), "sha256": "0" * 64, "source": "a.csv", "source_sha256": None, "repeats": 2}
NO_DATA = {"rows": None, "input_shape": None, "outputs": None, "task": None}


def test_the_name_of_the_file_depends_on_its_content():
    assert scores_file_name(b"a") != scores_file_name(b"b")
    assert ScoresRecord(**SCORES).file == scores_file_name(CONTENT)


@pytest.mark.parametrize("file", ["../scores-00000000.csv", "scores-0.csv", "/scores-00000000.csv"])
def test_a_file_elsewhere_is_not_named(file):
    with pytest.raises(ValidationError):
        ScoresRecord(**SCORES | {"file": file})


def test_arms_of_which_only_scores_are_known_are_told_apart_by_their_names():
    assert digest_of_arm("A") == digest_of_arm("A") != digest_of_arm("B")


def test_only_scores_that_were_given_lack_a_recipe_and_data(new_evidence):
    assert new_evidence(data=NO_DATA, scores=SCORES, controlled="none").data.units is None
    with pytest.raises(ValidationError, match="an arm that was trained has"):
        new_evidence(data=NO_DATA)


def test_the_judgement_says_that_the_scores_were_given(new_evidence):
    assert new_evidence(scores=SCORES, controlled="none").judgement == f"refuted (worse), {AS_GIVEN}"
    assert new_evidence(controlled="none").judgement == "refuted (worse), uncontrolled"


def test_a_table_is_read_only_if_it_is_the_one_that_was_written(tmp_path, new_evidence):
    store = Store(tmp_path)
    evidence = new_evidence(scores=SCORES)
    assert read_scores(store, new_evidence()) is None
    assert read_scores(store, evidence) is None

    file = write_scores(store, evidence.hypothesis, CONTENT)
    assert file == evidence.scores.file
    assert read_scores(store, evidence) is None  # its digest is another one
    honest = evidence.updated(scores=evidence.scores.updated(sha256=hashlib.sha256(CONTENT).hexdigest()))
    assert read_scores(store, honest) == CONTENT
