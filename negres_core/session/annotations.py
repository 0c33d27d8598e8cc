"""Annotations of a GitHub job: hypotheses that failed, and those that decided nothing, at the lines of their tests."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

from negres_core.errors import MOST_IN_A_LINE, show
from negres_core.session.keys import EVIDENCE, HYPOTHESIS

if TYPE_CHECKING:
    from negres_core.evidence import Evidence

MOST = 10
"""Most annotations of one level that GitHub shows for a step."""
MOST_LINES = 5
"""Most lines of the reason of a failure, so that an error of negres is whole: what is wrong, received, and to do."""
UNDECIDED = ("inconclusive", "invalid")
_ANNOTATES_KEY: pytest.StashKey[bool] = pytest.StashKey()


@dataclass(frozen=True)
class Annotation:
    """A remark that GitHub shows at a line of a file.

    Attributes:
        level: "error" for a test that failed, "warning" for one that passed without a decision.
        file: the file, relative to the repository.
        line: its line, counted from 1.
        title: the remark in a few words.
        message: the remark; it may have several lines.
    """

    level: Literal["error", "warning"]
    file: str
    line: int
    title: str
    message: str

    def __str__(self) -> str:
        place = f"file={_property(self.file)},line={self.line},title={_property(self.title)}"
        return f"::{self.level} {place}::{_data(show(self.message, most=MOST_IN_A_LINE, lines=True))}"


def prepare_annotations(config: pytest.Config) -> None:
    """Decide whether the session annotates: in a job of GitHub, unless a test of another session runs it."""
    is_nested = "PYTEST_CURRENT_TEST" in os.environ
    config.stash[_ANNOTATES_KEY] = os.environ.get("GITHUB_ACTIONS") == "true" and not is_nested


def annotate(config: pytest.Config, reports: Sequence[Any], records: Mapping[str, Evidence]) -> list[str]:
    """Return the workflow commands that annotate the hypotheses of a session; none outside a job of GitHub.

    Args:
        config: the session.
        reports: the reports of its tests.
        records: the evidence of its hypotheses, by its path.
    """
    if not config.stash.get(_ANNOTATES_KEY, False):
        return []
    found: dict[str, Annotation] = {}
    for report in reports:
        named = dict(getattr(report, "user_properties", []))
        if HYPOTHESIS in named and report.nodeid not in found:
            evidence = records.get(named.get(EVIDENCE, ""))
            if (annotation := _annotation_of(report, named[HYPOTHESIS], evidence, config.rootpath)) is not None:
                found[report.nodeid] = annotation
    lines = []
    for level in ("error", "warning"):
        lines += _within_limit([each for each in found.values() if each.level == level])
    return lines


def _annotation_of(report: Any, title: str, evidence: Evidence | None, root: Path) -> Annotation | None:
    if not (report.failed or (report.passed and report.when == "call")):
        return None
    file, line = report.location[0], report.location[1] or 0
    place = (_in_repository(root / file, file), line + 1)
    if not report.failed:
        if evidence is None or evidence.smoke or evidence.verdict not in UNDECIDED:
            return None
        return Annotation("warning", *place, f"Nothing was decided: {evidence.verdict}", _in_words(evidence))
    if evidence is not None and evidence.outcome == "surprise":
        expected = f", expected: {evidence.expectation}" if evidence.expectation else ""
        return Annotation("error", *place, f"Surprise: {evidence.verdict}{expected}", _in_words(evidence))
    if evidence is not None and evidence.verdict is not None:
        message = f"{_in_words(evidence)}\n{reason_of(report, lines=MOST_LINES)}"
        return Annotation("error", *place, f"The test failed after the verdict: {evidence.verdict}", message)
    return Annotation(
        "error", *place, "No verdict: the test failed", f"{show(title)}\n{reason_of(report, lines=MOST_LINES)}"
    )


def _in_words(evidence: Evidence) -> str:
    from negres_core.report.layout import show_effect

    lines = [f"{show(evidence.title)}, on {show(evidence.data.name)}: {show(evidence.judgement, most=MOST_IN_A_LINE)}"]
    if (estimate := evidence.estimate) is not None:
        effect = show_effect(estimate.effect, estimate.interval_95)
        lines.append(f"effect {effect} {show(evidence.claim.unit)}")
    return "\n".join([*lines, *([evidence.explanation] if evidence.explanation else [])])


def reason_of(report: Any, *, lines: int = 1) -> str:
    """Return why a test was skipped or failed, in at most so many lines."""
    if report.skipped:
        reason = str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else "skipped"
    else:
        crash = getattr(report.longrepr, "reprcrash", None)
        reason = crash.message.removeprefix("negres_core.errors.") if crash else "failed"
    return "\n".join(reason.splitlines()[:lines])


def _in_repository(path: Path, otherwise: str) -> str:
    """Return a path relative to the repository that the job has checked out; pytest's root may be a folder in it."""
    if workspace := os.environ.get("GITHUB_WORKSPACE"):
        with contextlib.suppress(ValueError):  # it is elsewhere
            return path.resolve().relative_to(Path(workspace).resolve()).as_posix()
    return Path(otherwise).as_posix()


def _within_limit(annotations: Sequence[Annotation]) -> list[str]:
    """Return as many workflow commands as GitHub shows; the last one counts the others, if there are more."""
    if len(annotations) <= MOST:
        return [str(each) for each in annotations]
    shown, first = annotations[: MOST - 1], annotations[MOST - 1]
    title = f"{len(annotations) - len(shown)} more hypotheses"
    message = f"GitHub shows at most {MOST} annotations per step. The summary of the job has all hypotheses."
    return [str(each) for each in (*shown, Annotation(first.level, first.file, first.line, title, message))]


def _data(text: str) -> str:
    """Return text of a message such that the runner reads it as text."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """Return text of a property such that the runner reads it as text."""
    return _data(show(text)).replace(":", "%3A").replace(",", "%2C")
