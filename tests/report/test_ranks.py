from __future__ import annotations

import math

import numpy as np
import pytest

from negres_core.errors import InputError
from negres_core.report.ranks import rank_by_claims, render
from tests.fakes import BUDGET, SEAL, STAGE

ACCURACY = {"tree": (0.71, 0.62, 0.80), "net": (0.75, 0.69, 0.88), "line": (0.60, 0.55, 0.79)}
DATA_SETS = ("a", "b", "c")
SPREAD = ("mean", "sd", "min", "max")


def arm(recipe, data, value, *, cells=4, metric="accuracy", code="its code"):
    stage = STAGE | {"build": recipe, "code": code, "model": f"{recipe} on {data}", "start": [data]}
    spread = dict.fromkeys(SPREAD, value)
    return {
        "role": "treatment",
        "recipe": recipe,
        "description": {"preprocess": None, "stages": [stage]},
        "budget": BUDGET,
        "metrics": {metric: spread},
        "values": [[value] * cells],
        "replicates": [[]],
    }


@pytest.fixture
def on(new_evidence):
    """Make the evidence of arms on a data set; any field can be given."""
    return lambda data, *arms, **fields: new_evidence(
        **{"arms": arms, "data": {"name": data, "digest": f"digest of {data}"}} | fields
    )


@pytest.fixture
def three(on):
    """Make three arms on three data sets, with the same order on each."""
    return [
        on(data, *(arm(recipe, data, values[number]) for recipe, values in ACCURACY.items()))
        for number, data in enumerate(DATA_SETS)
    ]


def ranked(records, *metrics, higher_is_better=True):
    """Return the rows of the ranking, and the lines below them."""
    table, _, below = render(records, metrics=metrics or ["accuracy"], higher_is_better=higher_is_better).partition(
        "\n\n"
    )
    return [line.split(maxsplit=1) for line in table.splitlines()[2:]], below.splitlines()


def test_arms_are_ranked_over_data_sets(three):
    """By hand: chi-square = 6 with 2 degrees of freedom, so p = exp(-3); and 2.343 sqrt(3 x 4 / (6 x 3)) = 1.91."""
    assert math.exp(-3) == pytest.approx(0.0498, abs=5e-5)
    rows, below = ranked(three)

    assert rows == [["1.00", "net"], ["2.00", "tree"], ["3.00", "line"]]
    assert below == [
        "accuracy on 3 data sets: a, b, c",
        "null hypothesis that all arms perform equally: Friedman p 0.0498, "
        "Iman-Davenport p <0.001 (far too small with 3 data sets)",
        "critical difference of mean ranks, Nemenyi at 0.05: 1.91",
        "  net is better than line",
    ]


def test_lower_may_be_better(three):
    rows, below = ranked(three, higher_is_better=False)

    assert [name for _, name in rows] == ["line", "tree", "net"]
    assert below[3] == "  line is better than net"


@pytest.mark.parametrize(("data_sets", "approximate"), [(7, True), (8, False)])
def test_equal_arms_are_reported_with_a_caveat_for_few_data_sets(on, data_sets, approximate):
    values = [(0.1, 0.2, 0.3), (0.3, 0.1, 0.2), (0.2, 0.3, 0.1)]
    _, below = ranked(
        [
            on(str(n), *(arm(recipe, str(n), value) for recipe, value in zip("xyz", values[n % 3], strict=True)))
            for n in range(data_sets)
        ]
    )

    assert below[1].endswith(" (both approximate with fewer than 8 data sets)") is approximate
    assert below[3:] == ["  no two arms differ by more"]


def test_an_arm_without_a_value_on_a_data_set_is_left_out_and_named(on, three):
    rows, below = ranked([*three, on("b", arm("forest", "b", 0.99)), on("a", arm("net", "a", 0.0), verdict="invalid")])

    assert rows == [["1.00", "net"], ["2.00", "tree"], ["3.00", "line"]]
    assert below[4:] == ["left out: forest, which has no value on a, c", "left out: 1 invalid hypothesis"]


@pytest.mark.parametrize("fields", [{"smoke": True, "verdict": None}, {"status": "started", "verdict": None}])
def test_runs_without_a_verdict_are_ignored(on, three, fields):
    assert ranked([*three, on("d", arm("net", "d", 0.1), **fields)]) == ranked(three)


