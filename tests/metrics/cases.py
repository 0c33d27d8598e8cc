"""Random cases on which metrics are compared with scikit-learn: predictions that are good, poor, tied and lopsided."""

from __future__ import annotations

import numpy as np

CASES = 50


def classifications(classes=None):
    """Yield targets, (rows,), and probabilities, (rows, classes), of 50 cases with 2 to 8 classes."""
    for case in range(CASES):
        random = np.random.default_rng(case)
        count = classes or int(random.integers(2, 9))
        rows = int(random.integers(3 * count, 300))
        shares = random.dirichlet(np.full(count, random.choice([0.5, 5.0])))
        # Every class has a row, since scikit-learn's functions refuse or skip those that have none.
        y = random.permutation(np.concatenate([np.arange(count), random.choice(count, rows - count, p=shares)]))
        scores = random.normal(size=(rows, count)) + random.choice([0.0, 1.0, 3.0]) * np.eye(count)[y]
        if case % 5 == 0:
            scores = np.round(scores)  # ties
        p = np.exp(scores)
        yield y, p / p.sum(axis=1, keepdims=True)


def regressions():
    """Yield targets and predictions of 50 cases, (rows,) or (rows, columns)."""
    for case in range(CASES):
        random = np.random.default_rng(case)
        shape = (int(random.integers(5, 200)), *(() if case % 2 else (3,)))
        y = random.normal(size=shape) ** (1 if case % 3 else 3)
        yield y, y + random.normal(size=shape) * random.choice([0.1, 1.0, 3.0])
