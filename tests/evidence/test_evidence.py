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


def test_what_is_updated_is_validated(new_evidence):
    with pytest.raises(ValidationError, match="verdict"):
        new_evidence().updated(verdict="maybe")
    with pytest.raises(ValidationError, match="unknown"):
        new_evidence().updated(unknown=1)


PICTURE = {"name": "originals", "caption": "Ten faces.", "file": "pictures/originals-0a1b2c3d.png", "sha256": "0" * 64}


@pytest.mark.parametrize(
    "file", ["originals-0a1b2c3d.png", "pictures/../../a-0a1b2c3d.png", "/pictures/a-0a1b2c3d.png"]
)
def test_a_pictures_file_lies_in_its_folder(new_evidence, file):
    with pytest.raises(ValidationError, match="pattern"):
        new_evidence(pictures=[PICTURE | {"file": file}])


def test_substance_is_what_two_runs_have_in_common(new_evidence):
    one = new_evidence()
    later = one.updated(
        timings={"started_at": "2026-01-01T00:00:00+00:00", "wall_s": 3.0}, provenance=PROVENANCE | {"commit": "e" * 40}
    )

    assert one.substance() == later.substance() == later.updated(pictures=[PICTURE]).substance()
    assert one.substance() == one.updated(explanation="It was found to be worse.").substance()
    assert one.substance() != one.updated(finding="equivalent").substance()


LOOK = {"repeats": 1, "information": 0.8, "effect": -0.1, "interval_95": (-0.2, 0.0), "verdict": "refuted"}


def test_a_look_is_part_of_the_record_and_of_its_substance(tmp_path, new_evidence):
    evidence = new_evidence(looks=[LOOK], p_value=0.03)
    store = Store(tmp_path)

    again = store.read_evidence(store.write_evidence(evidence))

    assert again == evidence
    assert (again.looks[0].repeats, again.looks[0].interval_95) == (1, (-0.2, 0.0))
    assert again.substance() != evidence.updated(looks=[LOOK | {"effect": 0.1}]).substance()
    with pytest.raises(ValidationError, match="verdict"):
        new_evidence(looks=[LOOK | {"verdict": "maybe"}])


def test_a_diagnosis_is_recorded_but_is_not_part_of_the_substance(tmp_path, new_evidence):
    found = {"arm": "control", "cause": "tanh", "found": "outputs from -1 to 1", "remedy": "End in a sigmoid."}
    evidence = new_evidence(diagnosis=[found])
    store = Store(tmp_path)

    again = store.read_evidence(store.write_evidence(evidence))

    assert again == evidence
    assert again.substance() == new_evidence().substance()
    with pytest.raises(ValidationError, match="arm"):
        new_evidence(diagnosis=[found | {"arm": "both"}])


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
