"""The benchmark of bisection: planted factors differ among decoys, and the table counts the replicates."""

import tomllib

import pytest

from benchmarks.test_face_configurations import ARTICLE, TWIN
from benchmarks.validation import bisection

STEPS = [{"trained": 10, "reused": 0}, {"trained": 5, "reused": 0}, {"trained": 0, "reused": 5}]


def read(name):
    return tomllib.loads((bisection.CONFIGURATIONS / f"{name}.toml").read_text())


def test_every_configuration_of_the_folder_is_bisected():
    names = {path.stem for path in bisection.CONFIGURATIONS.glob("*.toml")}

    assert names == set(bisection.PLANTED) - {"article"}


@pytest.mark.parametrize("name", [name for name in bisection.PLANTED if name != "article"])
def test_a_planted_configuration_has_the_factors_of_the_twin_and_differs_in_decoys_too(name):
    content = read(name)
    factors = {f"{group}.{key}": value for group, inner in content["factors"].items() for key, value in inner.items()}
    differing = {factor for factor, value in factors.items() if value != TWIN[factor]}

    assert content["test"] == bisection.TEST
    assert factors.keys() == TWIN.keys()
    assert set(bisection.PLANTED[name]) < differing


def test_the_article_differs_in_the_planted_factor_and_in_decoys():
    differing = {factor for factor, value in ARTICLE.items() if value != TWIN[factor]}

    assert set(bisection.PLANTED["article"]) < differing


@pytest.mark.parametrize(("cause", "correct"), [(["shown.rounded"], "yes"), (["model.code"], "NO")])
def test_the_table_shows_the_cause_and_the_replicates_it_took(cause, correct):
    record = {"cause": cause, "differing": ["model.code", "shown.rounded", "train.epochs"], "steps": STEPS}

    row = dict(zip(bisection.HEADERS, bisection.row_of("article", record, 61.4), strict=True))

    assert (row["correct"], row["differing factors"], row["runs"], row["replicates"]) == (correct, "3", "3", "20")
    # Both ends and two harmless factors, and the cause, which costs as much as the failing end.
    assert row["replicates one at a time"] == str(10 + 5 + 5 + 5 + 10)
    assert (row["one at a time finds the cause"], row["time"]) == ("yes", "61 s")


@pytest.mark.parametrize(("cause", "exact"), [(("b", "a"), True), (("a",), False), (("a", "b", "c"), False)])
def test_a_cause_is_exact_if_it_is_the_planted_set_of_factors(monkeypatch, cause, exact):
    monkeypatch.setitem(bisection.PLANTED, "pair", ("a", "b"))

    assert bisection.is_exact("pair", {"cause": list(cause)}) == exact


def test_an_unknown_configuration_is_refused(capsys):
    with pytest.raises(SystemExit):
        bisection.main(["no_such_name"])

    assert "no such configuration: no_such_name" in capsys.readouterr().err
