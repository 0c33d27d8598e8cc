"""Records: immutable, closed, strict JSON, and sealed by a digest of one canonical text."""

from __future__ import annotations

import hashlib
import json
import math
import numbers
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict

SCHEMA_VERSION = 1
"""Version of all records; a reader refuses a newer one."""


def _null_if_not_finite(value: Any) -> Any:
    return None if isinstance(value, numbers.Real) and not math.isfinite(value) else value


Number = Annotated[float | None, BeforeValidator(_null_if_not_finite)]
"""A number, or null where it is not finite: strict JSON has no word for NaN, and zero would be a lie."""


class Record(BaseModel):
    """A part of a record: immutable, and closed to fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    def updated(self, **fields: Any) -> Self:
        """Return a copy with other values for some fields, validated as a whole."""
        return type(self).model_validate({name: getattr(self, name) for name in type(self).model_fields} | fields)


def canonical(content: dict[str, Any]) -> str:
    """Return content as strict JSON that is the same wherever it is written: keys sorted, no white space, ASCII.

    Raises:
        ValueError: a number is not finite.
    """
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest_of(content: dict[str, Any]) -> str:
    """Return the SHA-256 of content's canonical text, 64 hexadecimal digits."""
    return hashlib.sha256(canonical(content).encode()).hexdigest()


def read_strict(text: str) -> Any:
    """Read strict JSON.

    Raises:
        ValueError: it is not JSON, or holds NaN or Infinity.
    """
    return json.loads(text, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not strict JSON")
