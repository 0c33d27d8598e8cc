"""The claim and the verdict of a hypothesis, in sentences for a reader who knows nothing of negres."""

from __future__ import annotations

from negres_core.evidence import AS_GIVEN, Evidence, Registration
from negres_core.report.arm_settings import settings_apart

MEANINGS = {
    "supported": "The data show that the claim holds",
    "refuted": "The data show that the claim does not hold",
    "inconclusive": "The data do not decide the claim",
    "invalid": "The pipeline failed one of its own checks, so its numbers mean nothing",
}
"""What each verdict means."""


def state_claim(evidence: Evidence) -> str:
    """Return the claim as a sentence, and what tells two arms of one name apart."""
    claim = evidence.claim
    names = {arm.role: arm.name for arm in evidence.arms}
    treatment = f"the treatment arm, {names['treatment']}," if "treatment" in names else "the treatment arm"
    control = f"the control arm, {names['control']}" if "control" in names else "the control arm"
    amount, metric = _amount(claim.threshold, claim.unit, claim.metric), claim.of_output(claim.metric)
    if claim.kind == "reaches":
        side = "or more" if claim.higher_is_better else "or less"
        claimed = f"{treatment} reaches {metric} of {amount} {side}"
    elif claim.kind == "matches":
        claimed = f"{treatment} and {control}, differ in {metric} by less than {amount}"
    else:
        better = "higher" if claim.higher_is_better else "lower"
        by = f"by at least {amount}" if claim.threshold else "by any amount"
        claimed = f"{treatment} has {better} {metric} than {control}, {by}"
    apart = settings_apart(evidence)
    return f"On {evidence.data.name}, {claimed}.{f' The arms differ in: {apart}.' if apart else ''}"


def _amount(threshold: float, unit: str, metric: str) -> str:
    return f"{threshold:g}" if unit in ("", metric) else f"{threshold:g} {unit}"


def state_verdict(evidence: Evidence) -> list[str]:
    """Return the verdict in sentences: what it is, what it means, and why."""
    if evidence.smoke:
        return ["Nothing was judged: this was a smoke run, with tiny data and a tiny budget."]
    if evidence.verdict is None:
        return ["There is no verdict: the run was interrupted, or is still in progress."]
    sentences = [f"{MEANINGS[evidence.verdict]}: {evidence.finding or 'no finding'}."]
    if evidence.explanation:
        sentences.append(evidence.explanation)
    if evidence.scores is not None:
        sentences.append(f"The verdict is about {AS_GIVEN}, since negres did not train them.")
    elif evidence.controlled != "all":
        ran = {"cheap": "Only controls that train nothing of their own were run.", "none": "No control was run."}
        sentences.append(
            f"{ran[evidence.controlled]} So the pipeline was checked less thoroughly than with all controls."
        )
    return sentences


def state_expectation(evidence: Evidence) -> str:
    """Return whether the verdict was the expected one, and what weakens its registration, in a sentence."""
    registration = evidence.registration or Registration(status="exploratory")
    if evidence.verdict is None or evidence.smoke:
        return f"The expected verdict is {evidence.expectation}." if evidence.expectation else ""
    if evidence.expectation is None:
        sentence = "No verdict was expected beforehand"
    elif evidence.outcome == "surprise" or evidence.verdict != evidence.expectation:
        sentence = f"This is a surprise: the expected verdict is {evidence.expectation}"
    else:
        sentence = "This is the expected verdict"
    return f"{sentence}; {_registered(registration)}."


def _registered(registration: Registration) -> str:
    """Return how the hypothesis was registered, and whether that was before anything was known."""
    when = "before the run"
    if registration.seen or registration.older:
        when = "after a run"
    if registration.seen:
        when += f", with these verdicts known: {', '.join(registration.seen)}"
    noted = {
        "exploratory": "the hypothesis was not registered before the run, so it is exploratory",
        "registered": f"the hypothesis was registered {when}",
        "amended": f"the hypothesis was registered, and amended {when}",
        "changed": f"the run differs from the registration in: {', '.join(registration.changed)}",
    }[registration.status]
    if registration.status == "exploratory" or registration.committed:
        return noted
    undated = (
        "The entry was not committed when the run began, so its date rests only on the clock of the machine that "
        "registered it"
    )
    return f"{noted}. {undated}"


def state_limits(evidence: Evidence) -> str:
    """Return what the verdict does not show, in a sentence; evidence of earlier versions does not contain it."""
    if evidence.does_not_show:
        return evidence.does_not_show
    return evidence.design.as_design().does_not_show
