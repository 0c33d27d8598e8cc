"""Options and hooks of the plugin, in sessions in an empty folder with a fake engine."""

from __future__ import annotations

import itertools
import json

import pytest

from negres_core.plugin import OPTIONS
from tests.sessions import HYPOTHESIS, evidence_in

SUPPORTED, REFUTED = (HYPOTHESIS.format(expected=expected) for expected in ("supported", "refuted"))


def test_every_option_has_a_help_text(pytester):
    shown = " ".join(pytester.runpytest_inprocess("-p", "no:hypothesispytest", "--help").stdout.str().split())
    for name, settings in OPTIONS.items():
        assert name in shown
        assert " ".join(settings["help"].split()) in shown


@pytest.mark.parametrize(("before", "level"), [(None, "2"), ("0", "0")], ids=["by default", "set by the user"])
def test_tensorflow_logs_errors_only_unless_the_user_sets_another_level(pytester, monkeypatch, before, level):
    """TensorFlow reads the variable once, as it is imported, which a conftest.py may do."""
    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL", raising=False)
    if before is not None:
        monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", before)
    pytester.makeconftest(f"import os\nassert os.environ['TF_CPP_MIN_LOG_LEVEL'] == {level!r}")
    pytester.makepyfile("def test_it(): pass")
    pytester.runpytest_subprocess("-p", "no:hypothesispytest").assert_outcomes(passed=1)


def test_an_expected_verdict_passes(session, pytester):
    session(SUPPORTED).assert_outcomes(passed=1)
    evidence = evidence_in(pytester.path / ".negres")
    assert (evidence.verdict, evidence.expected, evidence.outcome) == ("supported", "supported", "as expected")


def test_a_surprise_fails_with_all_the_evidence(session, pytester):
    result = session(REFUTED)
    result.assert_outcomes(failed=1)
    evidence = evidence_in(pytester.path / ".negres")
    assert (evidence.verdict, evidence.outcome) == ("supported", "surprise")
    message = "\n".join(line.removeprefix("E").strip() for line in result.outlines if line.startswith("E "))
    words = [line.strip() for line in str(evidence).splitlines()]
    assert message.startswith("\n".join([f"AssertionError: {words[0]}", *words[1:], "assert 'supported' == 'refuted'"]))


def test_an_assertion_message_of_the_test_itself_stays_as_it_is(session):
    result = session("""
def test_it(experiment):
    evidence = experiment.compare(LONG, against=SHORT, on=DATA, **FOLDS)
    assert evidence.verdict == "refuted", "my own words"
""")
    result.stdout.fnmatch_lines(["E *AssertionError: my own words", "E *assert 'supported' == 'refuted'"])


@pytest.mark.parametrize(
    ("statement", "outcome"),
    [("assert True", "as expected"), ("assert False", "surprise"), ("raise RuntimeError", None), ("pass", None)],
)
def test_the_outcome_of_a_test_that_expects_no_verdict_is_that_of_its_assertion(session, pytester, statement, outcome):
    result = session(f"""
def test_it(experiment):
    experiment.compare(LONG, against=SHORT, on=DATA, **FOLDS)
    {statement}
""")
    result.stdout.fnmatch_lines(["it, a|b *supported *", " *(better) *"])
    evidence = evidence_in(pytester.path / ".negres")
    assert (evidence.status, evidence.verdict, evidence.outcome) == ("finished", "supported", outcome)


def test_the_header_states_versions_device_and_folders(session, pytester, monkeypatch):
    versions, evidence = "negres * keras * on *", f"evidence {pytester.path}/.negres"
    session(SUPPORTED).stdout.fnmatch_lines(
        [
            f"negres: 1 hypothesis; {versions}; device auto, *",
            f"negres: data cached or downloaded (NEGRES_DATA is not set); {evidence}",
        ]
    )
    monkeypatch.setenv("NEGRES_DATA", "some/folder")
    two = SUPPORTED + SUPPORTED.replace("test_longer", "test_training_longer") + "def test_plain(): pass\n"
    session(two, "--negres-device=cpu").stdout.fnmatch_lines(
        [f"negres: 2 hypotheses; {versions}; device cpu (*)", f"negres: data some/folder; {evidence}"]
    )
    session(SUPPORTED, "--collect-only").stdout.no_fnmatch_line("negres: *")


def test_a_session_without_hypotheses_is_left_alone(session, pytester):
    result = session("def test_plain():\n    pass")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*negres: *")
    result.stdout.no_fnmatch_line("*= hypotheses =*")
    assert not (pytester.path / ".negres").exists()


def test_a_smoke_run_judges_nothing(session, pytester):
    result = session(REFUTED, "--negres-smoke")
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        ["*smoke run: verdicts are not judged", "*not judged (smoke) *refuted *", "*1 ran, not judged*"]
    )
    evidence = evidence_in(pytester.path / ".negres" / "smoke")
    assert (evidence.smoke, evidence.verdict, evidence.outcome) == (True, None, None)
    assert evidence.design.model_dump() == {"folds": 2, "repeats": 1, "seeds": 1, "looks": False}
    assert not (pytester.path / ".negres" / "hypotheses").exists()


