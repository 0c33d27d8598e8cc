"""Calibration: twins that are equal by symmetry, learners that are what they seem, counts that add up."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy import stats

from benchmarks.validation import calibration, twins
from benchmarks.validation.calibration import Outcomes, Point, Task
from benchmarks.validation.report import asked, draw_figure, one_of_each, write_tables
from negres_core.claim import beats, matches
from negres_core.design import Design

CENTRE = twins.means(0.75)
FOLDS = twins.held_out(Design(folds=5, repeats=2), 60)


def draw(seed, data_sets=3):
    return twins.draw(CENTRE, data_sets, 60, np.random.default_rng(seed))


def accuracies(drawn, seeds=1, seed=0):
    return twins.cross_validate(drawn, FOLDS, seeds, np.random.default_rng(seed))


@pytest.mark.parametrize("seeds", [1, 3])
def test_swapping_equal_twins_flips_the_sign_and_no_more(seeds):
    treatment, control = calibration.centres(Point(5, 2, seeds, 60), apart=False)
    first, second = draw(1), draw(2)

    difference = accuracies(first, seeds, seed=1) - accuracies(second, seeds, seed=2)
    swapped = accuracies(second, seeds, seed=2) - accuracies(first, seeds, seed=1)

    assert np.array_equal(treatment, control)
    assert len(set(treatment)) == 1
    assert np.array_equal(difference, -swapped)
    assert difference.any(axis=(1, 2, 3)).all()


def test_no_feature_is_another_than_the_rest():
    drawn = draw(3)
    order = np.random.default_rng(0).permutation(twins.FEATURES) + 1

    assert np.array_equal(accuracies(drawn), accuracies(drawn[..., [0, *order]]))


def test_gram_matrices_give_what_least_squares_gives_on_the_rows():
    drawn = draw(4)[0]
    labels, rows = drawn[:, 0], drawn[:, :1] * drawn
    expected = np.empty(FOLDS.shape[:2])
    for cell, tests in ((cell, FOLDS[cell]) for cell in np.ndindex(expected.shape)):
        train = np.setdiff1d(np.arange(60), tests)
        weights = np.linalg.lstsq(rows[train], labels[train])[0]
        expected[cell] = (np.sign(rows[tests] @ weights) == labels[tests]).mean()

    assert np.array_equal(accuracies(drawn[None])[0, :, :, 0], expected)
    assert 0.5 < expected.mean() < 1


def test_a_seed_fits_its_own_half_of_the_features():
    drawn = draw(5)
    columns = twins.seen(drawn, 5, 3, np.random.default_rng(0))
    gram, moment = drawn.swapaxes(1, 2) @ drawn, drawn.sum(axis=1)

    weights = twins.fit(gram[:, None, None], moment[:, None, None], columns)

    assert ((weights != 0).sum(axis=-1) == 1 + twins.FEATURES // 2).all()
    assert len({tuple(sorted(half)) for half in columns.reshape(-1, columns.shape[-1])}) == columns[..., 0].size
    half = columns[2, 4, 1]
    np.testing.assert_allclose(weights[2, 4, 1, half], np.linalg.lstsq(drawn[2][:, half], np.ones(60))[0])


def test_folds_are_those_of_an_experiment_and_keep_the_classes_even():
    assert (np.sort(FOLDS.reshape(2, -1), axis=1) == np.arange(60)).all()
    assert ((FOLDS < 30).sum(axis=-1) == 6).all()


@pytest.mark.parametrize("seeds", [1, 3])
def test_the_true_accuracy_is_the_mean_over_cross_validations(seeds):
    generator = np.random.default_rng(0)
    expected, error = twins.expected_accuracy(CENTRE, 48, seeds, fits=4000, generator=generator)
    means = accuracies(draw(6, data_sets=1500), seeds).mean(axis=(1, 2, 3))

    own_error = means.std(ddof=1) / np.sqrt(len(means))
    assert error < own_error
    assert abs(means.mean() - expected) < 4 * np.hypot(error, own_error)


@pytest.mark.parametrize("claim", [beats("accuracy"), beats("accuracy", by=0.5), matches("accuracy", within=1.0)])
def test_the_naive_rule_with_the_corrected_variance_and_one_look_is_the_decision(claim):
    generator = np.random.default_rng(0)
    cells = generator.normal(size=(300, 4, 5)) + generator.normal(size=(300, 1, 1))
    design = Design(folds=5, repeats=4, looks=False)

    ours = calibration.decide_all(cells, claim, design, truth=0.3)
    naive = calibration.decide_naively(cells, claim, 0.3, corrected=True, looks=False)

    assert np.array_equal(naive.verdicts, ours.verdicts)
    assert np.array_equal(naive.covered, ours.covered)
    assert set(ours.verdicts) == {"supported", "refuted", "inconclusive"}


def test_the_naive_rule_over_all_cells_is_the_paired_t_test():
    cells = np.random.default_rng(1).normal(0.2, 1, size=(200, 3, 5))

    naive = calibration.decide_naively(cells, beats("accuracy"), 0.0, corrected=False, looks=False)

    test = stats.ttest_1samp(cells.reshape(200, -1), 0, axis=1)
    greater = stats.ttest_1samp(cells.reshape(200, -1), 0, axis=1, alternative="greater").pvalue
    assert np.array_equal(naive.verdicts == "supported", greater < 0.05)
    assert np.array_equal(naive.covered, test.pvalue >= 0.05)


def test_a_naive_look_that_decides_is_the_last():
    decided_first = [[1.0, 1.1, 0.9], [-9, -9, -8]]
    never = [[1.0, -1.0, 0.1], [-1, 1, 0.2]]

    naive = calibration.decide_naively(
        np.array([decided_first, never]), beats("accuracy"), 1.0, corrected=True, looks=True
    )

    assert naive.verdicts.tolist() == ["supported", "inconclusive"]
    assert naive.repeats.tolist() == [1, 2]
    assert naive.covered.tolist() == [True, True]


def test_cells_that_are_all_equal_are_counted_as_invalid_and_cover_nothing():
    counts = calibration.count(
        calibration.decide_all(np.full((2, 2, 5), 0.1), beats("accuracy"), Design(repeats=2), truth=0.1)
    )

    assert counts == {"supported": 0, "refuted": 0, "invalid": 2, "covered": 0, "repeats": 4}


def test_a_family_is_counted_where_a_supported_member_survives_holm():
    def member(verdicts, p_values):
        return Outcomes(np.array(verdicts), np.ones(3, dtype=bool), np.ones(3), np.array(p_values))

    # One survives; one does not; in the last family it is the refuted one that survives.
    families = [
        member(["supported", "supported", "supported"], [0.01, 0.03, 0.04]),
        member(["inconclusive", "inconclusive", "refuted"], [1.0, 1.0, 0.001]),
        member(["invalid", "inconclusive", "inconclusive"], [1.0, 1.0, 1.0]),
    ]

    assert calibration.count_families(families) == {"members": 3, "supported": 3, "supported_after_holm": 1}


POINTS = (Point(2, 2, 1, 60), Point(2, 1, 2, 60))


@pytest.fixture(scope="module")
def found():
    return calibration.calibrate(POINTS, simulations=60, jobs=2)


def test_a_tiny_run_counts_every_rule_on_every_point(found):
    assert [[point[name] for name in Point._fields] for point in found["points"]] == [list(point) for point in POINTS]
    for point in found["points"]:
        assert 0 < point["gap_error"] < point["gap"] / 20
        for population in ("equal", "apart"):
            assert list(point[population]) == list(calibration.claims(1.0))
            for by_rule in point[population].values():
                assert tuple(by_rule) == calibration.RULES
                for counts in by_rule.values():
                    assert counts["supported"] + counts["refuted"] + counts["invalid"] <= 60
                    assert 0 < counts["covered"] <= 60 - counts["invalid"]
    assert [
        (family["folds"], family["repeats"], family["rule"], family["members"]) for family in found["families"]
    ] == [
        (2, 2, "looks", 1),
        (2, 2, "one look", 1),
        (2, 1, "looks", 1),
        (2, 1, "one look", 1),
    ]


def test_a_run_repeats_itself_however_many_processes_share_it(found):
    assert calibration.calibrate(POINTS, simulations=60, jobs=1) == found
    assert json.loads(json.dumps(found)) == found


def test_each_block_has_data_sets_of_its_own():
    first, second = (calibration.judge_block(Task(POINTS[0], True, 0.1, block, 40)) for block in (0, 1))

    assert set(first["beats by 0", "one look"].p_values) != set(second["beats by 0", "one look"].p_values)


def test_the_worst_point_is_held_against_the_bound():
    verdict = {"supported": 0, "refuted": 0, "invalid": 0, "covered": 100, "repeats": 200}
    names = list(calibration.claims(1.0))

    def point(rows, supported):
        counts = {name: {rule: dict(verdict) for rule in calibration.RULES} for name in names}
        counts["beats by 0"]["looks"] |= {"supported": supported, "invalid": 20, "covered": 72}
        return {"folds": 5, "repeats": 2, "seeds": 1, "rows": rows, "gap": 0.1, "equal": counts, "apart": counts}

    family = {"folds": 5, "repeats": 2, "members": 2, "supported": 9, "supported_after_holm": 4}
    families = [family | {"rule": rule} for rule in ("looks", "one look")]
    lines = list(asked({"simulations": 100, "points": [point(100, 5), point(200, 10)], "families": families}))

    assert lines[0][1:] == ("looks", "≤ 5.5", "10.00 ± 3.00", "5x2, 1 seed, 200 rows", "1 of 2")
    assert lines[1][1:] == ("one look", "≤ 5.5", "0.00 ± 0.00", "5x2, 1 seed, 100 rows", "0 of 2")
    # Of the 80 data sets that have an interval, 8 miss the truth: 10%, in both populations of both points.
    assert lines[8][3::2] == ("10.00 ± 3.35", "4 of 16")
    assert lines[10][1:] == ("looks", "≤ 5.5", "4.00 ± 1.96", "5x2", "0 of 1")


def test_what_is_the_same_by_design_stands_once():
    rules = ("looks", "one look", "uncorrected", "pooled seeds", "naive looks")

    assert one_of_each(rules, {"repeats": 1, "seeds": 1}) == ["one look", "uncorrected"]
    assert one_of_each(rules, {"repeats": 5, "seeds": 3}) == list(rules)


def test_tables_and_figure_replace_what_was_there_and_nothing_else(found, tmp_path):
    page = tmp_path / "calibration.md"
    page.write_text("# Calibration\n\nWhat it is.\n")
    with page.open("a") as file:
        file.write("<!-- written by python -m benchmarks.validation.calibration -->\nold\n<!-- until here -->\n\nMore.\n")

    write_tables(found, page)
    once = page.read_text()
    write_tables(found, page)
    draw_figure(found, tmp_path / "calibration.png")

    assert page.read_text() == once
    assert once.startswith("# Calibration\n\nWhat it is.\n<!-- written")
    assert once.endswith("<!-- until here -->\n\nMore.\n")
    assert "old" not in once
    assert "| 2x2 | 1 | 60 |" in once
    assert (tmp_path / "calibration.png").read_bytes().startswith(b"\x89PNG")
