"""What a tuned arm may be, which settings it draws, and what is refused."""

from __future__ import annotations

import functools
import sys

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from negres_core import Fit, Metric, Recipe, Tuned
from negres_core.arms.tuning import Draws, words_of
from negres_core.errors import InputError


def compute(train, test, rate=0.1, width=8): ...


def make(rate, width=8):
    return Recipe(Fit(functools.partial(compute, rate=rate, width=width)))


RATES = FloatDistribution(1e-4, 1e-1, log=True)


def draw(tuned, score=lambda settings: 0.0):
    """Return the settings of all trials of one cell."""
    draws, settings = Draws(tuned), []
    for _ in range(tuned.trials):
        settings.append(draws.ask())
        draws.tell(score(settings[-1]))
    return settings


def test_a_tuned_arm_in_words():
    assert str(Tuned(make, space={"rate": RATES}, trials=20)) == "make, tuned: 20 trials"


def test_ranges_are_those_of_optuna_and_lists_are_choices():
    tuned = Tuned(make, space={"width": [8, 16], "rate": RATES}, trials=2)

    assert tuned.ranges == {"rate": RATES, "width": CategoricalDistribution([8, 16])}
    assert list(tuned.ranges) == ["rate", "width"]


def test_random_settings_are_the_same_in_every_cell_and_in_any_order_of_the_space():
    space = {"rate": RATES, "width": IntDistribution(4, 64)}
    tuned = Tuned(make, space=space, trials=6)
    turned = Tuned(make, space=dict(reversed(space.items())), trials=6)

    settings = draw(tuned)

    assert settings == draw(tuned) == draw(turned, score=lambda settings: settings["rate"])
    assert len({each["rate"] for each in settings}) == 6
    assert all(1e-4 <= each["rate"] <= 1e-1 and 4 <= each["width"] <= 64 for each in settings)


def test_fewer_trials_are_the_first_of_more():
    few, many = (draw(Tuned(make, space={"rate": RATES}, trials=trials)) for trials in (3, 8))

    assert few == many[:3]


def test_as_many_trials_as_there_are_settings_are_a_grid():
    tuned = Tuned(make, space={"rate": [0.1, 0.01, 0.001], "width": IntDistribution(8, 24, step=8)}, trials=9)

    assert tuned.size == 9
    assert sorted((each["rate"], each["width"]) for each in draw(tuned)) == [
        (rate, width) for rate in (0.001, 0.01, 0.1) for width in (8, 16, 24)
    ]


def test_tpe_goes_by_the_scores_after_the_first_ten_trials_which_are_random():
    tuned = Tuned(make, space={"rate": FloatDistribution(0, 1)}, trials=30, sampler="tpe")

    high, low = (draw(tuned, score=lambda settings, sign=sign: sign * settings["rate"]) for sign in (1, -1))

    assert high[:10] == low[:10]
    mean_high, mean_low = (sum(each["rate"] for each in settings[10:]) / 20 for settings in (high, low))
    assert mean_high > 0.7
    assert mean_low < 0.3
    assert high == draw(tuned, score=lambda settings: settings["rate"])


def test_a_score_that_is_not_finite_does_not_end_a_search():
    tuned = Tuned(make, space={"rate": RATES}, trials=12, sampler="tpe")

    assert len(draw(tuned, score=lambda settings: float("nan"))) == 12


def test_optuna_is_quiet_and_keeps_its_setting(capfd):
    before = optuna.logging.get_verbosity()

    draw(Tuned(make, space={"rate": RATES}, trials=3))

    assert optuna.logging.get_verbosity() == before
    assert capfd.readouterr().err == ""


def test_true_and_1_are_two_choices():
    tuned = Tuned(make, space={"rate": [1, True, 1.5]}, trials=3)

    assert sorted(map(repr, (each["rate"] for each in draw(tuned)))) == ["1", "1.5", "True"]


@pytest.mark.parametrize(
    ("space", "said"),
    [
        ({}, "to map the name of each setting to its range"),
        ([("rate", RATES)], "to map the name of each setting to its range"),
        ({"rate": (1e-4, 1e-1)}, "The range of 'rate' is unclear"),
        ({"rate": 0.1}, "The range of 'rate' is unclear"),
        ({"rate": {0.1, 0.2}}, "The range of 'rate' is unclear"),
        ({"rate": [0.1]}, "have to be two or more"),
        ({"rate": [0.1, 0.1]}, "have to be two or more, and to differ"),
        ({"rate": [make, compute]}, "cannot be recorded"),
        ({"rate": [0.1, float("nan")]}, "cannot be recorded"),
        ({"rate": FloatDistribution(0.1, 0.1)}, "has a single value"),
        ({"rate": RATES, "depth": [1, 2]}, "does not take the settings of the space"),
        ({"width": [8, 16]}, "does not take the settings of the space"),
        ({1: [8, 16]}, "named after a parameter of its function"),
    ],
)
def test_an_unclear_space_is_refused(space, said):
    with pytest.raises(InputError, match=said) as error:
        Tuned(make, space=space, trials=2)
    assert error.value.remedy


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"trials": 1}, "with one there is nothing to choose"),
        ({"trials": True}, "integer of 2 or more"),
        ({"trials": 2.0}, "integer of 2 or more"),
        ({"sampler": "grid"}, "names the way in which its settings are drawn"),
        ({"on": 3}, "the metric by which its trials are compared"),
        ({"make": make(0.1)}, "takes a function of the settings"),
        ({"seed": 3}, "has no argument `seed`"),
        ({"n_trials": 3}, "has no argument `n_trials`"),
    ],
)
def test_wrong_arguments_are_refused(arguments, said):
    given = {"make": make, "space": {"rate": RATES}, "trials": 2} | arguments

    with pytest.raises(InputError, match=said):
        Tuned(given.pop("make"), **given)


def test_more_trials_than_settings_are_refused_with_their_number():
    with pytest.raises(InputError) as error:
        Tuned(make, space={"rate": [0.1, 0.2], "width": [8, 16]}, trials=5)
    assert "trials=4" in error.value.remedy


def test_any_metric_of_a_claim_is_one_of_trials():
    for on in ("log_loss", Metric("own", higher_is_better=True, unit="own"), None):
        assert Tuned(make, space={"rate": RATES}, trials=2, on=on).on == on


def test_a_function_that_returns_no_recipe_is_refused_with_its_settings():
    tuned = Tuned(lambda rate: Fit(compute), space={"rate": [0.5, 0.25]}, trials=2)

    with pytest.raises(InputError, match="has to return a recipe") as error:
        tuned.recipe({"rate": 0.25})
    assert "rate=0.25" in str(error.value)


def test_settings_in_words():
    assert words_of({"rate": 0.0123456, "width": 8, "kind": "a"}) == "rate=0.01235, width=8, kind='a'"


def test_without_optuna_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)

    with pytest.raises(InputError, match=r"negres\[tuning\]"):
        Tuned(make, space={"rate": RATES}, trials=2)
