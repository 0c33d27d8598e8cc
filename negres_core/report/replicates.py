"""Replicates and scores as a table, for analyses of your own: one row per hypothesis and replicate or score."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from negres_core.errors import encodable
from negres_core.evidence import AS_GIVEN, Evidence, Replicate

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    ("hypothesis", "the hypothesis in words"),
    ("test", "the test's id"),
    ("data", "the name of the data set"),
    ("role", "treatment or control"),
    ("recipe", "the arm in words"),
    ("replicate", "the id of the replicate; empty for a score that was given"),
    ("repeat", "the repeat, from 0; for scores that were given, its label"),
    ("fold", "the fold, split or group, from 0; for scores that were given, its label"),
    ("seed", "the seed within the cell, from 0; for scores that were given, its label"),
    ("status", "finished; not finite, if training diverged; or that the score was given"),
)
"""The first columns, and what each holds. A column for each metric follows, and at the end the seconds of training."""

SECONDS = "train_s"
"""The last column: seconds that the training of the replicate took."""

PLACES = ("repeat", "fold", "seed")
"""The columns that say where a score belongs."""

_TAKEN = {*(name for name, _ in COLUMNS), SECONDS}


class GivenScore(NamedTuple):
    """A score that was given, with the labels of its cell and its seed."""

    arm: str
    repeat: str
    fold: str
    seed: str
    score: float


def tabulate(
    records: Sequence[Evidence],
    replicates: Mapping[str, Replicate],
    scores: Mapping[str, Sequence[GivenScore]] | None = None,
) -> pd.DataFrame:
    """Return the replicates of hypotheses, and the scores that were given, as a table with the columns of `COLUMNS`.

    Args:
        records: the evidence of the hypotheses.
        replicates: the replicates of their arms by id; a missing one has a row without numbers.
        scores: the scores of hypotheses whose scores were given, by the hypothesis; their status says so.

    Returns:
        The table: text, whole numbers in the columns of `PLACES` unless scores that were given have labels there, and
        numbers. A metric with the name of another column is called "metric NAME". Numbers that are not finite are
        missing.
    """
    import pandas as pd  # takes a quarter of a second, which other commands need not wait for

    rows: list[dict[str, Any]] = []
    for evidence in records:
        rows += _of_scores(evidence, (scores or {}).get(evidence.hypothesis, ()))
        rows += _of_replicates(evidence, replicates)
    metrics = dict.fromkeys(name for row in rows for name in row if name not in _TAKEN)
    table = pd.DataFrame(rows, columns=[*(name for name, _ in COLUMNS), *metrics, SECONDS])
    for name in PLACES:
        known = table[name].dropna()
        are_labels = any(isinstance(each, str) for each in known)
        table[name] = table[name].map(str, na_action="ignore") if are_labels else table[name].astype("Int64")
    texts = [name for name, _ in COLUMNS if table[name].dtype != "Int64"]
    # A column without values would otherwise have no type in a Parquet file.
    return table.astype(dict.fromkeys(texts, "string") | dict.fromkeys((*metrics, SECONDS), "float64"))


def _of_replicates(evidence: Evidence, replicates: Mapping[str, Replicate]) -> Iterator[dict[str, Any]]:
    for arm in evidence.arms:
        for id in arm.own_replicates:
            row = _names_of(evidence) | {"role": arm.role, "recipe": encodable(arm.recipe), "replicate": id}
            if (replicate := replicates.get(id)) is not None:
                row |= replicate.key.model_dump(include=set(PLACES)) | {"status": replicate.status}
                row |= {_column(name): value for name, value in replicate.metrics.items()}
                row[SECONDS] = replicate.cost.train_s
            yield row


def _of_scores(evidence: Evidence, scores: Sequence[GivenScore]) -> Iterator[dict[str, Any]]:
    roles = {arm.recipe: arm.role for arm in evidence.arms}
    for each in scores:
        yield _names_of(evidence) | {
            "role": roles.get(each.arm),
            "recipe": encodable(each.arm),
            "replicate": "",
            "repeat": each.repeat,
            "fold": each.fold,
            "seed": each.seed,
            "status": AS_GIVEN,
            _column(evidence.claim.metric): each.score,
        }


def _names_of(evidence: Evidence) -> dict[str, Any]:
    names = {"hypothesis": evidence.title, "test": evidence.hypothesis, "data": evidence.data.name}
    return {column: encodable(name) for column, name in names.items()}


def _column(metric: str) -> str:
    return f"metric {metric}" if metric in _TAKEN or metric.startswith("metric ") else encodable(metric)
