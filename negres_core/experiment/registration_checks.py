"""Whether the registration that evidence names is in the ledger, and is the one that its run had to meet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from negres_core.evidence import Entry, Evidence, StoppingRule, digest_of_arm
from negres_core.experiment.replicate_checks import Trained


def check_registration(evidence: Evidence, arms: Sequence[Trained], entries: Sequence[Entry] | None) -> list[str]:
    """Return what is wrong with the registration of a run.

    Whether the analysis code was the registered one, and whether the entry had been committed, cannot be rechecked.

    Args:
        evidence: the evidence of the run.
        arms: its arms with their replicates.
        entries: the entries of the ledger, oldest first; None if there is no ledger.
    """
    registration = evidence.registration
    if evidence.smoke:
        return []
    try:
        started = datetime.fromisoformat(evidence.timings.started_at)
        own = [each for each in entries or () if each.hypothesis == evidence.hypothesis]
        earlier = [each for each in own if datetime.fromisoformat(each.registered_at) < started]
    except (TypeError, ValueError):  # no time, or one without a time zone
        return ["the time at which its run began cannot be read"]
    if registration is None or registration.status == "exploratory":
        return ["it is called exploratory, but was registered before its run"] if earlier else []
    if entries is None:
        return ["its registration cannot be checked without the ledger: name the file with --ledger"]
    entry = next((each for each in own if each.digest == registration.entry), None)
    if entry is None:
        return ["its registration is not in the ledger"]
    if earlier and entry.sequence < earlier[-1].sequence:
        return ["its registration had been amended before its run"]
    return _compare(evidence, arms, entry, started)


def _compare(evidence: Evidence, arms: Sequence[Trained], entry: Entry, started: datetime) -> list[str]:
    registration = evidence.registration
    assert registration is not None
    problems = []
    registered = datetime.fromisoformat(entry.registered_at)
    if registered > started:
        problems.append("its run began before it was registered")
    copied = (registration.registered_at, registration.reason, registration.seen)
    if copied != (entry.registered_at, entry.reason, entry.seen):
        problems.append("its registration has another date, reason or earlier verdict than the ledger")
    changed, recorded = _changed(evidence, arms, entry), set(registration.changed) - {"analysis code"}
    if entry.schema_version == 1:
        # A later version has other digests of the same recipes, and the stopping rule as data.
        changed |= recorded & {"treatment", "control", "stopping rule"}
    if evidence.arms and changed != recorded:
        problems.append(f"its run differed from its registration in: {', '.join(sorted(changed)) or 'nothing'}")
    status = "changed" if registration.changed else "amended" if entry.reason else "registered"
    if registration.status != status:
        problems.append(f"its registration is {status}, not {registration.status}")
    moments = [
        [datetime.fromisoformat(each.recorded_at) for each in pair]
        for pair in zip(*(trained.stages[-1] for trained in arms if trained.stages), strict=False)
    ]
    if sum(all(moment < registered for moment in pair) for pair in moments if pair) > registration.older:
        problems.append("more of its replicates are older than its registration than it says")
    return problems


def _changed(evidence: Evidence, trained: Sequence[Trained], entry: Entry) -> set[str]:
    """Return the parts in which a run differed from an entry, without the analysis code, which evidence lacks."""
    arms = {}
    for arm, stages in trained:
        # What a replicate is named by may be its recipe's digest in an earlier version; `check_replicates` decides.
        known = arm.description
        digests = [known.digest, known.digest_by_text] if known else [digest_of_arm(arm.recipe)]
        digests += [stages[-1][0].key.recipe] if stages and stages[-1] else []
        digests = [arm.tuning.plan.digest] if arm.tuning else digests
        registered = entry.arms.get(arm.role)
        arms[arm.role] = registered if registered in digests else digests[0]
    design = evidence.design.as_design()
    commitment = entry.updated(
        claim=evidence.claim,
        design=evidence.design,
        stopping=design.stopping if isinstance(entry.stopping, str) else StoppingRule.of(design),
        expected=evidence.expected,
        arms=arms,
        data=entry.data.updated(digest=evidence.data.digest),
        seal=evidence.seal,
        waived=evidence.waived,
        own_controls=evidence.own_controls,
    )
    return set(entry.differs_in(commitment))