@pytest.mark.parametrize(("cells", "first"), [(3, "net"), (5, "tree")])
def test_the_evidence_with_the_most_cells_counts_if_an_arm_was_trained_twice(on, three, cells, first):
    worse = [on(data, arm("net", data, 0.61, cells=cells)) for data in DATA_SETS]

    rows, _ = ranked([*three, *worse])
    assert rows[0] == ["1.00", first]
    assert ranked([*worse, *three])[0] == rows


def test_open_rows_are_no_data_set_of_their_own(new_evidence, three):
    """Rows that are explored and a confirmation on all of them are one data set: ranks count data sets."""
    phases = [
        new_evidence(
            arms=[arm("net", data, 0.61)],
            seal=SEAL | {"data": f"digest of {data}", "phase": phase},
            data={"name": f"{data} (open rows)", "digest": f"digest of the open rows of {data}"},
        )
        for data in DATA_SETS
        for phase in ("exploring", "confirming")
    ]
    assert ranked([*three, *phases])[0] == ranked(three)[0]


def test_different_recipes_with_the_same_name_are_told_apart(on, three):
    others = [on(data, arm("net", data, 0.99, code="other code")) for data in DATA_SETS]
    rows, _ = ranked([*three, *others])

    names = [name for _, name in rows]
    assert (len(names), names[2:]) == (4, ["tree", "line"])
    assert all(name.startswith("net #") for name in names[:2])
    assert names[0] != names[1]


@pytest.mark.parametrize(
    ("selection", "metric", "received"),
    [
        (slice(2), "accuracy", "accuracy of arms: 3, on data sets: 2"),
        (slice(3), "loss", "loss of arms: 0, on data sets: 0"),
    ],
)
def test_too_few_data_sets_are_refused(three, selection, metric, received):
    with pytest.raises(InputError, match="at least 3 arms") as error:
        ranked(three[selection], metric)
    assert error.value.received == received


def test_too_few_arms_are_refused_naming_those_left_out(on):
    records = [on(data, arm("net", data, 0.5), arm("tree", data, 0.6)) for data in DATA_SETS]

    with pytest.raises(InputError) as error:
        ranked([*records, on("b", arm("line", "b", 0.5))])
    assert error.value.received == "accuracy of arms: 2, on data sets: 3; left out: line, which has no value on a, c"


def test_a_metric_that_is_not_finite_is_missing(on, three):
    _, below = ranked([*three[:2], *(on("c", arm(name, "c", values[2])) for name, values in ACCURACY.items())])
    assert below[0].endswith("a, b, c")
    diverged = [on(data, arm("forest", data, None if data == "b" else 0.9)) for data in DATA_SETS]

    assert ranked([*three, *diverged])[1][4:] == ["left out: forest, which has no value on b"]


def test_scores_that_were_given_are_left_out_and_counted(on, three):
    scores = {"file": "scores-00000000.csv", "sha256": "0" * 64, "source": "a.csv", "source_sha256": None, "repeats": 2}
    assert ranked([*three, three[0].updated(scores=scores)])[1][-1] == (
        "left out: 1 hypothesis on scores as given: no controls"
    )


def test_arms_are_ranked_by_each_metric_that_a_claim_is_about(three):
    [ranks], reason = rank_by_claims(three)
    assert (ranks.metric, reason) == ("accuracy", "")
    none, reason = rank_by_claims(three[:1])
    assert none == []
    assert reason.startswith("A ranking needs at least 3 arms")


def test_several_metrics_of_one_data_set_are_ranked_with_a_note(on):
    """The same three orders as on three data sets, as three questions asked of the same arms."""
    values = zip(*ACCURACY.values(), strict=True)
    by_metric = {
        f"told_{letter}": dict(zip(ACCURACY, each, strict=True)) for letter, each in zip("abc", values, strict=True)
    }
    arms = [
        arm(recipe, "a", 0.5)
        | {"metrics": {name: dict.fromkeys(SPREAD, each[recipe]) for name, each in by_metric.items()}}
        for recipe in ACCURACY
    ]
    partial = arm("forest", "a", 0.5, metric="told_b")
    rows, below = ranked([on("a", *arms, partial)], *by_metric)

    assert rows == [["1.00", "net"], ["2.00", "tree"], ["3.00", "line"]]
    assert below[0] == "told_a, told_b, told_c on 1 data set: a"
    assert below[2:] == [
        "critical difference of mean ranks, Nemenyi at 0.05: 1.91",
        "  net is better than line",
        "left out: forest, which has no value of told_a on a, told_c on a",
        "3 metrics: those of one data set share its rows and its trainings, whose luck no p-value and no critical "
        "difference here accounts for",
    ]


