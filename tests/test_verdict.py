"""The verdict, row by row, at its edges, under symmetry and scale, and its error rates by simulation."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from negres_core.claim import Claim, beats, matches, reaches
from negres_core.errors import InputError
from negres_core.statistics import CellEstimate, Look, corrected_resampled_t
from negres_core.statistics.sequential import information_fractions, sequential_bounds, spent_level
from negres_core.verdict import Verdict, invalid, judge, settle

# Half-widths of the intervals of 25 cells, in standard errors: Student's t with 24 degrees of freedom.
T95, T90 = 2.0638985616280205, 1.7108820799094275
RATIO = 0.25
SMALL = "margin too small for this data set"
NEEDS_13 = "better than 0; margin 0.014 undecided: needs 13 repeats"


def estimate(effect: float, standard_error: float = 0.01, *, cell_count: int = 25, **fields) -> CellEstimate:
    """5 folds, 25 cells; the standard error belongs to the spread."""
    usual = {
        "effect": effect,
        "standard_error": standard_error,
        "dof": cell_count - 1,
        "sd": standard_error / math.sqrt(1 / cell_count + RATIO),
        "cell_count": cell_count,
        "test_train_ratio": RATIO,
    }
    return CellEstimate(**(usual | fields))


@pytest.mark.parametrize(
    ("effect", "standard_error", "claim", "verdict", "finding"),
    [
        # beats: each row of the table, in its order.
        (-0.03, 0.01, beats("accuracy", by=0.005), "refuted", "worse"),
        (0.0, 0.01, beats("accuracy", by=0.02), "refuted", "equivalent"),
        (-0.015, 0.01, beats("accuracy", by=0.005), "refuted", "not better by 0.005"),
        (0.03, 0.01, beats("accuracy", by=0.005), "supported", "meaningfully better"),
        # Better, but neither shown to exceed the margin nor shown not to.
        (0.03, 0.01, beats("accuracy", by=0.02), "inconclusive", f"better than 0; margin 0.02 undecided: {SMALL}"),
        (0.03, 0.01, beats("accuracy", by=0.014), "inconclusive", NEEDS_13),
        (0.005, 0.01, beats("accuracy", by=0.005), "inconclusive", SMALL),
        # An earlier row wins: both worse and equivalent, both equivalent and better.
        (-0.03, 0.01, beats("accuracy", by=0.1), "refuted", "worse"),
        (0.03, 0.01, beats("accuracy", by=0.1), "refuted", "equivalent"),
        # Above the margin at 90% while 0 is inside the 95% interval.
        (0.018, 0.01, beats("accuracy", by=0.0001), "supported", "meaningfully better"),
        # Without a margin nothing is equivalent, and no improvement is called meaningful.
        (-0.03, 0.01, beats("accuracy"), "refuted", "worse"),
        (-0.018, 0.01, beats("accuracy"), "refuted", "not better"),
        (0.018, 0.01, beats("accuracy"), "supported", "better"),
        (0.03, 0.01, beats("accuracy"), "supported", "better"),
        (0.0, 0.0001, beats("accuracy"), "inconclusive", SMALL),
        # matches.
        (0.001, 0.01, matches("accuracy", within=0.02), "supported", "equivalent"),
        (0.03, 0.01, matches("accuracy", within=0.1), "supported", "equivalent"),
        (0.04, 0.01, matches("accuracy", within=0.02), "refuted", "better"),
        (-0.04, 0.01, matches("accuracy", within=0.02), "refuted", "worse"),
        (0.03, 0.01, matches("accuracy", within=0.02), "inconclusive", SMALL),
        # reaches: the bar is in the effect, whatever its value.
        (0.018, 0.01, reaches("psnr", bar=20.0), "supported", "reached"),
        (-0.018, 0.01, reaches("psnr", bar=20.0), "refuted", "not reached"),
        (0.0, 0.01, reaches("psnr", bar=20.0), "inconclusive", "too close to the bar"),
        (0.03, 0.01, reaches("psnr", bar=-5.0), "supported", "reached"),
    ],
)
def test_every_row(effect, standard_error, claim, verdict, finding):
    result = judge(estimate(effect, standard_error), claim)

    assert (result.verdict, result.finding) == (verdict, finding)


@pytest.mark.parametrize(
    ("claim", "border", "below", "above"),
    [
        (beats("accuracy", by=0.05), -T95, ("refuted", "worse"), ("refuted", "equivalent")),
        (beats("accuracy", by=0.01), -T95, ("refuted", "worse"), ("refuted", "not better by 0.01")),
        (beats("accuracy", by=0.01), 1 - T90, ("refuted", "not better by 0.01"), ("inconclusive", None)),
        (beats("accuracy", by=0.02), 2 - T90, ("refuted", "equivalent"), ("inconclusive", None)),
        (
            beats("accuracy", by=0.02),
            T95,
            ("inconclusive", SMALL),
            ("inconclusive", f"better than 0; margin 0.02 undecided: {SMALL}"),
        ),
        (beats("accuracy", by=0.02), 2 + T90, ("inconclusive", None), ("supported", "meaningfully better")),
        (beats("accuracy"), -T95, ("refuted", "worse"), ("refuted", "not better")),
        (beats("accuracy"), -T90, ("refuted", "not better"), ("inconclusive", None)),
        (beats("accuracy"), T90, ("inconclusive", None), ("supported", "better")),
        (matches("accuracy", within=0.02), -2 - T90, ("refuted", "worse"), ("inconclusive", None)),
        (matches("accuracy", within=0.02), T90 - 2, ("inconclusive", None), ("supported", "equivalent")),
        (matches("accuracy", within=0.02), 2 - T90, ("supported", "equivalent"), ("inconclusive", None)),
        (matches("accuracy", within=0.02), 2 + T90, ("inconclusive", None), ("refuted", "better")),
        (reaches("psnr", bar=20.0), -T90, ("refuted", "not reached"), ("inconclusive", None)),
        (reaches("psnr", bar=20.0), T90, ("inconclusive", None), ("supported", "reached")),
    ],
)
def test_the_border_between_two_rows(claim, border, below, above):
    """Borders are in standard errors of 0.01, and are approached to a ten-millionth of one."""
    for effect, (verdict, finding) in ((border - 1e-7, below), (border + 1e-7, above)):
        result = judge(estimate(effect * 0.01), claim)
        assert result.verdict == verdict
        assert finding in (None, result.finding)


def test_alpha_sets_the_intervals():
    clear = estimate(0.04)

    assert judge(clear, beats("accuracy", by=0.02)).finding == "meaningfully better"
    stricter = judge(clear, beats("accuracy", by=0.02), alpha=0.01)
    assert stricter.verdict == "inconclusive"
    assert "99% interval" in judge(estimate(0.05), beats("accuracy", by=0.04), alpha=0.01).explanation


@pytest.mark.parametrize("alpha", [0.0, 1.0, -0.05, 5, 0.5, math.nan])
def test_refuses_an_alpha_that_is_not_a_level(alpha):
    with pytest.raises(InputError, match=r"level of a test lies between 0 and 0\.5") as caught:
        judge(estimate(0.0), beats("accuracy"), alpha=alpha)
    assert f"alpha={alpha!r}" in str(caught.value)


def test_a_decision_is_explained_by_its_interval():
    assert judge(estimate(-0.03), beats("accuracy", by=0.005)).explanation == (
        "The 95% interval of the effect, -0.05064 to -0.009361, lies below 0."
    )
    assert judge(estimate(0.0), matches("accuracy", within=0.02)).explanation == (
        "The 90% interval of the effect, -0.01711 to 0.01711, lies between -0.02 and 0.02."
    )
    assert judge(estimate(0.03), beats("accuracy", by=0.02)).explanation == (
        "The 95% interval of the effect, 0.009361 to 0.05064, lies above 0; "
        "that it exceeds the margin is neither shown nor excluded. No number of repeats will decide a margin of 0.02 "
        "on this data set; the smallest larger margin that can be decided is 0.0453."
    )


def test_inconclusive_states_how_many_repeats_would_decide_and_they_do():
    """Repeating the same cells keeps the mean; the spread hardly changes."""
    cells = np.array([[0.002, 0.014, 0.008, 0.011, 0.005]])
    once = corrected_resampled_t(cells, test_train_ratio=RATIO)

    result = judge(once, beats("accuracy", by=0.002))

    assert (result.verdict, result.finding) == ("inconclusive", "needs 3 repeats")
    assert result.explanation == (
        "3 repeats of 5 folds would decide it, against 1 so far, if the mean and the spread of the differences stay as "
        "they are."
    )
    twice, thrice = (corrected_resampled_t(np.tile(cells, (n, 1)), test_train_ratio=RATIO) for n in (2, 3))
    assert judge(twice, beats("accuracy", by=0.002)).verdict == "inconclusive"
    assert judge(thrice, beats("accuracy", by=0.002)).verdict == "supported"


@pytest.mark.parametrize(
    ("claim", "wider", "smallest"),
    [
        # effect + z * SD / sqrt(k - 1), with SD = 0.01 / sqrt(0.29) and z = 1.645: 0.005 + 0.01527
        (beats("accuracy", by=0.005), beats, 0.0203),
        (matches("accuracy", within=0.005), matches, 0.0203),
    ],
)
def test_inconclusive_states_which_margin_could_be_decided(claim, wider, smallest):
    undecided = estimate(0.005)

    result = judge(undecided, claim)

    assert result.explanation == (
        f"No number of repeats will decide a margin of 0.005 on this data set; the smallest larger margin that can "
        f"be decided is {smallest}."
    )
    keyword = {beats: "by", matches: "within"}[wider]
    assert judge(undecided, wider("accuracy", **{keyword: smallest * 0.98})).finding.startswith("margin too small")
    assert judge(undecided, wider("accuracy", **{keyword: smallest * 1.02})).finding.startswith("needs ")


def test_inconclusive_states_which_distance_from_a_bar_could_be_decided():
    assert judge(estimate(-0.005), reaches("psnr", bar=20.0)).explanation == (
        "No number of repeats will decide it on this data set: the arm is 0.005 from the bar, and only a distance of "
        "more than 0.0153 can be decided."
    )
    assert judge(estimate(-0.0154), reaches("psnr", bar=20.0)).finding.startswith("needs ")


@pytest.mark.parametrize("claim", [beats("accuracy"), matches("accuracy", within=0.001), reaches("psnr", bar=20.0)])
def test_the_smallest_decidable_margin_follows_alpha(claim):
    # z * SD / sqrt(k - 1), with z = 2.326 at a level of 0.01.
    assert "0.0216" in judge(estimate(0.0), claim, alpha=0.01).explanation


def test_the_smallest_margin_of_equivalence_does_not_depend_on_the_sign():
    one, other = (judge(estimate(effect), matches("accuracy", within=0.001)) for effect in (0.005, -0.005))

    assert one == other


def bounds_of(repeats, *, alpha):
    spent = [spent_level(repeat / repeats, alpha=alpha) for repeat in range(1, repeats + 1)]
    return sequential_bounds(information_fractions(folds=5, repeats=repeats), spent=spent)


LOOKS = [Look(folds=5, repeat=repeat, repeats=5) for repeat in range(1, 6)]
# A claim, a border in standard errors of the effect, and the side of the border on which the claim is decided.
BORDERS = [
    (beats("accuracy", by=0.05), lambda t95, t90: 5 + t90, 1),
    (beats("accuracy", by=0.01), lambda t95, t90: 1 - t90, -1),
    (beats("accuracy"), lambda t95, t90: t90, 1),
    (matches("accuracy", within=0.05), lambda t95, t90: 5 - t90, -1),
    (matches("accuracy", within=0.05), lambda t95, t90: 5 + t90, 1),
    (reaches("psnr", bar=20.0), lambda t95, t90: -t90, -1),
]


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: f"look {look.repeat}")
@pytest.mark.parametrize(("claim", "border", "side"), BORDERS)
def test_a_look_has_its_own_level(look, claim, border, side):
    """At the border, the tail of Student's t equals the normal tail beyond the bound of the look."""
    t95, t90 = (
        scipy.stats.t.isf(scipy.stats.norm.sf(bounds_of(5, alpha=alpha)[look.repeat - 1]), 24)
        for alpha in (0.025, 0.05)
    )
    undecided, decided = (
        judge(estimate((border(t95, t90) + side * step) * 0.01), claim, look=look) for step in (-1e-6, 1e-6)
    )

    assert undecided.verdict == "inconclusive"
    assert undecided.p_value is None
    assert decided.verdict in ("supported", "refuted")
    assert decided.p_value == pytest.approx(0.05, rel=1e-4)
    assert decided.p_value < 0.05


