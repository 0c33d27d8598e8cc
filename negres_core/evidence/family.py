"""The family: all hypotheses that p-values are corrected for, whether they were run, chosen or decided or not."""

from __future__ import annotations

from negres_core.bisection.factors import is_mixture
from negres_core.errors import EvidenceError
from negres_core.evidence.ledger import Ledger
from negres_core.evidence.store import Store
from negres_core.statistics.multiplicity import holm


def family_of(store: Store, ledger: Ledger) -> dict[str, float]:
    """Correct the p-values of all hypotheses that are in the ledger or have evidence, by Holm's method.

    Smoke runs are no evidence, and the mixtures of a bisection no claims. A hypothesis that has not run, or whose run
    was cut off, is void or decided nothing, is a member with p = 1.

    Where the ledger is broken or anything is of a newer version, nobody knows the family: nothing is corrected, and the
    store notes why.

    Args:
        store: where evidence is kept.
        ledger: where hypotheses are registered.

    Returns:
        The corrected p-value of each hypothesis by its test id, those of the ledger first; none where unknown.
    """
    try:
        registered = ledger.hypotheses()
        recorded = [store.read_evidence(path) for path in store.evidence_paths()]
    except EvidenceError as error:
        store.notes.append(f"no p-value is corrected for the family: {error}")
        return {}
    claims = [each for each in recorded if each and not each.smoke and not is_mixture(each.hypothesis)]
    return holm(dict.fromkeys(registered) | {each.hypothesis: each.p_value for each in claims})
