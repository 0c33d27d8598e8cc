"""Confirmations: sealed rows are opened by a registered hypothesis only, which says who had looked at them before."""

from __future__ import annotations

from collections.abc import Sequence

from negres_core.errors import InputError
from negres_core.evidence import Commitment, Entry, Evidence, PriorLooks, Registration, SealRecord, Store
from negres_core.experiment.registration import MAY_CHANGE

SUFFIX = "::confirmation"
"""What the id of a confirmation has behind that of its test: it is a hypothesis of its own, with its own evidence."""
IN_TITLE = " (confirmation)"
"""What its title has behind that of its test."""


def confirmation_of(hypothesis: str, title: str) -> tuple[str, str]:
    """Return the id and the title of the confirmation of a hypothesis, or those of a confirmation as they are."""
    return hypothesis.removesuffix(SUFFIX) + SUFFIX, title.removesuffix(IN_TITLE) + IN_TITLE


def check_opening(registration: Registration | None, commitment: Commitment) -> None:
    """Raise InputError unless a confirmation is registered as it is about to be run."""
    assert commitment.seal is not None
    test = commitment.hypothesis.removesuffix(SUFFIX).partition("[")[0]
    command = f"negres register --negres-confirm {test}"
    rows = f"{commitment.seal.rows_in_words} of {commitment.data.name} are sealed"
    if registration is None or registration.status == "exploratory":
        raise InputError(
            "Only a registered confirmation opens sealed rows, but this one is not registered.",
            received=f"{commitment.hypothesis}; {rows}",
            remedy=f"Run `{command}` first, and commit the ledger. In a notebook, give the experiment "
            "register_or_compare=on_record(ledger, store).",
        )
    if changed := [part for part in registration.changed if part not in MAY_CHANGE]:
        raise InputError(
            "Only the confirmation that was registered opens sealed rows, but this one has changed since.",
            received=f"a different {', '.join(changed)} for {commitment.hypothesis}, "
            f"registered {registration.registered_at}; {rows}",
            remedy=f'Undo the change. Or register a second opening: `{command} --reason "..."`; the evidence will '
            "say that it is the second.",
        )


def prior_looks(
    commitment: Commitment, registration: Registration | None, store: Store, entries: Sequence[Entry]
) -> PriorLooks | None:
    """Return what earlier looks used up of the rows of a run that is about to begin; None without a seal.

    Smoke runs, mixtures of bisections and runs that a control ended before training decided nothing, and do not count.
    A confirmation that is run again has the same answer as the first time.

    Args:
        commitment: the commitment of the run.
        registration: the state of the ledger for it.
        store: where evidence is.
        entries: the entries of the ledger, oldest first.
    """
    if (seal := commitment.seal) is None:
        return None
    entry = registration.entry if registration else None
    if seal.phase == "confirming" and (known := _as_before(commitment, entry, store)):
        return known
    looks = [
        (each.hypothesis, seal.hides_from(each.data.digest, each.seal))
        for each in store.all_evidence()
        if _has_decided(each) and seal.concerns(each.data.digest, each.seal) and not _is_run_of(each, commitment)
    ]
    plans = [
        (each.hypothesis, seal.hides_from(each.data.digest, each.seal))
        for each in entries
        if seal.concerns(each.data.digest, each.seal) and each.hypothesis != commitment.hypothesis
    ]
    if seal.phase == "exploring":
        decided, planned, seen = [name for name, _ in looks], [name for name, _ in plans], set[str]()
        opened, reopened = list(dict.fromkeys(each.hypothesis for each in entries if _opens(each, seal))), 0
    else:
        decided, planned = ([name for name, is_hidden in each if is_hidden] for each in (looks, plans))
        seen = {name for name, is_hidden in (*looks, *plans) if not is_hidden} - {commitment.hypothesis}
        seen -= {each.hypothesis for each in entries if _opens(each, seal)}
        opened, reopened = earlier_openings(entries, entry)
    return PriorLooks(
        verdicts=len(decided),
        decided=sorted(set(decided)),
        registered=sorted(set(planned) - set(decided)),
        opened=opened,
        reopened=reopened,
        seen=sorted(seen),
    )


def earlier_openings(entries: Sequence[Entry], entry: str | None) -> tuple[list[str], int]:
    """Return who was registered to open the sealed rows of a confirmation before it was, and how often it was itself.

    Args:
        entries: the entries of a ledger, oldest first.
        entry: the digest of the entry of the confirmation; None if it has none.
    """
    own = next((each for each in entries if each.digest == entry), None)
    if own is None or own.seal is None or own.seal.phase != "confirming":
        return [], 0
    before = [each for each in entries if each.sequence < own.sequence and _opens(each, own.seal)]
    others = dict.fromkeys(each.hypothesis for each in before if each.hypothesis != own.hypothesis)
    changed = [each for each in before if each.hypothesis == own.hypothesis and set(each.differs_in(own)) - MAY_CHANGE]
    return list(others), len(changed)


def _opens(entry: Entry, seal: SealRecord) -> bool:
    return entry.seal is not None and entry.seal.phase == "confirming" and seal.has_same_rows(entry.seal)


def _as_before(commitment: Commitment, entry: str | None, store: Store) -> PriorLooks | None:
    """Return the earlier looks that the evidence of the same registered confirmation names, if there is any."""
    known = store.read_evidence(store.evidence_path(commitment.hypothesis))
    if known is None or known.registration is None or known.registration.entry != entry:
        return None
    return known.prior if known.seal == commitment.seal else None


def _has_decided(evidence: Evidence) -> bool:
    return evidence.kind == "claim" and not evidence.smoke and evidence.status == "finished" and bool(evidence.arms)


def _is_run_of(evidence: Evidence, commitment: Commitment) -> bool:
    """Return whether evidence is of an earlier run of the same arms, claim and design, which is not another look."""
    if (evidence.hypothesis, evidence.seal) != (commitment.hypothesis, commitment.seal):
        return False
    arms = {arm.role: arm.description.digest for arm in evidence.arms if arm.description}
    return (arms, evidence.claim, evidence.design) == (commitment.arms, commitment.claim, commitment.design)
