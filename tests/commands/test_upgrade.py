"""`negres upgrade` on a folder of negres 0.1.0: all that is read is as before, and nothing is lost."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest

from negres_core.arms.recipe import Recipe
from negres_core.arms.stage import Stage
from negres_core.claim import beats
from negres_core.cli import main
from negres_core.dataset import Dataset
from negres_core.design import KFolds
from negres_core.evidence import Store
from negres_core.evidence.record import digest_of
from tests.fakes import as_version_1

DATA = Dataset(x=np.random.default_rng(0).normal(size=(40, 3)), y=np.arange(40) % 2, name="mine")


def base(input_shape, outputs):
    import keras

    return keras.Sequential([keras.layers.Input(input_shape), keras.layers.Dense(outputs, "softmax")])


def make_older(path):
    content = as_version_1(json.loads(path.read_text()))
    path.write_text(json.dumps(content | {"digest": digest_of(content)}))


@pytest.fixture
def folder(tmp_path, monkeypatch, engine, new_experiment):
    """An evidence folder with three hypotheses, of which two have schema version 1."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    folder = tmp_path / ".negres"
    good, poor = Recipe(Stage(base, epochs=3)), Recipe(Stage(base, epochs=1))
    noise = np.random.default_rng(1).normal(0, 0.01, (2, 5, 5))
    engine.accuracy = lambda recipe, job: 0.6 + noise[int(recipe == good)][job.cell.repeat, job.cell.fold]
    for name in ("a", "b", "c"):
        experiment = new_experiment(f"test_mine.py::test_{name}", store=Store(folder), expected="refuted")
        experiment.compare(good, against=poor, on=DATA, claim=beats("accuracy", by=0.1), design=KFolds())
    older = [path for path in Store(folder).evidence_paths() if "test-c" not in path.parent.name]
    for path in older:
        make_older(path)
    return folder


def files_in(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def printed(capsys, *arguments):
    capsys.readouterr()
    status = main([*arguments])
    return status, *capsys.readouterr()


def test_all_readers_say_the_same_before_and_after(folder, capsys):
    commands = (["verify"], ["table"], ["table", "--markdown"], ["show"], ["export"], ["history", ".negres"])
    before = [printed(capsys, *command) for command in commands]
    assert before[0][0] == 0
    assert before[0][1].count("verified") == 3

    assert main(["upgrade"]) == 0

    assert [printed(capsys, *command) for command in commands] == before


def test_it_says_what_it_did_and_keeps_every_old_file(folder, capsys):
    before = files_in(folder)

    status, out, err = printed(capsys, "upgrade", ".negres")

    *lines, summary = out.splitlines()
    assert (status, err, len(lines)) == (0, "", 2)
    assert all(line.startswith("upgraded  hypotheses/test-mine-py-test-") for line in lines)
    assert all(line.endswith("/evidence.json: schema version 1 to 2") for line in lines)
    assert summary == "evidence: 2 records upgraded, 1 is current; the old files are in .negres/set-aside"
    after = files_in(folder)
    changed = {path for path in before if after[path] != before[path]}
    assert {path.name for path in changed} == {"evidence.json"}
    assert len(changed) == 2
    aside = [content for path, content in after.items() if path.parts[0] == "set-aside"]
    assert sorted(aside) == sorted(before[path] for path in changed)


def test_a_second_time_there_is_nothing_to_do(folder, capsys):
    main(["upgrade"])
    before = files_in(folder)

    assert printed(capsys, "upgrade") == (0, "evidence: nothing to upgrade, 3 are current\n", "")
    assert files_in(folder) == before


def test_a_dry_run_changes_nothing(folder, capsys):
    before = files_in(folder)

    status, out, _ = printed(capsys, "upgrade", "--dry-run")

    assert status == 0
    assert [line.split()[0] for line in out.splitlines()] == ["older", "older", "evidence:"]
    assert out.endswith("evidence: 2 records to upgrade, 1 is current; nothing was changed\n")
    assert files_in(folder) == before


def test_a_damaged_record_is_named_and_left(folder, capsys):
    damaged, other = (path for path in Store(folder).evidence_paths() if "test-c" not in path.parent.name)
    damaged.write_text(damaged.read_text().replace("longer", "shorter").replace("refuted", "supported"))
    content = damaged.read_bytes()

    status, out, err = printed(capsys, "upgrade")

    assert status == 1
    assert f"{damaged.relative_to(folder.parent)} is damaged" in err
    assert damaged.read_bytes() == content
    assert json.loads(other.read_text())["schema_version"] == 2
    assert "1 record upgraded, 1 is current" in out


def test_a_record_of_a_newer_version_stops_it_before_anything_is_written(folder, capsys):
    path = Store(folder).evidence_paths()[-1]
    content = json.loads(path.read_text()) | {"schema_version": 3}
    del content["digest"]
    path.write_text(json.dumps(content | {"digest": digest_of(content)}))
    before = files_in(folder)

    status, out, err = printed(capsys, "upgrade")

    assert (status, out) == (2, "")
    assert "newer version" in err
    assert files_in(folder) == before


def test_an_archive_is_refused(folder, capsys):
    main(["upgrade"])
    main(["pack"])

    status, _, err = printed(capsys, "upgrade", "evidence.zip")

    assert status == 2
    assert "An archive cannot be upgraded in place" in err


def test_a_ledger_beside_it_stays_as_it_is(folder, capsys, new_commitment):
    from negres_core.evidence import Ledger

    ledger = Ledger(folder.parent / "negres-ledger.jsonl")
    ledger.register(new_commitment())
    before = ledger.path.read_bytes()

    main(["upgrade"])

    assert ledger.path.read_bytes() == before
    assert ledger.verify() == []
