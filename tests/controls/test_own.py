from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from negres_core.controls.own import ready_controls
from negres_core.controls.registry import check_small_runs, run_controls, small_runs_of
from negres_core.errors import InputError
from negres_core.evidence import Finding

WORDS = {"found": "3 rows", "threshold": "expected 0", "remedy": "Look."}


def few_rows(run):
    return Finding(control="prices", passed=len(run.data) > 100, **WORDS)


def no_rows(run):
    return Finding(control="prices", passed=len(run.data) > 0, **WORDS)


def control(name="prices", when="before", check=few_rows, **parts):
    return SimpleNamespace(NAME=name, WHEN=when, check=check, **parts)


def test_an_own_control_runs_beside_those_of_negres(new_run):
    run = new_run()
    with_own = replace(run, own_controls=ready_controls([control()]))

    own, *others = run_controls(with_own, when="before")[::-1]

    assert (own.control, own.passed) == ("prices", False)
    assert others[::-1] == run_controls(run, when="before")
    assert run_controls(with_own, when="after") == run_controls(run, when="after")


def test_an_own_control_can_be_waived_and_cannot_waive_itself(new_run):
    waiving = control(check=lambda run: few_rows(run).updated(waived="I say so"))
    run = replace(new_run(), own_controls=ready_controls([waiving]))

    assert run_controls(run, when="before")[-1].waived is None
    assert run_controls(replace(run, waived={"prices": "they are few"}), when="before")[-1].waived == "they are few"


def test_own_controls_are_given_their_own_small_runs_only(new_run):
    seen = []

    def check(run, trained):
        seen.append(dict(trained))

    own = control(when="small runs", check=check, small_runs=lambda run: {"true targets, treatment": run})
    run = replace(new_run(), own_controls=ready_controls([own]))

    names = [name for name in small_runs_of(run) if name.startswith("prices")]
    assert names == ["prices: true targets, treatment"]
    trained = {"true targets, treatment": "another's", names[0]: "its own"}
    own_only = replace(run, arms=run.arms)
    ready_controls([own])[0].check(own_only, trained)
    assert seen == [{"true targets, treatment": "its own"}]


def test_own_controls_of_small_runs_are_asked_with_those_of_negres(new_run, monkeypatch):
    own = control(when="small runs", check=lambda run, trained: few_rows(run), small_runs=lambda run: {})
    monkeypatch.setattr("negres_core.controls.registry.modules_in", lambda package, *, having: [])
    run = replace(new_run(), own_controls=ready_controls([own]))

    assert [finding.control for finding in check_small_runs(run, {})] == ["prices"]


def test_the_digest_of_an_own_control_is_that_of_what_its_code_does():
    digests = [
        ready_controls([each])[0].digest
        for each in (control(), control(), control(check=no_rows), control(when="after"), control(FITS=True))
    ]

    assert digests[0] == digests[1]
    assert len(set(digests)) == 4


@pytest.mark.parametrize(
    ("names", "received"),
    [
        (["duplicates"], "NAME = 'duplicates', which is a control of negres"),
        (["mean prediction"], "NAME = 'mean prediction', which is a control of negres"),
        (["prices", "prices"], "NAME = 'prices', which is there twice"),
    ],
)
def test_names_of_other_controls_are_refused(names, received):
    with pytest.raises(InputError, match="need names that no other control has") as caught:
        ready_controls(map(control, names))

    assert caught.value.received == received


def test_what_is_no_control_is_refused():
    with pytest.raises(InputError, match="The control str has no name"):
        ready_controls(["prices"])


def divide(run):
    return 1 / 0


@pytest.mark.parametrize(
    ("check", "wrong", "received"),
    [
        (divide, "could not judge the run: its check raised an error", "ZeroDivisionError: division by zero"),
        (lambda run: False, "has to return a Finding", "False"),
        (lambda run: few_rows(run).updated(control="price"), "returned a finding with another name", "'price'"),
    ],
    ids=["error", "no finding", "another name"],
)
def test_a_fault_in_an_own_control_names_it(new_run, check, wrong, received):
    run = replace(new_run(), own_controls=ready_controls([control(check=check)]))

    with pytest.raises(InputError, match=f"The control 'prices', which is your own, .*{wrong}") as caught:
        run_controls(run, when="before")

    assert received in str(caught.value.received)


def test_an_own_control_that_does_not_apply_has_no_finding(new_run):
    run = new_run()
    with_own = replace(run, own_controls=ready_controls([control(check=lambda run: None)]))

    assert run_controls(with_own, when="before") == run_controls(run, when="before")
