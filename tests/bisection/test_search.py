"""Bisection of planted causes: every small case, and mixtures with any outcome."""

import itertools

import hypothesis
import pytest
from hypothesis import strategies

from negres_core.bisection.search import Outcome, bisect
from negres_core.errors import InputError

REFUTED, SUPPORTED = (Outcome(verdict=verdict, finding="so") for verdict in ("refuted", "supported"))


def names_of(count):
    return [f"factor.{number}" for number in range(count)]


def ends(count):
    """The factors are 1 in the failing configuration and 0 in the working one; one more is the same in both."""
    return (dict.fromkeys(names_of(count), value) | {"same": "same"} for value in (1, 0))


class Experiment:
    """An experiment that fails if all factors of a planted cause are changed, and has other verdicts on request."""

    def __init__(self, *causes, other=None):
        self.causes, self.other, self.tried = [set(cause) for cause in causes], other or {}, []

    def __call__(self, configuration):
        assert configuration["same"] == "same"
        changed = frozenset(name for name, value in configuration.items() if value == 1)
        self.tried.append(changed)
        if changed in self.other:
            return Outcome(verdict=self.other[changed], finding="otherwise")
        return REFUTED if any(cause <= changed for cause in self.causes) else SUPPORTED


def bisect_planted(count, *causes, other=None):
    """Bisect, and check the result against its definition with a second experiment."""
    experiment, steps = Experiment(*causes, other=other), []
    failing, working = ends(count)
    bisection = bisect(failing, working, experiment, report=steps.append)

    assert len(set(experiment.tried)) == len(experiment.tried) == len(bisection.steps)
    assert tuple(steps) == bisection.steps
    assert [step.changed for step in steps[:2]] == [tuple(names_of(count)), ()]

    def verdict(changed):
        return Experiment(*causes, other=other)({**working, **dict.fromkeys(changed, 1)}).verdict

    assert verdict(bisection.cause) == "refuted"
    assert all(verdict(set(bisection.cause) - {name}) != "refuted" for name in bisection.cause)
    assert bisection.sufficient
    reverted = verdict(set(names_of(count)) - set(bisection.cause))
    assert bisection.necessary is {"supported": True, "refuted": False}.get(reverted)
    return bisection


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("size", [1, 2, 3])
def test_any_planted_cause_is_found_exactly(count, size):
    for cause in itertools.combinations(names_of(count), size):
        bisection = bisect_planted(count, cause)
        assert (bisection.cause, bisection.necessary) == (cause, True)


def test_one_cause_among_twelve_factors_takes_fewer_runs_than_one_factor_at_a_time():
    mixtures = [len(bisect_planted(12, [name]).steps) - 2 for name in names_of(12)]
    assert (max(mixtures), sum(mixtures) / 12) == (6, 5.5)


def test_two_factors_are_found_that_fail_only_together():
    bisection = bisect_planted(8, ["factor.2", "factor.5"])
    alone = {step.changed: step.outcome.verdict for step in bisection.steps if len(step.changed) == 1}
    assert alone == {("factor.2",): "supported", ("factor.5",): "supported"}


def test_if_either_of_two_factors_fails_one_is_found_and_is_not_necessary():
    for pair in itertools.combinations(names_of(6), 2):
        bisection = bisect_planted(6, [pair[0]], [pair[1]])
        assert bisection.cause in [(name,) for name in pair]
        assert bisection.necessary is False
        assert "  necessary   no: the failing configuration, with this alone reverted, is refuted (so); other " in str(
            bisection
        )


@hypothesis.given(strategies.data())
def test_whatever_the_mixtures_outcomes_the_cause_turns_the_verdict_and_is_1_minimal(data):
    """Any mixture may have any verdict, or none: `bisect_planted` checks the definition of the cause."""
    count = data.draw(strategies.integers(1, 7))
    names = strategies.sampled_from(names_of(count))
    causes = data.draw(strategies.lists(strategies.sets(names, min_size=1), min_size=1, max_size=3))
    mixtures = strategies.frozensets(names, min_size=1, max_size=count - 1) if count > 1 else strategies.nothing()
    verdicts = strategies.sampled_from(["inconclusive", "invalid", "error", "supported", "refuted"])
    other = data.draw(strategies.dictionaries(mixtures, verdicts)) if count > 1 else {}
    bisect_planted(count, *causes, other=other)


def test_a_reversal_without_a_verdict_leaves_open_whether_the_cause_is_necessary():
    names = names_of(4)
    bisection = bisect_planted(4, names[:1], other={frozenset(names[1:]): "inconclusive"})
    assert bisection.necessary is None
    assert "undecided: the failing configuration, with this alone reverted, is inconclusive (otherwise)" in str(
        bisection
    )


