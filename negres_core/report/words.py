"""Evidence in words: a full account of one run, one fact per line. It is also the message of a failed assertion."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from negres_core.errors import MOST_IN_A_LINE, show
from negres_core.evidence import AS_GIVEN, ArmRecord, EstimateRecord, Evidence, PriorLooks
from negres_core.report.arm_settings import settings_apart
from negres_core.report.layout import plural, repeats_trained, show_number, show_p
from negres_core.report.tuning import describe_tuning

MOST_NAMES = 10
"""Most hypotheses that are named in a line."""
MOST_PARTS = 5
"""Most parts of the test rows that are named."""


def render(evidence: Evidence, folder: Path = Path()) -> str:
    """Render one hypothesis as text.

    Args:
        evidence: the hypothesis.
        folder: the folder of the evidence, so that the printed paths of pictures can be opened.
    """
    judgement = evidence.judgement or f"not judged ({'interrupted' if evidence.status == 'started' else 'smoke run'})"
    lines = [f"{show(evidence.title)}, on {show(evidence.data.name)}: {judgement}"]
    lines += [f"  diagnosis   {each.arm}: {each.cause}: {each.found}. {each.remedy}" for each in evidence.diagnosis]
    if evidence.expectation and evidence.verdict != evidence.expectation:
        lines.append(f"  expected    {evidence.expectation}")
    if evidence.registration:
        lines.append(f"  registered  {evidence.registration}")
    lines += _seal(evidence)
    lines += _scores(evidence)
    lines += _arms(evidence)
    if apart := settings_apart(evidence):
        lines.append(f"  differ in   {apart}")
    lines += [f"  tuned       {line}" for line in describe_tuning(evidence.arms)]
    lines += _equal(evidence)
    if evidence.estimate:
        low, high = evidence.estimate.interval_95
        lines.append(
            f"  effect      {evidence.estimate.effect:+.4g} {show(evidence.claim.of_output(evidence.claim.unit))}, "
            f"95% interval [{low:+.4g}, {high:+.4g}], standard error {evidence.estimate.standard_error:.3g}, "
            f"p {evidence.estimate.p_two_sided:.3g} (two-sided)"
        )
        lines += _scopes(evidence.estimate)
    lines += _parts(evidence)
    lines.append(f"  {evidence.claim.word:<11} {evidence.claim.threshold:g} {show(evidence.claim.unit)}")
    lines.append(_cells(evidence))
    if evidence.does_not_show and evidence.design.kind != "k folds":
        lines.append(f"  scope       {evidence.does_not_show}")
    lines += [
        f"  control     {_named(finding.control, evidence)} failed: {finding.found}; {finding.threshold}. "
        f"{finding.remedy}{'' if finding.control in evidence.own_controls else f' See {finding.page}.'}"
        for finding in evidence.controls
        if not finding.is_sound
    ]
    lines += _waived(evidence)
    if evidence.power:
        late = ", when all replicates already existed" if evidence.timings.trained == 0 else ""
        lines.append(
            f"  power       detects an effect of {evidence.power.detectable:.3g} with 80% power; shows equivalence "
            f"within {evidence.power.equivalence:.3g} (from {evidence.power.known_from}{late})"
        )
    lines += [f"  picture     {folder / picture.file} ({picture.name})" for picture in evidence.pictures]
    if evidence.p_value is not None:
        lines.append(f"  p-value     {show_p(evidence.p_value)}, of the null hypothesis that the verdict rejects")
    if evidence.explanation:
        lines.append(f"  because     {evidence.explanation}")
    return "\n".join(show(line, most=MOST_IN_A_LINE) for line in lines)


def _waived(evidence: Evidence) -> list[str]:
    """Return what each waived control found, and why it is waived."""
    findings = {finding.control: finding for finding in evidence.controls}
    lines = []
    for name, reason in evidence.waived.items():
        found = "has no finding: it did not run, or does not apply"
        if (finding := findings.get(name)) is not None:
            found = "passed" if finding.passed else f"failed: {finding.found}; {finding.threshold}"
        lines.append(f"  waived      {_named(name, evidence)} {found}. Waived because: {reason}")
    return lines


def _named(control: str, evidence: Evidence) -> str:
    return f"{control} (a control of your own)" if control in evidence.own_controls else control


def _seal(evidence: Evidence) -> list[str]:
    """Return which rows the run did not see or opened, and who had looked at them before."""
    if (seal := evidence.seal) is None:
        return []
    prior = evidence.prior or PriorLooks()
    before = f"{_looks(prior)} on {'these' if seal.phase == 'exploring' else 'the open'} rows"
    if seal.phase == "exploring":
        opened = f", and were opened by {_names(prior.opened)}" if prior.opened else ""
        lines = [f"  explored    on the open rows; {seal.rows_in_words} are sealed{opened}"]
    else:
        history = [f"opened before by {_names(prior.opened)}"] if prior.opened else []
        if prior.reopened:
            history.append(f"opened {plural(prior.reopened, 'time')} before by this one, before it was changed")
        if prior.seen:
            history.append(f"seen before, whole or in part, by {_names(prior.seen)}")
        lines = [f"  opened      {seal.rows_in_words}; {'; '.join(history) or 'no hypothesis had opened them before'}"]
    return lines if evidence.smoke else [*lines, f"  before      {before}"]


def _looks(prior: PriorLooks) -> str:
    looks = f"{plural(prior.verdicts, 'verdict')} of {plural(len(prior.decided), 'hypothesis', 'hypotheses')}"
    looks = looks if prior.verdicts else "no verdict"
    more = len(prior.registered)
    return f"{looks}, and {more:,} more registered," if more else looks


def _names(hypotheses: Sequence[str]) -> str:
    shown = ", ".join(hypotheses[:MOST_NAMES]) + (", ..." if len(hypotheses) > MOST_NAMES else "")
    return f"{plural(len(hypotheses), 'hypothesis', 'hypotheses')}: {show(shown, most=MOST_IN_A_LINE)}"


def _scores(evidence: Evidence) -> list[str]:
    """Return where scores that were given are from, and all that weakens a verdict on them."""
    if (scores := evidence.scores) is None:
        return []
    parts = [f"{AS_GIVEN.removeprefix('scores ')}; from {show(scores.source)}"]
    if later := scores.repeats - len(evidence.differences):
        parts.append(f"{plural(later, 'repeat')} of {scores.repeats} are after the look that decided and not judged")
    if evidence.data.rows is None and evidence.design.kind not in ("fixed split", "time series"):
        parts.append("the number of rows is not known, so it is not considered how much single rows may change")
    if missing := sum(value is None for arm in evidence.arms for row in arm.values for value in row):
        parts.append(f"{plural(missing, 'cell')} of an arm not finite: {_not_finite(evidence)}")
    if scores.other_arms:
        parts.append(f"other arms or columns of the table: {show(', '.join(scores.other_arms))}")
    return [f"  scores      {'; '.join(parts)}"]


def _not_finite(evidence: Evidence) -> str:
    """Return where scores are not finite, counting repeats and folds from 1 in the order of the table that is kept."""
    places = [
        f"{show(arm.recipe)} in repeat {repeat}, fold {fold}"
        for arm in evidence.arms
        for repeat, row in enumerate(arm.values, 1)
        for fold, value in enumerate(row, 1)
        if value is None
    ]
    return ", ".join(places[:5]) + (", ..." if len(places) > 5 else "")


def _arms(evidence: Evidence) -> list[str]:
    metric = evidence.claim.of_output(evidence.claim.metric)
    lines = []
    for arm in evidence.arms:
        spread = arm.metrics.get(evidence.claim.key)
        numbers = "not recorded"
        if spread is not None:
            numbers = f"mean {_show(spread.mean)}, min {_show(spread.min)}, max {_show(spread.max)}"
        trained = f"{_stopped(arm)}{_unreached(arm, evidence)}"
        lines.append(f"  {arm.role:<11} {show(arm.name)}: {show(metric)} {numbers}{trained}")
    return lines


def _stopped(arm: ArmRecord) -> str:
    """Return how long an arm was trained that may end before its last epoch."""
    stages = [] if arm.description is None else arm.description.stages
    if arm.budget is None or not any(each.monitor is not None and each.monitor.patience for each in stages):
        return ""
    return f"; trained for {plural(arm.budget.epochs, 'epoch')} on average"


def _unreached(arm: ArmRecord, evidence: Evidence) -> str:
    if arm.unreached is None or not arm.unreached.runs:
        return ""
    budget = f"{show_number(arm.unreached.budget)} {show(evidence.claim.unit)}"
    return f"; {arm.unreached.runs} of {arm.unreached.of} runs did not reach it and count at the budget of {budget}"


def _equal(evidence: Evidence) -> list[str]:
    """Return how the arms were given the same budget, if they were."""
    if (equal := evidence.equal) is None:
        return []
    arms = [
        f"{role} arm {arm.epochs:,} of {plural(arm.declared_epochs, 'epoch')}, {arm.left_over:,.4g} {equal.unit} left"
        for role, arm in equal.arms.items()
    ]
    return [f"  budget      {equal.budget:,.4g} {equal.unit} for each: {'; '.join(arms)}"]


def _scopes(estimate: EstimateRecord) -> list[str]:
    """Return the effect in each scope of repetition; the claim is judged by one of them."""
    lines = []
    for each in estimate.scopes:
        low, high = each.interval_95
        judged = "; the claim is judged by it" if each.scope == estimate.scope and len(estimate.scopes) > 1 else ""
        lines.append(f"              {each.scope}: [{low:+.4g}, {high:+.4g}]{judged}")
    return lines


def _parts(evidence: Evidence) -> list[str]:
    """Return the parts of the test rows in which the effect differs most clearly from that in all rows."""
    if not evidence.parts:
        return []
    whole, *parts = evidence.parts
    lines = [f"  rows        better on {whole.better:,} of {whole.rows:,} under every seed, worse on {whole.worse:,}"]
    apart = [each for each in parts if not each.interval_95[0] <= whole.effect <= each.interval_95[1]]
    apart.sort(key=lambda each: abs(each.effect - whole.effect), reverse=True)
    for each in apart[:MOST_PARTS]:
        low, high = each.interval_95
        lines.append(
            f"              {show(each.part)}: {each.effect:+.4g} [{low:+.4g}, {high:+.4g}], {each.rows:,} rows"
        )
    return lines


def _cells(evidence: Evidence) -> str:
    design, done = evidence.design, repeats_trained(evidence)
    planned = design.folds * design.repeats
    cells = f"{planned} planned" if done is None else f"{design.folds * done}"
    seeds = "" if design.kind == "fixed split" else f", {plural(design.seeds, 'seed')} each"
    return f"  cells       {cells} ({design.in_words(done)}{seeds})"


def _show(value: float | None) -> str:
    return "not finite" if value is None else show_number(value)
