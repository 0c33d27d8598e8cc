"""Calibration of the whole decision: how often is it wrong where the truth is known?

    python -m benchmarks.validation.calibration [--simulations 2000] [--jobs N] [--out docs]

Twins (see twins.py), equal or apart by a known difference, are cross-validated on thousands of data sets, and each time
`negres_core.experiment.decision.decide` judges claims about them, as it does at the end of an experiment. Beside it stands what
people do instead. Writes OUT/calibration.json, every count; OUT/calibration.png; and the tables in OUT/calibration.md.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.validation import twins
from negres_core.claim import Claim, beats, matches
from negres_core.design import Design
from negres_core.experiment.decision import ALPHA, decide
from negres_core.seeds import derive_seed
from negres_core.statistics import holm

DESIGNS = ((5, 5), (10, 10), (5, 1))
ROWS = (100, 200, 500, 1000, 2000)
SEEDS = (1, 3)

ACCURACY = 0.7
"""Of the best possible classifier in the features of a twin that is not the better one."""
GAIN = 2.0
"""The better twin's best accuracy is higher by this over the root of the rows: about three standard errors."""
FITS = 20_000
"""Training sets from which the true difference is estimated."""
BLOCK = 50
"""Data sets a task: small enough for the memory, and the same whatever the number of processes."""

PRODUCT = {"looks": True, "one look": False}
"""The rules that negres has, and whether they look after each repeat."""
NAIVE = {
    "uncorrected": (False, False, False),
    "pooled seeds": (True, False, False),
    "naive looks": (False, True, True),
}
"""What people do instead, and whether it pools the seeds, corrects the variance, looks after each repeat: the paired
t-test over all cells; over all replicates; the corrected test after each repeat, each time at the full level."""
RULES = (*PRODUCT, *NAIVE)


class Point(NamedTuple):
    """A design, and how many rows a data set has."""

    folds: int
    repeats: int
    seeds: int
    rows: int


class Outcomes(NamedTuple):
    """What became of a claim on each data set: arrays, (data sets,).

    Attributes:
        verdicts: as in `Verdict`.
        covered: whether the 95% interval at the last look covers the true difference; False where there is none.
        repeats: repeats until the last look.
        p_values: as in `Verdict`, 1 where there is none.
    """

    verdicts: np.ndarray
    covered: np.ndarray
    repeats: np.ndarray
    p_values: np.ndarray


def claims(gap: float) -> dict[str, Claim]:
    """The claims that are judged; the gap is the true difference of the twins that are apart, and so a margin."""
    return {
        "beats by 0": beats("accuracy"),
        "beats by half": beats("accuracy", by=gap / 2),
        "beats by all": beats("accuracy", by=gap),
        "matches within all": matches("accuracy", within=gap),
    }


def centres(point: Point, *, apart: bool) -> list[np.ndarray]:
    """The populations of treatment and control."""
    return [twins.means(ACCURACY + apart * GAIN / math.sqrt(point.rows)), twins.means(ACCURACY)]


def true_gap(point: Point) -> tuple[float, float]:
    """Estimate the true difference of the twins that are apart, with its standard error, from other simulations."""
    training_rows = point.rows * (point.folds - 1) // point.folds
    generator = np.random.default_rng(derive_seed("true gap", **point._asdict()))
    treatment, control = (
        twins.expected_accuracy(centre, training_rows, point.seeds, fits=FITS, generator=generator)
        for centre in centres(point, apart=True)
    )
    return treatment[0] - control[0], math.hypot(treatment[1], control[1])


def differences(point: Point, *, apart: bool, data_sets: int, generator: np.random.Generator) -> np.ndarray:
    """Cross-validate both twins on data sets: (data sets, repeats, folds, seeds), treatment minus control."""
    folds = twins.held_out(Design(folds=point.folds, repeats=point.repeats), point.rows)
    treatment, control = (
        twins.cross_validate(twins.draw(centre, data_sets, point.rows, generator), folds, point.seeds, generator)
        for centre in centres(point, apart=apart)
    )
    return treatment - control


