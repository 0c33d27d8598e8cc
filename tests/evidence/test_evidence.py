from __future__ import annotations

import pytest
from pydantic import ValidationError

from negres_core.evidence import Store
from tests.fakes import PROVENANCE


def test_a_record_cannot_be_changed_in_place(new_evidence):
    evidence = new_evidence()

    with pytest.raises(ValidationError, match="frozen"):
        evidence.verdict = "supported"
    assert evidence.updated(verdict="supported").verdict == "supported"
    assert evidence.verdict == "refuted"


def test_an_update_is_validated(new_evidence):
    with pytest.raises(ValidationError, match="verdict"):
        new_evidence().updated(verdict="maybe")
    with pytest.raises(ValidationError, match="unknown"):
        new_evidence().updated(unknown=1)


PICTURE = {"name": "originals", "caption": "Ten faces.", "file": "pictures/originals-0a1b2c3d.png", "sha256": "0" * 64}


@pytest.mark.parametrize(
    "file", ["originals-0a1b2c3d.png", "pictures/../../a-0a1b2c3d.png", "/pictures/a-0a1b2c3d.png"]
)
def test_the_file_of_a_picture_has_to_be_in_the_folder_of_pictures(new_evidence, file):
    with pytest.raises(ValidationError, match="pattern"):
        new_evidence(pictures=[PICTURE | {"file": file}])


def test_the_substance_is_the_content_that_two_runs_share(new_evidence):
    one = new_evidence()
    later = one.updated(
        timings={"started_at": "2026-01-01T00:00:00+00:00", "wall_s": 3.0}, provenance=PROVENANCE | {"commit": "e" * 40}
    )

    assert one.substance() == later.substance() == later.updated(pictures=[PICTURE]).substance()
    assert one.substance() == one.updated(explanation="The treatment arm is worse.").substance()
    assert one.substance() != one.updated(finding="equivalent").substance()


LOOK = {"repeats": 1, "information": 0.8, "effect": -0.1, "interval_95": (-0.2, 0.0), "verdict": "refuted"}


def test_looks_are_recorded_and_part_of_the_substance(tmp_path, new_evidence):
    evidence = new_evidence(looks=[LOOK], p_value=0.03)
    store = Store(tmp_path)

    copy = store.read_evidence(store.write_evidence(evidence))

    assert copy == evidence
    assert (copy.looks[0].repeats, copy.looks[0].interval_95) == (1, (-0.2, 0.0))
    assert copy.substance() != evidence.updated(looks=[LOOK | {"effect": 0.1}]).substance()
    with pytest.raises(ValidationError, match="verdict"):
        new_evidence(looks=[LOOK | {"verdict": "maybe"}])


def test_a_diagnosis_is_recorded_but_is_not_part_of_the_substance(tmp_path, new_evidence):
    diagnosis = {"arm": "control", "cause": "tanh", "found": "outputs from -1 to 1", "remedy": "End in a sigmoid."}
    evidence = new_evidence(diagnosis=[diagnosis])
    store = Store(tmp_path)

    copy = store.read_evidence(store.write_evidence(evidence))

    assert copy == evidence
    assert copy.substance() == new_evidence().substance()
    with pytest.raises(ValidationError, match="arm"):
        new_evidence(diagnosis=[diagnosis | {"arm": "both"}])


def test_a_failed_assertion_shows_the_evidence_in_words(new_evidence):
    assert str(new_evidence()).startswith("growth beats scratch, on digits: refuted (worse)\n")


@pytest.mark.parametrize(
    ("fields", "judgement"),
    [
        ({}, "refuted (worse)"),
        ({"controlled": "none"}, "refuted (worse), uncontrolled"),
        ({"verdict": None}, None),
    ],
)
def test_the_judgement_states_that_no_controls_ran(new_evidence, fields, judgement):
    assert new_evidence(**fields).judgement == judgement