def test_the_explanation_names_the_cause_the_runs_and_their_cost():
    failing = {"model.units": 8, "output.rounded": True, "train.epochs": 3, "train.rate": 1.0}
    working = {"model.units": 4, "output.rounded": False, "train.epochs": 3, "train.rate": 0.01}
    replicates = iter(range(9))

    def decide(configuration):
        both = configuration["output.rounded"] and configuration["train.rate"] == 1.0
        verdict, finding = ("invalid", "saturation") if both else ("supported", "better")
        return Outcome(verdict=verdict, finding=finding, trained=next(replicates), reused=1)

    assert str(bisect(failing, working, decide)).splitlines() == [
        "2 of 3 differing factors make the difference together",
        "  cause       output.rounded: false works, true fails",
        "  cause       train.rate: 0.01 works, 1.0 fails",
        "  sufficient  yes: the working configuration, with these alone changed, is invalid (saturation)",
        "  necessary   yes: the failing configuration, with these alone reverted, is supported (better)",
        "  minimal     without output.rounded, the working configuration with the rest changed is supported (better)",
        "  minimal     without train.rate, the working configuration with the rest changed is supported (better)",
        "  run 1       invalid (saturation): the failing configuration; 0 trained, 1 reused",
        "  run 2       supported (better): the working configuration; 1 trained, 1 reused",
        "  run 3       supported (better): the working configuration with model.units changed; 2 trained, 1 reused",
        "  run 4       supported (better): the failing configuration with train.rate reverted; 3 trained, 1 reused",
        "  run 5       supported (better): the working configuration with train.rate changed; 4 trained, 1 reused",
        "  run 6       supported (better): the failing configuration with output.rounded reverted; 5 trained, 1 reused",
        "  run 7       invalid (saturation): the failing configuration with model.units reverted; 6 trained, 1 reused",
        "  run 8       supported (better): the working configuration with output.rounded changed; 7 trained, 1 reused",
        "  spent       28 replicates trained, 8 reused",
        "  runs        8; changing one factor at a time takes 5, but cannot find factors that act together, as here",
    ]


def test_the_explanation_of_a_single_factor_is_in_the_singular():
    lines = str(bisect({"a": 1}, {"a": 0}, lambda factors: REFUTED if factors["a"] else SUPPORTED)).splitlines()

    assert lines[0] == "1 of 1 differing factor makes the difference"
    assert lines[-1] == "  runs        2; changing one factor at a time takes 3"


def test_a_mixture_that_fails_for_another_reason_is_compared_with_the_failing_configuration():
    def decide(configuration):
        finding = "dead units" if configuration["units"] == 4 else "saturation"
        return Outcome(verdict="invalid" if configuration["rounded"] else "supported", finding=finding)

    failing, working = {"units": 8, "rounded": True}, {"units": 4, "rounded": False}
    assert "is invalid (dead units), whereas the failing configuration is invalid (saturation)\n" in str(
        bisect(failing, working, decide)
    )


@pytest.mark.parametrize(
    ("failing", "working", "why"),
    [
        ({"a": 1, "b": 2}, {"a": 2, "c": 2}, r"same factors(.|\n)*b \(failing only\), c \(working only\)"),
        ({"a": 1}, {"a": 1}, "differ in no factor"),
        ({}, {}, "differ in no factor(.|\n)*no factors"),
        ({"a": {"b": 1}}, {"a": 1}, "failing configuration has to map"),
        ({"a": 1}, {"a": {1}}, "working configuration has to map"),
        ({"a": float("nan")}, {"a": 1}, "failing configuration has to map"),
        ({1: 1}, {1: 2}, "failing configuration has to map"),
        ("article", "twin", "failing configuration has to map"),
    ],
)
def test_refuses_configurations_that_cannot_be_bisected_before_anything_runs(failing, working, why):
    with pytest.raises(InputError, match=why):
        bisect(failing, working, lambda configuration: pytest.fail("it ran"))


def test_values_of_different_types_differ():
    bisection = bisect({"a": True, "b": 1.0}, {"a": 1, "b": 1}, lambda c: REFUTED if c["a"] is True else SUPPORTED)
    assert (bisection.differing, bisection.cause) == (("a", "b"), ("a",))


def test_refuses_ends_with_the_same_verdict():
    with pytest.raises(InputError, match=r"the same verdict(.|\n)*failing: refuted \(so\); working: refuted \(so\)"):
        bisect({"a": 1}, {"a": 0}, lambda configuration: REFUTED)


@pytest.mark.parametrize("verdict", ["inconclusive", "error", "not judged"])
@pytest.mark.parametrize(("which", "runs"), [("failing", 1), ("working", 2)])
def test_refuses_an_end_that_is_not_decided(verdict, which, runs):
    tried = []

    def decide(configuration):
        tried.append(configuration)
        return Outcome(verdict=verdict, finding="why") if len(tried) == runs else REFUTED

    with pytest.raises(InputError, match=rf"The {which} configuration has no verdict(.|\n)*{verdict} \(why\)"):
        bisect({"a": 1}, {"a": 0}, decide)
    assert len(tried) == runs
