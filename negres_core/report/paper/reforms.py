"""The REFORMS checklist (Kapoor et al. 2024), answered from the records as far as they can."""

from __future__ import annotations

from negres_core.report.layout import plural
from negres_core.report.paper import facts
from negres_core.report.paper.checklist import Checklist, Item, texts_of
from negres_core.report.paper.conduct import describe_budgets, describe_hardware, describe_software, describe_tuning
from negres_core.report.paper.judgement import describe_across, describe_designs, describe_looks
from negres_core.report.paper.latex import Sentence
from negres_core.report.paper.study import Study, enumerate_names, show_metrics

SOURCE = Sentence(
    "Items of REFORMS in our words; answers are generated from the records of the runs", ("kapoor2024reforms",)
)
FITTED = ("captured data", "fitted scaler", "resampled rows", "nested search")
COPIES = ("disjoint folds", "duplicates", "near copies", "serial order")
LEAKS = ("label leak", "later targets", "row identity", "target encoding")
BASELINES = ("majority class", "mean prediction", "weak control arm")
"""Controls that bear on an item."""


def answer_reforms(study: Study) -> Checklist:
    """Return the checklist of a study."""
    items = [*_goals(study), *_reproducibility(study), *_data(study), *_modelling(study), *_validity(study)]
    return Checklist("REFORMS", SOURCE, items)


def _goals(study: Study) -> list[Item]:
    limits = facts.describe_limits(study)
    return [
        Item("1a", "Population of the claim", limits, "Name the population that the rows stand for"),
        Item("1b", "Why this population", [], "The records do not say why"),
        Item("1c", "Why machine learning", [], "The records do not say why"),
    ]


def _reproducibility(study: Study) -> list[Item]:
    environment = list(dict.fromkeys(texts_of([*describe_software(study), *describe_hardware(study)])))
    return [
        Item("2a", "Data sets and links", facts.describe_data(study), "Give a link or DOI for each"),
        Item("2b", "Code and its version", facts.describe_code(study), "Give a link or DOI of the repository"),
        Item("2c", "Computing infrastructure", environment),
        Item("2d", "A README with instructions", [], "The records do not know of one"),
        Item("2e", "A script that reproduces all results", facts.describe_reproduction(study)),
    ]


def _data(study: Study) -> list[Item]:
    targets, seals = facts.describe_targets(study), facts.describe_seals(study)
    rows = facts.count_rows(study)
    is_known = all(each.rows is not None for each in facts.data_sets(study))
    return [
        Item("3a", "Sources of the data", facts.describe_data(study), "When and how they were collected and annotated"),
        Item("3b", "Sampling frame", [], "The records know rows, not where they were sampled from"),
        Item("3c", "Why the data suit the task", [], "The records do not say why"),
        Item("3d", "Outcome variable", targets, "Define it, and give its distribution"),
        Item("3e", "Number of samples", rows, "" if is_known else "Give the numbers that are missing"),
        Item("3f", "Missing values", [], "The records do not count them"),
        Item("3g", "Whether the data represent the population", [], "The records cannot know"),
        Item("4a", "Excluded samples", seals, "Name rows that were excluded before the data reached negres"),
        Item("4b", "Impossible or corrupt samples", [], "The records do not know of any that were fixed or removed"),
        Item("4c", "Transformations", facts.describe_transformations(study), "Those before the data reached negres"),
    ]


def _modelling(study: Study) -> list[Item]:
    tuning, budgets = texts_of(describe_tuning(study)), texts_of(describe_budgets(study))
    designs, looks = texts_of(describe_designs(study)), texts_of(describe_looks(study))
    compared = "All results in the evidence folder are reported"
    if study.left_out:
        count = plural(len(study.left_out), "hypothesis", "hypotheses")
        compared = f"The deviations name {count} with results in the evidence folder that the table leaves out"
    by_hand = "Settings that were chosen before the run, and how"
    return [
        Item("5a", "Models", [*facts.describe_arms(study), *budgets], "Describe them"),
        Item("5b", "Why these models", [], "The records do not say why"),
        Item("5c", "Evaluation and splits", [*designs, *looks]),
        Item("5d", "Selection of models", [compared], "Models that were tried and never tested here"),
        Item("5e", "Tuning of hyperparameters", tuning or ["No arm was tuned in the recorded runs"], by_hand),
        Item("5f", "Baselines", facts.describe_outcomes(study, BASELINES), "Why they suit"),
    ]


def _validity(study: Study) -> list[Item]:
    fitted, copies, leaks = (facts.describe_outcomes(study, names) for names in (FITTED, COPIES, LEAKS))
    designs, looks = texts_of(describe_designs(study)), texts_of(describe_looks(study))
    across = texts_of(describe_across(study))
    metrics = [f"Claims are about {enumerate_names(show_metrics(study))}"]
    intervals = ["The table has the 95% confidence interval of every effect"]
    return [
        Item("6a", "Only training data are learned from", fitted, "Steps before the data reached negres"),
        Item("6b", "Duplicates and dependent samples", copies, "Dependence that no group in the records names"),
        Item("6c", "Legitimacy of each input", leaks, "Whether each input is known when a prediction is made"),
        Item("7a", "Metrics", metrics, "Why they suit the task"),
        Item("7b", "Uncertainty", [*intervals, *designs, *looks]),
        Item("7c", "Statistical tests and their assumptions", [*designs, *looks]),
        Item("8a", "External validity", across, "Results on other populations"),
        Item("8b", "Where the findings may not hold", facts.describe_limits(study), "Limits of the population"),
    ]
