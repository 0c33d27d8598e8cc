"""How many units does a cascade need to tell two spirals apart? Fahlman & Lebiere (1990) needed 12 to 19.

    python -m benchmarks.growth.two_spirals [--seeds 10] [--most 25] [--epochs 55]

The spirals are theirs: 194 points, two inputs. A cascade is trained on all of them, unit by unit, until it tells all
points right; nothing is held out. It takes minutes.

They trained outputs and candidates by Quickprop until neither improved: 1,700 epochs in all, for 15.2 units on average
of 100 cascades (quoted from memory). Here each of these 31 trainings has as many epochs of Adam, 55. With 500, an
independent program needed 10 or 11 units.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.growth.cascade import stages
from negres_core import Dataset, Recipe
from negres_core.design import Cell
from negres_core.engine import compiled
from negres_core.engine.contract import Job
from negres_core.engine.device import choose_device

POINTS = 194
EPOCHS, RATE, CANDIDATES = 55, 0.05, 8
"""Steps over all points by which outputs or candidates are trained, the learning rate of Adam, and the candidates."""


def two_spirals() -> Dataset:
    """Return the two spirals: x (194, 2), and y (194,), which of the two a point is on."""
    place = np.arange(POINTS // 2)
    angle, radius = place * np.pi / 16, 6.5 * (104 - place) / 104
    one = radius[:, None] * np.stack([np.sin(angle), np.cos(angle)], axis=1)
    x = np.concatenate([one, -one]).astype(np.float32)
    return Dataset(x=x, y=np.repeat([0, 1], POINTS // 2), name="two spirals")


def adam() -> Any:
    """Return the optimizer of every stage."""
    from keras import optimizers

    return optimizers.Adam(RATE)


def count_units(*, seeds: int, most: int, epochs: int = EPOCHS) -> dict[int, list[float]]:
    """Grow cascades until they tell all points right.

    Args:
        seeds: number of cascades.
        most: the units that none exceeds.
        epochs: steps by which outputs or candidates are trained.

    Returns:
        By seed, the accuracy on all points without a unit, with one unit, and so on. The last one is 1 if that cascade
        solved the task.
    """
    data, device = two_spirals(), choose_device("cpu")
    rows = np.arange(POINTS, dtype=np.int32)
    cell = Cell(0, 0, rows, rows)
    fit = {"epochs": epochs, "batch_size": POINTS, "optimizer": adam}
    accuracy: dict[int, list[float]] = {seed: [] for seed in range(seeds)}
    with tempfile.TemporaryDirectory() as folder:
        parents: dict[int, Path | None] = dict.fromkeys(accuracy)
        for place, recipe in enumerate(Recipe(*stages(most, candidates=CANDIDATES, **fit)).lineage):
            jobs = [Job(cell, seed, parent) for seed, parent in parents.items()]
            for job, result in compiled.train(recipe, data, jobs, device=device):
                assert result.model is not None, "a stage has a model"
                parents[job.seed] = Path(folder) / f"{place}-{job.seed}.keras"
                parents[job.seed].write_bytes(result.model)  # type: ignore[union-attr]
                if place % 2 == 0:  # the other stages train candidates
                    accuracy[job.seed].append(result.metrics["accuracy"])
                    if accuracy[job.seed][-1] == 1:
                        del parents[job.seed]
            if not parents:
                break
    return accuracy


def main(arguments: list[str] | None = None) -> None:
    """Print the units that each cascade needed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth.two_spirals")
    parser.add_argument("--seeds", type=int, default=10, help="number of cascades")
    parser.add_argument("--most", type=int, default=25, help="units that none exceeds")
    parser.add_argument("--epochs", type=int, default=EPOCHS, help="epochs of each training of outputs or candidates")
    options = parser.parse_args(arguments)
    needed = []
    for seed, accuracy in count_units(seeds=options.seeds, most=options.most, epochs=options.epochs).items():
        solved = f"not solved with {options.most} units"
        if accuracy[-1] == 1:
            needed.append(len(accuracy) - 1)
            solved = f"{needed[-1]} units"
        print(f"seed {seed}: {solved}; accuracy {' '.join(f'{value:.2f}' for value in accuracy)}")
    units = f", with {min(needed)} to {max(needed)} units, mean {np.mean(needed):.1f}" if needed else ""
    print(f"{len(needed)} of {options.seeds} solved{units}; Fahlman and Lebiere: 100 of 100, 12 to 19, mean 15.2")


if __name__ == "__main__":
    main()
