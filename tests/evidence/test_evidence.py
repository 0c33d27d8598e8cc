from __future__ import annotations

import importlib.resources
import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from pydantic import ValidationError

from negres_core.evidence import Store, schema_of
from negres_core.evidence.evidence import Evidence, Replicate
from negres_core.evidence.record import SCHEMA_VERSION


@pytest.mark.parametrize("record", ["bisection", "evidence", "ledger", "replicate"])
def test_the_shipped_schema_is_that_of_the_code(record):
    shipped = importlib.resources.files("negres_core.evidence").joinpath("json_schema", f"{record}.json").read_text()

    assert shipped == schema_of(record) + "\n", (
        f"negres schema {record} > negres_core/evidence/json_schema/{record}.json"
    )


def test_written_files_follow_the_shipped_schema(tmp_path, new_replicate, new_evidence):
    store = Store(tmp_path)
    replicate = store.record(new_replicate(metrics={"accuracy": float("nan")}), b"a trained model")
    written = {
        "replicate": store.model_path(replicate).with_name(f"{replicate.id}.json"),
        "evidence": store.write_evidence(new_evidence(differences=[[0.1, None], [0.2, 0.3]])),
    }

    for record, path in written.items():
        schema, content = json.loads(schema_of(record)), json.loads(path.read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        jsonschema.validate(content, schema)
        unsealed = {name: value for name, value in content.items() if name != "digest"}
        with pytest.raises(jsonschema.ValidationError, match="'digest' is a required property"):
            jsonschema.validate(unsealed, schema)
        with pytest.raises(jsonschema.ValidationError, match="was unexpected"):
            jsonschema.validate(content | {"extra": 1}, schema)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -np.inf, np.float64("nan"), np.float32("nan")])
def test_a_number_that_is_not_finite_becomes_null(new_replicate, value):
    made = new_replicate(metrics={"loss": value, "accuracy": 0.0}, curve=[0.5, value])

    assert made.metrics == {"loss": None, "accuracy": 0.0}
    assert made.curve == [0.5, None]


@pytest.mark.parametrize("value", [0.1, 1e-300, 3, np.float32(0.1), np.float64(0.1)])
def test_a_number_that_is_finite_stays_what_it_was(new_replicate, value):
    made = new_replicate(metrics={"loss": value})

    assert made.metrics["loss"] == value
    assert type(made.metrics["loss"]) is float


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


def test_both_records_carry_the_version_of_the_schema(new_evidence, new_replicate):
    assert new_evidence().schema_version == new_replicate().schema_version == SCHEMA_VERSION
    for kind in (Evidence, Replicate):
        assert kind.model_fields["schema_version"].default == SCHEMA_VERSION


def test_an_id_depends_on_every_part_of_the_key(new_replicate):
    key = new_replicate().key
    others = {
        "contract": 2,
        "recipe": "e" * 64,
        "data": "e" * 64,
        "folds": 3,
        "repeat": 1,
        "fold": 1,
        "rows": "e" * 32,
        "seed": 1,
        "backend": "jax",
        "device": "gpu",
    }
    assert set(others) == set(type(key).model_fields)

    ids = {key.updated(**{name: value}).id for name, value in others.items()}

    assert len(ids | {key.id}) == len(others) + 1
    assert new_replicate().id == key.id


@pytest.mark.parametrize("file", ["../escape.keras", "/etc/passwd", "", ".", f"{'a' * 32}.{'b' * 8}.pickle"])
def test_a_model_file_is_a_name_beside_the_record_and_nothing_else(new_replicate, file):
    with pytest.raises(ValidationError, match="pattern"):
        new_replicate().model.updated(file=file)


PICTURE = {"name": "originals", "caption": "Ten faces.", "file": "pictures/originals-0a1b2c3d.png", "sha256": "0" * 64}


@pytest.mark.parametrize(
    "file", ["originals-0a1b2c3d.png", "pictures/../../a-0a1b2c3d.png", "/pictures/a-0a1b2c3d.png"]
)
def test_a_pictures_file_lies_in_its_folder(new_evidence, file):
    with pytest.raises(ValidationError, match="pattern"):
        new_evidence(pictures=[PICTURE | {"file": file}])


def test_the_text_says_where_pictures_are(new_evidence):
    evidence = new_evidence(pictures=[PICTURE])

    assert "  picture     pictures/originals-0a1b2c3d.png (originals)" in str(evidence).splitlines()
    assert "  picture     there/pictures/originals-0a1b2c3d.png (originals)" in evidence.in_words(Path("there"))


def test_substance_is_what_two_runs_have_in_common(new_evidence):
    one = new_evidence()
    later = one.updated(timings={"started_at": "2026-01-01T00:00:00+00:00", "wall_s": 3.0}, provenance={"commit": "c"})

    assert one.substance() == later.substance() == later.updated(pictures=[PICTURE]).substance()
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


@pytest.mark.parametrize(
    ("repeats", "shown"),
    [
        (1, "  cells       2 (2 folds x 1 of 2 repeats, 1 seed each)"),
        (2, "  cells       4 (2 folds x 2 repeats, 1 seed each)"),
        (0, "  cells       4 (2 folds x 2 repeats, 1 seed each)"),
    ],
)
def test_the_text_says_how_many_repeats_there_were_of_those_planned(new_evidence, repeats, shown):
    assert shown in str(new_evidence(differences=[[0.1, 0.2]] * repeats)).splitlines()


def test_one_repeat_and_one_seed_are_in_the_singular(new_evidence):
    design = {"folds": 5, "repeats": 1, "seeds": 1}

    assert "  cells       5 (5 folds x 1 repeat, 1 seed each)" in str(new_evidence(design=design)).splitlines()
    assert "1 repeat, 3 seeds each" in str(new_evidence(design=design | {"seeds": 3}))


def test_the_text_says_what_was_decided_and_why(new_evidence):
    arm = {
        "role": "treatment",
        "recipe": "grown (2 epochs)",
        "description": {},
        "budget": {},
        "metrics": {"accuracy": {"mean": 0.5, "sd": 0.1, "min": 0.4, "max": float("nan")}},
        "values": [],
        "replicates": [],
    }
    failed = {
        "control": "finite",
        "passed": False,
        "found": "1 of 4 replicates turned NaN",
        "threshold": "0 may",
        "remedy": "Lower the rate.",
    }
    text = str(new_evidence(arms=[arm], expected="supported", controls=[failed, failed | {"passed": True}]))

    assert text.splitlines() == [
        "growth beats scratch, on digits: refuted (worse)",
        "  expected    supported",
        "  treatment   grown (2 epochs): accuracy mean 0.5000, min 0.4000, max not finite",
        "  margin      0.01 accuracy",
        "  cells       4 (2 folds x 2 repeats, 1 seed each)",
        "  control     finite failed: 1 of 4 replicates turned NaN; 0 may. Lower the rate.",
        "  so          It was worse.",
    ]


def test_a_diagnosis_stands_under_the_verdict_and_is_no_part_of_the_substance(tmp_path, new_evidence):
    found = {"arm": "control", "cause": "tanh", "found": "outputs from -1 to 1", "remedy": "End in a sigmoid."}
    evidence = new_evidence(diagnosis=[found])
    store = Store(tmp_path)

    again = store.read_evidence(store.write_evidence(evidence))

    assert again == evidence
    assert str(again).splitlines()[1] == "  diagnosis   control: tanh: outputs from -1 to 1. End in a sigmoid."
    assert again.substance() == new_evidence().substance()
    with pytest.raises(ValidationError, match="arm"):
        new_evidence(diagnosis=[found | {"arm": "both"}])