def decide_all(cells: np.ndarray, claim: Claim, design: Design, truth: float) -> Outcomes:
    """Let negres decide on each data set: cells are (data sets, repeats, folds)."""
    decisions = [decide(each, claim, design) for each in cells]
    intervals = [decision.estimate.interval_95 if decision.estimate else (math.inf, math.inf) for decision in decisions]
    return Outcomes(
        verdicts=np.array([decision.verdict.verdict for decision in decisions]),
        covered=np.array([low <= truth <= high for low, high in intervals]),
        repeats=np.array([decision.looks[-1].repeats if decision.looks else design.repeats for decision in decisions]),
        p_values=np.array([1.0 if (p := decision.verdict.p_value) is None else p for decision in decisions]),
    )


def decide_naively(cells: np.ndarray, claim: Claim, truth: float, *, corrected: bool, looks: bool) -> Outcomes:
    """Decide by ordinary t intervals, at the end or, where not decided before, after each repeat.

    Args:
        cells: (data sets, repeats, folds); or (data sets, repeats, folds times seeds), which pools the seeds.
        claim: `beats` or `matches`.
        truth: the true difference.
        corrected: whether the variance is that of the corrected resampled t-test.
        looks: whether to look after each repeat, each time at the full level.
    """
    from scipy.stats import t

    data_sets, planned, folds = cells.shape
    verdicts = np.full(data_sets, "inconclusive", dtype="<U12")
    covered, repeats = np.zeros(data_sets, dtype=bool), np.full(data_sets, planned)
    for repeat in range(1 if looks else planned, planned + 1):
        seen = cells[:, :repeat].reshape(data_sets, -1)
        effect, dof = seen.mean(axis=1), seen.shape[1] - 1
        error = seen.std(axis=1, ddof=1) * math.sqrt(1 / seen.shape[1] + corrected / (folds - 1))
        half = t.isf(ALPHA, dof) * error
        if claim.kind == "matches":
            supported, refuted = np.abs(effect) + half < claim.margin, np.abs(effect) - half > claim.margin
        else:
            supported, refuted = effect - half > claim.margin, effect + half < claim.margin
        going = verdicts == "inconclusive"
        covered = np.where(going, np.abs(effect - truth) <= t.isf(ALPHA / 2, dof) * error, covered)
        repeats = np.where(going, repeat, repeats)
        verdicts = np.where(going & supported, "supported", np.where(going & refuted, "refuted", verdicts))
    return Outcomes(verdicts, covered, repeats, np.ones(data_sets))


class Task(NamedTuple):
    """Some data sets of a point."""

    point: Point
    apart: bool
    gap: float
    block: int
    data_sets: int


def judge_block(task: Task) -> dict[tuple[str, str], Outcomes]:
    """Draw data sets, cross-validate the twins, and judge every claim by every rule."""
    from threadpoolctl import threadpool_limits

    point, truth = task.point, task.gap * task.apart
    with threadpool_limits(1):
        axes = point._asdict() | {"apart": task.apart, "block": task.block}
        generator = np.random.default_rng(derive_seed("data sets", **axes))
        replicates = differences(point, apart=task.apart, data_sets=task.data_sets, generator=generator)
    cells, pooled = replicates.mean(axis=-1), replicates.reshape(*replicates.shape[:2], -1)
    outcomes = {}
    for name, claim in claims(task.gap).items():
        for rule, looks in PRODUCT.items():
            design = Design(folds=point.folds, repeats=point.repeats, seeds=point.seeds, looks=looks)
            outcomes[name, rule] = decide_all(cells, claim, design, truth)
        for rule, (pool, corrected, looks) in NAIVE.items():
            values = pooled if pool else cells
            outcomes[name, rule] = decide_naively(values, claim, truth, corrected=corrected, looks=looks)
    return outcomes