OUTPUTS = {
    "age": {"tree": (0.1, 0.2, 0.3), "net": (0.3, 0.4, 0.5), "line": (0.2, 0.3, 0.4)},
    "sex": {"tree": (0.8, 0.7, 0.6), "net": (0.7, 0.6, 0.5), "line": (0.6, 0.5, 0.4)},
}
"""Accuracies on three data sets. The ranks of tree, net and line are 3, 1, 2 of age, and 1, 2, 3 of sex."""


def of_outputs(on, data_sets=DATA_SETS, outputs=OUTPUTS):
    return [
        on(
            data,
            *(arm(recipe, data, values[number]) for recipe, values in by_recipe.items()),
            claim={"output": output},
        )
        for output, by_recipe in outputs.items()
        for number, data in enumerate(data_sets)
    ]


def test_outputs_of_a_data_set_are_one_unit_in_which_arms_have_the_mean_of_their_ranks(on):
    """By hand: mean ranks 2, 1.5 and 2.5 on each data set, so net is first, and the statistic is that of 3 blocks."""
    rows, below = ranked(of_outputs(on))

    assert rows == [["1.00", "net"], ["2.00", "tree"], ["3.00", "line"]]
    assert below[0] == "accuracy on 3 data sets: a of age and sex, b of age and sex, c of age and sex"
    assert "Friedman p 0.0498" in below[1]
    assert below[2] == "critical difference of mean ranks, Nemenyi at 0.05: 1.91"
    assert below[-1] == (
        "the outputs of a data set share its rows, and count as one data set, where an arm is ranked by the mean "
        "of its ranks over them"
    )
    lower, _ = ranked(of_outputs(on), higher_is_better=False)
    assert [name for _, name in lower] == ["line", "tree", "net"]


def test_one_output_of_each_data_set_is_ranked_by_its_values(on):
    rows, below = ranked(of_outputs(on, outputs={"sex": OUTPUTS["sex"]}))
    assert [name for _, name in rows] == ["tree", "net", "line"]
    assert below[0] == "accuracy on 3 data sets: a of sex, b of sex, c of sex"
    assert not any("outputs" in line for line in below)


def test_three_outputs_of_one_data_set_are_not_three_data_sets(on):
    outputs = OUTPUTS | {"height": OUTPUTS["age"]}
    with pytest.raises(InputError, match="3 or more data sets") as error:
        ranked(of_outputs(on, data_sets=("a",), outputs=outputs))
    assert error.value.received.startswith("accuracy of arms: 3, on data sets: 1; the outputs of a data set share its")


def test_an_arm_without_a_value_of_an_output_is_left_out_and_named(on):
    partial = [on(data, arm("forest", data, 0.9), claim={"output": "sex"}) for data in DATA_SETS]
    _, below = ranked([*of_outputs(on), *partial])
    assert below[4] == "left out: forest, which has no value on a of age, b of age, c of age"


def test_orders_of_equal_arms_are_equally_likely_however_much_outputs_depend_on_each_other():
    """Four equal arms, two outputs with a correlation of 0.9: the level of Friedman's test is kept, not doubled."""
    from negres_core.report.ranks import _column
    from negres_core.statistics.ranking import rank

    rng, rejected, runs = np.random.default_rng(0), 0, 400
    for _ in range(runs):
        shared = rng.normal(size=(10, 1, 4))
        answers = 0.95 * shared + 0.3 * rng.normal(size=(10, 2, 4))
        columns = np.transpose([_column(each, higher_is_better=True) for each in answers])
        ranking = rank(dict(zip("abcd", columns, strict=True)), higher_is_better=True)
        rejected += ranking.iman_davenport_p < 0.05
    assert rejected / runs < 0.05 + 3 * (0.05 * 0.95 / runs) ** 0.5
