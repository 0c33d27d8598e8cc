from __future__ import annotations

import json

import jsonschema
import pytest
from pydantic import ValidationError

from negres_core.evidence import BisectionRecord, Store, schema_of


@pytest.fixture
def new_bisected():
    """Make the record of a bisection of one factor; any field can be given."""

    def make(**fields):
        step = {"changed": ["rate"], "verdict": "refuted", "finding": "worse", "hypothesis": "a", "trained": 2}
        made = {
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
        return BisectionRecord(**made | fields)

    return make


def test_what_is_written_is_read_and_follows_the_schema(store, new_bisected):
    bisected = new_bisected()
    path = store.write_bisection(bisected)

    assert path.parent == store.folder / "bisections"
    assert path.name.startswith("test-faces-py-test-it-reconstructs-")
    assert Store(store.folder).read_bisection(path) == bisected
    jsonschema.validate(json.loads(path.read_text()), json.loads(schema_of("bisection")))


def test_other_ends_are_another_file_and_the_same_ends_the_same(store, new_bisected):
    path = store.write_bisection(new_bisected())
    others = ({"test": "another"}, {"failing": {"rate": 2.0, "units": 3}}, {"working": {"rate": 2.0, "units": 3}})
    assert len({path, *(store.write_bisection(new_bisected(**other)) for other in others)}) == 4

    assert store.write_bisection(new_bisected(necessary=None)) == path
    assert store.read_bisection(path).necessary is None


def test_an_edited_record_is_set_aside(store, notes, new_bisected):
    path = store.write_bisection(new_bisected())
    path.write_text(path.read_text().replace('"refuted"', '"supported"'))

    assert store.read_bisection(path) is None
    [note] = notes
    assert "it was edited" in note


def test_a_record_is_closed_to_what_it_does_not_know(new_bisected):
    with pytest.raises(ValidationError, match="extra"):
        new_bisected(extra=1)
