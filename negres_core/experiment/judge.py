"""The judge of scores that exist already: the same rules and records as for arms that negres trains, no controls."""

from __future__ import annotations

import dataclasses
import hashlib
import numbers
import os
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from negres_core.claim import Claim, Metric
from negres_core.design import Design, LeaveOneGroupOut
from negres_core.design.leave_one_group_out import LEAST_GROUPS
from negres_core.errors import InputError
from negres_core.evidence import (
    ClaimRecord,
    Commitment,
    DataIdentity,
    DataRecord,
    DesignRecord,
    Evidence,
    Registration,
    ScoresRecord,
    StoppingRule,
    Store,
    Timings,
    digest_of_arm,
    trace_provenance,
    write_scores,
)
from negres_core.experiment.decision import ALPHA
from negres_core.experiment.given_scores import results_of
from negres_core.experiment.registration import check_expected, outcome_of
from negres_core.metrics import METRICS, check_threshold, find_metric
from negres_core.metrics.bounds import is_share
from negres_core.provenance.analysis import digest_analysis
from negres_core.run import Role
from negres_core.scores import (
    FOLD_COLUMNS,
    USUAL_COLUMNS,
    Cells,
    Columns,
    Table,
    other_arms,
    pair,
    read_table,
    scores_in,
    write_kept,
)

