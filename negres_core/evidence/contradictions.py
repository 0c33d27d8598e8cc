"""Contradictions between records of two folders, because of which the folders are not merged.

Each function takes two records with the names of their folders, and raises an EvidenceError if both cannot hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from negres_core.errors import EvidenceError, show
from negres_core.evidence.bisection import BisectionRecord
from negres_core.evidence.evidence import Evidence
from negres_core.evidence.replicate import Replicate
from negres_core.evidence.shards import ShardRecord

Versions = tuple[tuple[str, str], ...]
"""Packages with their versions, sorted."""

OF_TIMES_AND_PLACES = {"cost", "provenance", "recorded_at", "model"}
"""What differs between two trainings of one replicate. The file of a model has a date; weights have digests of their
own."""


def check_replicates(one: tuple[str, Replicate], other: tuple[str, Replicate]) -> None:
    """Refuse two records of one replicate with other numbers; each may have metrics that the other one lacks."""
    left, right = (record.model_dump(mode="json", exclude=OF_TIMES_AND_PLACES) for _, record in (one, other))
    shared = left["metrics"].keys() & right["metrics"].keys()
    for content in (left, right):
        content["metrics"] = {name: content["metrics"][name] for name in shared}
    names = _differing(left, right)
    if names:
        places = {f"{folder}: {record.provenance.device}" for folder, record in (one, other)}
        raise EvidenceError(
            "Two folders have the same replicate with different numbers.",
            received=f"replicate {one[1].id}: differences in {', '.join(names)}; {'; '.join(sorted(places))}",
            remedy="It was trained twice, with results that are not bitwise the same. Merge only one of the two "
            "folders, or delete the record from one of them.",
        )


def check_versions(versions: Mapping[tuple[str, ...], Mapping[str, set[Versions]]]) -> None:
    """Refuse replicates of one arm that folders trained with different versions.

    Args:
        versions: for each arm, by folder, the versions that trained its replicates. A folder that has several is one
            that negres wrote so, and another one may have some of the same.
    """
    for of_arm in versions.values():
        every = set().union(*of_arm.values())
        if any(each == every for each in of_arm.values()):
            continue
        (one, left), (other, right) = _two_that_differ(of_arm)
        names = _differing(dict(left), dict(right))
        raise EvidenceError(
            "Folders have replicates of one arm that were trained with different versions.",
            received=f"{one}: {_listed(dict(left), names)}; {other}: {_listed(dict(right), names)}",
            remedy="Train all shards with the same versions, or merge only those that have the same.",
        )


def _two_that_differ(of_arm: Mapping[str, set[Versions]]) -> tuple[tuple[str, Versions], tuple[str, Versions]]:
    one, *others = of_arm.items()
    for name, each in others:
        if only := each - one[1]:
            return (one[0], min(one[1])), (name, min(only))
    name, each = next((name, each) for name, each in others if one[1] - each)
    return (one[0], min(one[1] - each)), (name, min(each))


def check_evidence(one: tuple[str, Evidence], other: tuple[str, Evidence]) -> None:
    """Refuse two results of one hypothesis."""
    left, right = one[1].content(), other[1].content()
    if left == right:
        return
    judged = "; ".join(f"{folder}: {show(record.judgement or 'no verdict')}" for folder, record in (one, other))
    raise EvidenceError(
        "Two folders have different evidence of one hypothesis.",
        received=f"{show(one[1].hypothesis)}: differences in {', '.join(_differing(left, right))}; {judged}",
        remedy="Merge only the folder that you want to keep, or compare the two with `negres compare`.",
    )


def check_bisections(one: tuple[str, BisectionRecord], other: tuple[str, BisectionRecord]) -> None:
    """Refuse two results of one bisection."""
    left, right = (_without_counts(record) for _, record in (one, other))
    if names := _differing(left, right):
        raise EvidenceError(
            "Two folders have different bisections of one test between the same configurations.",
            received=f"{show(one[1].test)}: differences in {', '.join(names)}; in {one[0]} and {other[0]}",
            remedy="Merge only the folder that you want to keep.",
        )


def _without_counts(bisection: BisectionRecord) -> dict[str, Any]:
    """Return what two runs of a bisection share: how much was trained depends on what was stored."""
    content = bisection.model_dump(mode="json", exclude={"recorded_at"})
    for step in content["steps"]:
        del step["trained"], step["reused"]
    return content


def check_shards(one: tuple[str, ShardRecord], other: tuple[str, ShardRecord]) -> None:
    """Refuse two shards of one hypothesis that were not trained for the same run."""
    (left_name, left), (right_name, right) = one, other
    names = left.commitment.differs_in(right.commitment)
    if not names and left.path == right.path:
        names = _differing(left.substance(), right.substance())
    if names:
        raise EvidenceError(
            "Two shards of one hypothesis were not trained for the same run.",
            received=f"{show(left.commitment.title)}, on {show(left.commitment.data.name)}: shard {left.shard} in "
            f"{left_name} and shard {right.shard} in {right_name} differ in {', '.join(names)}",
            remedy="Train all shards from one commit, on the same data, with the same version of negres.",
        )
    trained = [
        record.provenance.versions | {"backend": record.provenance.backend, "device": record.provenance.device_kind}
        for record in (left, right)
    ]
    if names := _differing(*trained):
        raise EvidenceError(
            "Two shards of one hypothesis were trained with different versions, or on different kinds of device.",
            received=f"{show(left.commitment.title)}, on {show(left.commitment.data.name)}: shard {left.shard} in "
            f"{left_name} with {_listed(trained[0], names)}; shard {right.shard} in {right_name} with "
            f"{_listed(trained[1], names)}",
            remedy="Train all shards with the same versions on the same kind of device, and merge these.",
        )


def check_files(one: Path, other: Path) -> None:
    """Refuse two files of one name with different content."""
    if one.read_bytes() != other.read_bytes():
        raise EvidenceError(
            "Two folders have files with the same name but different content, although the name is made from the "
            "content.",
            received=f"{one} and {other}",
            remedy="One of them was changed. `negres verify FOLDER` tells which; merge the other one.",
        )


def _differing(left: Mapping[str, Any], right: Mapping[str, Any]) -> list[str]:
    """Return the names of what differs in two mappings."""
    return [name for name in left | right if left.get(name) != right.get(name)]  # type: ignore[operator]


def _listed(values: Mapping[str, str], names: list[str]) -> str:
    return ", ".join(f"{name} {values.get(name, 'none')}" for name in names)
