from __future__ import annotations

import sys

import pytest

from negres_core.cli import main
from negres_core.evidence import Store, write_shard
from tests.evidence.conftest import new_shard  # noqa: F401


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The working folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])  # reading settings of pytest installs an import hook
    return tmp_path


@pytest.fixture
def shards(folder, new_shard):  # noqa: F811
    """Write the shards with some numbers into folders of their own, and return the names of these."""

    def write(*numbers, of=2, **fields):
        for number in numbers:
            store = Store(folder / f"shard{number}")
            write_shard(store, new_shard(number, of, store=store, **fields))
        return [f"shard{number}" for number in numbers]

    return write


def test_all_shards_are_merged_into_pytests_folder(folder, shards, capsys):
    assert main(["merge", *shards(1, 2)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{folder / '.negres'}: 2 folders merged; 8 replicates copied, 0 there already",
        "trained   growth beats scratch, on digits: all 4 cells",
    ]
    assert main(["merge", "shard1", "shard2"]) == 0
    assert capsys.readouterr().out.startswith(f"{folder / '.negres'}: 2 folders merged; 0 replicates copied, 8 there")


def test_a_missing_shard_is_named_with_its_cells(shards, capsys):
    assert main(["merge", *shards(1), "--into", "all"]) == 1
    out = capsys.readouterr().out.splitlines()
    assert out[1] == "MISSING   growth beats scratch, on digits: 2 of 4 cells, of shard 2/2; pytest would train them"
    assert len(out) == 4
    assert all(line.startswith("          - repeat ") for line in out[2:])
    assert main(["merge", "all", *shards(2), "--into", "all"]) == 0
    assert "all 4 cells" in capsys.readouterr().out


def test_a_folder_is_checked_by_merging_it_alone(folder, shards, capsys):
    main(["merge", *shards(1)])
    capsys.readouterr()
    assert main(["merge", ".negres"]) == 1
    expected = f"{folder / '.negres'}: 1 folder merged; 0 replicates copied, 0 there already\nMISSING"
    assert capsys.readouterr().out.startswith(expected)


def test_of_many_missing_cells_some_are_named(shards, new_commitment, capsys):
    design = {"folds": 5, "repeats": 9, "seeds": 1, "looks": True}
    assert main(["merge", *shards(1, of=3, commitment=new_commitment(design=design))]) == 1
    out = capsys.readouterr().out
    assert "30 of 45 cells, of shard 2/3, 3/3; pytest would train them" in out
    assert out.endswith("          - and 20 more\n")


def test_a_failed_control_is_named(shards, capsys):
    assert main(["merge", *shards(1, cells=[], failed={"near copies": "12 rows"})]) == 0
    expected = "INVALID   growth beats scratch, on digits: a control failed before training, near copies: 12 rows\n"
    assert capsys.readouterr().out.endswith(expected)


def test_a_contradiction_is_refused_and_nothing_is_written(folder, shards, new_commitment, capsys):
    names = shards(1) + shards(2, commitment=new_commitment(data={"name": "digits", "digest": "0" * 64}))
    assert main(["merge", *names]) == 2
    errors = capsys.readouterr().err
    assert "negres: Two shards of one hypothesis were not trained for the same run." in errors
    assert "shard 1/2 in shard1 and shard 2/2 in shard2 differ in data" in errors
    assert not (folder / ".negres").exists()


def test_shards_of_an_earlier_run_are_removed_with_a_note(shards, new_commitment, capsys):
    main(["merge", *shards(1, commitment=new_commitment(margin=0.5))])
    assert main(["merge", *shards(1, 2)]) == 0
    assert "1 shard of earlier runs, which were not judged, were removed" in capsys.readouterr().err


def test_damage_is_named_and_left_out(folder, shards, capsys):
    names = shards(1, 2)
    next((folder / "shard1").glob("replicates/*/*.json")).write_text("{")
    assert main(["merge", *names]) == 1
    streams = capsys.readouterr()
    assert "is damaged" in streams.err
    assert "1 of 4 cells, of shard 1/2" in streams.out


def test_archives_are_merged_too(folder, on_data, capsys):
    Store(folder / "one").write_evidence(on_data("a", 0.01))
    Store(folder / "two").write_evidence(on_data("b", 0.01))
    assert main(["pack", "one", "--output", "one.zip"]) == 0
    assert main(["merge", "one.zip", "two", "--into", "all"]) == 0
    assert [each.data.name for each in Store(folder / "all").current_evidence()] == ["a", "b"]


def test_a_folder_that_does_not_exist_is_refused(capsys):
    assert main(["merge", "nowhere"]) == 2
    assert "There is no evidence folder here." in capsys.readouterr().err
