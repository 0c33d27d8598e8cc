"""Calibration of the whole decision: how often is a verdict wrong when the truth is known?

    python -m benchmarks.validation.calibration [--parts PART ...] [--simulations N] [--jobs N] [--out docs]

*Twins* (see twins.py), equal or apart by a known difference, are cross-validated on thousands of data sets. On each
data set `negres_core.experiment.decision.decide` judges claims about them, as it does at the end of an experiment; so
do the naive rules that people use instead. *Cells* (see cells.py) are drawn from distributions that break the
assumptions of the test, and *learners* (see learners.py) are cross-validated where they are known to be broken.
*Crossed* effects of seeds and test rows (see fixed_splits.py) and time *series* (see time_series.py) are drawn for the
designs that do not cross-validate. Writes all counts to OUT/calibration.json, a figure to OUT/calibration.png, and the
tables into OUT/calibration.md; a part that is left out keeps its counts.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.validation import twins
from benchmarks.validation.cells import simulate as simulate_cells
from benchmarks.validation.fixed_splits import simulate as simulate_crossed
from benchmarks.validation.learners import simulate as simulate_learners
from benchmarks.validation.time_series import simulate as simulate_series
from negres_core.claim import Claim, beats, matches
from negres_core.design import Design, KFolds
from negres_core.evidence import DataRecord
from negres_core.experiment.decision import ALPHA, decide
from negres_core.seeds import derive_seed
from negres_core.statistics import holm

DESIGNS = ((5, 5), (10, 10), (5, 1))
"""Folds and repeats."""
DATA_SET_ROWS = (100, 200, 500, 1000, 2000)
SEEDS = (1, 3)
PARTS = ("twins", "cells", "learners", "crossed", "series")
CELLS_PER_DATA_SET = 10
"""Runs of drawn cells per data set that is cross-validated: they cost next to nothing."""
TABLES_PER_DATA_SET = 5
"""Runs of drawn tables and series per data set that is cross-validated."""

BEST_ACCURACY = 0.7
"""Accuracy of the best possible classifier on the features of a twin, unless it is the better one."""
GAIN = 2.0
"""The better twin's best accuracy is higher by GAIN / sqrt(rows): about three standard errors."""
TRUTH_FITS = 20_000
"""Training sets from which the true difference is estimated."""
BLOCK_DATA_SETS = 50
"""Data sets per task: small enough for the memory, and the same for any number of processes."""


class NaiveRule(NamedTuple):
    """A rule that people use in place of negres.

    Attributes:
        pools_seeds: counts each replicate as a cell, as if seeds were independent.
        corrects_variance: uses the variance of the corrected resampled t-test.
        looks: tests after each repeat, each time at the full level.
    """

    pools_seeds: bool
    corrects_variance: bool
    looks: bool


PRODUCT = {"looks": True, "one look": False}
"""The rules of negres, and whether they look after each repeat."""
NAIVE = {
    "uncorrected": NaiveRule(pools_seeds=False, corrects_variance=False, looks=False),
    "pooled seeds": NaiveRule(pools_seeds=True, corrects_variance=False, looks=False),
    "naive looks": NaiveRule(pools_seeds=False, corrects_variance=True, looks=True),
}
"""The paired t-test over all cells; the same over all replicates; the corrected test at the full level after each
repeat."""
RULES = (*PRODUCT, *NAIVE)


class Point(NamedTuple):
    """A design, and the number of rows of a data set."""

    folds: int
    repeats: int
    seeds: int
    rows: int


class Outcomes(NamedTuple):
    """The outcomes of one claim under one rule: arrays, (data sets,).

    Attributes:
        verdicts: as in `Verdict`.
        covered: whether the 95% interval at the last look covers the true difference; False if there is no interval.
        repeats: repeats until the last look.
        p_values: as in `Verdict`; 1 if there is none.
    """

    verdicts: np.ndarray
    covered: np.ndarray
    repeats: np.ndarray
    p_values: np.ndarray


def claims(gap: float) -> dict[str, Claim]:
    """Return the claims to judge. Their margins come from the gap: the true difference of the twins that are apart."""
    return {
        "beats by 0": beats("accuracy"),
        "beats by half": beats("accuracy", by=gap / 2),
        "beats by all": beats("accuracy", by=gap),
        "matches within all": matches("accuracy", within=gap),
    }


def populations(point: Point, *, apart: bool) -> list[np.ndarray]:
    """Return the feature means of the treatment's twin and the control arm's."""
    gain = GAIN / math.sqrt(point.rows) if apart else 0.0
    return [twins.feature_means(BEST_ACCURACY + gain), twins.feature_means(BEST_ACCURACY)]


def true_gap(point: Point) -> tuple[float, float]:
    """Estimate the true difference of the twins that are apart, with its standard error, from separate simulations."""
    training_rows = point.rows * (point.folds - 1) // point.folds
    generator = np.random.default_rng(derive_seed("true gap", **point._asdict()))
    treatment, control = (
        twins.expected_accuracy(means, training_rows, point.seeds, fits=TRUTH_FITS, generator=generator)
        for means in populations(point, apart=True)
    )
    return treatment[0] - control[0], math.hypot(treatment[1], control[1])


