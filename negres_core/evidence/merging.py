"""Merging: the records of several evidence folders in one, unless some of them contradict each other.

All folders are read before anything is written. A file is then written whole, a model before the record that names it,
and evidence after the replicates that it rests on. So a merge that was refused has changed nothing, and one that was
killed is completed by running it again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from negres_core.errors import EvidenceError
from negres_core.evidence.archive import most_bytes_of
from negres_core.evidence.bisection import BisectionRecord
from negres_core.evidence.contradictions import (
    check_bisections,
    check_evidence,
    check_files,
    check_replicates,
    check_shards,
    check_versions,
)
from negres_core.evidence.evidence import Evidence
from negres_core.evidence.replicate import Key, Replicate
from negres_core.evidence.shards import ShardRecord, read_shards
from negres_core.evidence.store import MOST_RECORD_BYTES, Store
from negres_core.files import copy_regular

T = TypeVar("T")

_SIDE_FILES = ("hypotheses/*/pictures/*.png", "hypotheses/*/scores-*.csv", "hypotheses/*/row-scores-*.bin")
"""Files beside evidence; the name of each has a digest of its content."""
_ASIDE = re.compile(r"[\w.-]+\.[0-9a-f]{8}\.(json|keras|h5)", re.ASCII)
_FOLDERS = ("replicates", "hypotheses", "bisections", "shards", "set-aside")


class Source(NamedTuple):
    """A folder to merge.

    Attributes:
        name: what messages call it.
        store: its store.
    """

    name: str
    store: Store


class Plan:
    """What a merge will write.

    Attributes:
        copies: the file to copy by its name in the target, relative to the folder, in the order of copying.
        metrics: replicates of the target that lack metrics, and these.
        outdated: shards of the target that are about something else than those that are merged, and are removed.
        replicates: number of replicates to copy.
        known: number of replicates that are in the target or in several folders, and are kept once.
    """

    def __init__(self) -> None:
        self.copies: dict[str, Path] = {}
        self.metrics: dict[str, dict[str, Any]] = {}
        self.outdated: list[ShardRecord] = []
        self.replicates = self.known = 0

    def add(self, path: Path, folder: Path) -> None:
        """Copy a file of a folder to the same place in the target."""
        self.copies[path.relative_to(folder).as_posix()] = path


def plan_merge(sources: Sequence[Source], target: Source) -> Plan:
    """Return what merging folders into another one writes, which is nothing that the target has.

    Replicates and evidence that are equal but for times and places are kept once; those in the target stay.

    Args:
        sources: the folders to merge. Records that cannot be trusted are left out, and the stores name them.
        target: the folder to merge them into, which may have records.

    Raises:
        EvidenceError: two records contradict each other, a newer version wrote one, or there is no evidence in one of
            the folders.
    """
    for source in sources:
        _check_has_evidence(source)
    plan = Plan()
    _plan_shards(plan, sources, target)
    _plan_replicates(plan, sources, target)
    for pattern in _SIDE_FILES:
        _plan_files(plan, sources, target, pattern)
    _plan_files(plan, sources, target, "set-aside/*", named=_ASIDE)
    _plan_superseded(plan, sources, target)
    _plan_bisections(plan, sources, target)
    _plan_evidence(plan, sources, target)
    # Last, since they say that what they name is there.
    _copy_shards(plan, sources, target)
    return plan


def carry_out(plan: Plan, target: Store) -> None:
    """Write what was planned. After an error or a kill, the same merge can be planned and carried out again.

    Raises:
        EvidenceError: the folder cannot be written, or a file has vanished meanwhile.
    """
    target.check_writable()
    for shard in plan.outdated:
        (target.folder / shard.path).unlink(missing_ok=True)
    for name, path in plan.copies.items():
        try:
            copy_regular(path, target.folder / name, most_bytes=most_bytes_of(name) or MOST_RECORD_BYTES)
        except OSError as error:
            raise EvidenceError(
                "A file could not be copied; the files copied so far are complete.",
                received=f"{path} to {target.folder}: {error.strerror or error}",
                remedy="Free some space there, or give another folder with --into. The same command continues where "
                "it stopped.",
            ) from error
    for id, metrics in plan.metrics.items():
        replicate = target.find(id)
        if replicate is not None:
            target.add_metrics(replicate, metrics)


def _check_has_evidence(source: Source) -> None:
    if not any((source.store.folder / name).is_dir() for name in _FOLDERS):
        raise EvidenceError(
            "There is no evidence in this folder.",
            received=source.name,
            remedy="Name the folder that --negres-evidence named, or .negres in the folder of the tests.",
        )


def _others(sources: Sequence[Source], target: Source) -> list[Source]:
    """Return the folders without the target, which may be one of those to merge."""
    return [each for each in sources if each is not target]


def _plan_replicates(plan: Plan, sources: Sequence[Source], target: Source) -> None:
    holder_of: dict[str, Source] = {}
    versions: dict[tuple[str, ...], dict[str, set[tuple[tuple[str, str], ...]]]] = {}
    for source in sources:
        for replicate in _replicates_of(source.store):
            of_source = versions.setdefault(_group_of(replicate.key), {}).setdefault(source.name, set())
            of_source.add(tuple(sorted(replicate.provenance.versions.items())))
            if source is target:
                continue
            if replicate.id not in holder_of and target.store.find(replicate.id) is not None:
                holder_of[replicate.id] = target
            holder = holder_of.setdefault(replicate.id, source)
            if holder is not source:
                plan.known += 1
                _compare(plan, replicate, source, holder)
                continue
            plan.replicates += 1
            if replicate.model is not None:
                plan.add(source.store.model_path(replicate), source.store.folder)
            plan.add(source.store.replicate_path(replicate.id), source.store.folder)
    check_versions(versions)


def _replicates_of(store: Store) -> Iterator[Replicate]:
    for path in sorted(store.folder.glob("replicates/[0-9a-f][0-9a-f]/*.json")):
        replicate = store.find(path.stem)
        if replicate is not None:
            yield replicate


def _group_of(key: Key) -> tuple[str, ...]:
    """Return what the replicates of one arm have in common, which one set of versions has to train."""
    return key.recipe, key.data, key.backend, key.device


def _compare(plan: Plan, replicate: Replicate, source: Source, holder: Source) -> None:
    """Check that two records of one replicate agree, and plan to add the metrics that the kept one lacks."""
    kept = holder.store.read_replicate(replicate.id)
    assert kept is not None, "it was read before"
    check_replicates((holder.name, kept), (source.name, replicate))
    lacking = {name: value for name, value in replicate.metrics.items() if name not in kept.metrics}
    if lacking:
        plan.metrics.setdefault(replicate.id, {}).update(lacking)


def _plan_files(
    plan: Plan, sources: Sequence[Source], target: Source, pattern: str, *, named: re.Pattern[str] | None = None
) -> None:
    """Plan to copy files that are not read as records."""
    for source in _others(sources, target):
        for path in sorted(source.store.folder.glob(pattern)):
            name = path.relative_to(source.store.folder).as_posix()
            is_known = named.fullmatch(path.name) if named else most_bytes_of(name)
            if not is_known or path.is_symlink() or not path.is_file():
                continue
            other = plan.copies.get(name, target.store.folder / name)
            if other.is_file():
                check_files(other, path)
            else:
                plan.copies[name] = path


def _plan_superseded(plan: Plan, sources: Sequence[Source], target: Source) -> None:
    """Plan to copy superseded evidence, whose name is a digest of the content."""
    for source in _others(sources, target):
        for path in sorted(source.store.folder.glob("hypotheses/*/evidence-*.json")):
            name = path.relative_to(source.store.folder).as_posix()
            is_new = name not in plan.copies and not (target.store.folder / name).exists()
            if is_new and source.store.read_evidence(path) is not None:
                plan.copies[name] = path


def _plan_evidence(plan: Plan, sources: Sequence[Source], target: Source) -> None:
    kept: dict[str, tuple[Source, Evidence]] = {}

    def read(store: Store) -> Iterator[tuple[Path, Evidence | None]]:
        return ((path, store.read_evidence(path)) for path in store.evidence_paths())

    for source, path, evidence in _from_all(read, sources, target):
        if evidence.hypothesis in kept:
            holder, other = kept[evidence.hypothesis]
            if "started" not in (evidence.status, other.status):
                check_evidence((holder.name, other), (source.name, evidence))
            if evidence.status == "started" or other.status == "finished":
                continue
        kept[evidence.hypothesis] = source, evidence
        if source is not target:
            plan.add(path, source.store.folder)


def _plan_bisections(plan: Plan, sources: Sequence[Source], target: Source) -> None:
    kept: dict[str, tuple[Source, BisectionRecord]] = {}

    def read(store: Store) -> Iterator[tuple[Path, BisectionRecord | None]]:
        paths = sorted(store.folder.glob("bisections/*.json"))
        return ((path, store.read_record(path, BisectionRecord)) for path in paths)

    for source, path, bisection in _from_all(read, sources, target):
        holder, other = kept.setdefault(path.name, (source, bisection))
        if other is not bisection:
            check_bisections((holder.name, other), (source.name, bisection))
        elif source is not target:
            plan.add(path, source.store.folder)


def _from_all(
    read: Callable[[Store], Iterator[tuple[Path, T | None]]], sources: Sequence[Source], target: Source
) -> Iterator[tuple[Source, Path, T]]:
    """Yield the records of all folders, those of the target first; records that cannot be trusted are left out."""
    for source in (target, *_others(sources, target)):
        yield from ((source, path, record) for path, record in read(source.store) if record is not None)


def _plan_shards(plan: Plan, sources: Sequence[Source], target: Source) -> None:
    """Check that the shards of each hypothesis are about the same; those of the target may be of an earlier run."""
    first: dict[str, tuple[str, ShardRecord]] = {}
    for source in sources:
        for record in read_shards(source.store):
            other = first.setdefault(record.commitment.hypothesis, (source.name, record))
            check_shards(other, (source.name, record))
    for record in read_shards(target.store):
        merged = first.get(record.commitment.hypothesis)
        if merged is None:
            continue
        if record.commitment.differs_in(merged[1].commitment):
            plan.outdated.append(record)
        else:
            check_shards((target.name, record), merged)


def _copy_shards(plan: Plan, sources: Sequence[Source], target: Source) -> None:
    stays = {record.path for record in read_shards(target.store)} - {record.path for record in plan.outdated}
    for source in _others(sources, target):
        for record in read_shards(source.store):
            if record.path not in stays:
                stays.add(record.path)
                plan.add(source.store.folder / record.path, source.store.folder)
