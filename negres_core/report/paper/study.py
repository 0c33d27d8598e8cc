"""What a paper reports: hypotheses with their family, their ledger, and what training them took."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from negres_core.errors import show
from negres_core.evidence import Entry, Evidence, Ledger, Replicate, Store, family_of
from negres_core.report.layout import plural
from negres_core.report.page.background import entries_of

MOST_NAMED = 12
"""Most hypotheses, data sets and the like that a sentence names."""


class Compute(NamedTuple):
    """What training took, over all replicates on record that the hypotheses rest on, each counted once.

    Attributes:
        replicates: replicates of the arms, of their earlier stages, of small runs for controls, and trials.
        seconds: of compiling, training and evaluating them; None if nothing was measured.
        unmeasured: how many of them were not measured, or are missing.
        memory_bytes: the peak memory of one of them; None if nothing was measured.
    """

    replicates: int
    seconds: float | None
    unmeasured: int
    memory_bytes: float | None


@dataclass(frozen=True)
class Study:
    """The hypotheses of a paper.

    Attributes:
        records: their evidence, without smoke runs.
        smoke: number of smoke runs that were left out.
        family: the corrected p-value of every hypothesis of the family, see `family_of`; empty if it is unknown.
        ledger: whether there is a ledger that can be trusted.
        entries: its entries; [] if there are none to trust.
        left_out: names of hypotheses with evidence in the folder that were not selected, by their test ids.
        compute: what training took.
    """

    records: Sequence[Evidence]
    smoke: int
    family: Mapping[str, float]
    ledger: Literal["intact", "missing", "broken"]
    entries: Sequence[Entry]
    left_out: Mapping[str, str]
    compute: Compute

    @functools.cached_property
    def entries_by_digest(self) -> dict[str, Entry]:
        """The entries by their digests, which take long to compute."""
        return {each.digest: each for each in self.entries}

    @property
    def judged(self) -> list[Evidence]:
        """The hypotheses that have a verdict."""
        return [each for each in self.records if each.verdict is not None]

    @property
    def estimated(self) -> list[Evidence]:
        """The hypotheses that have an estimate."""
        return [each for each in self.records if each.estimate is not None]


def read_study(records: Sequence[Evidence], store: Store, ledger: Ledger, *, note: Callable[[str], None]) -> Study:
    """Return the study that hypotheses of a store make.

    Args:
        records: the evidence that was selected; mixtures of a bisection are not claims, and are left out.
        store: the store that has it, with its replicates.
        ledger: where hypotheses are registered.
        note: called with a sentence if the family is not known.
    """
    entries = entries_of(ledger)
    claims = [each for each in records if each.kind == "claim" and not each.smoke]
    return Study(
        records=claims,
        smoke=sum(each.smoke for each in records),
        family=family_of(store, ledger, note=note),
        ledger="intact" if entries is not None else "broken" if ledger.path.exists() else "missing",
        entries=entries or [],
        left_out=_left_out(records, store),
        compute=_compute(store.read_replicate(id) for id in _replicate_ids(claims)),
    )


def _left_out(records: Sequence[Evidence], store: Store) -> dict[str, str]:
    selected = {each.hypothesis for each in records}
    others = (store.read_evidence(path) for path in store.evidence_paths())
    claims = [each for each in others if each is not None and each.kind == "claim" and not each.smoke]
    return {each.hypothesis: name_of(each) for each in claims if each.hypothesis not in selected}


def _replicate_ids(records: Iterable[Evidence]) -> list[str]:
    ids: dict[str, None] = {}
    for evidence in records:
        lists = [each for arm in evidence.arms for each in arm.replicates]
        lists += [each for stages in evidence.small_runs.values() for each in stages]
        tunings = [arm.tuning for arm in evidence.arms if arm.tuning is not None]
        lists += [trial.replicates for each in tunings for search in each.searches for trial in search.trials]
        ids |= dict.fromkeys(id for each in lists for id in each)
    return list(ids)


def _compute(replicates: Iterable[Replicate | None]) -> Compute:
    count, unmeasured = 0, 0
    seconds: list[float] = []
    memory: list[float] = []
    for each in replicates:
        count += 1
        if each is None or each.cost.train_s is None:
            unmeasured += 1
        else:
            seconds += [each.cost.train_s, each.cost.compile_s or 0.0, each.cost.evaluate_s or 0.0]
        if each is not None and each.cost.memory_bytes is not None:
            memory.append(each.cost.memory_bytes)
    return Compute(count, math.fsum(seconds) if seconds else None, unmeasured, max(memory, default=None))


def name_of(evidence: Evidence) -> str:
    """Return a hypothesis in words, with its data set, in quotation marks."""
    return f"“{show(evidence.title)}” on {show(evidence.data.name)}"


def show_metrics(study: Study) -> list[str]:
    """Return the metrics that the claims are about."""
    return list(dict.fromkeys(show(each.claim.metric) for each in study.records))


def enumerate_names(names: Iterable[str], *, most: int = MOST_NAMED) -> str:
    """Return names as a list in a sentence; of many, the first ones and the number of the others.

    Examples:
        >>> enumerate_names(["a", "b", "c"]), enumerate_names(["a", "b", "c", "d"], most=2)
        ('a, b and c', 'a, b and 2 others')
    """
    all_names = list(dict.fromkeys(names))
    shown = all_names[:most]
    if more := len(all_names) - len(shown):
        shown.append(plural(more, "other"))
    return " and ".join(filter(None, (", ".join(shown[:-1]), *shown[-1:])))


def count_hypotheses(some: Collection[object], of: Collection[object]) -> str:
    """Return how many of the hypotheses some are, in words.

    Examples:
        >>> count_hypotheses([1], [1, 2]), count_hypotheses([1, 2], [1, 2]), count_hypotheses([1], [1])
        ('1 of 2 hypotheses', 'all 2 hypotheses', 'the one hypothesis')
        >>> count_hypotheses([], [1, 2])
        'none of 2 hypotheses'
    """
    if len(of) == 1:
        return "the one hypothesis" if some else "no hypothesis"
    if not some:
        return f"none of {len(of)} hypotheses"
    return f"all {len(of)} hypotheses" if len(some) == len(of) else f"{len(some)} of {len(of)} hypotheses"
