"""A stranger verifies a folder by its records alone: what is forged is found, unless all of it is invented alike."""

from __future__ import annotations

import json
import shutil

import pytest

from negres_core.cli import main
from negres_core.errors import EvidenceError
from negres_core.evidence import Evidence, Ledger, Store
from negres_core.experiment.recheck import EARLIER_RULE, recheck, recompute
from tests.experiment.forger import MAIN, REACHES, Forger, record
from tests.experiment.forgeries import FORGERIES, the_best_cell_repeated


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recorded")
    record(folder)
    return folder


@pytest.fixture
def folder(recorded, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(recorded, copy)
    return copy


def verify(folder):
    return main(["verify", str(folder / "evidence"), "--ledger", str(folder / "ledger.jsonl")])


def files_of(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_honest_runs_recorded_is_verified(folder, capsys):
    assert verify(folder) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert all(line.startswith("verified ") for line in lines)


def test_a_verdict_by_the_rule_of_an_earlier_version_is_not_verified_and_says_what_to_do(folder):
    store, ledger = Store(folder / "evidence"), Ledger(folder / "ledger.jsonl")
    evidence = next(each for each in store.all_evidence() if each.estimate is not None)
    earlier = evidence.updated(estimate=evidence.estimate.updated(skewness=None))

    assert recheck(evidence, store, ledger.entries()) == []
    assert recheck(earlier, store, ledger.entries()) == [EARLIER_RULE]
    assert "run the hypothesis again" in EARLIER_RULE


def test_there_are_more_than_thirty_forgeries():
    assert len(FORGERIES) >= 50


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: forge.__name__)
def test_a_forgery_is_not_verified_and_nothing_is_moved(folder, capsys, forge):
    forge(Forger(folder))
    before = files_of(folder)

    assert verify(folder) == 1

    streams = capsys.readouterr()
    assert "FAILED" in streams.out or "is damaged" in streams.err
    assert files_of(folder) == before


def test_invented_numbers_with_right_digests_cannot_be_found(folder, capsys):
    """This is what no check of records can see; training again can."""
    forger = Forger(folder)
    content, arm = forger.arm()
    for id in arm["replicates"][-1]:
        accuracy = json.loads(forger.path(id).read_text())["metrics"]["accuracy"]
        forger.copy(id, metrics={"accuracy": accuracy + 0.1, "loss": 0.1})
    forger.results_of(content)

    assert verify(folder) == 0


def test_evidence_without_arms_is_not_called_verified_even_if_a_control_failed(folder, capsys):
    forger = Forger(folder)
    content = forger.read()
    control = content["controls"][0] | {"passed": False}
    results = {"differences": [], "looks": [], "estimate": None, "p_value": None}
    forger.write(
        content
        | results
        | {"arms": [], "controls": [control], "verdict": "invalid", "outcome": None}
        | {"finding": control["control"]}
    )

    assert verify(folder) == 0
    assert any(line.startswith("untrained ") for line in capsys.readouterr().out.splitlines())


def test_problems_are_sentences_that_name_what_is_wrong(folder):
    forger = Forger(folder)
    store, entries = Store(folder / "evidence", read_only=True), Ledger(folder / "ledger.jsonl").entries()
    assert recheck(store.read_evidence(store.evidence_path(MAIN)), store, entries) == []
    the_best_cell_repeated(forger)

    problems = recheck(store.read_evidence(store.evidence_path(MAIN)), store, entries)

    assert problems[0].startswith("treatment arm: its replicates are not those of ")


def test_a_record_that_was_set_aside_and_not_recorded_again_is_counted(folder, capsys):
    store = Store(folder / "evidence")
    path = store.evidence_path(REACHES)
    path.write_text("{")
    assert store.read_evidence(path) is None  # a session sets it aside

    assert verify(folder) == 1
    assert "was set aside and not recorded again" in capsys.readouterr().err


def test_recomputing_names_the_replicates_that_are_missing_or_damaged(folder):
    forger = Forger(folder)
    content, arm = forger.arm()
    missing, damaged = arm["replicates"][-1][2], arm["replicates"][0][1]
    forger.path(missing).unlink()
    forger.path(damaged).write_text("{")

    with pytest.raises(EvidenceError, match="missing or damaged") as raised:
        recompute(Evidence.model_validate(content), Store(folder / "evidence", read_only=True))

    assert f"Received: missing or damaged replicates: {damaged}, {missing}\n" in str(raised.value)
    assert "Run the hypothesis again" in str(raised.value)


def test_a_smoke_run_is_not_judged_when_recomputed_either(folder):
    content = Forger(folder).read(REACHES) | {"smoke": True, "verdict": None, "finding": None}

    assert recompute(Evidence.model_validate(content), Store(folder / "evidence")).verdict is None