@settings(deadline=None)  # the first example computes the levels that later ones find in the cache
@given(st.floats(-0.1, 0.1), st.sampled_from(LOOKS), st.sampled_from([0.01, 0.05, 0.2]))
def test_a_p_value_is_below_alpha_exactly_if_there_is_a_verdict(effect, look, alpha):
    for claim in (beats("accuracy", by=0.02), matches("accuracy", within=0.02), reaches("psnr", bar=20.0)):
        result = judge(estimate(effect), claim, alpha=alpha, look=look)

        if result.verdict == "inconclusive":
            assert result.p_value is None
        else:
            assert 0 <= result.p_value < alpha


@pytest.mark.parametrize(
    ("effect", "claim", "p_value"),
    [
        (-0.03, beats("accuracy", by=0.005), 2 * scipy.stats.t.sf(3, 24)),
        (0.0, beats("accuracy", by=0.02), scipy.stats.t.sf(2, 24)),
        (0.03, beats("accuracy", by=0.005), scipy.stats.t.sf(2.5, 24)),
        (-0.015, beats("accuracy", by=0.005), scipy.stats.t.sf(2, 24)),
        (0.001, matches("accuracy", within=0.02), scipy.stats.t.sf(1.9, 24)),
        (-0.04, matches("accuracy", within=0.02), scipy.stats.t.sf(2, 24)),
        (0.018, reaches("psnr", bar=20.0), scipy.stats.t.sf(1.8, 24)),
    ],
)
def test_one_look_alone_has_the_p_value_of_its_test(effect, claim, p_value):
    assert judge(estimate(effect), claim).p_value == pytest.approx(p_value)


