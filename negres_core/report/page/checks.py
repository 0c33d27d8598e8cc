"""The controls of a hypothesis: failed, waived or passed, and those without a finding, with the reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from negres_core.evidence import Evidence, Finding

Control = tuple[str, Literal["before", "after", "small runs"]]
"""The name of a control, and when it runs."""


class Check(NamedTuple):
    """One control with a finding.

    Attributes:
        finding: what it found.
        own: whether it is a control of the user's.
        waived: why its failure does not count; "" if it is not waived.
    """

    finding: Finding
    own: bool
    waived: str


class Checks(NamedTuple):
    """The controls of a hypothesis, by what became of them.

    Attributes:
        failed: their failure makes the run invalid.
        waived: controls that the test waives, whatever they found.
        withheld: passed, but the arms are not shown to have learned, so that a verdict was withheld.
        passed: all others with a finding.
        without: the reason why there is no finding, and the controls that it holds for.
    """

    failed: list[Check]
    waived: list[Check]
    withheld: list[Check]
    passed: list[Check]
    without: dict[str, list[str]]

    @property
    def summary(self) -> str:
        """The numbers of controls in a line."""
        parts = [
            (len(self.failed), "failed"),
            (len(self.waived), "waived"),
            (len(self.withheld), "withheld a verdict"),
            (len(self.passed), "passed"),
            (sum(map(len, self.without.values())), "without a finding"),
        ]
        return ", ".join(f"{count} {what}" for count, what in parts if count) or "none"


def sort_checks(evidence: Evidence, known: Sequence[Control]) -> Checks:
    """Sort the controls of a hypothesis.

    Args:
        evidence: the hypothesis.
        known: the controls of this version of negres. Evidence has only findings, so those without one are told from
            this list.
    """
    failed, waived, withheld, passed = [], [], [], []
    for finding in evidence.controls:
        reason = finding.waived or evidence.waived.get(finding.control, "")
        check = Check(finding, finding.control in evidence.own_controls, reason)
        if reason:
            waived.append(check)
        elif not finding.passed:
            failed.append(check)
        elif finding.withholds:
            withheld.append(check)
        else:
            passed.append(check)
    return Checks(failed, waived, withheld, passed, _without(evidence, known))


def _without(evidence: Evidence, known: Sequence[Control]) -> dict[str, list[str]]:
    found = {finding.control for finding in evidence.controls}
    names: Mapping[str, str] = dict(known) | dict.fromkeys(evidence.own_controls, "after")
    reasons: dict[str, list[str]] = {}
    for name, when in names.items():
        if name not in found:
            reasons.setdefault(_reason(evidence, name, when), []).append(name)
    return reasons


def _reason(evidence: Evidence, name: str, when: str) -> str:
    if evidence.scores is not None:
        return "The scores were given, so there was no pipeline to check."
    if evidence.status == "started":
        return "The run was interrupted."
    if evidence.controlled == "none":
        return "No control was run (--negres-controls none)."
    if evidence.controlled == "cheap" and when == "small runs":
        return "It trains small runs, which --negres-controls cheap leaves out."
    if evidence.verdict == "invalid" and when == "after" and not evidence.differences:
        return "Another control failed first, so the arms were not trained."
    if name in evidence.waived:
        return f"It is waived, and does not apply or did not run. Waived because: {evidence.waived[name]}"
    return "It does not apply to this task, this design or these arms, or is newer than this evidence."
