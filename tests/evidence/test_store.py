from __future__ import annotations

import ast
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import negres_core
from negres_core.errors import EvidenceError
from negres_core.evidence import Store

MODEL = b"a trained model"


def record_path(store, id):
    return store.folder / "replicates" / id[:2] / f"{id}.json"


def files_under(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def set_aside(store):
    return sorted((store.folder / "set-aside").glob("*"))


def test_a_replicate_is_read_as_it_was_recorded(store, notes, new_replicate):
    replicate = new_replicate(metrics={"accuracy": 0.1 + 0.2, "loss": 1e-17})

    assert store.record(replicate, MODEL) == replicate
    assert Store(store.folder).find(replicate.id) == replicate
    assert store.model_path(replicate).read_bytes() == MODEL
    assert notes == []


def test_metrics_are_added_to_a_replicate_that_loses_nothing(store, notes, new_replicate):
    replicate = store.record(new_replicate(metrics={"accuracy": 0.5, "loss": None}), b"a trained model")
    model = store.model_path(replicate).read_bytes()

    added = store.add_metrics(replicate, {"roc_auc": 0.7, "kappa": float("nan"), "accuracy": 0.9})
    # Another process knows only the replicate as it was.
    both = store.add_metrics(replicate, {"cost@abababababab": 3.0})

    assert added.metrics == {"accuracy": 0.5, "loss": None, "roc_auc": 0.7, "kappa": None}
    assert both.metrics == added.metrics | {"cost@abababababab": 3.0}
    assert store.find(replicate.id) == both == replicate.updated(metrics=both.metrics)
    assert store.model_path(both).read_bytes() == model
    assert notes == []
    assert not (store.folder / "set-aside").exists()


def test_a_replicate_that_was_never_recorded_is_not_found(store, notes, new_replicate):
    assert store.find(new_replicate().id) is None
    assert notes == []


def test_the_record_of_a_replicate_is_read_without_its_model(store, notes, new_replicate):
    replicate = store.record(new_replicate(), b"a trained model")
    store.model_path(replicate).unlink()
    assert store.read_replicate(replicate.id) == replicate
    assert notes == []
    assert store.find(replicate.id) is None


def test_evidence_is_read_as_it_was_written(store, new_evidence):
    evidence = new_evidence(differences=[[0.1, None], [0.3, 1e-9]])

    path = store.write_evidence(evidence)

    assert store.evidence_paths() == [path] == [store.evidence_path(evidence.hypothesis)]
    assert store.read_evidence(path) == evidence


def test_a_metric_that_is_not_finite_is_written_as_null_with_a_status(store, new_replicate):
    replicate = store.record(new_replicate(status="not finite", metrics={"loss": float("nan")}), MODEL)
    text = record_path(store, replicate.id).read_text()

    assert json.loads(text, parse_constant=pytest.fail)["metrics"] == {"loss": None}
    assert json.loads(text)["status"] == "not finite"
    assert store.find(replicate.id).metrics == {"loss": None}


def test_a_summary_that_is_not_finite_is_written_as_null_too(store, new_replicate):
    replicate = store.record(new_replicate(predictions={"mean": float("nan"), "sd": float("inf")}), MODEL)

    text = record_path(store, replicate.id).read_text()
    assert json.loads(text, parse_constant=pytest.fail)["predictions"] == {"mean": None, "sd": None}
    assert store.find(replicate.id).predictions.mean is None


@pytest.mark.parametrize("inside", [False, True])
def test_a_folder_that_cannot_be_written_is_an_error(tmp_path, inside):
    """A file is in its place or in that of its parent. That stops root too, whom permissions would not stop."""
    file = tmp_path / "file"
    file.write_text("mine")
    folder = file / "evidence" if inside else file

    with pytest.raises(EvidenceError, match="cannot be written") as raised:
        Store(folder).check_writable()

    assert str(folder) in str(raised.value)
    assert "--negres-evidence" in str(raised.value)
    assert file.read_text() == "mine"


def test_a_fresh_store_finds_only_its_own_records_and_sets_the_old_ones_aside(store, new_replicate):
    old = store.record(new_replicate(metrics={"loss": 1.0}), MODEL)
    notes = []
    fresh = Store(store.folder, fresh=True, note=notes.append)
    assert fresh.find(old.id) is None

    new = fresh.record(new_replicate(metrics={"loss": 2.0}), MODEL)

    assert fresh.find(old.id) == new
    assert Store(store.folder).find(old.id) == new
    [copy] = set_aside(store)
    assert json.loads(copy.read_text())["metrics"] == {"loss": 1.0}
    assert notes == []


HYPOTHESES = [
    "tests/test_a.py::test_x[one]",
    "tests/test_a.py::test_x[one/two]",
    "other/test_a.py::test_x[one]",
    "../../../etc/passwd",
    "..",
    ".",
    "",
    "/absolute",
    "a\\b",
    "nul\x00byte",
    "ünïcödé::test[日本]",
    "ünïcödé::test[日語]",
    "x" * 5000,
    "x" * 5001,
    "TESTS/test_a.py::test_x[ONE]",
]


def test_every_hypothesis_has_a_folder_of_its_own_inside_the_store(store, new_evidence):
    paths = [store.write_evidence(new_evidence(hypothesis=hypothesis)) for hypothesis in HYPOTHESES]

    assert all(path.resolve().parent.parent == (store.folder / "hypotheses").resolve() for path in paths)
    assert len({str(path).casefold() for path in paths}) == len(HYPOTHESES)
    for path, hypothesis in zip(paths, HYPOTHESES, strict=True):
        assert store.read_evidence(path).hypothesis == hypothesis
    assert store.evidence_paths() == sorted(paths)


@pytest.mark.parametrize("name", ["originals", *HYPOTHESES])
def test_a_picture_is_written_beside_the_evidence_whatever_its_name(store, new_evidence, name):
    png = b"a picture of " + name.encode()

    picture = store.write_picture("a test", name, png, caption="A caption.")
    path = store.write_evidence(new_evidence(hypothesis="a test", pictures=[picture]))

    assert (picture.name, picture.caption) == (name, "A caption.")
    assert files_under(path.parent) == ["evidence.json", picture.file]
    assert (path.parent / picture.file).read_bytes() == png
    assert hashlib.sha256(png).hexdigest() == picture.sha256
    assert picture.file.endswith(f"-{picture.sha256[:8]}.png")
    assert store.read_evidence(path).pictures == [picture]


def test_a_picture_of_superseded_evidence_is_kept(store, new_evidence):
    pictures = [store.write_picture("a test", "originals", png, caption="") for png in (b"one", b"two")]
    for verdict, picture in zip(("refuted", "supported"), pictures, strict=True):
        path = store.write_evidence(new_evidence(hypothesis="a test", verdict=verdict, pictures=[picture]))

    [superseded] = path.parent.glob("evidence-*.json")
    [picture] = store.read_evidence(superseded).pictures
    assert (path.parent / picture.file).read_bytes() == b"one"


def test_evidence_with_pictures_replaces_the_same_evidence_without_them(store, new_evidence):
    store.write_evidence(new_evidence(hypothesis="a test"))
    picture = store.write_picture("a test", "originals", b"one", caption="")
    path = store.write_evidence(new_evidence(hypothesis="a test", pictures=[picture]))

    assert files_under(path.parent) == ["evidence.json", picture.file]


def test_damaged_evidence_of_a_hypothesis_with_a_very_long_name_can_be_set_aside(store, new_evidence):
    path = store.write_evidence(new_evidence(hypothesis="x" * 5000))
    path.write_text("{")

    assert store.read_evidence(path) is None
    assert len(set_aside(store)) == 1


def test_a_damaged_record_in_a_store_that_cannot_be_written_is_an_error(store, new_evidence):
    path = store.write_evidence(new_evidence())
    path.write_text("{")
    (store.folder / "set-aside").write_text("a file in the place of the folder")

    with pytest.raises(EvidenceError, match="cannot be written"):
        store.read_evidence(path)
    assert path.read_text() == "{"


@pytest.mark.parametrize("id", ["", "../" * 11, "A" * 32, "0" * 31, "0" * 33, "0" * 31 + "\n"])
def test_an_id_that_is_not_32_hexadecimal_digits_is_refused(store, id):
    with pytest.raises(EvidenceError, match="32 hexadecimal digits"):
        store.find(id)


@pytest.mark.parametrize(("owner", "name"), [(os, "fsync"), (Path, "replace")])
@pytest.mark.parametrize("earlier", [False, True])
def test_a_crash_while_writing_leaves_no_partial_file(
    store, notes, new_evidence, new_replicate, monkeypatch, owner, name, earlier
):
    if earlier:
        path = store.write_evidence(new_evidence(finding="as before"))
    before = files_under(store.folder)

    def crash(*arguments):
        raise OSError("power failure")

    with monkeypatch.context() as patched:
        patched.setattr(owner, name, crash)
        with pytest.raises(EvidenceError, match="power failure"):
            store.record(new_replicate(), MODEL)
        with pytest.raises(EvidenceError, match="power failure"):
            store.write_evidence(new_evidence(finding="as before", outcome="surprise"))

    assert files_under(store.folder) == before
    assert store.find(new_replicate().id) is None
    if earlier:
        assert store.read_evidence(path) == new_evidence(finding="as before")
    assert notes == []


def test_a_model_is_written_before_the_record_that_names_it(store, new_replicate, monkeypatch):
    replicate, replace, order = new_replicate(), Path.replace, []
    monkeypatch.setattr(Path, "replace", lambda self, target: order.append(target.name) or replace(self, target))

    store.record(replicate, MODEL)

    assert order == [replicate.model.file, f"{replicate.id}.json"]


def test_evidence_of_a_finished_run_with_another_result_is_kept(store, new_evidence):
    path = store.write_evidence(new_evidence(verdict="refuted"))
    store.write_evidence(new_evidence(verdict="supported"))

    assert store.read_evidence(path).verdict == "supported"
    [superseded] = set(path.parent.iterdir()) - {path}
    assert store.read_evidence(superseded).verdict == "refuted"
    assert store.evidence_paths() == [path]


def test_evidence_of_a_run_with_the_same_result_is_replaced(store, new_evidence):
    """The outcome is added after the test's assertion, and times differ from run to run."""
    path = store.write_evidence(new_evidence())
    store.write_evidence(new_evidence(outcome="surprise", timings={"started_at": "later"}))

    assert files_under(path.parent) == ["evidence.json"]
    assert store.read_evidence(path).outcome == "surprise"


def test_repeated_runs_of_a_hypothesis_do_not_accumulate_files(store, new_evidence):
    counts = []
    for day in range(4):
        for fields in ({"status": "started", "verdict": None}, {}):
            path = store.write_evidence(new_evidence(timings={"started_at": f"day {day}"}, **fields))
        counts.append(len(files_under(path.parent)))

    assert counts == [1, 1, 1, 1]
    assert store.read_evidence(path) == new_evidence(timings={"started_at": "day 3"})


RACE = """
import sys, time
from pathlib import Path
from negres_core.evidence import Evidence, Replicate, Store

kind, folder, text = sys.argv[1:]
notes = []
store = Store(Path(folder), note=notes.append)
record = {"replicate": Replicate, "evidence": Evidence}[kind].model_validate_json(text)
print("ready", flush=True)
sys.stdin.readline()
for number in range(30):
    if kind == "replicate":
        store.record(record, b"a trained model")
        assert store.find(record.id) in (None, record)  # None while the other process replaces it
    else:
        store.write_evidence(record.updated(finding=f"finding {number % 3}"))
assert notes == []
"""


@pytest.mark.parametrize("kind", ["replicate", "evidence"])
def test_two_processes_can_write_the_same_record(store, new_replicate, new_evidence, kind):
    record = new_replicate() if kind == "replicate" else new_evidence()
    command = [sys.executable, "-c", RACE, kind, str(store.folder), record.model_dump_json()]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    racers = [subprocess.Popen(command, **pipes) for _ in range(2)]
    assert [racer.stdout.readline() for racer in racers] == ["ready\n"] * 2
    for racer in racers:
        racer.stdin.write("go\n")
        racer.stdin.flush()

    assert [racer.communicate(timeout=60)[1] for racer in racers] == ["", ""]
    assert [racer.returncode for racer in racers] == [0, 0]
    if kind == "replicate":
        assert store.find(record.id) == record
    else:
        assert store.read_evidence(store.evidence_path(record.hypothesis)).finding == "finding 2"
    assert [name for name in files_under(store.folder) if "/." in name] == []


def test_a_run_that_ends_as_the_one_before_leaves_one_file(store, new_evidence):
    path = store.write_evidence(new_evidence(verdict="refuted"))
    started = new_evidence(verdict=None, finding=None, explanation=None, status="started")
    for _ in range(2):
        store.write_evidence(started)
        assert [each.verdict for each in store.all_evidence()] == ["refuted", None]

        store.write_evidence(new_evidence(verdict="refuted", timings={"started_at": "later"}))
        assert [each.timings.started_at for each in store.all_evidence()] == ["later"]

    store.write_evidence(started)
    store.write_evidence(new_evidence(verdict="supported"))
    assert sorted(each.verdict for each in store.all_evidence()) == ["refuted", "supported"]
    assert store.read_evidence(path).verdict == "supported"


def test_it_is_not_an_error_if_another_process_has_just_renamed_the_old_evidence(store, new_evidence, monkeypatch):
    path = store.write_evidence(new_evidence(verdict="refuted"))
    rename = Path.rename

    def lose_the_race(self, target):
        rename(self, target)
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", lose_the_race)
    store.write_evidence(new_evidence(verdict="supported"))

    assert store.read_evidence(path).verdict == "supported"
    assert len(files_under(path.parent)) == 2


def test_a_replicate_is_found_without_listing_a_folder(store, new_replicate, monkeypatch):
    """The time does not grow with the number of records."""
    replicate = store.record(new_replicate(), MODEL)

    def refuse(*arguments, **options):
        raise AssertionError("a folder was listed")

    for owner, name in ((os, "listdir"), (os, "scandir"), (os, "walk"), (Path, "glob"), (Path, "iterdir")):
        monkeypatch.setattr(owner, name, refuse)

    assert store.find(replicate.id) == replicate
    assert store.find(new_replicate(seed=1).id) is None
    assert store.record(new_replicate(seed=2), MODEL)
    with pytest.raises(AssertionError, match="listed"):
        store.evidence_paths()


UNSAFE = {"pickle", "_pickle", "cloudpickle", "dill", "joblib", "shelve", "marshal", "allow_pickle"}


def test_no_module_can_read_a_pickle():
    """A pickle runs code when it is read. Only a cluster reads any: those of its workers, which run the user's code."""
    imports = []
    root = Path(negres_core.__file__).parent
    for path in sorted({*root.rglob("*.py")} - {*root.glob("cluster/*.py")}):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [node.arg] if isinstance(node, ast.keyword) and node.arg == "allow_pickle" else []
            imports += [f"{path.name}: {name}" for name in names if set(name.split(".")) & UNSAFE]
    assert imports == []


def test_all_evidence_includes_superseded_evidence(store, new_evidence):
    assert store.all_evidence() == []
    for verdict in ("supported", "refuted"):
        store.write_evidence(new_evidence(verdict=verdict))
    store.write_evidence(new_evidence(hypothesis="another", verdict="refuted"))
    damaged = store.write_evidence(new_evidence(hypothesis="damaged"))
    damaged.write_text("{}")

    verdicts = sorted((evidence.hypothesis, evidence.verdict) for evidence in store.all_evidence())
    hypothesis = new_evidence().hypothesis
    assert verdicts == [("another", "refuted"), (hypothesis, "refuted"), (hypothesis, "supported")]