def differences(point: Point, *, apart: bool, data_sets: int, generator: np.random.Generator) -> np.ndarray:
    """Cross-validate both twins: (data sets, repeats, folds, seeds), treatment minus control arm."""
    test_folds = twins.split_rows(KFolds(folds=point.folds, repeats=point.repeats), point.rows)
    treatment, control = (
        twins.cross_validate(
            twins.sample_data_sets(means, data_sets, point.rows, generator), test_folds, point.seeds, generator
        )
        for means in populations(point, apart=apart)
    )
    return treatment - control


def decide_all(
    cells: np.ndarray, claim: Claim, design: Design, truth: float, data: DataRecord | None = None
) -> Outcomes:
    """Let negres decide on each data set; cells are (data sets, repeats, folds)."""
    decisions = [decide(each, claim, design, data=data) for each in cells]
    intervals = [decision.estimate.interval_95 if decision.estimate else (math.inf, math.inf) for decision in decisions]
    return Outcomes(
        verdicts=np.array([decision.verdict.verdict for decision in decisions]),
        covered=np.array([low <= truth <= high for low, high in intervals]),
        repeats=np.array([decision.looks[-1].repeats if decision.looks else design.repeats for decision in decisions]),
        p_values=np.array([1.0 if (p := decision.verdict.p_value) is None else p for decision in decisions]),
    )


def describe_data(rows: int) -> DataRecord:
    """Return the record of a data set of the twins; the decision needs its number of rows."""
    features = (2 * twins.FEATURES,)
    return DataRecord(
        name="twins", source="", digest="", rows=rows, input_shape=features, outputs=2, task="classification"
    )


def decide_naively(cells: np.ndarray, claim: Claim, truth: float, *, corrects_variance: bool, looks: bool) -> Outcomes:
    """Decide by ordinary t intervals: at the end, or after each repeat until a decision.

    Args:
        cells: (data sets, repeats, folds); or (data sets, repeats, folds times seeds), which pools the seeds.
        claim: `beats` or `matches`.
        truth: the true difference.
        corrects_variance: whether to use the variance of the corrected resampled t-test.
        looks: whether to test after each repeat, each time at the full level.
    """
    from scipy.stats import t

    data_sets, planned, folds = cells.shape
    verdicts = np.full(data_sets, "inconclusive", dtype="<U12")
    covered, repeats = np.zeros(data_sets, dtype=bool), np.full(data_sets, planned)
    test_train_ratio = 1 / (folds - 1) if corrects_variance else 0.0
    for repeat in range(1 if looks else planned, planned + 1):
        values = cells[:, :repeat].reshape(data_sets, -1)
        effect, dof = values.mean(axis=1), values.shape[1] - 1
        error = values.std(axis=1, ddof=1) * math.sqrt(1 / values.shape[1] + test_train_ratio)
        half_width = t.isf(ALPHA, dof) * error
        if claim.kind == "matches":
            supported = np.abs(effect) + half_width < claim.margin
            refuted = np.abs(effect) - half_width > claim.margin
        else:
            supported, refuted = effect - half_width > claim.margin, effect + half_width < claim.margin
        undecided = verdicts == "inconclusive"
        covered = np.where(undecided, np.abs(effect - truth) <= t.isf(ALPHA / 2, dof) * error, covered)
        repeats = np.where(undecided, repeat, repeats)
        verdicts = np.where(undecided & supported, "supported", np.where(undecided & refuted, "refuted", verdicts))
    return Outcomes(verdicts, covered, repeats, np.ones(data_sets))


class Task(NamedTuple):
    """A block of a point's data sets."""

    point: Point
    apart: bool
    gap: float
    block: int
    data_sets: int


def judge_block(task: Task) -> dict[tuple[str, str], Outcomes]:
    """Sample data sets, cross-validate the twins, and judge every claim by every rule."""
    from threadpoolctl import threadpool_limits

    point, truth = task.point, task.gap if task.apart else 0.0
    with threadpool_limits(1):
        axes = point._asdict() | {"apart": task.apart, "block": task.block}
        generator = np.random.default_rng(derive_seed("data sets", **axes))
        replicates = differences(point, apart=task.apart, data_sets=task.data_sets, generator=generator)
    means, pooled = replicates.mean(axis=-1), replicates.reshape(*replicates.shape[:2], -1)
    outcomes = {}
    for name, claim in claims(task.gap).items():
        for rule, looks in PRODUCT.items():
            design = KFolds(folds=point.folds, repeats=point.repeats, seeds=point.seeds, looks=looks)
            outcomes[name, rule] = decide_all(means, claim, design, truth, describe_data(point.rows))
        for rule, naive in NAIVE.items():
            outcomes[name, rule] = decide_naively(
                pooled if naive.pools_seeds else means,
                claim,
                truth,
                corrects_variance=naive.corrects_variance,
                looks=naive.looks,
            )
    return outcomes


