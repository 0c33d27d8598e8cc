"""Whether the replicates that evidence names are those of its arms: each cell once, the right recipe and data."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from negres_core.errors import EvidenceError
from negres_core.evidence import ArmRecord, Evidence, RecipeDescription, Replicate, Store
from negres_core.experiment.decision import budget_of
from negres_core.experiment.epoch_checks import check_epochs

Stages = list[list[Replicate]]
"""The replicates of each stage of an arm, in the order repeat, fold, seed."""


class Trained(NamedTuple):
    """An arm's record, and the replicates that it names."""

    arm: ArmRecord
    stages: Stages


def find_replicates(evidence: Evidence, store: Store) -> tuple[list[Trained], list[str]]:
    """Return the arms with their replicates, and which of these are missing or damaged, those of small runs included.

    The arms are only complete if nothing is missing.
    """
    missing: list[str] = []

    def find(ids: Sequence[str]) -> list[Replicate]:
        found = [_find(id, store) for id in ids]
        missing.extend(id for id, each in zip(ids, found, strict=True) if each is None)
        return [each for each in found if each is not None]

    arms = [Trained(arm, [find(ids) for ids in arm.replicates]) for arm in evidence.arms]
    for stages in evidence.small_runs.values():
        for ids in stages:
            find(ids)
    return arms, [f"missing or damaged replicates: {', '.join(missing)}"] if missing else []


def check_replicates(
    evidence: Evidence, arms: Sequence[Trained], older_digests: Mapping[str, Collection[str]]
) -> list[str]:
    """Return what is wrong with the keys of the replicates of complete arms.

    Args:
        evidence: the evidence.
        arms: its arms with their replicates.
        older_digests: by the role of an arm, digests that version 0.1.0 registered for its recipe. It named replicates
            by them, and later versions use those replicates.
    """
    problems = [
        f"{trained.arm.role} arm: {problem}"
        for trained in arms
        for problem in _problems_of_arm(evidence, trained, older_digests.get(trained.arm.role, ()))
    ]
    return problems or _problems_of_cells(evidence, arms)


def _find(id: str, store: Store) -> Replicate | None:
    try:
        return store.find(id)
    except EvidenceError:  # this is not an id, or a newer version wrote the record
        return None


def _problems_of_arm(evidence: Evidence, trained: Trained, older_digests: Collection[str]) -> list[str]:
    arm, design = trained.arm, evidence.design
    description = arm.description
    assert description is not None  # only scores that were given have none, and they have no replicates
    lineage = description.lineage
    repeats = len(arm.values)
    if not lineage or len(trained.stages) != len(lineage):
        return [f"it has replicates of {len(trained.stages)} stages, and its recipe has {len(lineage)}"]
    if not 1 <= repeats <= design.repeats:
        return [f"it has values of {repeats} repeats, and the design has {design.repeats}"]
    cells = list(itertools.product(range(repeats), range(design.folds), range(design.seeds)))
    problems = []
    if arm.recipe != str(description):
        problems.append("its name is not that of the described recipe")
    is_older = {each.key.recipe for each in trained.stages[-1]} & set(older_digests)
    for stage in trained.stages:
        if [(each.key.repeat, each.key.fold, each.key.seed) for each in stage] != cells:
            return [f"its replicates are not those of {repeats} repeats, each fold and seed once, in order"]
    for stage, described in _by_description(trained, lineage, seeds=design.seeds):
        keys = [each.key for each in stage]
        if any(key.data != evidence.data.digest for key in keys):
            problems.append("it has replicates that were trained on other data")
        if any(key.output != evidence.claim.output for key in keys):
            problems.append("it has replicates that were judged by another output")
        if any(key.folds != design.folds for key in keys):
            problems.append("it has replicates of a design with another number of folds")
        digests = {key.recipe for key in keys}
        if len(digests) > 1 or not (is_older or digests <= {described.digest, described.digest_by_text}):
            problems.append("it has replicates of a recipe other than the described one")
        if any((each.model is None) == (described.fit is None) for each in stage):
            problems.append("it has replicates with a model where its recipe has none, or the reverse")
        if described.fit is None:
            problems += [
                problem
                for problem in (check_epochs(described.stages[-1], each) for each in stage)
                if problem is not None and problem not in problems
            ]
    for parents, children in itertools.pairwise(trained.stages):
        if any(child.differing_weights(parent) for parent, child in zip(parents, children, strict=False)):
            problems.append("it has replicates that did not start from the weights of those they inherit")
    # Replicates of earlier versions have fewer metrics, and hypotheses add those that they need.
    wanted = {evidence.claim.key, *arm.metrics} - ({evidence.claim.key} if evidence.claim.cost else set())
    if any(wanted - each.metrics.keys() for each in trained.stages[-1]):
        problems.append("its replicates do not all report the metrics that it has")
    problems += _problems_of_validation(evidence, trained.stages[-1])
    if arm.budget != budget_of(trained.stages):
        problems.append("its training budget is not that of its replicates")
    return problems


