"""The suite on the page: forest plots by family, Holm's staircase, effects across data sets, and ranks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from negres_core.evidence import Evidence
from negres_core.report.across import TWO_DATA_SETS, combine_group, groups_of
from negres_core.report.layout import show_interval, show_number
from negres_core.report.page.arm_scores import draw_scores, scores_of
from negres_core.report.page.critical_difference import draw_ranks
from negres_core.report.page.families import by_family, draw_across, draw_family
from negres_core.report.page.forest import scale_key, shared_ranges
from negres_core.report.page.staircase import Step, climb, describe, draw_staircase
from negres_core.report.ranks import rank_by_claims


@dataclass(frozen=True)
class Family:
    """The hypotheses of one test file.

    Attributes:
        name: the file, without "test_" and folders.
        figures: a forest plot for each metric.
        scores: the scores of its arms, for each data set.
    """

    name: str
    figures: Sequence[Markup]
    scores: Sequence[tuple[str, Markup]]


@dataclass(frozen=True)
class Across:
    """One claim over several data sets.

    Attributes:
        title: the claim in words.
        figure: its forest plot.
        sentence: the mean effect with its interval, and how much data sets differ.
    """

    title: str
    figure: Markup
    sentence: str


@dataclass(frozen=True)
class Ranked:
    """All arms of a metric, ranked over data sets.

    Attributes:
        metric: the metric.
        figure: the critical difference diagram.
        sentences: the tests, and what was left out.
    """

    metric: str
    figure: Markup
    sentences: Sequence[str]


@dataclass(frozen=True)
class Suite:
    """The suite as the template shows it.

    Attributes:
        families: forest plots by family.
        staircase: Holm's staircase.
        steps: its steps.
        staircase_text: what it shows, in words.
        across: claims that were judged on several data sets.
        ranked: metrics by which arms can be ranked.
        unranked: why arms cannot be ranked by any metric; "" if they can.
    """

    families: Sequence[Family]
    staircase: Markup | None
    steps: Sequence[Step]
    staircase_text: str
    across: Sequence[Across]
    ranked: Sequence[Ranked]
    unranked: str


def make_suite(records: Sequence[Evidence], family: Mapping[str, float]) -> Suite:
    """Return the view of the suite.

    Args:
        records: the evidence of all hypotheses of the page.
        family: the corrected p-value of every hypothesis of the family, including those without evidence.
    """
    judged = [each for each in records if not each.smoke]
    limits = shared_ranges(judged)
    families = []
    for place, (name, groups) in enumerate(by_family(judged).items()):
        figures = [
            draw_family(group, limits[scale_key(group[0])], id=f"s-f{place}-{number}")
            for number, group in enumerate(groups)
        ]
        members_of = [each for group in groups for each in group]
        scores = [
            (each.data, draw_scores(each, id=f"s-f{place}-arms{number}"))
            for number, each in enumerate(scores_of(members_of))
        ]
        families.append(Family(name, figures, scores))
    alpha = Counter(each.claim.alpha for each in judged).most_common(1)[0][0] if judged else 0.05
    members = len(family)
    steps = climb([each for each in judged if each.hypothesis in family], members=members, alpha=alpha)
    ranked, unranked = _ranked(judged)
    return Suite(
        families=families,
        staircase=draw_staircase(steps, members=members, alpha=alpha, id="s-holm"),
        steps=steps,
        staircase_text=describe(steps, members=members, alpha=alpha) if steps else "",
        across=[_across(group, id=f"s-a{place}") for place, group in enumerate(groups_of(judged))],
        ranked=ranked,
        unranked=unranked,
    )


def _across(group: Sequence[Evidence], *, id: str) -> Across:
    combined = combine_group(group)
    lowest, highest = combined.prediction_interval(0.95)
    sentence = (
        f"Mean effect over {len(group)} data sets: {show_number(combined.effect, sign=True)} "
        f"{show_interval(combined.interval(0.95))} {group[0].claim.unit}. True effects differ "
        f"between data sets with a standard deviation tau of {combined.tau_squared**0.5:.4f}, which explains "
        f"{combined.i_squared:.0%} of the variation of the estimates (I²). On one more data set the true effect is "
        f"expected between {show_number(lowest, sign=True)} and {show_number(highest, sign=True)} (95%)."
    )
    if len(group) == 2:
        sentence = f"{sentence} {TWO_DATA_SETS}"
    return Across(group[0].title, draw_across(group, id=id), sentence)


def _ranked(records: Sequence[Evidence]) -> tuple[list[Ranked], str]:
    """Return the ranks by each metric that a claim is about, and why there are none."""
    found, reason = rank_by_claims(records)
    ranked = []
    for place, ranks in enumerate(found):
        data_sets = f"On {len(ranks.data_sets)} data sets: {', '.join(ranks.data_sets)}."
        sentences = [text[:1].upper() + text[1:] for text in (data_sets, f"{ranks.tests}.", *ranks.notes)]
        ranked.append(Ranked(ranks.metric, draw_ranks(ranks, id=f"s-r{place}"), sentences))
    return ranked, reason
