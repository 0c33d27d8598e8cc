from __future__ import annotations

import pytest

from negres_core.evidence import Registration
from negres_core.report.paper.deviations import write_deviations
from tests.fakes import SEAL
from tests.report.page.suites import FINDING, write_hypothesis
from tests.report.paper.typeset import check


@pytest.fixture
def registered(store, register):
    """Write a hypothesis that was registered before its run, and committed."""

    def make(name="growth beats scratch", **fields):
        evidence = write_hypothesis(store, name)
        return evidence.updated(registration=register(evidence).updated(committed=True), **fields)

    return make


def paragraphs(study):
    """Return the text of each paragraph by its heading."""
    text = write_deviations(study)
    check(f"% Made by negres\n{text}")
    parts = text.split(r"\paragraph{")[1:]
    return {heading.rstrip("."): " ".join(body.split()) for heading, _, body in (part.partition("}") for part in parts)}


def test_a_study_without_deviations_says_so(study_of, registered):
    known = paragraphs(study_of(registered("one"), registered("two")))
    assert set(known) == {"Registration", "Deviations"}
    assert known["Registration"] == (
        "The ledger has 2 entries of 2 hypotheses. All 2 hypotheses ran as first registered, with no result on record "
        "before."
    )
    assert known["Deviations"].startswith("There is no deviation")


def test_without_a_ledger_there_is_no_such_assurance(study_of, registered, ledger):
    evidence = registered()
    ledger.path.unlink()
    known = paragraphs(study_of(evidence))
    assert "There is no ledger here" in known["Registration"]
    assert "There is no deviation" not in known["Deviations"]
    ledger.path.write_text("{}\n")
    assert "The ledger is damaged" in paragraphs(study_of(evidence))["Registration"]


def test_an_entry_that_was_not_committed_is_dated_by_a_clock(study_of, registered):
    evidence = registered()
    assert "not committed" not in paragraphs(study_of(evidence))["Registration"]
    undated = evidence.updated(registration=evidence.registration.updated(committed=False))
    assert (
        "The entries of the one hypothesis were not committed before" in paragraphs(study_of(undated))["Registration"]
    )


def test_hypotheses_without_registration_are_exploratory(store, study_of, registered):
    known = paragraphs(study_of(registered("one"), write_hypothesis(store, "two")))
    assert known["Not registered"] == (
        "Without a registration, and so exploratory: 1 of 2 hypotheses, ``two'' on digits."
    )
    assert "1 of 2 hypotheses ran as first registered" in known["Registration"]


def test_amendments_are_told_with_their_reason_and_what_was_known(store, study_of, register):
    evidence = write_hypothesis(store)
    register(evidence)
    register(evidence, reason="too strict", claim=evidence.claim.updated(threshold=0.02))
    now = register(evidence, reason="50% less", claim=evidence.claim.updated(threshold=0.03), seen=["refuted"])
    known = paragraphs(study_of(evidence.updated(registration=now)))["Amendments"]
    before, after = known.split(r"\item")[1:]
    assert "amended: margin, with no result on record; reason: ``too strict''." in before
    assert r"amended: margin, with results on record (refuted); reason: ``50\% less''." in after


def test_the_same_amendment_of_several_hypotheses_is_told_once(store, study_of, register):
    records = []
    for name in ("one", "two", "three", "four"):
        evidence = write_hypothesis(store, name)
        register(evidence)
        records.append(evidence.updated(registration=register(evidence, reason="new code", analysis="b" * 64)))
    known = paragraphs(study_of(*records))["Amendments"]
    assert "all 4 hypotheses: amended: analysis code" in known
    assert known.count("new code") == 1


def test_an_amendment_is_known_from_the_evidence_without_its_ledger(store, study_of):
    status = {"status": "amended", "entry": "e" * 64, "registered_at": "2025-01-02T00:00:00+00:00", "reason": "why"}
    evidence = write_hypothesis(store, registration=Registration(**status, seen=["supported"]))
    known = paragraphs(study_of(evidence))["Amendments"]
    assert known == (
        "2025-01-02, ``growth beats scratch'' on digits: amended, with results on record (supported); reason: ``why''."
    )


def test_an_entry_newer_than_the_run_is_named(study_of, registered, register):
    evidence = registered()
    assert "Amended since the run" not in paragraphs(study_of(evidence))
    register(evidence, reason="later", analysis="b" * 64)
    assert "growth beats scratch" in paragraphs(study_of(evidence))["Amended since the run"]


def test_a_registration_after_results_is_told(study_of, registered):
    evidence = registered()
    late = evidence.registration.updated(seen=["supported"], older=3)
    known = paragraphs(study_of(evidence.updated(registration=late)))
    assert "verdicts known at registration: supported; 3 differences older" in known["Registered after results"]


def test_what_was_run_differently_is_named(study_of, registered):
    evidence = registered()
    changed = evidence.registration.updated(status="changed", changed=["margin", "design"])
    known = paragraphs(study_of(evidence.updated(registration=changed)))
    assert "was run with another margin, design" in known["Run differently"]


def test_hypotheses_that_are_left_out_are_named(store, study_of, registered, register):
    write_hypothesis(store, "left out")
    reported = registered("reported")
    register(reported.updated(hypothesis="never run", title="never run"))
    known = paragraphs(study_of(reported))["Not reported"]
    assert "1 hypothesis with results in the evidence folder is not reported here: ``left out'' on digits" in known
    assert "1 registered hypothesis has no result in the evidence folder: ``never run'' on digits" in known


def test_waivers_are_told_with_what_the_control_found(study_of, registered):
    controls = [{"control": "finite", "passed": False, **FINDING, "waived": "one"}]
    evidence = registered(controls=controls, waived={"finite": "one cell", "duplicates": "counts"})
    known = paragraphs(study_of(evidence))["Waived controls"]
    assert "the control ``finite'' failed and is waived; reason: ``one cell''" in known
    assert "the control ``duplicates'' has no finding and is waived; reason: ``counts''" in known


def test_runs_with_fewer_controls_are_named(study_of, registered, scores):
    known = paragraphs(study_of(registered("one", controlled="cheap"), registered("two")))
    assert known["Controls that did not run"] == "Not all controls ran: 1 of 2 hypotheses, ``one'' on digits."
    known = paragraphs(study_of(registered("one", scores=scores), registered("two")))
    assert "Scores were given, so no control ran: 1 of 2" in known["Controls that did not run"]


def test_runs_that_were_cut_off_are_named(study_of, registered):
    nothing = dict.fromkeys(("verdict", "finding", "estimate", "outcome", "explanation", "p_value"))
    known = paragraphs(study_of(registered("one", status="started", **nothing), registered("two")))
    assert known["Cut off"] == "Interrupted, and so without a verdict: 1 of 2 hypotheses, ``one'' on digits."


def test_sealed_rows_that_had_been_opened_are_named(study_of, registered):
    confirming = SEAL | {"phase": "confirming"}
    first = paragraphs(study_of(registered("one", seal=confirming, prior={})))
    again = paragraphs(study_of(registered("one", seal=confirming, prior={"reopened": 1})))
    assert "Sealed rows" not in first
    assert "had been opened or seen before" in again["Sealed rows"]


def test_very_many_are_counted(store, study_of):
    waived = {f"control {number}": "why" for number in range(50)}
    known = paragraphs(study_of(write_hypothesis(store, waived=waived)))["Waived controls"]
    assert known.count(r"\item") == 41
    assert "There are 10 more like these" in known
