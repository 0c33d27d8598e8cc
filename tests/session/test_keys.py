from __future__ import annotations

from types import SimpleNamespace

import pytest

from negres_core.session.keys import folder_of, is_hypothesis, ledger_of, notes_of, params_of, store_of


@pytest.fixture
def new_config(pytester):
    """Make the configuration of a session in an empty folder, with any options."""
    return lambda *options: pytester.parseconfig("-p", "no:hypothesispytest", *options)


@pytest.mark.parametrize(("names", "is_one"), [(["experiment", "data"], True), (["data"], False)])
def test_a_test_that_uses_the_fixture_is_a_hypothesis(names, is_one):
    assert is_hypothesis(SimpleNamespace(fixturenames=names)) is is_one


def test_an_item_without_fixtures_is_not_a_hypothesis():
    assert not is_hypothesis(SimpleNamespace())


def test_parameters_keep_the_order_in_which_they_stand_in_the_id(pytester):
    items = pytester.getitems(
        """
        import pytest

        @pytest.mark.parametrize("last", ["z"])
        @pytest.mark.parametrize(("second", "first"), [(1, 2)])
        def test_one(second, first, last):
            pass

        def test_two():
            pass
        """
    )

    assert list(params_of(items[0]).items()) == [("second", 1), ("first", 2), ("last", "z")]
    assert items[0].name == "test_one[1-2-z]"
    assert params_of(items[1]) == {}


def test_the_evidence_of_a_smoke_run_has_a_folder_of_its_own(new_config, pytester):
    assert folder_of(new_config()) == pytester.path / ".negres"
    assert folder_of(new_config("--negres-evidence=kept")) == pytester.path / "kept"
    assert folder_of(new_config("--negres-evidence=kept", "--negres-smoke")) == pytester.path / "kept" / "smoke"


def test_a_session_has_one_store_whose_notes_are_those_of_the_session(new_config, tmp_path, new_replicate):
    config = new_config(f"--negres-evidence={tmp_path}")
    store = store_of(config)
    replicate = store.record(new_replicate(model=None))
    [path] = tmp_path.glob("replicates/*/*.json")
    path.write_text("{")

    assert store_of(config) is store
    assert notes_of(config) == []
    assert store.find(replicate.id) is None
    [note] = notes_of(config)
    assert note.startswith(f"{path} was set aside as {tmp_path}")


def test_a_fresh_session_finds_no_older_replicates(new_config, tmp_path, new_replicate):
    replicate = store_of(new_config(f"--negres-evidence={tmp_path}")).record(new_replicate(model=None))

    assert store_of(new_config(f"--negres-evidence={tmp_path}")).find(replicate.id) == replicate
    assert store_of(new_config(f"--negres-evidence={tmp_path}", "--negres-fresh")).find(replicate.id) is None


@pytest.mark.parametrize(("options", "syncs"), [((), True), (("--negres-smoke",), False)], ids=["", "smoke"])
def test_records_wait_for_the_disk_but_in_a_smoke_run(new_config, tmp_path, new_replicate, monkeypatch, options, syncs):
    synced = []
    monkeypatch.setattr("os.fsync", synced.append)

    store_of(new_config(f"--negres-evidence={tmp_path}", *options)).record(new_replicate())

    assert bool(synced) is syncs


def test_the_ledger_is_that_of_the_settings(new_config, pytester):
    assert ledger_of(new_config()).path == pytester.path / "negres-ledger.jsonl"
    pytester.makeini("[pytest]\nnegres_ledger = claims/ledger.jsonl")
    assert ledger_of(new_config()).path == pytester.path / "claims" / "ledger.jsonl"
