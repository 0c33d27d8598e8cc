from __future__ import annotations

import importlib.resources
import json

import jsonschema
import pytest

from negres_core.evidence import Store, schema_of


def meaning_of(schema):
    """Return a schema in the words of new versions of pydantic.

    Old ones repeat a `const` as an `enum`, wrap the only `$ref`, and say nothing of the names of properties.
    """
    if isinstance(schema, list):
        return [meaning_of(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    said = {name: meaning_of(each) for name, each in schema.items() if name != "propertyNames"}
    if "const" in said and said.get("enum") == [said["const"]]:
        del said["enum"]
    if isinstance(said.get("allOf"), list) and len(said["allOf"]) == 1:
        [only] = said.pop("allOf")
        said |= only
    return said


@pytest.mark.parametrize("record", ["bisection", "evidence", "ledger", "replicate", "shard"])
def test_the_shipped_schema_is_up_to_date(record):
    shipped = importlib.resources.files("negres_core.evidence").joinpath("json_schema", f"{record}.json").read_text()

    assert meaning_of(json.loads(shipped)) == meaning_of(json.loads(schema_of(record))), (
        f"negres schema {record} > negres_core/evidence/json_schema/{record}.json"
    )


def keywords_of(schema):
    """Return the keywords that a schema and the schemas in it use; names of properties are none."""
    if isinstance(schema, list):
        return set().union(*map(keywords_of, schema))
    if not isinstance(schema, dict):
        return set()
    parts = [
        schemas.values() if name in ("properties", "$defs") else [schemas]
        for name, schemas in schema.items()
        if name not in ("const", "enum", "default", "examples")
    ]
    return set(schema).union(*(keywords_of(each) for part in parts for each in part))


@pytest.mark.parametrize("record", ["bisection", "evidence", "ledger", "replicate", "shard"])
def test_the_schema_uses_no_keyword_that_a_validator_would_ignore(record):
    metaschema = jsonschema.Draft202012Validator
    known = set(metaschema.VALIDATORS) | {"$schema", "$defs", "title", "description", "default"}

    assert keywords_of(json.loads(schema_of(record))) <= known


def test_two_wordings_of_a_schema_mean_the_same_and_another_constant_does_not():
    new = {"properties": {"kind": {"const": 1}, "budget": {"$ref": "#/$defs/Budget", "minimum": 0}}}
    old = {
        "properties": {
            "kind": {"const": 1, "enum": [1]},
            "budget": {"allOf": [{"$ref": "#/$defs/Budget"}], "minimum": 0.0},
        }
    }
    assert meaning_of(new) == meaning_of(old)
    old["properties"]["kind"] = {"const": 2, "enum": [2]}
    assert meaning_of(new) != meaning_of(old)


def test_written_files_follow_the_shipped_schema(tmp_path, new_replicate, new_evidence):
    store = Store(tmp_path)
    replicate = store.record(new_replicate(metrics={"accuracy": float("nan")}), b"a trained model")
    paths = {
        "replicate": store.model_path(replicate).with_name(f"{replicate.id}.json"),
        "evidence": store.write_evidence(new_evidence(differences=[[0.1, None], [0.2, 0.3]])),
    }

    for record, path in paths.items():
        schema, content = json.loads(schema_of(record)), json.loads(path.read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        jsonschema.validate(content, schema)
        unsealed = {name: value for name, value in content.items() if name != "digest"}
        with pytest.raises(jsonschema.ValidationError, match="'digest' is a required property"):
            jsonschema.validate(unsealed, schema)
        with pytest.raises(jsonschema.ValidationError, match="was unexpected"):
            jsonschema.validate(content | {"extra": 1}, schema)


def open_parts(schema, path=()):
    """Yield the paths of the parts of a schema that admit any key with any value."""
    if isinstance(schema, dict):
        if schema.get("additionalProperties") is True:
            yield path
        for name, part in schema.items():
            yield from open_parts(part, (*path, name))
    elif isinstance(schema, list):
        for position, part in enumerate(schema):
            yield from open_parts(part, (*path, position))


@pytest.mark.parametrize("record", ["bisection", "evidence", "ledger", "replicate", "shard"])
def test_no_part_of_a_record_admits_any_key_with_any_value(record):
    assert list(open_parts(json.loads(schema_of(record)))) == []


def test_a_part_that_admits_any_key_would_be_found():
    assert list(open_parts({"a": [{"additionalProperties": True}]})) == [("a", 0)]
