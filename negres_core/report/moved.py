"""Which fields differ between two runs of one hypothesis, by their paths in the records."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from negres_core.errors import show
from negres_core.evidence import Evidence

MOST_FIELDS = 3
"""Most fields of a part that are named in a line."""
MOST_VALUE = 60
"""Most characters of a value that are shown."""
CLAIM = {
    "kind of claim": {"kind"},
    "metric": {"metric", "unit", "higher_is_better", "code", "cost"},
    "threshold": {"threshold"},
    "alpha": {"alpha"},
}
"""Parts that are fields of the claim."""
CODE = ("source", "objective", "callbacks")
"""Fields that hold source code; only the lines that differ are shown."""
MOST_LINES = 12
"""Most lines of source code that are shown."""
DIGEST_DIGITS = 12
"""Digits of a digest that are shown."""
_DIGEST = re.compile("[0-9a-f]{32}|[0-9a-f]{64}")
NOTHING = object()


class MovedField(NamedTuple):
    """A field that differs.

    Attributes:
        part: the part of the hypothesis that it belongs to, such as "treatment".
        path: its path in the record of the part, such as "stages[0].epochs"; "" if the part is a single value.
        before: its value in the first run, in words; of source code the lines that differ.
        after: its value in the second run.
    """

    part: str
    path: str
    before: str
    after: str

    @property
    def is_code(self) -> bool:
        """Whether the values are lines of source code."""
        return self.path.rpartition(".")[2] in CODE

    def __str__(self) -> str:
        if self.is_code:
            return f"{self.path}: other lines"
        change = f"{self.before} -> {self.after}"
        return f"{self.path}: {change}" if self.path else change


def moved_fields(before: Evidence, after: Evidence, parts: Sequence[str]) -> list[MovedField]:
    """Return the fields that differ in the parts that moved.

    Args:
        before: the evidence of the first run.
        after: the evidence of the second run.
        parts: the names of the parts, as `change_of` has them.
    """
    moved = []
    for part in parts:
        first, second = dict(_leaves(_content(before, part))), dict(_leaves(_content(after, part)))
        for path in first | second:
            old, new = first.get(path, NOTHING), second.get(path, NOTHING)
            if old != new:
                moved.append(MovedField(part, show(path), *_values(path, old, new)))
    return moved


def describe_moved(before: Evidence, after: Evidence, parts: Sequence[str]) -> str:
    """Return the parts that moved in a line, each with the first fields that differ in it."""
    moved = moved_fields(before, after, parts)
    named = []
    for part in parts:
        fields = [each for each in moved if each.part == part]
        shown = [str(each._replace(path="") if each.path == part else each) for each in fields[:MOST_FIELDS]]
        more = [f"{len(fields) - MOST_FIELDS} more"] if len(fields) > MOST_FIELDS else []
        named.append(f"{part} ({', '.join([*shown, *more])})" if fields else part)
    return ", ".join(named)


def _content(evidence: Evidence, part: str) -> Any:
    """Return the content of a part, as the record has it."""
    if part in CLAIM:
        return evidence.claim.model_dump(mode="json", include=CLAIM[part])
    records: dict[str, Any] = {arm.role: arm.description for arm in evidence.arms}
    records |= {"design": evidence.design, "data": evidence.data}
    records |= {"sealed rows": evidence.seal, "scores": evidence.scores}
    if (record := records.get(part)) is not None:
        return record.model_dump(mode="json")
    return {"waived controls": evidence.waived, "controls that ran": evidence.controlled}.get(part)


def _leaves(content: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every single value of nested content with its path."""
    if isinstance(content, dict) and content:
        for name, value in content.items():
            yield from _leaves(value, f"{path}.{name}" if path else str(name))
    elif isinstance(content, list) and content:
        for place, value in enumerate(content):
            yield from _leaves(value, f"{path}[{place}]")
    elif path or content:
        yield path, content


def _values(path: str, before: object, after: object) -> tuple[str, str]:
    """Return both values in words."""
    if path.rpartition(".")[2] in CODE and isinstance(before, str) and isinstance(after, str):
        return _lines_apart(before.splitlines(), after.splitlines())
    return _in_words(before), _in_words(after)


def _lines_apart(before: Sequence[str], after: Sequence[str]) -> tuple[str, str]:
    """Return the lines of two texts that the other one does not have."""
    apart: tuple[list[str], list[str]] = [], []
    for tag, *places in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag != "equal":
            apart[0].extend(before[slice(*places[:2])])
            apart[1].extend(after[slice(*places[2:])])
    return _cut(apart[0]), _cut(apart[1])


def _cut(lines: Sequence[str]) -> str:
    more = [f"... ({len(lines) - MOST_LINES:,} more lines)"] if len(lines) > MOST_LINES else []
    return show("\n".join([*lines[:MOST_LINES], *more]), lines=True)


def _in_words(value: object) -> str:
    if value is NOTHING or value is None:
        return "none"
    if isinstance(value, str) and _DIGEST.fullmatch(value):
        return value[:DIGEST_DIGITS]
    return show(value, most=MOST_VALUE)