UNKNOWN = "unknown"
"""The backend and the device of scores that were given."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Judge:
    """Judges one hypothesis by scores that were given, whichever framework made them.

    Attributes:
        hypothesis: the test's id, without the verdict it expects; or any text that names the hypothesis.
        title: the hypothesis in words.
        store: where records are kept.
        folder: a folder of the repository whose commit is recorded.
        expected: the verdict that is expected, "supported" or "refuted", if one is.
        kind: "claim", or "mixture" for a configuration that a bisection runs.
        smoke: judge nothing.
        known_as: called with the commitment; returns the id under which the hypothesis is known. Not called in a smoke
            run.
        register_or_compare: called with the commitment before the scores are read; returns its status in the ledger, or
            None. Not called in a smoke run.
    """

    hypothesis: str
    title: str
    store: Store
    folder: Path = Path()
    expected: str | None = None
    kind: Literal["claim", "mixture"] = "claim"
    smoke: bool = False
    known_as: Callable[[Commitment], str] = lambda commitment: commitment.hypothesis
    register_or_compare: Callable[[Commitment], Registration | None] = lambda commitment: None

    def __post_init__(self) -> None:
        check_expected(self.expected)

    def judge(
        self,
        scores: object,
        *,
        treatment: object,
        control: object = None,
        claim: Claim,
        design: Design,
        metric: Metric | None = None,
        columns: Columns = USUAL_COLUMNS,
        data: str | None = None,
        rows: int | None = None,
        groups: int | None = None,
    ) -> Evidence:
        """Judge a claim by scores that were given.

        What is fixed before the scores are known (the claim, the design, the names of the arms and of the data) is
        compared with the ledger before they are read, so it can be registered before they exist.

        Args:
            scores: see `negres_core.scores.read_table`.
            treatment: the name of the arm that the claim is about.
            control: the name of the arm that it is compared with; None for `reaches`.
            claim: the claim.
            design: the planned design.
            metric: the metric, if it is not one of negres.
            columns: the names of the columns, if they are not the usual ones.
            data: the name of the data set; by default that of the file, without its suffix.
            rows: the number of rows of the data set, by which a share of rows, such as the accuracy, is known not to
                differ by less than single rows show.
            groups: the number of groups, if folds keep groups of rows together.

        Returns:
            The evidence, already recorded.

        Raises:
            InputError: an argument or the table is invalid. Nothing has been recorded.
        """
        arms = _check_arms(claim, treatment, control)
        design, groups = _check_design(design, rows, groups)
        found = _metric_of(claim, metric)
        name = data or (Path(scores).stem if isinstance(scores, str | os.PathLike) else "scores")
        commitment = Commitment(
            hypothesis=self.hypothesis,
            title=self.title,
            claim=ClaimRecord.of(claim, found, alpha=ALPHA),
            design=DesignRecord.of(design),
            stopping=StoppingRule.of(design),
            expected=self.expected,
            arms={role: digest_of_arm(arm) for role, arm in zip(get_args(Role), arms, strict=False)},
            analysis=digest_analysis(),
            data=_identify(name, rows, groups),
        )
        registration = None
        if not self.smoke:
            commitment = commitment.updated(hypothesis=self.known_as(commitment))
            registration = self.register_or_compare(commitment)
        self.store.check_writable()
        table = read_table(scores)
        cells = _read_cells(table, columns, arms, claim, found, design)
        return self._record(commitment, registration, arms, table, columns, cells, (name, rows, groups))

    def _record(
        self,
        commitment: Commitment,
        registration: Registration | None,
        arms: Sequence[str],
        table: Table,
        columns: Columns,
        cells: Cells,
        data: tuple[str, int | None, int | None],
    ) -> Evidence:
        began, started_at = time.perf_counter(), datetime.now(UTC).isoformat(timespec="seconds")
        content = write_kept(cells)
        name, rows, groups = data
        evidence = Evidence(
            hypothesis=commitment.hypothesis,
            title=self.title,
            kind=self.kind,
            status="finished",
            smoke=self.smoke,
            controlled="none",
            expected=self.expected,
            registration=_count_older(registration, table, cells),
            claim=commitment.claim,
            design=commitment.design,
            data=DataRecord.of_scores(name, source=f"scores as given: {table.source}", rows=rows, groups=groups),
            scores=ScoresRecord(
                file=write_scores(self.store, commitment.hypothesis, content),
                sha256=hashlib.sha256(content).hexdigest(),
                source=table.source,
                source_sha256=table.sha256,
                repeats=cells.repeats,
                other_arms=other_arms(table, columns, arms, kind=commitment.design.kind),
            ),
            timings=Timings(started_at=started_at),
            provenance=trace_provenance(self.folder, backend=UNKNOWN, device=UNKNOWN),
        )
        evidence = results_of(evidence, cells, arms)
        timings = evidence.timings.updated(wall_s=time.perf_counter() - began, trained=0, reused=0)
        evidence = evidence.updated(timings=timings, outcome=outcome_of(evidence))
        self.store.write_evidence(evidence)
        return evidence


def known_before(scores: object) -> list[str]:
    """Return what is known of a result when it is registered: its scores, unless their file does not exist yet."""
    is_missing = isinstance(scores, str | os.PathLike) and not Path(scores).exists()
    return [] if is_missing else ["scores as given"]


def _check_arms(claim: Claim, treatment: object, control: object) -> list[str]:
    """Return the names of the arms as text, the treatment first."""
    if not isinstance(claim, Claim):
        remedy = 'Make one with beats("accuracy", by=0.01), matches(...) or reaches(...).'
        raise InputError("`claim` has to be a claim.", received=claim, remedy=remedy)
    arms = [str(each).strip() for each in (treatment, control) if each is not None]
    if claim.kind == "reaches" and control is not None:
        raise InputError(
            "`reaches` is a claim about one arm, but there are two.",
            received=f"judge(..., control={control!r}, claim={claim})",
            remedy="Leave the control out, or claim beats(...) or matches(...).",
        )
    if claim.kind != "reaches" and control is None:
        raise InputError(
            f"`{claim.kind}` is a claim about two arms, but there is only one.",
            received=f"judge(..., treatment={treatment!r}, claim={claim})",
            remedy="Name the control arm too, as the table does, or claim reaches(...).",
        )
    if treatment is None or not all(arms) or len(set(arms)) < len(arms):
        raise InputError(
            "The arms need different names.",
            received=f"treatment={treatment!r}, control={control!r}",
            remedy="Name the treatment and the control as the table does.",
        )
    return arms


def _check_design(design: Design, rows: int | None, groups: int | None) -> tuple[Design, int | None]:
    """Return the design with the number of its groups, and that number; refuse what scores of cells cannot show."""
    if not isinstance(design, Design) or design.kind not in FOLD_COLUMNS:
        raise InputError(
            "Scores that are given are judged by the scores of cells, in a design that negres knows.",
            received=f"design={design!r}",
            remedy="Give KFolds(5, repeats=5), Holdout(test=0.2, splits=25) or LeaveOneGroupOut(groups=12), whichever "
            "the runs had. A splitter becomes one of these on its data set; a fixed split and a time series are judged "
            "by the scores of single rows, which a table of cells does not have.",
        )
    if isinstance(design, LeaveOneGroupOut):
        known = design.groups if design.groups is not None else groups
        if known is None or known < LEAST_GROUPS or groups not in (None, known):
            raise InputError(
                f"Leaving one group out needs the number of groups, {LEAST_GROUPS} or more.",
                received=f"{design}, groups={groups!r}",
                remedy="Give it to the design: LeaveOneGroupOut(groups=12).",
            )
        design, groups = dataclasses.replace(design, groups=known), known
    for name, value, most in (("rows", rows, None), ("groups", groups, rows)):
        is_count = value is None or (isinstance(value, numbers.Integral) and not isinstance(value, bool))
        if not is_count or (value is not None and (value < design.parts or (most is not None and value > most))):
            raise InputError(
                f"`{name}` is the number of {name} of the data set: at least one per fold"
                f"{', and no more than rows' if name == 'groups' else ''}.",
                received=f"{name}={value!r} for {design.parts} folds"
                f"{f' and {rows} rows' if name == 'groups' and rows is not None else ''}",
                remedy="Give the number of all rows or groups that the folds divide, or leave it out.",
            )
    units = groups if groups is not None else rows
    if design.kind == "k folds" and units == design.folds and design.repeats > 1:
        raise InputError(
            "With as many folds as rows or groups, every repeat tests the same folds: its scores are copies.",
            received=f"{design.folds} folds of {units}, repeats={design.repeats}",
            remedy="Give repeats=1, and the repeats as seeds, which are averaged.",
        )
    return design, groups


def _metric_of(claim: Claim, metric: Metric | None) -> Metric:
    """Return the metric of a claim: one of negres, or the one that is declared."""
    known = find_metric(claim.metric)
    found = metric or claim.own or known
    if found is None:
        raise InputError(
            f"negres does not know the metric {claim.metric!r}, so its direction has to be given.",
            received=str(claim),
            remedy=f'Declare it: metric=Metric("{claim.metric}", higher_is_better=True, unit="..."); on the command '
            "line, --higher-is-better or --lower-is-better. negres knows: " + ", ".join(METRICS) + ".",
        )
    if not isinstance(found, Metric) or found.name != claim.metric or (known is not None and found != known):
        raise InputError(
            "The metric that is declared is not the one that the claim names.",
            received=f"{found}; {claim}{f'; negres knows {known}' if known else ''}",
            remedy="Give both the same name. A metric that negres knows needs no declaration; one that differs from it "
            "needs another name.",
        )
    if known:
        check_threshold(claim)
    return found


def _identify(name: str, rows: int | None, groups: int | None) -> DataIdentity:
    record = DataRecord.of_scores(name, source="", rows=rows, groups=groups)
    return DataIdentity(name=name, digest=record.digest)


def _read_cells(
    table: Table, columns: Columns, arms: Sequence[str], claim: Claim, metric: Metric, design: Design
) -> Cells:
    scores = scores_in(table, columns, arms=arms, metric=claim.metric, kind=design.kind)
    cells = pair(scores, arms=arms, design=design)
    values = np.concatenate([each.ravel() for each in cells.values])
    values = values[np.isfinite(values)]
    outside = values[(values < 0) | (values > 1)]
    if metric == find_metric(claim.metric) and is_share(claim.metric) and len(outside):
        raise InputError(
            f"{claim.metric} is a share, from 0 to 1.",
            received=f"{outside[0]:g} in {table.source}",
            remedy="Divide percent by 100, or declare another metric whose unit is percent.",
        )
    return cells


def _count_older(registration: Registration | None, table: Table, cells: Cells) -> Registration | None:
    """Count the differences that existed when the hypothesis was registered, as far as the file's time tells."""
    if registration is None or registration.registered_at is None or table.written_at is None:
        return registration
    is_older = table.written_at < datetime.fromisoformat(registration.registered_at)
    return registration.updated(older=int(cells.values[0].size) if is_older else 0)