def simulate(points: Sequence[Point], simulations: int, jobs: int) -> Iterator[tuple[Point, dict[str, Any]]]:
    """Yield each point with its true gap and its outcomes by population, claim and rule, as soon as it is done."""
    sizes = [min(BLOCK, simulations - start) for start in range(0, simulations, BLOCK)]
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        gaps = dict(zip(points, pool.map(true_gap, points), strict=True))
        tasks = [
            Task(point, apart, gaps[point][0], block, size)
            for point in points
            for apart in (False, True)
            for block, size in enumerate(sizes)
        ]
        judged = pool.map(judge_block, tasks)
        for point in points:
            found: dict[str, Any] = {"gap": gaps[point][0], "gap_error": gaps[point][1]}
            for population in ("equal", "apart"):
                blocks = [next(judged) for _ in sizes]
                found[population] = {
                    key: Outcomes(*map(np.concatenate, zip(*(block[key] for block in blocks), strict=True)))
                    for key in blocks[0]
                }
            yield point, found


def count(outcomes: Outcomes) -> dict[str, int]:
    """Count verdicts, intervals that cover the truth, and repeats run."""
    verdicts = {name: int((outcomes.verdicts == name).sum()) for name in ("supported", "refuted", "invalid")}
    return verdicts | {"covered": int(outcomes.covered.sum()), "repeats": int(outcomes.repeats.sum())}


def count_families(families: Sequence[Outcomes]) -> dict[str, int]:
    """Count families with a supported claim, before and after Holm; the i-th data set of each member is family i."""
    supported = np.stack([member.verdicts for member in families], axis=1) == "supported"
    p_values = np.stack([member.p_values for member in families], axis=1)
    # Holm begins with the smallest p-value, and ends there where it is larger than this.
    begun = p_values.min(axis=1) <= ALPHA / len(families)
    corrected = [holm({str(i): float(p) for i, p in enumerate(family)}) for family in p_values[begun]]
    rejected = [np.array(list(each.values())) <= ALPHA for each in corrected]
    after = [(left & right).any() for left, right in zip(supported[begun], rejected, strict=True)]
    some = int(supported.any(axis=1).sum())
    return {"members": len(families), "supported": some, "supported_after_holm": int(sum(after))}


def calibrate(points: Sequence[Point], simulations: int, jobs: int = 1) -> dict[str, Any]:
    """Simulate points and count; a family of true nulls has one member for each number of rows and of seeds."""
    began = time.perf_counter()
    counted, members = [], {}
    for number, (point, found) in enumerate(simulate(points, simulations, jobs), 1):
        counts = {
            population: {
                name: {rule: count(found[population][name, rule]) for rule in RULES} for name in claims(found["gap"])
            }
            for population in ("equal", "apart")
        }
        counted.append(point._asdict() | {"gap": found["gap"], "gap_error": found["gap_error"]} | counts)
        for rule in PRODUCT:
            key = (point.folds, point.repeats, rule)
            members.setdefault(key, []).append(found["equal"]["beats by 0", rule])
        print(f"{number} of {len(points)}: {point}, {time.perf_counter() - began:.0f} s", flush=True)
    families = [
        {"folds": folds, "repeats": repeats, "rule": rule} | count_families(family)
        for (folds, repeats, rule), family in members.items()
    ]
    return {"simulations": simulations, "alpha": ALPHA, "points": counted, "families": families}


def main(arguments: Sequence[str] | None = None) -> None:
    """Calibrate at every point and write what was found."""
    from benchmarks.validation.report import draw_figure, write_tables

    parser = argparse.ArgumentParser(description="Calibrate the whole decision.")
    parser.add_argument("--simulations", type=int, default=2000, help="data sets a point and population (2000)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes (one a core)")
    parser.add_argument("--out", type=Path, default=Path("docs"), help="folder to write to (docs)")
    given = parser.parse_args(arguments)
    points = [Point(*design, seeds, rows) for design in DESIGNS for seeds in SEEDS for rows in ROWS]
    found: Mapping[str, Any] = calibrate(points, given.simulations, given.jobs)
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / "calibration.json").write_text(json.dumps(found) + "\n")
    write_tables(found, given.out / "calibration.md")
    draw_figure(found, given.out / "calibration.png")


if __name__ == "__main__":
    main()
