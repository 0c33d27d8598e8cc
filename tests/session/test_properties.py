"""The verdict in the reports of tests (`--junitxml`) and in pytest-benchmark's JSON, in sessions with a fake engine."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from negres_core.evidence import Store
from negres_core.session.properties import properties_of
from tests.sessions import HYPOTHESIS, evidence_in

SUPPORTED = HYPOTHESIS.format(expected="supported")
UNEXPECTED = """
def test_it(experiment):
    evidence = experiment.compare(LONG, against=SHORT, on=DATA, **FOLDS)
    {ends}
"""
HOSTILE = """
NAMES = ["\\x1b[31m\\x00\\x07", "]]><script>&amp;'\\"", "a\\r\\n\\tb", "\\u202egnp.exe", "=1+1", "x" * 10_000,
         "\\ud800", "\\ufffe\\U0001f600"]

@pytest.mark.parametrize("name", NAMES)
def test_it(experiment, name):
    data = Dataset(x=np.zeros((400, 3)), y=np.arange(400) % 2, name=name)
    assert experiment.compare(LONG, against=SHORT, on=data, **FOLDS).verdict == "refuted"
"""


def properties_in(path):
    """Return the properties of each test in a JUnit file, by the name of the test; each is there once."""
    tests = {}
    for case in ElementTree.parse(path).iter("testcase"):
        properties = [(each.get("name"), each.get("value")) for each in case.iter("property")]
        tests[case.get("name")] = dict(properties)
        assert len(tests[case.get("name")]) == len(properties)
    return tests


def of_the_only_test(path):
    [properties] = properties_in(path).values()
    return properties


def judgement_in(properties):
    return [properties.get(f"negres_{name}") for name in ("verdict", "finding", "expected", "outcome")]


@pytest.mark.parametrize("options", [(), ("-p", "no:benchmark"), ("--benchmark-skip",)], ids=str)
def test_a_junit_file_has_the_verdict_and_the_exact_effect(session, pytester, options):
    session(SUPPORTED, "--junitxml=junit.xml", *options).assert_outcomes(passed=1)
    properties = of_the_only_test(pytester.path / "junit.xml")
    assert judgement_in(properties) == ["supported", "better", "supported", "as expected"]
    [path] = Store(pytester.path / ".negres").evidence_paths()
    assert properties["negres_evidence"] == str(path)
    evidence = evidence_in(pytester.path / ".negres")
    assert float(properties["negres_effect"]) == evidence.estimate.effect
    assert tuple(json.loads(properties["negres_interval_95"])) == evidence.estimate.interval_95
    assert float(properties["negres_p_value"]) == evidence.p_value
    assert properties["negres_unit"] == "accuracy"


def test_a_surprise_has_its_verdict_beside_its_failure(session, pytester):
    session(HYPOTHESIS.format(expected="refuted"), "--junitxml=junit.xml").assert_outcomes(failed=1)
    properties = of_the_only_test(pytester.path / "junit.xml")
    assert judgement_in(properties) == ["supported", "better", "refuted", "surprise"]
    assert float(properties["negres_effect"]) == evidence_in(pytester.path / ".negres").estimate.effect


@pytest.mark.parametrize(
    ("ends", "outcome"),
    [
        ('assert evidence.verdict == "supported"', "as expected"),
        ('assert evidence.verdict == "refuted"', "surprise"),
        ("raise RuntimeError", None),
    ],
)
def test_the_outcome_of_an_assertion_is_in_both_files(session, pytester, ends, outcome):
    session(UNEXPECTED.format(ends=ends), "--junitxml=junit.xml", "--benchmark-json=times.json")
    assert judgement_in(of_the_only_test(pytester.path / "junit.xml")) == ["supported", "better", None, outcome]
    [test] = json.loads((pytester.path / "times.json").read_text())["benchmarks"]
    info = test["extra_info"]
    found = [info.get(name) for name in ("verdict", "finding", "expected", "outcome")]
    assert found == ["supported", "better", None, outcome]
    evidence = evidence_in(pytester.path / ".negres")
    assert (info["estimate"]["effect"], info["p_value"]) == (evidence.estimate.effect, evidence.p_value)
    assert info["estimate"]["interval_95"] == list(evidence.estimate.interval_95)
    assert info["evidence"] == str(Store(pytester.path / ".negres").evidence_path(evidence.hypothesis))


def test_a_test_without_a_verdict_has_none(session, pytester):
    session("def test_it(experiment):\n    assert False\n", "--junitxml=junit.xml").assert_outcomes(failed=1)
    assert judgement_in(of_the_only_test(pytester.path / "junit.xml")) == [None] * 4


def test_a_smoke_run_has_no_verdict(session, pytester):
    session(SUPPORTED, "--negres-smoke", "--junitxml=junit.xml").assert_outcomes()
    assert judgement_in(of_the_only_test(pytester.path / "junit.xml")) == [None, None, "supported", None]


def test_hostile_names_stay_text(session, pytester):
    session(HOSTILE, "--junitxml=junit.xml", "--benchmark-json=times.json").assert_outcomes(failed=8)
    tests = properties_in(pytester.path / "junit.xml")
    assert len(tests) == 8
    assert {properties["negres_outcome"] for properties in tests.values()} == {"surprise"}
    titles = {properties["negres_hypothesis"] for properties in tests.values()}
    assert len(titles) == 8
    assert "it (name ]]><script>&amp;'\")" in titles
    assert f"it (name {'x' * 10_000})" in titles
    benchmarks = json.loads((pytester.path / "times.json").read_text())["benchmarks"]
    assert [each["extra_info"]["outcome"] for each in benchmarks] == ["surprise"] * 8


def test_what_is_not_known_has_no_property(new_evidence):
    unknown = new_evidence(verdict=None, finding=None, status="started")
    assert properties_of(unknown) == {}
