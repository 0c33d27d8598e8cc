"""No single feature gives away the answer: none predicts the held-out targets nearly perfectly."""

from __future__ import annotations

import numpy as np

from negres_core.controls.positions import positions_as_rows
from negres_core.design import Cell
from negres_core.evidence import Finding
from negres_core.run.run import Run

NAME = "label leak"
WHEN = "before"
FITS = True

SCREENED_ROWS = 512
"""Rows on which every feature is screened."""
SUSPECT_ROWS = 2_000
"""Rows of each fold on which a suspect feature is tested."""
MAX_SUSPECTS = 8
"""Most features that are tested, the most suspicious first."""
MAX_MAJORITY = 0.99
"""Share of the largest class from which a constant is nearly always right."""
MIN_ROWS = 300
"""Held-out rows without an error that put an accuracy over 0.99 with 95% confidence: 0.99 ** 300 = 0.049."""


def check(run: Run) -> Finding | None:
    """Predict the target by one feature at a time.

    If a row has several labels, each is a target. A label of a step or a pixel is predicted by the features there, if
    the inputs have such. Data with one feature have nothing to leak, and several columns of values may be the inputs
    themselves: the control does not apply to either.
    """
    if run.data.task == "segmentation":
        pointwise = positions_as_rows(run)
        return None if pointwise is None else check(pointwise)
    data = run.data
    rows = np.sort(np.random.default_rng(0).permutation(len(data))[:SCREENED_ROWS])
    x, y = data.flatten(rows), data.y[rows]
    if x.shape[1] < 2 or np.ptp(y) == 0 or (y.ndim > 1 and not data.has_labels):
        return None
    return _check_labels(run, x, y) if data.has_labels else _check_values(x, y)


def _check_values(x: np.ndarray, y: np.ndarray) -> Finding:
    """Compare ranks: a target that was copied, scaled or transformed keeps its order; a good predictor does not."""
    from scipy.stats import rankdata

    ranks, target = rankdata(x, axis=0), rankdata(y)
    ranks, target = ranks - ranks.mean(axis=0), target - target.mean()
    spread = np.sqrt((ranks**2).sum(axis=0) * (target**2).sum())
    correlations = np.abs(target @ ranks) / np.where(spread > 0, spread, np.inf)
    best = int(correlations.argmax())
    return Finding(
        control=NAME,
        passed=len(y) < MIN_ROWS or bool(correlations[best] < 1 - 1e-6),
        found=f"feature {best} has a rank correlation of {correlations[best]:.6f} with the target over {len(y)} rows",
        threshold=f"expected less than 0.999999 over {MIN_ROWS} rows or more: a feature in exactly the target's "
        "order is the target in another form, while even the best predictors confuse similar values",
        remedy="Leave the feature out. If you will have it for new rows, too, you do not need a model: it is the "
        "answer.",
    )


def _check_labels(run: Run, x: np.ndarray, y: np.ndarray) -> Finding:
    """Predict the held-out labels by small trees on the features whose order separates the classes best."""
    order = np.argsort(x, axis=0, kind="stable")
    columns = y.reshape(len(y), -1)
    changes = (np.diff(columns[order], axis=0) != 0).sum(axis=0).astype(float)
    if y.ndim > 1:
        # A rare label changes seldom in any order; one of no rows or of all rows is not a target.
        rarer = np.minimum(y.sum(axis=0), (1 - y).sum(axis=0))
        changes = np.where(rarer > 0, changes / np.maximum(rarer, 1), np.inf)
    pairs = np.argsort(changes, axis=None, kind="stable")[:MAX_SUSPECTS]
    suspects, of_column = np.unravel_index(pairs, changes.shape)
    correct = np.zeros(len(suspects))
    tested = 0
    for cell in run.cells[: run.design.folds]:
        predicted, targets = _predict_by_each(run, cell, suspects, of_column)
        correct += (predicted == targets).sum(axis=1)
        tested += targets.shape[1]
    accuracy = correct / tested
    every = run.data.y.reshape(len(run.data), -1)
    shares = np.array([np.bincount(every[:, column]).max() / len(every) for column in of_column])
    # Where one label of several is rare, a constant is nearly always right, and others may leak.
    best = int(np.argmax(accuracy - (shares >= MAX_MAJORITY)))
    majority, label = float(shares[best]), "" if y.ndim == 1 else f" of label {of_column[best]}"
    is_leak = accuracy[best] >= 0.999 and majority < MAX_MAJORITY
    return Finding(
        control=NAME,
        passed=tested < MIN_ROWS or not is_leak,
        found=f"feature {suspects[best]} alone predicts {accuracy[best]:.2%} of {tested} held-out labels{label}; the "
        f"majority class has {majority:.2%}",
        threshold=f"expected less than 99.9% of {MIN_ROWS} labels or more: a feature that is hardly ever wrong is the "
        "label, or makes the problem so easy that no model can be better than another",
        remedy="Leave the feature out; if it is not a leak, choose data that need a model.",
    )


def _predict_by_each(run: Run, cell: Cell, features: np.ndarray, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the labels that trees on single features predict, each in a column of the targets, and the true labels.

    Both are (features, rows).
    """
    from sklearn.tree import DecisionTreeClassifier

    rng = np.random.default_rng(cell.fold)
    train, test = (rng.permutation(rows)[:SUSPECT_ROWS] for rows in (cell.train, cell.test))
    x_train, x_test, y = run.data.flatten(train), run.data.flatten(test), run.data.y.reshape(len(run.data), -1)
    classes = run.data.classes or 2
    predicted = [
        DecisionTreeClassifier(max_leaf_nodes=4 * classes, random_state=0)
        .fit(x_train[:, [feature]], y[train, column])
        .predict(x_test[:, [feature]])
        for feature, column in zip(features, columns, strict=True)
    ]
    return np.stack(predicted), y[test].T[columns]