def simulate(points: Sequence[Point], simulations: int, jobs: int) -> Iterator[tuple[Point, dict[str, Any]]]:
    """Yield each point with its true gap and its outcomes by population, claim and rule, as soon as it is done."""
    sizes = [min(BLOCK_DATA_SETS, simulations - start) for start in range(0, simulations, BLOCK_DATA_SETS)]
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        gaps = dict(zip(points, pool.map(true_gap, points), strict=True))
        tasks = [
            Task(point, apart, gaps[point][0], block, size)
            for point in points
            for apart in (False, True)
            for block, size in enumerate(sizes)
        ]
        judgements = pool.map(judge_block, tasks)
        for point in points:
            results: dict[str, Any] = {"gap": gaps[point][0], "gap_error": gaps[point][1]}
            for population in ("equal", "apart"):
                blocks = [next(judgements) for _ in sizes]
                results[population] = {
                    key: Outcomes(*map(np.concatenate, zip(*(block[key] for block in blocks), strict=True)))
                    for key in blocks[0]
                }
            yield point, results


def count(outcomes: Outcomes) -> dict[str, int]:
    """Count verdicts, intervals that cover the truth, and repeats run."""
    verdicts = {name: int((outcomes.verdicts == name).sum()) for name in ("supported", "refuted", "invalid")}
    return verdicts | {"covered": int(outcomes.covered.sum()), "repeats": int(outcomes.repeats.sum())}


def count_families(members: Sequence[Outcomes]) -> dict[str, int]:
    """Count families with a supported claim, before and after Holm; family i is the i-th data set of each member."""
    supported = np.stack([member.verdicts for member in members], axis=1) == "supported"
    p_values = np.stack([member.p_values for member in members], axis=1)
    # Holm rejects nothing unless the smallest p-value is at most this.
    candidates = p_values.min(axis=1) <= ALPHA / len(members)
    corrected = [holm({str(i): float(p) for i, p in enumerate(family)}) for family in p_values[candidates]]
    rejected = [np.array(list(each.values())) <= ALPHA for each in corrected]
    after_holm = [(left & right).any() for left, right in zip(supported[candidates], rejected, strict=True)]
    before_holm = int(supported.any(axis=1).sum())
    return {"members": len(members), "supported": before_holm, "supported_after_holm": int(sum(after_holm))}


def calibrate(points: Sequence[Point], simulations: int, jobs: int = 1) -> dict[str, Any]:
    """Simulate points and count; a family of true nulls has one member for each number of rows and of seeds."""
    start = time.perf_counter()
    counted, members = [], {}
    for number, (point, results) in enumerate(simulate(points, simulations, jobs), 1):
        names = claims(results["gap"])
        counts = {
            population: {name: {rule: count(results[population][name, rule]) for rule in RULES} for name in names}
            for population in ("equal", "apart")
        }
        counted.append(point._asdict() | {"gap": results["gap"], "gap_error": results["gap_error"]} | counts)
        for rule in PRODUCT:
            key = (point.folds, point.repeats, rule)
            members.setdefault(key, []).append(results["equal"]["beats by 0", rule])
        print(f"{number} of {len(points)}: {point}, {time.perf_counter() - start:.0f} s", flush=True)
    families = [
        {"folds": folds, "repeats": repeats, "rule": rule} | count_families(family)
        for (folds, repeats, rule), family in members.items()
    ]
    return {"simulations": simulations, "alpha": ALPHA, "points": counted, "families": families}


def main(arguments: Sequence[str] | None = None) -> None:
    """Calibrate at every point and write the counts, the tables and the figure."""
    from benchmarks.validation.report import draw_figure, write_tables

    parser = argparse.ArgumentParser(description="Calibrate the whole decision.")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, help="what to simulate (all)")
    parser.add_argument("--simulations", type=int, default=2000, help="data sets per point; more of what is drawn")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes (one per core)")
    parser.add_argument("--out", type=Path, default=Path("docs"), help="folder to write to (docs)")
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    file = options.out / "calibration.json"
    results: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    if "twins" in options.parts:
        points = [Point(*design, seeds, rows) for design in DESIGNS for seeds in SEEDS for rows in DATA_SET_ROWS]
        results |= calibrate(points, options.simulations, options.jobs)
    if "cells" in options.parts:
        results["cells"] = list(simulate_cells(CELLS_PER_DATA_SET * options.simulations))
    if "learners" in options.parts:
        results["learners"] = list(simulate_learners(options.simulations))
    if "crossed" in options.parts:
        results["crossed"] = list(simulate_crossed(TABLES_PER_DATA_SET * options.simulations))
    if "series" in options.parts:
        results["series"] = list(simulate_series(TABLES_PER_DATA_SET * options.simulations))
    file.write_text(json.dumps(results) + "\n")
    write_tables(results, options.out / "calibration.md")
    if "twins" in options.parts:
        draw_figure(results, options.out / "calibration.png")


if __name__ == "__main__":
    main()