def test_the_repeats_needed_are_computed_at_the_level_of_the_last_look():
    """p = 0.035 decides a single look, but not the fourth of five, whose level is 0.015."""
    close = estimate(0.0192, cell_count=20)

    def decided(repeats):
        bound = bounds_of(repeats, alpha=0.05)[-1]
        standard_error = close.sd * math.sqrt(1 / (5 * repeats) + RATIO)
        return scipy.stats.t.sf(0.0192 / standard_error, 5 * repeats - 1) < scipy.stats.norm.sf(bound)

    assert judge(close, beats("accuracy")).verdict == "supported"
    result = judge(close, beats("accuracy"), look=LOOKS[3])
    needed = next(repeats for repeats in range(5, 30) if decided(repeats))
    assert result.finding == f"needs {needed} repeats"
    # z * SD / sqrt(k - 1), with z of the level of the last of 30 looks.
    distance = bounds_of(30, alpha=0.05)[-1] * estimate(0.01).sd / 2
    far = judge(estimate(0.01), reaches("psnr", bar=20.0), look=LOOKS[-1]).explanation
    assert f"more than {distance:.3g} can be" in far


def test_invalid_names_the_controls_that_failed():
    assert invalid({"frozen weights": "2 of 6 arrays changed", "headroom": "the baseline scores 1"}) == Verdict(
        "invalid", "frozen weights, headroom", "frozen weights: 2 of 6 arrays changed; headroom: the baseline scores 1"
    )


