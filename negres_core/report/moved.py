"""Which fields differ between two runs of one hypothesis, by their paths in the records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
"""Fields that hold source code, which is too long to show."""
NOTHING = object()


class MovedField(NamedTuple):
    """A field that differs.

    Attributes:
        part: the part of the hypothesis that it belongs to, such as "treatment".
        path: its path in the record of the part, such as "stages[0].epochs"; "" if the part is a single value.
        before: its value in the first run, in words.
        after: its value in the second run.
    """

    part: str
    path: str
    before: str
    after: str

    def __str__(self) -> str:
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
                moved.append(MovedField(part, show(path), _in_words(path, old), _in_words(path, new)))
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


def _in_words(path: str, value: object) -> str:
    if value is NOTHING or value is None:
        return "none"
    return "code" if path.rpartition(".")[2] in CODE else show(value, most=MOST_VALUE)
