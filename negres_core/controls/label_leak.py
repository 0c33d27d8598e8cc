"""No feature tells the answer: none predicts the held-out targets by itself, all but perfectly."""

from __future__ import annotations

import numpy as np

from negres_core.design import Cell
from negres_core.evidence import Finding
from negres_core.run import Run

WHEN = "before"

SCREENED, TRIED = 512, 2_000
"""Rows that every feature is looked at on, and rows of each fold that a suspect is tried on."""
SUSPECTS = 8
"""Features that are tried, the most suspicious first."""
ENOUGH = 300
"""Held-out rows without an error that put an accuracy over .99 with 95% confidence: .99 ** 300 = .049."""


def check(run: Run) -> Finding | None:
    """Predict the target by one feature at a time; several columns of values may be the inputs themselves.

    Data of one feature have nothing to leak.
    """
    data = run.data
    rows = np.sort(np.random.default_rng(0).permutation(len(data))[:SCREENED])
    x, y = data.flatten(rows), data.y[rows]
    if x.shape[1] < 2 or y.ndim > 1 or np.ptp(y) == 0:
        return None
    if data.task != "classification":
        return _values(x, y)
    return _labels(run, x, y)


def _values(x: np.ndarray, y: np.ndarray) -> Finding:
    """Compare ranks: a target copied, scaled or transformed keeps its order, and a very good predictor does not."""
    from scipy.stats import rankdata

    ranks, target = rankdata(x, axis=0), rankdata(y)
    ranks, target = ranks - ranks.mean(axis=0), target - target.mean()
    spread = np.sqrt((ranks**2).sum(axis=0) * (target**2).sum())
    alike = np.abs(target @ ranks) / np.where(spread > 0, spread, np.inf)
    best = int(alike.argmax())
    return Finding(
        control="label leak",
        passed=len(y) < ENOUGH or bool(alike[best] < 1 - 1e-6),
        found=f"feature {best} has a rank correlation of {alike[best]:.6f} with the target over {len(y)} rows",
        threshold=f"under 0.999999, by {ENOUGH} rows or more: a feature in the target's very order is the target, "
        "while the best of predictors confuses neighbours",
        remedy="Leave the feature out, or the model: the feature is the answer.",
    )


def _labels(run: Run, x: np.ndarray, y: np.ndarray) -> Finding:
    order = np.argsort(x, axis=0, kind="stable")
    changes = (np.diff(y[order], axis=0) != 0).sum(axis=0)
    suspects = np.argsort(changes, kind="stable")[:SUSPECTS]
    cells = run.cells[: run.design.folds]
    right = np.zeros(len(suspects))
    tested = 0
    for cell in cells:
        predicted, targets = _predict_by_each(run, cell, suspects)
        right += (predicted == targets).sum(axis=1)
        tested += len(targets)
    accuracy = right / tested
    best = int(accuracy.argmax())
    majority = float(np.bincount(run.data.y).max() / len(run.data))
    told = accuracy[best] >= 0.999 and majority < 0.99
    return Finding(
        control="label leak",
        passed=tested < ENOUGH or not told,
        found=f"feature {suspects[best]} alone predicts {accuracy[best]:.2%} of {tested} held-out labels, "
        f"of which the majority has {majority:.2%}",
        threshold=f"under 99.9%, by {ENOUGH} rows or more: a feature that is hardly ever wrong is the label, or makes "
        "a problem on which no model can be better than another",
        remedy="Leave the feature out; where it is no leak, choose data that need a model.",
    )


def _predict_by_each(run: Run, cell: Cell, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the labels that trees on single features predict, (features, rows), and the labels."""
    from sklearn.tree import DecisionTreeClassifier

    draw = np.random.default_rng(cell.fold)
    train, test = (draw.permutation(rows)[:TRIED] for rows in (cell.train, cell.test))
    seen, held_out, y = run.data.flatten(train), run.data.flatten(test), run.data.y
    predicted = [
        DecisionTreeClassifier(max_leaf_nodes=4 * run.data.outputs, random_state=0)
        .fit(seen[:, [feature]], y[train])
        .predict(held_out[:, [feature]])
        for feature in features
    ]
    return np.stack(predicted), y[test]
