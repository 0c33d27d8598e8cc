"""Folders are joined whole or refused whole, and what is there is kept once."""

from __future__ import annotations

import json
import os

import pytest

from negres_core.errors import EvidenceError
from negres_core.evidence import Store, read_shards, write_shard
from negres_core.evidence.merging import Source, carry_out, plan_merge
from tests.fakes import PROVENANCE


@pytest.fixture
def folder(tmp_path):
    """Return a function that opens a store by the name of its folder."""
    return lambda name: Store(tmp_path / name)


@pytest.fixture
def merge(tmp_path):
    """Merge folders by name into "all", as the command does, and return the plan that was carried out."""

    def run(*names, into="all", stop=None):
        target = Source(into, Store(tmp_path / into))
        sources = [
            target if name == into else Source(name, Store(tmp_path / name, read_only=True, note=print))
            for name in names
        ]
        plan = plan_merge(sources, target)
        carry_out(plan, target.store)
        return plan

    return run


def files_in(folder):
    """Return the content of all files of a folder, by their names."""
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_everything_that_folders_have_is_joined(tmp_path, folder, merge, new_replicate, new_evidence, new_shard):
    one, two = folder("one"), folder("two")
    for fold, store in enumerate((one, two)):
        store.record(new_replicate(fold=fold), b"a trained model")
    evidence = new_evidence()
    one.write_evidence(evidence)
    one.write_picture(evidence.hypothesis, "originals", b"a picture", caption="some")
    two.write_evidence(new_evidence(hypothesis="another"))
    two.write_evidence(new_evidence(hypothesis="another", verdict="supported"))  # supersedes the one before
    write_shard(two, new_shard(1, 2))
    two.record(new_replicate(fold=1, recorded_at="2026-01-01T00:00:00+00:00"), b"a trained model")  # set aside
    plan = merge("one", "two")
    assert (plan.replicates, plan.known) == (2, 0)
    assert files_in(tmp_path / "all") == files_in(tmp_path / "one") | files_in(tmp_path / "two")
    store = folder("all")
    store.check_everything()
    assert store.damaged == 0
    assert not store.lost()


def test_merging_again_changes_nothing(tmp_path, folder, merge, new_replicate, new_evidence, new_shard):
    for fold, name in enumerate(("one", "two")):
        folder(name).record(new_replicate(fold=fold), b"a trained model")
        folder(name).write_evidence(new_evidence(hypothesis=name))
        write_shard(folder(name), new_shard(fold + 1, 2))
    merge("one", "two")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "all").rglob("*") if path.is_file()}
    plan = merge("one", "two")
    assert (plan.replicates, plan.known, plan.copies) == (0, 2, {})
    assert before == {path: path.stat().st_mtime_ns for path in (tmp_path / "all").rglob("*") if path.is_file()}


def test_a_replicate_of_both_is_kept_once_with_the_metrics_of_both(folder, merge, new_replicate):
    one = folder("one").record(new_replicate(), b"saved today")
    later = {"recorded_at": "2027-01-01T00:00:00+00:00", "metrics": {"accuracy": 0.75, "f1": 0.7}}
    folder("two").record(new_replicate(**later), b"saved another day")
    plan = merge("one", "two")
    assert (plan.replicates, plan.known) == (1, 1)
    kept = folder("all").find(one.id)
    assert kept.model == one.model
    assert kept.recorded_at == one.recorded_at
    assert kept.metrics == {"accuracy": 0.75, "loss": 0.5, "f1": 0.7}


def test_what_the_target_has_stays(folder, merge, new_replicate):
    there = folder("all").record(new_replicate(recorded_at="2020-01-01T00:00:00+00:00"), b"saved before")
    folder("one").record(new_replicate(), b"saved today")
    plan = merge("one")
    assert (plan.replicates, plan.known) == (0, 1)
    assert folder("all").find(there.id) == there