def test_invalid_needs_a_reason():
    with pytest.raises(InputError, match="needs a reason") as caught:
        invalid({})
    assert "Received: {}" in str(caught.value)


differences = (
    st.lists(st.integers(-400, 400), min_size=10, max_size=10)
    .filter(lambda cells: min(cells) < max(cells))
    .map(lambda cells: np.array(cells).reshape(2, 5) / 7000 + 0.01)
)
margins = st.floats(0.0005, 0.1)


@given(differences, margins)
def test_swapping_the_arms_flips_the_finding_of_a_match_and_nothing_else(cells, margin):
    one, other = (
        judge(corrected_resampled_t(signed, test_train_ratio=RATIO), matches("accuracy", within=margin))
        for signed in (cells, -cells)
    )

    assert other.verdict == one.verdict
    assert other.finding == {"better": "worse", "worse": "better"}.get(one.finding, one.finding)


@given(differences, margins)
def test_swapping_the_arms_never_lets_both_beat_each_other(cells, margin):
    one, other = (
        judge(corrected_resampled_t(signed, test_train_ratio=RATIO), beats("accuracy", by=margin)).finding
        for signed in (cells, -cells)
    )

    if one == "meaningfully better":
        assert other == "worse" or other.startswith("not better by")
    if one == "worse":
        assert other in ("meaningfully better", "equivalent") or other.startswith("better than 0; margin ")


