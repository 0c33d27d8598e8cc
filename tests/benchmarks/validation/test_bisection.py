"""The benchmark of bisections: what is planted is there, and the table counts what was spent."""

import tomllib

import pytest

from benchmarks.test_face_configurations import ARTICLE, TWIN
from benchmarks.validation import bisection as bisections

STEPS = [{"trained": 10, "reused": 0}, {"trained": 5, "reused": 0}, {"trained": 0, "reused": 5}]


@pytest.mark.parametrize("name", [name for name in bisections.PLANTED if name != "article"])
def test_a_planted_configuration_has_the_factors_of_the_twin_and_differs_in_decoys_too(name):
    content = tomllib.loads((bisections.HERE / "configurations" / f"{name}.toml").read_text())
    factors = {f"{group}.{key}": value for group, inner in content["factors"].items() for key, value in inner.items()}
    differing = {factor for factor, value in factors.items() if value != TWIN[factor]}

    assert content["test"] == bisections.TEST
    assert factors.keys() == TWIN.keys()
    assert set(bisections.PLANTED[name]) < differing


def test_the_article_differs_in_what_is_planted_and_in_decoys():
    differing = {factor for factor, value in ARTICLE.items() if value != TWIN[factor]}

    assert set(bisections.PLANTED["article"]) < differing


@pytest.mark.parametrize(("cause", "exactly"), [(["shown.rounded"], "yes"), (["model.code"], "NO")])
def test_the_table_says_what_was_found_and_spent(cause, exactly):
    found = {"cause": cause, "differing": ["model.code", "shown.rounded", "train.epochs"], "steps": STEPS}

    row = dict(zip(bisections.HEADERS, bisections.row_of("article", found, 61.4), strict=True))

    assert (row["exactly"], row["factors"], row["runs"], row["replicates"]) == (exactly, "3", "3", "20")
    # Both ends and two harmless factors, and the cause, which costs what the failing end does.
    assert row["one at a time"] == str(10 + 5 + 5 + 5 + 10)
    assert (row["which finds"], row["time"]) == ("it", "61 s")
