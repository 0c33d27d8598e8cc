from __future__ import annotations

import shlex

import pytest

from negres_core.report.page.shell_commands import commands_for
from tests.fakes import SEAL

TEST = "tests/test_it.py::test_it"


def lines(evidence, siblings=(), folder=".negres"):
    return {each.purpose: each.line for each in commands_for(evidence, siblings, folder=folder)}


def test_a_hypothesis_can_be_reproduced_and_rechecked(new_evidence):
    found = lines(new_evidence(hypothesis=f"{TEST}[a b]"))
    assert found == {
        "Reproduce": "pytest tests/test_it.py::test_it --negres-evidence reproduced",
        "Recheck": "negres verify .negres -k 'tests/test_it.py::test_it[a b]'",
    }


def test_options_that_the_run_had_are_given_again(new_evidence):
    evidence = new_evidence(controlled="cheap", seal=SEAL | {"phase": "confirming"})
    assert lines(evidence)["Reproduce"].endswith("reproduced --negres-confirm --negres-controls cheap")


def test_the_checkout_is_named(new_evidence):
    evidence = new_evidence(provenance=new_evidence().provenance.updated(dirty=True))
    [reproduce, _] = commands_for(evidence, (), folder=".negres")
    assert f"in a checkout of commit {'c' * 12}, whose tracked files had been changed." in reproduce.explanation


def test_a_configuration_that_fails_can_be_bisected_against_one_that_works(new_evidence):
    mine = new_evidence(hypothesis=f"{TEST}[mine]", title="it works (configuration mine)")
    theirs = new_evidence(hypothesis=f"{TEST}[theirs]", title="it works (configuration theirs)", verdict="supported")
    siblings = [mine, theirs]

    assert lines(mine, siblings)["Bisect"] == "negres bisect 'tests/test_it.py::test_it[mine]' theirs"
    assert "Bisect" not in lines(theirs, siblings)
    assert "Bisect" not in lines(mine, [mine])
    assert "Bisect" not in lines(mine.updated(title="it works (by 2)"), siblings)


def test_scores_that_were_given_cannot_be_trained_again(new_evidence):
    scores = {"file": "scores-0a1b2c3d.csv", "sha256": "0" * 64, "source": "a", "source_sha256": None, "repeats": 1}
    assert list(lines(new_evidence(scores=scores))) == ["Recheck"]


@pytest.mark.parametrize("name", ["a'; rm -rf /; '", '"$(id)"', "`id`", "a b\\c", "*", "a#b"])
def test_a_shell_takes_a_name_literally(new_evidence, name):
    hypothesis = f"tests/{name}.py::test_it[{name}]"
    found = lines(new_evidence(hypothesis=hypothesis), folder=name)
    assert shlex.split(found["Recheck"]) == ["negres", "verify", name, "-k", hypothesis]
    assert shlex.split(found["Reproduce"])[1] == f"tests/{name}.py::test_it"


@pytest.mark.parametrize("name", ["two\nlines", "\x1b[31m", "\u202e", "\ud800", "x" * 5000])
def test_a_name_that_cannot_be_copied_has_no_command(new_evidence, name):
    evidence = new_evidence(hypothesis=f"{TEST}[{name}]")
    assert list(lines(evidence)) == (["Reproduce"] if "\ud800" not in name else ["Reproduce", "Recheck"])


@pytest.mark.parametrize("hypothesis", ["--co", "-p evil"])
def test_a_test_that_would_be_an_option_has_no_command(new_evidence, hypothesis):
    assert lines(new_evidence(hypothesis=hypothesis)) == {}