@pytest.mark.parametrize("into", ["one", "all"])
def test_a_contradiction_changes_nothing(tmp_path, folder, merge, new_replicate, into):
    folder("one").record(new_replicate(fold=1), b"a trained model")
    folder("one").record(new_replicate(), b"a trained model")
    folder("two").record(new_replicate(metrics={"accuracy": 0.8}), b"another model")
    before = files_in(tmp_path)
    with pytest.raises(EvidenceError, match="the same replicate with different numbers"):
        merge("one", "two", into=into)
    assert files_in(tmp_path) == before


def test_another_version_of_one_arm_is_refused(tmp_path, folder, merge, new_replicate):
    older = PROVENANCE | {"packages": {"negres": "0.0.9"}}
    folder("one").record(new_replicate(), b"a trained model")
    folder("two").record(new_replicate(fold=1, provenance=older), b"a trained model")
    with pytest.raises(EvidenceError, match="trained with different versions"):
        merge("one", "two")
    with pytest.raises(EvidenceError, match="trained with different versions"):
        merge("one", "two", into="one")
    assert not (tmp_path / "all").exists()


def test_an_arm_of_another_version_is_no_contradiction(folder, merge, new_replicate):
    older = PROVENANCE | {"packages": {"negres": "0.0.9"}}
    folder("one").record(new_replicate(), b"a trained model")
    folder("two").record(new_replicate(recipe="another", provenance=older), b"a trained model")
    assert merge("one", "two").replicates == 2


def test_finished_evidence_takes_the_place_of_a_run_that_was_interrupted(folder, merge, new_evidence):
    started = {"status": "started", "verdict": None, "finding": None, "explanation": None}
    folder("one").write_evidence(new_evidence(**started))
    folder("two").write_evidence(new_evidence())
    folder("three").write_evidence(new_evidence(**started))
    merge("one", "two", "three")
    [evidence] = folder("all").current_evidence()
    assert evidence == new_evidence()
    merge("one", into="two")
    assert folder("two").current_evidence() == [new_evidence()]


def test_two_results_of_a_hypothesis_are_refused(folder, merge, new_evidence):
    folder("one").write_evidence(new_evidence())
    folder("two").write_evidence(new_evidence(verdict="supported"))
    with pytest.raises(EvidenceError, match="different evidence of one hypothesis"):
        merge("one", "two")


def test_a_damaged_record_is_left_out(tmp_path, folder, merge, new_replicate, capsys):
    folder("one").record(new_replicate(), b"a trained model")
    damaged = folder("one").record(new_replicate(fold=1), b"a trained model")
    folder("one").model_path(damaged).write_bytes(b"another model")
    assert merge("one").replicates == 1
    assert "was changed" in capsys.readouterr().out
    assert folder("all").find(damaged.id) is None
    assert folder("one").model_path(damaged).exists()


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_links_of_a_stranger_are_not_followed(tmp_path, folder, merge, new_evidence):
    store = folder("one")
    picture = store.write_picture(new_evidence().hypothesis, "originals", b"a picture", caption="some")
    path = store.evidence_folder(new_evidence().hypothesis) / picture.file
    path.unlink()
    (tmp_path / "secret").write_text("a secret")
    path.symlink_to(tmp_path / "secret")
    (store.folder / "set-aside").mkdir()
    (store.folder / "set-aside" / "3f-3f.01234567.json").symlink_to(tmp_path / "secret")
    merge("one")
    assert files_in(tmp_path / "all") == {}


