"""Metrics of held-out predictions: what negres computes itself, and which one a claim means."""

from __future__ import annotations

from negres_core.claim import Metric
from negres_core.metrics.bounds import counts_rows, highest_of
from negres_core.metrics.constants import best_constant, certain, constant_score, perfect_score, shows_learning
from negres_core.metrics.floors import entropy, floor_of, loss_skill
from negres_core.metrics.lookup import check_threshold, metric_of, monitored_metric
from negres_core.metrics.of_rows import has_row_scores, score_rows, score_table
from negres_core.metrics.predicted import Predicted, probabilities_of, score_metric, shown_of
from negres_core.metrics.registry import METRICS, OF_A_LOSS, find_metric, recorded_names, task_metric

__all__ = [
    "METRICS",
    "OF_A_LOSS",
    "Metric",
    "Predicted",
    "best_constant",
    "certain",
    "check_threshold",
    "constant_score",
    "counts_rows",
    "entropy",
    "find_metric",
    "floor_of",
    "has_row_scores",
    "highest_of",
    "loss_skill",
    "metric_of",
    "monitored_metric",
    "perfect_score",
    "probabilities_of",
    "recorded_names",
    "score_metric",
    "score_rows",
    "score_table",
    "shown_of",
    "shows_learning",
    "task_metric",
]
