"""Records: immutable and closed, written as strict JSON, sealed by a digest of their canonical text."""

from __future__ import annotations

import hashlib
import json
import math
import numbers
from datetime import datetime
from typing import Annotated, Any, ClassVar, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    GetJsonSchemaHandler,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    model_serializer,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from negres_core.errors import encodable


def _null_if_not_finite(value: Any) -> Any:
    if type(value) is float:  # nearly always, and told at once
        return value if math.isfinite(value) else None
    return None if isinstance(value, numbers.Real) and not math.isfinite(value) else value


Number = Annotated[float | None, BeforeValidator(_null_if_not_finite)]
"""A number, or null if it is not finite: strict JSON has no NaN, and zero would be false."""


def _check_moment(text: str) -> str:
    if datetime.fromisoformat(text).tzinfo is None:
        raise ValueError("it has no time zone")
    return text


Moment = Annotated[str, AfterValidator(_check_moment)]
"""A moment in UTC, ISO 8601; records are compared by it."""


WRITABLE: dict[str, str] = {}
"""Context of the validation of content that has no lone surrogates, so that nothing has to look for them."""


def _without_surrogates(value: Any) -> Any:
    """Return a text with the codes of its lone surrogates, which UTF-8 cannot write; or a container of such texts."""
    if isinstance(value, str):
        return value if value.isprintable() else encodable(value)
    if type(value) in (list, tuple):
        return type(value)(map(_without_surrogates, value))
    if type(value) is dict:
        return {_without_surrogates(name): _without_surrogates(part) for name, part in value.items()}
    return value


class Record(BaseModel):
    """A record or a part of one: immutable, and closed to unknown fields.

    Classes whose names end in "Record" describe something that has a class of its own elsewhere: an `ArmRecord` is the
    record of an `Arm`. Records that exist only as records (a `Finding`, a `Replicate`) have plain names.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    @model_validator(mode="before")
    @classmethod
    def _make_writable(cls, content: Any, info: ValidationInfo) -> Any:
        # Each record inside a record would look through its content again, which takes half of the time of reading.
        return content if info.context is WRITABLE else _without_surrogates(content)

    @classmethod
    def newest_version(cls) -> int:
        """Return the schema version that this class writes: the newest that it reads.

        Only records that are a file or a line of their own have a version.
        """
        version: int = cls.model_fields["schema_version"].default
        return version

    def updated(self, **fields: Any) -> Self:
        """Return a copy with other values for some fields, validated as a whole."""
        return type(self).model_validate({name: getattr(self, name) for name in type(self).model_fields} | fields)


class PartialRecord(Record):
    """A record that is written without some of its fields where they say nothing.

    Entries of a ledger, and records that others name by a digest, are sealed with their content. So a field that a
    later version adds is `OPTIONAL`: it is left out where it has its default, as in what earlier versions wrote.
    """

    OPTIONAL: ClassVar[frozenset[str]] = frozenset()
    """Names of the fields that are left out where they have their default."""

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        # The serializer only leaves fields out; with it, the JSON Schema would admit any field.
        return handler(_without_serializer(schema))

    @model_serializer(mode="wrap")
    def _partial(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in handler(self).items() if self._is_written(name, value)}

    def _is_written(self, name: str, value: Any) -> bool:
        if name not in self.OPTIONAL:
            return True
        default: Any = type(self).model_fields[name].get_default(call_default_factory=True)
        return bool(value != default)


def _without_serializer(schema: Any) -> Any:
    """Return the schema of a record whose serializer only leaves fields out, without the serializer.

    With it, the JSON Schema would admit any field.
    """
    parts = {name: part for name, part in schema.items() if name != "serialization"}
    return parts | {"schema": _without_serializer(parts["schema"])} if parts["type"] != "model" else parts


def canonical(content: dict[str, Any]) -> str:
    """Return content as strict JSON with one possible text: keys sorted, no white space, ASCII.

    Raises:
        ValueError: a number is not finite.
    """
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest_of(content: dict[str, Any]) -> str:
    """Return the SHA-256 of the canonical text of content: 64 hexadecimal digits."""
    return hashlib.sha256(canonical(content).encode()).hexdigest()


def sealed(record: Record) -> bytes:
    """Return a record as it is written to a file: strict JSON, with its digest."""
    content = record.model_dump(mode="json")
    return (json.dumps(content | {"digest": digest_of(content)}, indent=1, allow_nan=False) + "\n").encode()


def context_of(text: str) -> dict[str, str] | None:
    """Return the context in which a record is validated that was read from UTF-8: `WRITABLE` or None."""
    return None if "\\ud" in text or "\\uD" in text else WRITABLE


def read_strict(text: str) -> Any:
    """Read strict JSON.

    Raises:
        ValueError: the text is not JSON, contains NaN or Infinity, or is nested more deeply than any record.
    """
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not strict JSON")
