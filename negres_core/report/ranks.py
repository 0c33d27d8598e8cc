"""Ranks: all recorded arms ranked over the data sets that they share, without training anything.

A *block* is what gives each arm one rank: a metric on a data set. If claims are about several outputs of a data set,
each of them is a *question*, and all of them together are one block.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from negres_core.errors import InputError, show
from negres_core.evidence import AS_GIVEN, ArmRecord, Evidence
from negres_core.evidence.record import digest_of
from negres_core.report.layout import lay_out, plural, show_p
from negres_core.statistics.ranking import Ranking, rank


class _Block(NamedTuple):
    data: str
    """Digest of the data set."""
    metric: str


class _Question(NamedTuple):
    block: _Block
    output: str | None
    """The output that is judged; None for targets in one array."""


class Ranks(NamedTuple):
    """The ranks of recorded arms.

    Attributes:
        metric: the metric that they are ranked by; of several, their names.
        ranking: the ranks.
        data_sets: names of the data sets, with the outputs that were judged.
        notes: what was left out, and why.
    """

    metric: str
    ranking: Ranking
    data_sets: list[str]
    notes: list[str]

    @property
    def tests(self) -> str:
        """The tests that all arms perform equally, in a line."""
        return (
            f"null hypothesis that all arms perform equally: Friedman p {show_p(self.ranking.friedman_p)}, "
            f"Iman-Davenport p {show_p(self.ranking.iman_davenport_p)}{_caveat(self.ranking.data_sets)}"
        )


def render(records: Sequence[Evidence], *, metrics: Sequence[str], higher_is_better: bool) -> str:
    """Render the mean ranks of arms, the tests that all arms perform equally, and the pairs that differ.

    For the arguments and errors, see `rank_arms`.
    """
    ranks = rank_arms(records, metrics=metrics, higher_is_better=higher_is_better)
    ranking = ranks.ranking
    rows = [(f"{mean:.2f}", arm) for arm, mean in ranking.mean_ranks.items()]
    pairs = [f"  {better} is better than {worse}" for better, worse in ranking.differing]
    return "\n".join(
        [
            lay_out(rows, headers=("mean rank", "arm"), widths=(9, 100), style="terminal"),
            "",
            f"{ranks.metric} on {plural(len(ranks.data_sets), 'data set')}: {', '.join(ranks.data_sets)}",
            ranks.tests,
            f"critical difference of mean ranks, Nemenyi at {ranking.alpha:g}: {ranking.critical_difference:.2f}",
            *(pairs or ["  no two arms differ by more"]),
            *ranks.notes,
        ]
    )


def rank_arms(records: Sequence[Evidence], *, metrics: Sequence[str], higher_is_better: bool) -> Ranks:
    """Rank the recorded arms over the data sets that they share.

    The unit is the data set, with one value per arm: the mean of the metric over the arm's cells. If several hypotheses
    trained an arm on a data set, or on its open rows, the one with the most cells counts. An arm without a value on one
    of the data sets is left out and named; invalid hypotheses, and those on scores that were given, are left out and
    counted. Smoke runs are ignored.

    The outputs of one data set share its rows, and are one unit: the value of an arm is the mean of its ranks over
    those that claims are about. If all arms perform equally on each of them, all orders of these means are equally
    likely, however much the outputs depend on each other.

    Of several metrics, each on each data set is a unit: many questions asked of the same trained arms. They share the
    luck of the rows and of the trainings, which the tests then know nothing of; a note says so.

    Args:
        records: the evidence of the hypotheses whose arms are ranked.
        metrics: the metric to rank by, or several of one direction.
        higher_is_better: their direction.

    Raises:
        InputError: fewer than 3 arms share the units, there are fewer than 3 of these, or all arms tie.
    """
    trained = [each for each in records if each.scores is None]
    finished = [each for each in trained if each.status == "finished" and not each.smoke]
    names = {each.whole_data: show(each.data.name) for each in finished}
    values = _values([each for each in finished if each.verdict != "invalid"], metrics)
    questions = list(dict.fromkeys(question for of_arm in values.values() for question in of_arm))
    questions.sort(key=lambda each: (metrics.index(each.block.metric), names[each.block.data], each.output or ""))
    blocks: dict[_Block, list[_Question]] = {}
    for question in questions:
        blocks.setdefault(question.block, []).append(question)
    outputs: dict[str, list[str]] = {}
    for question in questions:
        judged, output = outputs.setdefault(question.block.data, []), question.output and show(question.output)
        if output and output not in judged:
            judged.append(output)
    data_sets = [
        f"{names[data]} of {' and '.join(judged)}" if judged else names[data] for data, judged in outputs.items()
    ]
    missing = {arm: [each for each in questions if each not in of_arm] for arm, of_arm in values.items()}
    shared = [arm for arm, lacking in missing.items() if not lacking]
    metric = ", ".join(metrics)
    notes = [
        f"left out: {arm}, which has no value {_places(lacking, names, metrics)}"
        for arm, lacking in missing.items()
        if lacking
    ]
    if given := len(records) - len(trained):
        notes.append(f"left out: {plural(given, 'hypothesis', 'hypotheses')} on {AS_GIVEN}")
    if invalid := sum(each.verdict == "invalid" for each in finished):
        notes.append(f"left out: {plural(invalid, 'invalid hypothesis', 'invalid hypotheses')}")
    if any(len(judged) > 1 for judged in outputs.values()):
        notes.append(
            "the outputs of a data set share its rows, and count as one data set, where an arm is ranked by the mean "
            "of its ranks over them"
        )
    if len(shared) < 3 or len(blocks) < 3:
        raise InputError(
            "A ranking needs at least 3 arms, each recorded on the same 3 or more data sets.",
            received="; ".join([f"{metric} of arms: {len(shared)}, on data sets: {len(data_sets)}", *notes]),
            remedy="Select hypotheses that share data sets with -k, choose another --metric, or run the claims on more "
            "data sets. To compare two arms, use a claim; `negres table` combines its effects across data sets.",
        )
    if len(metrics) > 1:
        notes.append(
            f"{len(metrics)} metrics: those of one data set share its rows and its trainings, whose luck no p-value "
            "and no critical difference here accounts for"
        )
    columns = [
        _column([[values[arm][question] for arm in shared] for question in asked], higher_is_better=higher_is_better)
        for asked in blocks.values()
    ]
    of_arms = dict(zip(shared, np.transpose(columns), strict=True))
    return Ranks(metric, rank(of_arms, higher_is_better=higher_is_better), data_sets, notes)


def _column(answers: Sequence[Sequence[float]], *, higher_is_better: bool) -> np.ndarray:
    """Return a value for each arm, of its answers to one or more questions that are one block.

    To several questions, it is the mean of its ranks, of the sign that the metric has.
    """
    if len(answers) == 1:
        return np.array(answers[0])
    from scipy.stats import rankdata

    sign = -1 if higher_is_better else 1
    means: np.ndarray = rankdata(sign * np.array(answers), axis=1).mean(axis=0)
    return sign * means


def rank_by_claims(records: Sequence[Evidence]) -> tuple[list[Ranks], str]:
    """Rank the arms by each metric that a claim is about, if they can be; return the ranks, and why there are none."""
    found, reason = [], ""
    for metric, higher in dict.fromkeys((each.claim.key, each.claim.higher_is_better) for each in records):
        try:
            found.append(rank_arms(records, metrics=[metric], higher_is_better=higher))
        except InputError as error:
            reason = reason or error.wrong
    return found, "" if found else reason


def _caveat(data_sets: int) -> str:
    if data_sets == 3:
        return " (far too small with 3 data sets)"
    return " (both approximate with fewer than 8 data sets)" if data_sets < 8 else ""


def _places(lacking: Sequence[_Question], names: Mapping[str, str], metrics: Sequence[str]) -> str:
    """Return where an arm has no value: on which data sets, or of several metrics, of which."""
    places = {each: names[each.block.data] + (f" of {show(each.output)}" if each.output else "") for each in lacking}
    if len(metrics) == 1:
        return f"on {', '.join(places.values())}"
    return f"of {', '.join(f'{each.block.metric} on {place}' for each, place in places.items())}"


def _values(records: Sequence[Evidence], metrics: Sequence[str]) -> dict[str, dict[_Question, float]]:
    """Return the value of each arm, by its name, for each question."""
    recipes: dict[str, str] = {}
    means: dict[str, dict[_Question, tuple[int, float]]] = {}
    for evidence in records:
        for arm in evidence.arms:
            cells = sum(map(len, arm.values))
            for metric in metrics:
                if metric not in arm.metrics or (mean := arm.metrics[metric].mean) is None:
                    continue
                identity = _identity(arm)
                question = _Question(_Block(evidence.whole_data, metric), evidence.claim.output)
                recipes[identity] = show(arm.name)
                best = means.setdefault(identity, {}).get(question)
                if best is None or cells > best[0]:
                    means[identity][question] = (cells, mean)
    alike = Counter(recipes.values())
    return {
        (recipe if alike[recipe] == 1 else f"{recipe} #{identity[:6]}"): {
            question: mean for question, (_, mean) in means[identity].items()
        }
        for identity, recipe in recipes.items()
    }


def _identity(arm: ArmRecord) -> str:
    """Digest the parts of an arm that do not depend on the data set."""
    assert arm.description is not None  # arms whose scores were given are left out
    if arm.tuning is not None:
        return digest_of({"recipe": arm.name, "tuning": arm.tuning.plan.digest})
    return digest_of({"recipe": arm.recipe, **arm.description.without_shapes()})