def _by_description(
    trained: Trained, lineage: Sequence[RecipeDescription], *, seeds: int
) -> Iterator[tuple[list[Replicate], RecipeDescription]]:
    """Yield the replicates of each stage with its description; those of a tuned arm for each recipe that it chose."""
    tuning = trained.arm.tuning
    if tuning is None:
        yield from zip(trained.stages, lineage, strict=True)
        return
    places: dict[str, list[int]] = {}
    for cell, digest in enumerate(tuning.chosen):
        places.setdefault(digest, []).extend(range(cell * seeds, (cell + 1) * seeds))
    for digest, chosen in places.items():
        described = tuning.recipes[digest].lineage if digest in tuning.recipes else lineage
        for stage, each in zip(trained.stages, described, strict=False):
            yield [stage[place] for place in chosen if place < len(stage)], each


def _problems_of_validation(evidence: Evidence, replicates: Sequence[Replicate]) -> list[str]:
    """Return what is wrong with the curves on validation rows, if the claim is about the cost to reach a target."""
    cost = evidence.claim.cost
    if cost is None or cost.metric is None:
        return []
    # The digest of the rows follows the name of the metric.
    watched = [(each.key.validation or "").rpartition(" on ")[0] for each in replicates]
    if any(name != cost.metric for name in watched):
        return [f"it has replicates that did not measure {cost.metric} on validation rows after each epoch"]
    finished = [each for each in replicates if each.status == "finished"]
    if any(len(each.validation or ()) != each.budget.epochs for each in finished):
        return ["it has replicates without a value on validation rows for every epoch"]
    return []


def _problems_of_cells(evidence: Evidence, arms: Sequence[Trained]) -> list[str]:
    """Return whether all arms were trained on the same cells, by the same engine, on the same kind of device."""
    keys = [each.key for trained in arms for stage in trained.stages for each in stage]
    problems = []
    if len({len(trained.arm.values) for trained in arms}) > 1:
        problems.append("the arms have different numbers of repeats")
    rows: dict[tuple[int, int], set[str]] = {}
    for key in keys:
        rows.setdefault((key.repeat, key.fold), set()).add(key.rows)
    if any(len(digests) > 1 for digests in rows.values()):
        problems.append("the arms were not tested on the same rows")
    folds = [(repeat, digest) for (repeat, _), digests in rows.items() for digest in digests]
    if len(set(folds)) < len(folds):
        problems.append("two folds of a repeat have the same rows")
    measured: dict[tuple[int, int], set[str]] = {}
    for key in keys:
        if key.validation is not None:
            measured.setdefault((key.repeat, key.fold), set()).add(key.validation)
    if any(len(digests) > 1 for digests in measured.values()):
        problems.append("the arms were not measured on the same validation rows")
    cost = evidence.claim.cost
    marks = {key.timed for key in keys}
    if cost is not None and cost.counted_in == "seconds" and (len(marks) > 1 or None in marks):
        problems.append("the seconds of its replicates were not all measured by one run, one replicate after another")
    recorded = (evidence.provenance.backend, evidence.provenance.device.partition(":")[0])
    if {(key.backend, key.device) for key in keys} != {recorded}:
        problems.append("replicates were trained on another backend or kind of device than the evidence says")
    if len({key.contract for key in keys}) > 1:
        problems.append("replicates were trained by different versions of the engines")
    return problems
