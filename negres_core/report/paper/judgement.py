"""How a study's claims were judged, in sentences with citations: claims, designs, tests, looks, family, data sets."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from negres_core.errors import show
from negres_core.evidence import AS_GIVEN, Evidence, StoppingRule
from negres_core.report.across import groups_of
from negres_core.report.layout import plural
from negres_core.report.paper.latex import Sentence
from negres_core.report.paper.study import Study, count_hypotheses, enumerate_names, show_metrics

FEW_CELLS = 20
"""With fewer cells a test uses a share of its level."""
COUNTED = ("accuracy", "exact_match", "recall_weighted", "precision_micro", "recall_micro", "f1_micro")
"""Metrics of negres that are the share of test rows that an arm gets right, if rows have one label."""
RESAMPLED = ("k folds", "random splits", "leave one group out")
"""Kinds of designs whose cells are judged by the corrected resampled t-test."""
RULES = {
    "beats": Sentence(
        "A claim that the treatment arm is better than the control arm by at least a margin is supported if the 90% "
        "confidence interval of the difference lies above the margin, and refuted if that interval lies below the "
        "margin or the 95% interval below 0"
    ),
    "matches": Sentence(
        "A claim that the arms differ by less than a margin is supported if the 90% confidence interval of the "
        "difference lies within the margin on either side, and refuted if it lies outside"
    ),
    "reaches": Sentence(
        "A claim that an arm reaches a bar is supported if the 90% confidence interval of its distance from the bar "
        "lies above 0, and refuted if it lies below 0"
    ),
}
"""How each kind of claim is decided."""
EQUIVALENCE = ("schuirmann1987comparison", "lakens2017equivalence")
SPENDING = {
    "hwang-shih-decani": ("Hwang, Shih and DeCani with the parameter \N{MINUS SIGN}6", "hwang1990group"),
    "obrien-fleming": ("the type of O'Brien and Fleming", "lan1983discrete"),
}
"""Spending functions in words, with their sources."""


def describe_claims(study: Study) -> list[Sentence]:
    """Return what was claimed, on which data, and how an interval becomes a verdict."""
    records = study.records
    data = list(dict.fromkeys(show(each.data.name) for each in records))
    named = enumerate_names(data)
    count = plural(len(records), "hypothesis was", "hypotheses were")
    sentences = [
        Sentence(f"With negres, {count} tested on {plural(len(data), 'data set')} ({named})", ("negres",)),
        *[rule for kind, rule in RULES.items() if any(each.claim.kind == kind for each in records)],
    ]
    if any(each.claim.kind == "matches" or _is_margin(each) for each in records):
        text = "A 90% interval within the margin on either side of 0 shows equivalence, by two one-sided tests"
        sentences.append(Sentence(text, EQUIVALENCE))
    sentences.append(
        Sentence(
            "Otherwise the verdict is inconclusive; it is invalid if a control of the pipeline failed or a result is "
            "not finite"
        )
    )
    return [*sentences, Sentence(f"Claims are about {enumerate_names(show_metrics(study))}")]


def _is_margin(evidence: Evidence) -> bool:
    return evidence.claim.kind == "beats" and evidence.claim.threshold > 0


def describe_designs(study: Study) -> list[Sentence]:
    """Return how data were split, and by which test the differences were judged."""
    records = study.records
    layouts = Counter(_layout(each) for each in records)
    listed = [f"{layout} ({plural(count, 'hypothesis', 'hypotheses')})" for layout, count in layouts.items()]
    sentences = [Sentence(f"Both arms of a claim share their splits. Designs: {'; '.join(listed[:12])}")]
    if grouped := list(dict.fromkeys(show(each.data.name) for each in records if each.data.groups is not None)):
        sentences.append(Sentence(f"Rows of one group were kept together on {enumerate_names(grouped)}"))
    judged = study.estimated
    sentences += _resampled([each for each in judged if each.design.kind in RESAMPLED])
    sentences += _fixed([each for each in judged if each.design.kind == "fixed split"])
    if series := [each for each in judged if each.design.kind == "time series"]:
        text = (
            f"For {count_hypotheses(series, records)}, on time series, losses were compared from row to row by the "
            "test of Diebold and Mariano"
        )
        sentences.append(Sentence(text, ("diebold1995comparing",)))
        text = (
            "Its long-run variance is the mean of the squared coefficients of cosines, as many as the estimated "
            "dependence allows"
        )
        sentences.append(Sentence(text, ("muller2007theory", "lazarus2018har")))
        text = "The usual variance, by contrast, assumes independence beyond the horizon of the forecast"
        sentences.append(Sentence(text, ("harvey1997testing",)))
    if given := [each for each in records if each.scores is not None]:
        sentences.append(Sentence(f"For {count_hypotheses(given, records)} the verdict is about {AS_GIVEN}"))
    return sentences


def _layout(evidence: Evidence) -> str:
    design = evidence.design
    seeds = "" if design.kind == "fixed split" else f", {plural(design.seeds, 'seed')} per cell"
    return show(design.in_words()).replace(" x ", " \N{MULTIPLICATION SIGN} ") + seeds


def _resampled(judged: Sequence[Evidence]) -> list[Sentence]:
    if not judged:
        return []
    repeated = any(each.design.kind == "k folds" and each.design.repeats > 1 for each in judged)
    cites = ("nadeau2003inference", *(("bouckaert2004evaluating",) if repeated else ()))
    text = (
        "Seeds were averaged in each cell, that is one fold of one repeat. The differences of cells were judged by the "
        "corrected resampled t-test, which allows for training folds that overlap"
    )
    sentences = [Sentence(text, cites)]
    estimates = [each.estimate for each in judged if each.estimate is not None]
    if limited := [each for each in estimates if each.cell_count and each.dof < each.cell_count - 1]:
        limits = sorted({int(each.dof) for each in limited})
        text = (
            f"Of N cells it has N \N{MINUS SIGN} 1 degrees of freedom, but for {len(limited)} of {len(estimates)} "
            f"estimates only {enumerate_names(map(str, limits))}: one arm is compared with a bar, groups are few, or "
            "repeats are alike"
        )
        sentences.append(Sentence(text))
    if any((each.cell_count or FEW_CELLS) < FEW_CELLS for each in estimates):
        text = (
            "With N < 20 cells a test used the share ((N \N{MINUS SIGN} 1)/19)\N{SUPERSCRIPT TWO} of its level, but at "
            "least 0.1, since few cells do not show a long tail"
        )
        sentences.append(Sentence(text))
    if any(each.skewness is not None for each in estimates):
        text = (
            "A test used 1% of its level if the skewness of the cells towards its null hypothesis was significant at 5%"
        )
        sentences.append(Sentence(text, ("joanes1998comparing",)))
    if any(map(counts_rows, judged)):
        text = (
            "If the metric counts rows, such as accuracy, the variance of differences was taken to be at least that of "
            "arms that differ on three rows"
        )
        sentences.append(Sentence(text, ("hanley1983nothing",)))
    return sentences


def counts_rows(evidence: Evidence) -> bool:
    """Return whether the metric of a claim is one of negres that is the share of test rows that an arm gets right."""
    if evidence.claim.code is not None:
        return False
    if evidence.data.task in ("multilabel", "segmentation"):
        return evidence.claim.metric == "exact_match"
    return re.fullmatch(rf"{'|'.join(COUNTED)}|top_\d+", evidence.claim.metric) is not None


def _fixed(judged: Sequence[Evidence]) -> list[Sentence]:
    scopes = [each.estimate.scope for each in judged if each.estimate is not None]
    sentences = []
    if "any seeds, on rows like these" in scopes:
        text = (
            "On a fixed split, seeds and test rows are crossed random effects, whose variance components give the "
            "standard error and its degrees of freedom; the effect is about any seeds, on rows like these"
        )
        sentences.append(Sentence(text, ("searle1992variance", "satterthwaite1946approximate")))
    if "these trainings, on rows like these" in scopes:
        text = (
            "On a fixed split with too few seeds to know their spread, the differences in each test row were "
            "averaged over seeds and judged by a t-test; the effect is about these trainings, on rows like these"
        )
        sentences.append(Sentence(text))
    if any(map(counts_rows, judged)):
        text = (
            "If the metric counts rows, such as accuracy, the standard error was taken to be at least one by which "
            "arms may still differ on three rows"
        )
        sentences.append(Sentence(text, ("hanley1983nothing",)))
    if any(each.row_scores is not None and each.row_scores.unit == "blocks of rows" for each in judged):
        text = "Metrics that are not means over rows were judged by the jackknife over blocks of rows"
        sentences.append(Sentence(text, ("tukey1958bias", "shao1989general")))
    return sentences


def describe_looks(study: Study) -> list[Sentence]:
    """Return how often claims were tested, and what keeps the error rate; [] if none had several looks."""
    several = [(each, rule) for each in study.records if (rule := _rule(each, study)).spending is not None]
    if not several:
        return []
    looked = [each for each, _ in several]
    early = [each for each in looked if each.looks and each.looks[-1].repeats < each.design.repeats]
    sentences = [
        Sentence(
            f"{count_hypotheses(looked, study.records).capitalize()} could be tested after each repeat, and no "
            f"further repeat was used once a look decided the claim, as happened before the last repeat for "
            f"{len(early) or 'none'} of them"
        )
    ]
    for name in dict.fromkeys(rule.spending for _, rule in several):
        words, source = SPENDING[name or ""]
        text = f"The level of each look follows from the correlation of the looks and the spending function of {words}"
        sentences.append(Sentence(text, tuple(dict.fromkeys(("lan1983discrete", source)))))
    text = "Confidence intervals and p-values are repeated ones, which hold at all looks together"
    sentences.append(Sentence(text, ("jennison2000group",)))
    if early:
        sentences.append(Sentence("Where a look ended the run early, the estimated effect is on average too large"))
    return sentences


def _rule(evidence: Evidence, study: Study) -> StoppingRule:
    """Return the rule by which a run ended: that of its registration, or the one of its design."""
    entry = study.entries_by_digest.get((evidence.registration.entry or "") if evidence.registration else "")
    own = StoppingRule.of(evidence.design.as_design())
    if entry is not None and isinstance(entry.stopping, StoppingRule) and entry.stopping.looks == own.looks:
        return entry.stopping
    return own


def describe_family(study: Study) -> list[Sentence]:
    """Return how p-values were corrected, and how many stay significant; [] if there are none."""
    decided = [each for each in study.records if each.p_value is not None]
    if not decided:
        return []
    if not study.family:
        return [Sentence("P-values are not corrected for their number, because the family is not known")]
    significant = [each for each in decided if study.family.get(each.hypothesis, 1.0) < each.claim.alpha]
    members = plural(len(study.family), "hypothesis", "hypotheses")
    return [
        Sentence(
            f"P-values are corrected by Holm's method for the family of {members} in the ledger and among the results, "
            "in which one without a decision counts as p = 1",
            ("holm1979simple",),
        ),
        Sentence(f"It leaves {len(significant)} of {plural(len(decided), 'decision')} significant at 0.05"),
    ]


def describe_across(study: Study) -> list[Sentence]:
    """Return how effects on several data sets were combined; [] if none were."""
    if not groups_of(study.judged):
        return []
    return [
        Sentence(
            "Effects of one claim on several data sets were combined by a random-effects meta-analysis, whose unit is "
            "the data set, with the variance between them of Paule and Mandel and the interval of Hartung and Knapp",
            ("paule1982consensus", "knapp2003improved"),
        ),
        Sentence("The prediction interval is for the true effect on one more data set", ("higgins2009reevaluation",)),
    ]
