"""Verdicts on few cells, skewed cells and few groups, which are trusted with a share of the level, and two tails."""

from __future__ import annotations

import pytest
import scipy.stats

from negres_core.claim import beats, matches, reaches
from negres_core.verdict import judge
from tests.test_verdict import LOOKS, SMALL, estimate


def test_few_cells_decide_at_a_share_of_the_level():
    """Five cells get a tenth: at p = 0.005 they decide, and the p-value is ten times as large."""
    border = scipy.stats.t.isf(0.005, 4) * 0.01

    below, above = (judge(estimate(border + step, cell_count=5), beats("accuracy")) for step in (-1e-6, 1e-6))

    assert (below.verdict, below.finding) == ("inconclusive", "needs 2 repeats")
    assert (above.verdict, above.p_value) == ("supported", pytest.approx(0.05, rel=1e-3))


@pytest.mark.parametrize(
    ("claim", "effect", "against"),
    [
        # The sign of a skewness whose tail lies on the side of what the verdict excludes.
        (beats("accuracy"), 0.03, -1),
        (beats("accuracy"), -0.03, 1),
        (matches("accuracy", within=0.03), 0.0, -1),
        (matches("accuracy", within=0.03), 0.0, 1),
        (matches("accuracy", within=0.01), 0.04, -1),
        (reaches("psnr", bar=20.0), 0.03, -1),
        (reaches("psnr", bar=20.0), -0.03, 1),
    ],
)
def test_a_tail_on_the_side_of_the_null_hypothesis_keeps_a_claim_undecided(claim, effect, against):
    symmetric = judge(estimate(effect), claim)
    symmetric_without_words = (symmetric.verdict, symmetric.finding, symmetric.p_value)
    skewed, chance = (judge(estimate(effect, skewness=against * size), claim) for size in (1.5, 0.5))

    assert (skewed.verdict, skewed.finding, skewed.p_value) == ("inconclusive", "skewed differences", None)
    assert f'would be {symmetric.verdict} as "{symmetric.finding}"' in skewed.explanation
    assert f"a long {'upper' if against > 0 else 'lower'} tail" in skewed.explanation
    assert chance == symmetric
    if claim.kind != "matches":
        other = judge(estimate(effect, skewness=-against * 1.5), claim)
        assert (other.verdict, other.finding, other.p_value) == symmetric_without_words


def test_an_overwhelming_difference_is_decided_in_spite_of_a_tail():
    result = judge(estimate(0.06, skewness=-1.5), beats("accuracy"))

    assert result.verdict == "supported"
    assert result.p_value == pytest.approx(100 * scipy.stats.t.sf(6, 24))


def test_a_skewed_claim_that_no_rule_would_decide_says_what_would():
    assert judge(estimate(0.0, skewness=-1.5), beats("accuracy", by=0.01)).finding == SMALL
    # A tail on the other side does no harm.
    assert judge(estimate(0.0165, skewness=1.5), beats("accuracy")).finding == "needs 8 repeats"
    # At a hundredth of the level, the smallest effect is z * SD / sqrt(k - 1) with z = 3.291: 0.0306.
    assert judge(estimate(0.0165, skewness=-1.5), beats("accuracy")).finding == SMALL


def test_the_smallest_margin_follows_the_limit_of_the_degrees_of_freedom():
    few = judge(estimate(0.0, dof=4, most_dof=4), matches("accuracy", within=0.001)).explanation

    # t * SD / sqrt(k - 1) with t = 2.132 at 4 degrees of freedom, in place of z = 1.645.
    assert "can be decided is 0.0198." in few


def test_each_of_two_tails_spends_half_the_level():
    for look in LOOKS:
        t95 = scipy.stats.t.isf(look.level(0.025), 24)
        result = judge(estimate((-t95 - 1e-6) * 0.01), beats("accuracy", by=0.01), look=look)

        assert result.finding == "worse"
        assert result.p_value == pytest.approx(0.05, rel=1e-4)
