"""The family: all hypotheses whose p-values are corrected together, also those that were not selected or never ran."""

from __future__ import annotations

from collections.abc import Callable

from negres_core.errors import EvidenceError
from negres_core.evidence.ledger import Ledger
from negres_core.evidence.store import Store
from negres_core.statistics.multiplicity import holm


def family_of(store: Store, ledger: Ledger, *, note: Callable[[str], None]) -> dict[str, float]:
    """Correct the p-values of all hypotheses that are in the ledger or have evidence, by Holm's method.

    Smoke runs and the mixtures of a bisection are not part of the family. A hypothesis that has not run, or whose run
    was interrupted, invalid or inconclusive, is a member with p = 1.

    If the ledger is broken, or a record was written by a newer version, the family is unknown, so no p-value is
    corrected, and `note` is called with the reason.

    Args:
        store: where evidence is kept.
        ledger: where hypotheses are registered.
        note: called with a sentence if the family is unknown.

    Returns:
        The corrected p-value of each hypothesis by its test id, those of the ledger first; empty if unknown.
    """
    try:
        registered = ledger.hypotheses()
        records = store.current_evidence()
    except EvidenceError as error:
        note(f"no p-value is corrected for the family: {error}")
        return {}
    claims = [each for each in records if not each.smoke and each.kind == "claim"]
    return holm(dict.fromkeys(registered) | {each.hypothesis: each.p_value for each in claims})