def test_a_merge_that_was_killed_is_completed_by_the_same_command(
    tmp_path, folder, merge, monkeypatch, new_replicate, new_evidence, new_shard
):
    for fold, name in enumerate(("one", "two")):
        folder(name).record(new_replicate(fold=fold), b"a trained model")
        folder(name).write_evidence(new_evidence(hypothesis=name))
        write_shard(folder(name), new_shard(fold + 1, 2))
    merge("one", "two", into="whole")
    whole = files_in(tmp_path / "whole")
    from negres_core.evidence import merging

    copy, left = merging.copy_regular, [0]

    def copy_or_die(*arguments, **options):
        if left[0] == 0:
            raise KeyboardInterrupt
        left[0] -= 1
        copy(*arguments, **options)

    monkeypatch.setattr(merging, "copy_regular", copy_or_die)
    for files in range(len(whole)):
        into, left[0] = f"killed after {files}", files
        with pytest.raises(KeyboardInterrupt):
            merge("one", "two", into=into)
        store = folder(into)
        store.check_everything()
        assert store.damaged == 0
        named = [id for shard in read_shards(store) for cell in shard.cells for id in cell.replicates]
        assert not named or len(files_in(store.folder)) > 4, "a shard says that its replicates are there"
        left[0] = len(whole)
        merge("one", "two", into=into)
        assert files_in(tmp_path / into) == whole


def test_a_target_that_cannot_be_written_is_named(tmp_path, folder, merge, new_replicate, monkeypatch):
    folder("one").record(new_replicate(), b"a trained model")

    def full(*arguments, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("negres_core.evidence.merging.copy_regular", full)
    with pytest.raises(EvidenceError, match="No space left on device") as caught:
        merge("one")
    assert "the same command continues" in str(caught.value).lower()


def test_a_folder_without_evidence_is_refused(tmp_path, merge):
    (tmp_path / "one").mkdir()
    with pytest.raises(EvidenceError, match="There is no evidence in this folder"):
        merge("one")


def test_shards_are_joined_and_those_of_an_earlier_run_in_the_target_are_removed(
    folder, merge, new_shard, new_commitment
):
    earlier = new_shard(2, 2, commitment=new_commitment(margin=0.5))
    write_shard(folder("all"), earlier)
    for number in (1, 2):
        write_shard(folder(f"shard {number}"), new_shard(number, 2, store=folder(f"shard {number}")))
    plan = merge("shard 1")
    assert plan.outdated == [earlier]
    plan = merge("shard 1", "shard 2")
    assert plan.outdated == []
    assert list(read_shards(folder("all"))) == [new_shard(1, 2), new_shard(2, 2)]


def test_a_shard_of_another_run_is_refused_before_its_replicates(tmp_path, folder, merge, new_shard, new_commitment):
    other = new_commitment(data={"name": "digits", "digest": "0" * 64})
    write_shard(folder("one"), new_shard(1, 2))
    write_shard(folder("two"), new_shard(2, 2, commitment=other))
    with pytest.raises(EvidenceError, match="differ in data"):
        merge("one", "two")
    older = PROVENANCE | {"packages": {"negres": "0.0.9"}}
    write_shard(folder("three"), new_shard(2, 2, provenance=older))
    merge("one")
    with pytest.raises(EvidenceError, match=r"with negres 0\.1\.0; shard 2/2 in three with negres 0\.0\.9"):
        merge("three")


def test_bisections_are_joined_and_contradictions_refused(tmp_path, folder, merge):
    from negres_core.evidence import BisectionRecord
    from tests.evidence.test_contradictions import BISECTION

    folder("one").write_bisection(BisectionRecord(**BISECTION))
    later = BISECTION | {"recorded_at": "2031-01-01T00:00:00+00:00"}
    folder("two").write_bisection(BisectionRecord(**later))
    merge("one", "two")
    [path] = (tmp_path / "all" / "bisections").iterdir()
    assert json.loads(path.read_text())["recorded_at"] == BISECTION["recorded_at"]
    folder("three").write_bisection(BisectionRecord(**BISECTION | {"necessary": None}))
    with pytest.raises(EvidenceError, match="different bisections"):
        merge("three")


def test_the_target_may_be_one_of_the_folders(tmp_path, folder, merge, new_replicate):
    for fold, name in enumerate(("one", "two")):
        folder(name).record(new_replicate(fold=fold), b"a trained model")
    assert merge("one", "two", into="one").replicates == 1
    assert merge("one", into="one").copies == {}
