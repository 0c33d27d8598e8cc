"""The benchmark of evidence folders: what it fills them with is verifiable, and its figures are of the process."""

from __future__ import annotations

import sys

import pytest

from benchmarks.speed import store
from negres_core.evidence import Store
from negres_core.experiment.recheck import recheck
from tests.fakes import use_engine


def test_the_evidence_that_it_makes_can_be_verified(monkeypatch, new_experiment, tmp_path):
    use_engine(monkeypatch, store.Engine())

    evidence = [store.decide(new_experiment(f"hypothesis {number}"), number, seeds=1) for number in range(2)]

    assert [each.verdict for each in evidence] == ["supported", "supported"]
    assert [recheck(each, Store(tmp_path), None) for each in evidence] == [[], []]
    assert len(list(tmp_path.glob("replicates/*/*.json"))) == 2 * store.ARMS * store.FOLDS * store.REPEATS


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells how much a process has read")
def test_what_a_process_takes_is_measured(tmp_path):
    (tmp_path / "large").write_bytes(bytes(30_000_000))
    work = "import time; n = len(open('large', 'rb').read()); end = time.process_time() + 0.3\n"
    work += "while time.process_time() < end: pass"

    cost = store.measure(["-c", work], tmp_path)

    assert cost.wall_s >= cost.cpu_s >= 0.3
    assert cost.read_mb == pytest.approx(30, rel=0.2)
    assert cost.memory_mib > 30


def test_a_command_that_fails_is_no_measurement(tmp_path):
    with pytest.raises(RuntimeError, match=r"(?s)ended with 3.*wrong"):
        store.measure(["-c", "import sys; print('wrong', file=sys.stderr); sys.exit(3)"], tmp_path)


def test_the_table_has_the_growth_of_each_cost():
    costs = {10: {"a": store.Cost(1, 2, 3, 4)}, 100: {"a": store.Cost(2, 20, 3, 6)}}

    row = store.table(costs).splitlines()[-1]

    assert [cell.strip() for cell in row.strip("|").split("|")] == [
        "a",
        "1.0 s, 2.0 s, 3 MB, 4 MiB",
        "2.0 s, 20.0 s, 3 MB, 6 MiB",
        "2.0, 10.0, 1.0, 1.5",
    ]
