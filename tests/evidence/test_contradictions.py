from __future__ import annotations

import pytest

from negres_core.errors import EvidenceError
from negres_core.evidence import BisectionRecord
from negres_core.evidence.contradictions import (
    check_bisections,
    check_evidence,
    check_files,
    check_replicates,
    check_shards,
    check_versions,
)
from tests.fakes import PROVENANCE

BISECTION = {
    "test": "test_a.py::test_b",
    "failing": {"rate": 1},
    "working": {"rate": 2},
    "differing": ("rate",),
    "cause": ("rate",),
    "necessary": True,
    "steps": [
        {"changed": (), "verdict": "supported", "finding": "better", "hypothesis": None, "trained": 8, "reused": 0}
    ],
    "explanation": "It is the rate.",
    "recorded_at": "2025-01-01T00:00:00+00:00",
}
OLDER = PROVENANCE | {"packages": {"negres": "0.0.9"}}


def test_a_replicate_that_was_trained_twice_with_equal_numbers_agrees(new_replicate):
    again = new_replicate(
        model=b"the same weights, saved on another day",
        cost={"train_s": 9.0},
        provenance=PROVENANCE | {"device": "cpu: another processor"},
        recorded_at="2030-01-01T00:00:00+00:00",
        metrics={"accuracy": 0.75, "loss": 0.5, "f1": 0.7},
    )
    check_replicates(("A", new_replicate()), ("B", again))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("metrics", {"accuracy": 0.7500000001, "loss": 0.5}),
        ("curve", [0.7, 0.50001]),
        ("status", "not finite"),
        ("inputs_digest", "1" * 32),
    ],
)
def test_a_replicate_with_other_numbers_is_refused(new_replicate, field, value):
    with pytest.raises(EvidenceError, match="the same replicate with different numbers") as caught:
        check_replicates(("A", new_replicate()), ("B", new_replicate(**{field: value})))
    assert f"differences in {field}; A: cpu: some processor; B: cpu" in str(caught.value)


V1, V2 = ((("keras", version), ("negres", "0.1.0")) for version in ("3.12.4", "3.15.1"))


@pytest.mark.parametrize(
    "of_arm",
    [
        {"A": {V1}, "B": {V1}},
        {"A": {V1, V2}, "B": {V2}},
        {"A": {V2}, "B": {V1, V2}, "C": {V1}},
    ],
)
def test_folders_with_the_versions_of_one_of_them_agree(of_arm):
    check_versions({("an arm",): of_arm})


@pytest.mark.parametrize(
    ("of_arm", "named"),
    [
        ({"A": {V1}, "B": {V2}}, "A: keras 3.12.4; B: keras 3.15.1"),
        ({"A": {V1}, "B": {V1}, "C": {V2}}, "A: keras 3.12.4; C: keras 3.15.1"),
        ({"A": {(("negres", "0.1.0"),)}, "B": {V2}}, "A: keras none; B: keras 3.15.1"),
    ],
)
def test_one_arm_of_two_versions_is_refused(of_arm, named):
    with pytest.raises(EvidenceError, match="trained with different versions") as caught:
        check_versions({("another arm",): {"A": {V1}}, ("an arm",): of_arm})
    assert f"Received: {named}" in str(caught.value)


def test_three_folders_of_which_each_lacks_a_version_are_refused():
    v3 = (("keras", "3.16"), ("negres", "0.1.0"))
    with pytest.raises(EvidenceError, match="different versions"):
        check_versions({("an arm",): {"A": {V1, V2, v3}, "B": {V1, (("keras", "3.17"),)}}})


def test_evidence_that_differs_in_times_alone_agrees(new_evidence):
    later = new_evidence(timings={"started_at": "2031-01-01T00:00:00+00:00"}, outcome="surprise")
    check_evidence(("A", new_evidence()), ("B", later))


def test_two_results_of_a_hypothesis_are_refused(new_evidence):
    with pytest.raises(EvidenceError, match="different evidence of one hypothesis") as caught:
        check_evidence(("A", new_evidence()), ("B", new_evidence(verdict="supported", finding="better")))
    assert "differences in verdict, finding; A: refuted (worse); B: supported (better)" in str(caught.value)


def test_a_bisection_that_found_more_in_the_store_agrees():
    later = BISECTION | {"recorded_at": "2031-01-01T00:00:00+00:00", "steps": [BISECTION["steps"][0] | {"trained": 0}]}
    check_bisections(("A", BisectionRecord(**BISECTION)), ("B", BisectionRecord(**later)))


def test_two_results_of_a_bisection_are_refused():
    other = BisectionRecord(**BISECTION | {"necessary": False})
    with pytest.raises(EvidenceError, match="different bisections"):
        check_bisections(("A", BisectionRecord(**BISECTION)), ("B", other))


def test_shards_of_one_run_agree_wherever_they_were_trained(new_shard):
    elsewhere = PROVENANCE | {"device": "cpu: another processor", "platform": "another", "commit": None}
    check_shards(("A", new_shard(1, 2)), ("B", new_shard(2, 2, provenance=elsewhere)))


def test_another_backend_that_is_installed_beside_does_not_count(new_shard):
    more = PROVENANCE | {"packages": PROVENANCE["packages"] | {"torch": "2.13.0", "jax": "0.9"}}
    check_shards(("A", new_shard(1, 2)), ("B", new_shard(2, 2, provenance=more)))


@pytest.mark.parametrize(
    ("changed", "part"),
    [
        ({"data": {"name": "digits", "digest": "a" * 64}}, "data"),
        ({"arms": {"treatment": "0" * 64, "control": "b" * 64}}, "treatment"),
        ({"margin": 0.5}, "margin"),
    ],
)
def test_a_shard_of_another_run_is_refused(new_shard, new_commitment, changed, part):
    other = new_shard(2, 2, commitment=new_commitment(**changed))
    with pytest.raises(EvidenceError, match="not trained for the same run") as caught:
        check_shards(("A", new_shard(1, 2)), ("B", other))
    assert f"on digits: shard 1/2 in A and shard 2/2 in B differ in {part}" in str(caught.value)


@pytest.mark.parametrize(
    ("provenance", "named"),
    [
        (OLDER, "shard 1/2 in A with negres 0.1.0; shard 2/2 in B with negres 0.0.9"),
        (PROVENANCE | {"backend": "jax"}, "shard 1/2 in A with backend tensorflow; shard 2/2 in B with backend jax"),
        (PROVENANCE | {"device": "gpu: one"}, "shard 1/2 in A with device cpu; shard 2/2 in B with device gpu"),
    ],
)
def test_a_shard_of_another_version_or_kind_of_device_is_refused(new_shard, provenance, named):
    with pytest.raises(EvidenceError, match="different versions, or on different kinds of device") as caught:
        check_shards(("A", new_shard(1, 2)), ("B", new_shard(2, 2, provenance=provenance)))
    assert named in str(caught.value)


def test_one_shard_with_two_contents_is_refused(new_shard):
    with pytest.raises(EvidenceError, match="differ in cells"):
        check_shards(("A", new_shard(1, 2)), ("B", new_shard(1, 2, cells=[])))


def test_a_file_that_was_changed_is_refused(tmp_path):
    for name, content in (("a", b"1"), ("b", b"1"), ("c", b"2")):
        (tmp_path / name).write_bytes(content)
    check_files(tmp_path / "a", tmp_path / "b")
    with pytest.raises(EvidenceError, match="files with the same name"):
        check_files(tmp_path / "a", tmp_path / "c")
