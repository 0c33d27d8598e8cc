"""Whether the seal that evidence names is that of its run, and whether its sealed rows were opened on the record."""

from __future__ import annotations

from collections.abc import Sequence

from negres_core.evidence import Entry, Evidence, SealRecord
from negres_core.experiment.confirmation import SUFFIX, earlier_openings
from negres_core.experiment.registration import MAY_CHANGE


def check_seal(evidence: Evidence, entries: Sequence[Entry] | None) -> list[str]:
    """Return what is wrong with the seal of a run.

    Which rows had been looked at without being opened cannot be rechecked.

    Args:
        evidence: the evidence of the run.
        entries: the entries of the ledger, oldest first; None if there is no ledger.
    """
    seal = evidence.seal
    is_confirmation = seal is not None and seal.phase == "confirming"
    problems = []
    if evidence.hypothesis.endswith(SUFFIX) != is_confirmation:
        problems.append("it is called a confirmation, and opened no sealed rows, or the reverse")
    if (evidence.prior is None) != (seal is None or evidence.smoke):
        problems.append("it names earlier looks at sealed rows, and has no seal, or the reverse")
    if seal is None or evidence.smoke:
        return problems if not (evidence.smoke and is_confirmation) else [*problems, "a smoke run opens no sealed rows"]
    seen = (seal.data, seal.total) if is_confirmation else (seal.open_rows, seal.total - seal.sealed.count)
    if (evidence.data.digest, evidence.data.rows) != seen:
        problems.append(f"its data are not {'the whole data set' if is_confirmation else 'the open rows'} of its seal")
    return problems + _check_opening(evidence, seal, entries) if is_confirmation else problems


def _check_opening(evidence: Evidence, seal: SealRecord, entries: Sequence[Entry] | None) -> list[str]:
    design, registration, prior = evidence.design, evidence.registration, evidence.prior
    problems = []
    tested = design.test_rows == seal.sealed.count if design.kind == "time series" else design.test == seal.sealed
    if not tested or design.folds != 1:
        problems.append("its design does not test the sealed rows")
    if registration is None or registration.status == "exploratory" or set(registration.changed) - MAY_CHANGE:
        problems.append("it opened sealed rows that it was not registered to open")
    elif entries is not None and prior is not None:
        opened, reopened = earlier_openings(entries, registration.entry)
        if (prior.opened, prior.reopened) != (opened, reopened):
            problems.append("the ledger has other earlier openings of its sealed rows than it says")
    return problems