@given(differences)
def test_swapping_the_arms_reverses_a_verdict_without_a_margin(cells):
    opposite = {"supported": "refuted", "refuted": "supported", "inconclusive": "inconclusive"}
    for claim in (beats("accuracy"), reaches("accuracy", bar=0.5)):
        one, other = (judge(corrected_resampled_t(s, test_train_ratio=RATIO), claim) for s in (cells, -cells))
        assert other.verdict == opposite[one.verdict]


@pytest.mark.parametrize("kind", ["beats", "matches"])
@given(cells=differences, margin=margins, factor=st.floats(1e-3, 1e3))
def test_the_unit_does_not_matter(kind, cells, margin, factor):
    one = judge(corrected_resampled_t(cells, test_train_ratio=RATIO), Claim(kind, "loss", margin))
    other = judge(corrected_resampled_t(cells * factor, test_train_ratio=RATIO), Claim(kind, "loss", margin * factor))

    assert other.verdict == one.verdict
    assert other.finding.replace(f"{margin * factor:g}", f"{margin:g}") == one.finding


@pytest.mark.parametrize("claim", [beats("accuracy", by=0.02), matches("accuracy", within=0.02), beats("accuracy")])
@pytest.mark.parametrize("effect", [-0.05, -0.012, 0.0, 0.012, 0.021, 0.05])
def test_a_decision_stands_as_the_standard_error_falls(claim, effect):
    """The search for the repeats needed relies on this; the decision itself may change."""
    standard_errors = np.geomspace(0.2, 1e-6, 60)
    decided = [judge(estimate(effect, float(se)), claim).verdict != "inconclusive" for se in standard_errors]

    assert all(later or not earlier for earlier, later in pairwise(decided))
    assert not decided[0]


@pytest.mark.parametrize(
    ("claim", "effect", "error"),
    [
        (beats("accuracy", by=0.5), 0.5, "refuted"),
        (beats("accuracy", by=0.5), 0.5, "supported"),
        (beats("accuracy"), 0.0, "supported"),
        (matches("accuracy", within=1.0), 1.0, "supported"),
        (matches("accuracy", within=1.0), 1.0, "refuted"),
        (reaches("accuracy", bar=0.5), 0.0, "supported"),
        (reaches("accuracy", bar=0.5), 0.0, "refuted"),
    ],
)
def test_a_wrong_verdict_at_the_border_of_its_claim_is_as_rare_as_alpha(claim, effect, error):
    """Equally correlated cells, rho = 1 / k: their mean and spread are independent, with known distributions."""
    runs, rho = 1000, 0.2
    rng = np.random.default_rng(19870101)
    means = effect + rng.normal(size=runs) * math.sqrt(rho + (1 - rho) / 25)
    sds = np.sqrt((1 - rho) * rng.chisquare(24, size=runs) / 24)
    wrong = sum(
        judge(estimate(float(mean), float(sd) * math.sqrt(1 / 25 + RATIO)), claim).verdict == error
        for mean, sd in zip(means, sds, strict=True)
    )

    # Three standard errors of 1000 runs at 5% are 0.021.
    assert wrong / runs <= 0.071
    assert wrong > 0


@pytest.mark.parametrize("effect", [-0.03, -0.015, 0.0, 0.005, 0.018, 0.04])
@pytest.mark.parametrize(
    "claim", [beats("accuracy", by=0.01), matches("accuracy", within=0.02), reaches("psnr", bar=20.0)]
)
def test_settle_returns_what_judge_decides_and_none_otherwise(effect, claim):
    result = judge(estimate(effect), claim)

    assert settle(estimate(effect), claim) == (None if result.verdict == "inconclusive" else result)
