"""Calibration: naive rules that are the tests they are named after, and counts that add up."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy import stats

from benchmarks.validation import calibration
from benchmarks.validation.calibration import Outcomes, Point, Task
from benchmarks.validation.cells import skewness_by_row
from negres_core.claim import beats, matches
from negres_core.design import KFolds
from negres_core.statistics.skewness import skewness_limit


def test_twins_have_the_same_population_unless_they_are_apart():
    treatment, control = calibration.populations(Point(5, 2, 1, 60), apart=False)
    better, other = calibration.populations(Point(5, 2, 1, 60), apart=True)

    assert np.array_equal(treatment, control)
    assert np.array_equal(other, control)
    assert (better > other).all()


@pytest.mark.parametrize("claim", [beats("accuracy"), beats("accuracy", by=0.5), matches("accuracy", within=1.0)])
def test_one_naive_look_with_the_corrected_variance_is_the_decision_of_negres(claim):
    generator = np.random.default_rng(0)
    cells = generator.normal(size=(300, 4, 5)) + generator.normal(size=(300, 1, 1))
    # Unlike the naive rule, negres mistrusts skewed differences.
    cells = cells[np.abs(skewness_by_row(cells.reshape(300, -1))) < skewness_limit(20)]
    design = KFolds(folds=5, repeats=4, looks=False)

    ours = calibration.decide_all(cells, claim, design, truth=0.3)
    naive = calibration.decide_naively(cells, claim, 0.3, corrects_variance=True, looks=False)

    assert np.array_equal(naive.verdicts, ours.verdicts)
    assert np.array_equal(naive.covered, ours.covered)
    assert set(ours.verdicts) == {"supported", "refuted", "inconclusive"}


def test_the_naive_rule_over_all_cells_is_the_paired_t_test():
    cells = np.random.default_rng(1).normal(0.2, 1, size=(200, 3, 5))

    naive = calibration.decide_naively(cells, beats("accuracy"), 0.0, corrects_variance=False, looks=False)

    two_sided = stats.ttest_1samp(cells.reshape(200, -1), 0, axis=1).pvalue
    greater = stats.ttest_1samp(cells.reshape(200, -1), 0, axis=1, alternative="greater").pvalue
    assert np.array_equal(naive.verdicts == "supported", greater < 0.05)
    assert np.array_equal(naive.covered, two_sided >= 0.05)


def test_a_naive_look_that_decides_is_the_last():
    decided_first = [[1.0, 1.1, 0.9], [-9, -9, -8]]
    never = [[1.0, -1.0, 0.1], [-1, 1, 0.2]]

    naive = calibration.decide_naively(
        np.array([decided_first, never]), beats("accuracy"), 1.0, corrects_variance=True, looks=True
    )

    assert naive.verdicts.tolist() == ["supported", "inconclusive"]
    assert naive.repeats.tolist() == [1, 2]
    assert naive.covered.tolist() == [True, True]


def test_cells_that_are_all_equal_count_as_invalid_and_as_not_covered():
    counts = calibration.count(
        calibration.decide_all(np.full((2, 2, 5), 0.1), beats("accuracy"), KFolds(repeats=2), truth=0.1)
    )

    assert counts == {"supported": 0, "refuted": 0, "invalid": 2, "covered": 0, "repeats": 4}


def test_a_family_counts_after_holm_if_a_supported_member_survives():
    def member(verdicts, p_values):
        return Outcomes(np.array(verdicts), np.ones(3, dtype=bool), np.ones(3), np.array(p_values))

    # A supported member survives in the first family only. In the last one the refuted member does.
    members = [
        member(["supported", "supported", "supported"], [0.01, 0.03, 0.04]),
        member(["inconclusive", "inconclusive", "refuted"], [1.0, 1.0, 0.001]),
        member(["invalid", "inconclusive", "inconclusive"], [1.0, 1.0, 1.0]),
    ]

    assert calibration.count_families(members) == {"members": 3, "supported": 3, "supported_after_holm": 1}


def test_a_small_calibration_counts_every_rule_at_every_point(results, points):
    assert [[point[name] for name in Point._fields] for point in results["points"]] == [list(point) for point in points]
    for point in results["points"]:
        assert 0 < point["gap_error"] < point["gap"] / 20
        for population in ("equal", "apart"):
            assert list(point[population]) == list(calibration.claims(1.0))
            for by_rule in point[population].values():
                assert tuple(by_rule) == calibration.RULES
                for counts in by_rule.values():
                    assert counts["supported"] + counts["refuted"] + counts["invalid"] <= 60
                    assert 0 < counts["covered"] <= 60 - counts["invalid"]
    families = [
        tuple(family[name] for name in ("folds", "repeats", "rule", "members")) for family in results["families"]
    ]
    assert families == [(2, 2, "looks", 1), (2, 2, "one look", 1), (2, 1, "looks", 1), (2, 1, "one look", 1)]


def test_a_calibration_is_reproducible_for_any_number_of_processes(results, points):
    assert calibration.calibrate(points, results["simulations"], jobs=1) == results
    assert json.loads(json.dumps(results)) == results


def test_each_block_has_its_own_data_sets(points):
    first, second = (calibration.judge_block(Task(points[0], True, 0.1, block, 40)) for block in (0, 1))

    assert set(first["beats by 0", "one look"].p_values) != set(second["beats by 0", "one look"].p_values)
