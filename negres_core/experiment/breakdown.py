"""Breakdown: where arms differ, by class and by attribute, for designs that score single rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from negres_core.dataset import Dataset
from negres_core.dataset.names import name_of_label
from negres_core.evidence import PartRecord
from negres_core.run.run import Run

MOST_PARTS = 20
"""Most values of an attribute that make parts of their own: with more, each would have few rows."""
LEAST_ROWS = 10
"""Fewest rows of a part: the spread of fewer says little."""


def break_down(run: Run, differences: np.ndarray) -> list[PartRecord]:
    """Return the effect in each class and at each value of each attribute, and how many rows favour either arm.

    These are many looks at the same rows, without correction: they say where to look, and decide nothing.

    Args:
        run: the trained run.
        differences: (seeds, test rows), signed so that positive is better; if its columns stand for groups or blocks of
            rows, there is no breakdown.
    """
    from scipy.special import stdtrit

    if differences.shape[1] != len(_tested(run)):
        return []
    means = differences.mean(axis=0)
    parts = []
    for name, rows in _parts(run):
        if len(rows) < LEAST_ROWS:
            continue
        error = float(means[rows].std(ddof=1)) / np.sqrt(len(rows))
        half = float(stdtrit(len(rows) - 1, 0.975)) * error
        effect = float(means[rows].mean())
        same_sign = np.sign(differences[:, rows])
        parts.append(
            PartRecord(
                part=name,
                rows=len(rows),
                effect=effect,
                interval_95=(effect - half, effect + half),
                better=int((same_sign == 1).all(axis=0).sum()),
                worse=int((same_sign == -1).all(axis=0).sum()),
            )
        )
    return parts


def _parts(run: Run) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the name and the places of the rows of each part, among the test rows of all cells together."""
    test = _tested(run)
    yield "all rows", np.arange(len(test))
    if run.data.task == "multilabel" and run.data.outputs <= MOST_PARTS:
        for label, has_it in enumerate(run.data.y[test].T):
            if 0 < has_it.sum() < len(test):
                yield f"label {name_of_label(run.data, label)}", np.flatnonzero(has_it)
    if run.data.task == "segmentation" and run.data.outputs <= MOST_PARTS:
        for label in range(run.data.outputs):
            has_it = (run.data.y[test] == label).reshape(len(test), -1).any(axis=1)
            if 0 < has_it.sum() < len(test):
                yield f"class {name_of_label(run.data, label)}", np.flatnonzero(has_it)
    labels = {"class": run.data.y[test]} if run.data.task == "classification" else {}
    labels |= {name: values[test] for name, values in run.data.attributes.items()}
    for name, values in labels.items():
        found = np.unique(values)
        if 1 < len(found) <= MOST_PARTS:
            for value in found.tolist():
                yield f"{name} {_named(run.data, name, value)}", np.flatnonzero(values == value)


def _named(data: Dataset, name: str, value: float) -> str:
    """Return the name of a class, or of a value of an attribute; its number if it has none."""
    if not isinstance(value, int):
        return f"{value:g}"
    return name_of_label(data, value, of=name if name in data.attributes else None)


def _tested(run: Run) -> np.ndarray:
    """Return the test rows that are judged, of all cells."""
    return np.concatenate([cell.test for cell in run.judged_cells])
