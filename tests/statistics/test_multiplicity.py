"""Holm's method, against its definition, a published family, another program, and the simulated error of a family."""

from __future__ import annotations

import gc
import math

import numpy as np
import pytest
import scipy.special
from hypothesis import given
from hypothesis import strategies as st

from negres_core.errors import InputError
from negres_core.statistics import holm

# Benjamini & Hochberg (1995), Controlling the false discovery rate, section 3.3: 15 p-values of a clinical trial.
PUBLISHED = [
    *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344),
    *(0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000),
]

families = st.dictionaries(st.text(max_size=3), st.none() | st.floats(0.0, 1.0), min_size=1, max_size=8)


@pytest.fixture(scope="module", autouse=True)
def _no_collection():
    """Disable the full garbage collection that statsmodels forces for each of these thousands of families."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gc, "collect", lambda *_: 0)
        yield


def named(p_values) -> dict[str, float | None]:
    return {f"hypothesis {number}": p for number, p in enumerate(p_values)}


def test_rejects_three_of_the_published_family():
    adjusted = list(holm(named(PUBLISHED)).values())

    assert sum(p <= 0.05 for p in adjusted) == 3
    assert adjusted[:4] == pytest.approx([15 * 0.0001, 14 * 0.0004, 13 * 0.0019, 12 * 0.0095])


def test_agrees_with_another_program():
    # From the documentation of stdlib.io's padjust.
    adjusted = holm(named([0.319, 0.201, 0.4, 0.374, 0.113]))

    assert list(adjusted.values()) == pytest.approx([0.957, 0.804, 0.957, 0.957, 0.565])


@given(families)
def test_is_the_largest_product_so_far_of_p_and_the_number_of_members_left(family):
    ordered = sorted((1.0 if p is None else p, name) for name, p in family.items())
    expected, largest = {}, 0.0
    for step, (p, name) in enumerate(ordered):
        largest = max(largest, (len(ordered) - step) * p)
        expected[name] = min(1.0, largest)

    adjusted = holm(family)

    assert list(adjusted) == list(family)
    assert adjusted == pytest.approx(expected)


@given(family=families, chosen=st.integers(0, 7), p=st.floats(0.0, 1.0))
def test_counting_a_hypothesis_that_has_not_run_as_1_is_never_too_lenient(family, chosen, p):
    """Whatever its p-value will be, no other adjusted p-value grows."""
    name = list(family)[chosen % len(family)]

    before = holm(family | {name: None})
    after = holm(family | {name: p})

    assert before[name] == 1.0
    assert all(after[other] <= before[other] + 1e-12 for other in family)


@given(families)
def test_no_correction_makes_a_p_value_smaller(family):
    adjusted = holm(family)

    assert all(adjusted[name] >= (1.0 if p is None else p) for name, p in family.items())


def test_rejects_a_true_null_at_most_as_often_as_alpha_and_uncorrected_p_values_far_more_often():
    """Six correlated tests. One null hypothesis is clearly false, which leaves the other five to reject by chance."""
    rng, runs = np.random.default_rng(1979), 4000
    statistics = math.sqrt(0.2) * rng.normal(size=(runs, 1)) + math.sqrt(0.8) * rng.normal(size=(runs, 6))
    statistics[:, 0] += 8
    p_values = scipy.special.ndtr(-statistics)

    corrected = sum(min(list(holm(named(each)).values())[1:]) <= 0.05 for each in p_values)
    uncorrected = sum(each[1:].min() <= 0.05 for each in p_values)

    # Three standard errors of 4000 runs are 0.010. A correlation of 0.2 leaves little of the 5% unused.
    assert 0.03 <= corrected / runs <= 0.06
    assert uncorrected / runs > 0.15


def test_an_empty_family_stays_empty():
    assert holm({}) == {}


@pytest.mark.parametrize("p", [-0.01, 1.01, math.nan, math.inf])
def test_refuses_a_number_that_is_not_a_p_value(p):
    with pytest.raises(InputError, match="between 0 and 1") as caught:
        holm({"wider": 0.01, "deeper": p})
    assert f"{p!r} for 'deeper'" in str(caught.value)
    assert "None" in str(caught.value)
