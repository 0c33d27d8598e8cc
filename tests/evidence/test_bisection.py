from __future__ import annotations

import json

import jsonschema
import pytest
from pydantic import ValidationError

from negres_core.evidence import BisectionRecord, Store, schema_of


@pytest.fixture
def new_bisection():
    """Return a function that makes the record of a bisection of one factor; it accepts any field."""

    def make(**fields):
        step = {"changed": ["rate"], "verdict": "refuted", "finding": "worse", "hypothesis": "a", "trained": 2}
        content = {
            "test": "benchmarks/test_faces.py::test_it_reconstructs",
            "failing": {"rate": 1.0, "units": 3},
            "working": {"rate": 0.1, "units": 3},
            "differing": ["rate"],
            "cause": ["rate"],
            "necessary": True,
            "steps": [step | {"reused": 0}],
            "explanation": "1 factor makes the difference",
            "recorded_at": "2025-01-01T00:00:00+00:00",
        }
        return BisectionRecord(**content | fields)

    return make


def test_a_bisection_is_read_as_it_was_written_and_follows_the_schema(store, new_bisection):
    bisection = new_bisection()
    path = store.write_bisection(bisection)

    assert path.parent == store.folder / "bisections"
    assert path.name.startswith("test-faces-py-test-it-reconstructs-")
    assert Store(store.folder).read_record(path, BisectionRecord) == bisection
    jsonschema.validate(json.loads(path.read_text()), json.loads(schema_of("bisection")))


def test_other_configurations_have_another_file_and_the_same_ones_the_same_file(store, new_bisection):
    path = store.write_bisection(new_bisection())
    others = ({"test": "another"}, {"failing": {"rate": 2.0, "units": 3}}, {"working": {"rate": 2.0, "units": 3}})
    assert len({path, *(store.write_bisection(new_bisection(**other)) for other in others)}) == 4

    assert store.write_bisection(new_bisection(necessary=None)) == path
    assert store.read_record(path, BisectionRecord).necessary is None


def test_an_edited_bisection_is_set_aside(store, notes, new_bisection):
    path = store.write_bisection(new_bisection())
    path.write_text(path.read_text().replace('"refuted"', '"supported"'))

    assert store.read_record(path, BisectionRecord) is None
    [note] = notes
    assert "it was edited" in note


def test_an_unknown_field_is_refused(new_bisection):
    with pytest.raises(ValidationError, match="extra"):
        new_bisection(extra=1)
