from __future__ import annotations

import hashlib

import pytest
from pydantic import Field, ValidationError

from negres_core.evidence.record import (
    Number,
    PartialRecord,
    Record,
    canonical,
    context_of,
    digest_of,
    read_strict,
    sealed,
)


class Weight(Record):
    weight: Number


def test_a_record_is_immutable_and_closed_to_unknown_fields():
    record = Weight(weight=1.5)

    with pytest.raises(ValidationError, match="frozen"):
        record.weight = 2.0
    with pytest.raises(ValidationError, match="extra"):
        Weight(weight=1.5, height=2.0)
    assert (record.updated(weight=float("nan")).weight, record.weight) == (None, 1.5)


def test_equal_content_has_the_same_canonical_text():
    text = '{"a":[1,0.1],"b":"\\u00e9"}'

    assert canonical({"b": "é", "a": (1, 0.1)}) == canonical({"a": [1, 0.1], "b": "é"}) == text
    assert digest_of({"b": "é", "a": [1, 0.1]}) == hashlib.sha256(text.encode()).hexdigest()
    assert read_strict(text) == {"a": [1, 0.1], "b": "é"}


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_json_that_is_not_strict_is_neither_written_nor_read(word):
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical({"a": float(word)})
    with pytest.raises(ValueError, match="not strict JSON"):
        read_strict(f'{{"a": {word}}}')


def test_an_optional_field_is_left_out_where_it_has_its_default():
    class Later(PartialRecord):
        OPTIONAL = frozenset({"added", "parts"})
        name: str | None = None
        added: str | None = None
        parts: dict[str, int] = Field(default_factory=dict)

    assert Later().model_dump() == {"name": None}
    assert Later(added="now", parts={"one": 1}).model_dump() == {"name": None, "added": "now", "parts": {"one": 1}}
    assert Later.model_validate({"name": None}) == Later()
    assert Later.model_json_schema(mode="serialization")["additionalProperties"] is False


def test_a_record_is_sealed_with_the_digest_of_its_content():
    content = read_strict(sealed(Weight(weight=0.5)).decode())
    assert content.pop("digest") == digest_of(content) == digest_of({"weight": 0.5})


class Titled(Record):
    title: str
    inner: Weight | None = None


@pytest.mark.parametrize("escape", ["\\ud800", "\\uD800", "\\uDfFf", "\\ud83d\\ude00"])
def test_a_text_that_may_have_lone_surrogates_is_looked_through(escape):
    text = f'{{"title": "half {escape}"}}'
    record = Titled.model_validate(read_strict(text), context=context_of(text))
    assert record.model_dump_json()  # UTF-8 can write it


def test_content_without_lone_surrogates_is_not_looked_through_again(monkeypatch):
    monkeypatch.setattr("negres_core.evidence.record._without_surrogates", None)
    text = '{"title": "é", "inner": {"weight": 1}}'
    assert Titled.model_validate(read_strict(text), context=context_of(text)).inner.weight == 1
