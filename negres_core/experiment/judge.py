"""The judge of scores that exist already: the same rules and records as for arms that negres trains, no controls."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args

from negres_core.claim import Claim, Metric
from negres_core.design import Design
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
from negres_core.experiment.given_scores import repeats_in, results_of
from negres_core.experiment.judge_checks import (
    check_arms,
    check_design,
    check_metric_of_rows,
    metric_of,
    read_cells,
)
from negres_core.experiment.registration import check_expected, outcome_of
from negres_core.provenance.analysis import digest_analysis
from negres_core.run.arm import Role
from negres_core.scores import (
    USUAL_COLUMNS,
    Cells,
    Columns,
    Table,
    other_arms,
    read_table,
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
        arms = check_arms(claim, treatment, control)
        design, groups = check_design(design, rows, groups)
        found = metric_of(claim, metric)
        check_metric_of_rows(claim, design)
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
        cells = read_cells(table, columns, arms, claim, found, design)
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
            does_not_show=commitment.design.as_design().does_not_show,
            data=DataRecord.of_scores(name, source=f"scores as given: {table.source}", rows=rows, groups=groups),
            scores=ScoresRecord(
                file=write_scores(self.store, commitment.hypothesis, content),
                sha256=hashlib.sha256(content).hexdigest(),
                source=table.source,
                source_sha256=table.sha256,
                repeats=repeats_in(cells, commitment.design.as_design()),
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


def _identify(name: str, rows: int | None, groups: int | None) -> DataIdentity:
    record = DataRecord.of_scores(name, source="", rows=rows, groups=groups)
    return DataIdentity(name=name, digest=record.digest)


def _count_older(registration: Registration | None, table: Table, cells: Cells) -> Registration | None:
    """Count the differences that existed when the hypothesis was registered, as far as the file's time tells."""
    if registration is None or registration.registered_at is None or table.written_at is None:
        return registration
    is_older = table.written_at < datetime.fromisoformat(registration.registered_at)
    return registration.updated(older=int(cells.values[0].size) if is_older else 0)