@pytest.mark.parametrize(
    "body",
    [
        "def test_it(experiment):\n    assert 1 == 2",
        REFUTED.replace("assert evidence.verdict == expected, evidence", "raise OSError"),
    ],
    ids=["no evidence", "another error"],
)
def test_a_smoke_run_fails_for_other_reasons_than_the_verdict(session, body):
    session(body, "--negres-smoke").assert_outcomes(failed=1)


def test_the_level_of_controls_is_an_option_and_all_run_by_default(session, pytester):
    session(SUPPORTED, "--negres-controls=none").assert_outcomes(passed=1)
    assert evidence_in(pytester.path / ".negres").judgement == "supported (better), uncontrolled"
    assert pytester.parseconfig().getoption("negres_controls") == "all"


def test_a_missing_gpu_stops_the_session_before_collection(session, monkeypatch, quick_engine):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    result = session(SUPPORTED, "--negres-device", "gpu")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: A GPU was requested*", "*To do: *CUDA_VISIBLE_DEVICES*--negres-device cpu*"])
    result.stdout.no_fnmatch_line("collected*")
    assert quick_engine.jobs == 0


def test_an_evidence_folder_that_cannot_be_written_is_reported_before_training(session, pytester, quick_engine):
    (pytester.path / "taken").write_text("a file")
    result = session(SUPPORTED, "--negres-evidence", "taken")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*EvidenceError: The evidence folder cannot be written.", "*To do: *--negres-evidence*", "*none:*"]
    )
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert quick_engine.jobs == 0


def test_a_fresh_run_trains_again_and_keeps_the_old_records(session, pytester, quick_engine):
    session(SUPPORTED)
    session(SUPPORTED)
    assert quick_engine.jobs == 8
    before = {path.read_bytes() for path in pytester.path.glob(".negres/replicates/*/*.json")}
    session(SUPPORTED, "--negres-fresh").stdout.no_fnmatch_line("*set aside*")
    assert quick_engine.jobs == 16
    assert {path.read_bytes() for path in pytester.path.glob(".negres/set-aside/*.json")} == before
    assert evidence_in(pytester.path / ".negres").timings.trained == 8


def test_the_table_of_times_contains_only_ordinary_benchmarks(session, pytester):
    plain = "def test_plain(benchmark):\n    benchmark.pedantic(sorted, args=([1],), rounds=2)\n"
    result = session(SUPPORTED + plain, "--benchmark-json", "times.json")
    result.stdout.fnmatch_lines(["*benchmark: 1 tests*", "test_plain *"])
    result.stdout.no_fnmatch_line("test_longer*")
    result.stdout.no_fnmatch_line("*benchmark: 2 tests*")
    times = json.loads((pytester.path / "times.json").read_text())
    extra_info = {each["name"]: each["extra_info"] for each in times["benchmarks"]}
    assert extra_info["test_plain"] == {}
    info = extra_info["test_longer_is_better[mine]"]
    assert (info["verdict"], info["smoke"], info["timings"]["trained"]) == ("supported", False, 8)
    assert info["estimate"]["effect"] == pytest.approx(0.203)
    numbers = itertools.chain(*(n if isinstance(n, list) else [n] for n in info["estimate"].values()))
    assert {type(number) for number in numbers} == {int, float}


@pytest.mark.parametrize("options", [("--benchmark-skip",), ("-p", "no:benchmark"), ("--benchmark-only",)], ids=str)
def test_hypotheses_run_whatever_is_done_with_benchmarks(session, pytester, options):
    session(SUPPORTED, *options).assert_outcomes(passed=1)
    assert evidence_in(pytester.path / ".negres").verdict == "supported"


def test_the_table_is_in_the_order_of_the_tests(session):
    ids = ["10", "9", "a", "1"]
    body = f"""
@pytest.mark.parametrize("margin", {ids})
def test_it(experiment, margin):
    experiment.compare(LONG, against=SHORT, on=DATA, **FOLDS)
"""
    lines = [line for line in session(body).outlines if line.startswith("it (margin ")]
    assert [line.split(")")[0].removeprefix("it (margin ") for line in lines] == ids


def test_a_summary_of_a_job_that_cannot_be_written_is_a_note(session, pytester, monkeypatch):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(pytester.path))
    result = session(SUPPORTED)
    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["longer is better*", "negres: the summary of the job, * cannot be written: *"])


def test_a_table_that_cannot_be_printed_is_a_line_and_not_an_internal_error(session, monkeypatch):
    def fail(*arguments, **options):
        raise OSError("No space left on device")

    monkeypatch.setattr("negres_core.report.summary.render", fail)
    result = session(SUPPORTED)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["negres: the table cannot be printed: No space left on device"])
