"""Facts of a study for checklists, as sentences without full stops."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from negres_core.errors import show
from negres_core.evidence import DataRecord, Evidence
from negres_core.report.layout import plural
from negres_core.report.page.sentences import state_limits
from negres_core.report.paper.study import Study, count_hypotheses, enumerate_names

DIGITS = 12
"""Digits of a digest or a commit that are shown."""
MOST_DATA = 12
"""Most data sets that have a sentence of their own."""


def data_sets(study: Study) -> list[DataRecord]:
    """Return the data sets, each content once."""
    return list({each.data.digest: each.data for each in study.records}.values())


def describe_data(study: Study) -> list[str]:
    """Return the name, source and digest of each data set."""
    return [
        f"{show(each.name)}: {show(each.source).rstrip('.')}; SHA-256 {show(each.digest[:DIGITS])}"
        for each in data_sets(study)[:MOST_DATA]
    ]


def count_rows(study: Study) -> list[str]:
    """Return the number of rows and groups of each data set."""
    sentences = []
    for each in data_sets(study)[:MOST_DATA]:
        rows = "the number of rows is not known" if each.rows is None else plural(each.rows, "row")
        groups = "" if each.groups is None else f" in {plural(each.groups, 'group')}"
        sentences.append(f"{show(each.name)}: {rows}{groups}")
    return sentences


def describe_targets(study: Study) -> list[str]:
    """Return the task and the number of outputs of each data set of which they are known."""
    known = [each for each in data_sets(study)[:MOST_DATA] if each.task is not None]
    return [f"{show(each.name)}: {show(each.task)}, {plural(each.outputs or 0, 'output')}" for each in known]


def describe_code(study: Study) -> list[str]:
    """Return the commits that the hypotheses ran from."""
    commits: Counter[str] = Counter()
    for each in study.records:
        changed = " with uncommitted changes" if each.provenance.dirty else ""
        commit = each.provenance.commit
        commits[f"{show(commit[:DIGITS])}{changed}" if commit else "outside a repository"] += 1
    listed = enumerate_names(f"{name} ({count})" for name, count in commits.items())
    return [f"Commits, with the number of hypotheses that ran from them: {listed}"]


def describe_reproduction(study: Study) -> list[str]:
    """Return how the results are reproduced and rechecked."""
    tests = dict.fromkeys(show(each.hypothesis.partition("::")[0]) for each in study.records if each.scores is None)
    return [
        *([f"Each hypothesis is a test: pytest {' '.join([*tests][:12])}"] if tests else []),
        "negres verify recomputes every verdict from the records without training, and negres pack makes an archive of "
        "them for reviewers",
    ]


def describe_arms(study: Study) -> list[str]:
    """Return the recipes of the arms, in words."""
    names = dict.fromkeys(show(arm.name) for each in study.records for arm in each.arms)
    if not names:
        return []
    return [f"Arms: {enumerate_names(names, most=20)}", "The source of each is in the evidence"]


def describe_transformations(study: Study) -> list[str]:
    """Return which transformers and samplers the recipes name, which are fitted on the training fold alone."""
    descriptions = [arm.description for each in study.records for arm in each.arms if arm.description is not None]
    if not descriptions:
        return []
    fitted = dict.fromkeys(show(each.preprocess.transformer) for each in descriptions if each.preprocess)
    samplers = dict.fromkeys(show(each.resample.sampler) for each in descriptions if each.resample)
    sentences = [f"Transformers, fitted on the training fold: {enumerate_names(fitted)}" if fitted else ""]
    sentences.append(f"Samplers, of the training fold: {enumerate_names(samplers)}" if samplers else "")
    return list(filter(None, sentences)) or ["The recipes name no transformer and no sampler"]


def describe_seals(study: Study) -> list[str]:
    """Return which rows were sealed."""
    seals = dict.fromkeys(
        f"{show(each.data.name)}: {each.seal.rows_in_words} sealed while exploring"
        for each in study.records
        if each.seal
    )
    return list(seals)


def describe_outcomes(study: Study, controls: Sequence[str]) -> list[str]:
    """Return how often some controls ran and failed; [] if none ran."""
    sentences = []
    for name in controls:
        ran = [finding for each in study.records for finding in each.controls if finding.control == name]
        if ran:
            failed = sum(not finding.passed for finding in ran)
            outcome = "passed each time" if not failed else f"failed for {failed}"
            sentences.append(
                f"Control “{show(name)}”: ran for {len(ran)} of {len(study.records)} hypotheses, {outcome}"
            )
    return sentences


def describe_limits(study: Study) -> list[str]:
    """Return what the verdicts do not show, by their designs."""
    limits: dict[str, list[Evidence]] = {}
    for each in study.records:
        limits.setdefault(show(state_limits(each)).rstrip("."), []).append(each)
    return [f"Of {count_hypotheses(some, study.records)}: {text}" for text, some in limits.items()]


def count_verdicts(study: Study) -> str:
    """Return how many hypotheses have each verdict, and how many were a surprise."""
    verdicts = Counter(each.verdict or "without a verdict" for each in study.records)
    listed = enumerate_names(f"{count} {verdict}" for verdict, count in verdicts.most_common())
    surprises = sum(each.outcome == "surprise" for each in study.records)
    return f"{plural(len(study.records), 'claim')}: {listed}; {plural(surprises, 'verdict')} not as expected"
