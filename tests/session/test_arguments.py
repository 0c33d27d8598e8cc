"""Values of options that exist as paths do not move pytest's root directory."""

from __future__ import annotations

import pytest

from negres_core.session.arguments import joined
from tests.sessions import HYPOTHESIS, evidence_in

SUPPORTED = HYPOTHESIS.format(expected="supported")
OPTIONS = ["--negres-evidence"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--negres-evidence", "there"], ["--negres-evidence=there"]),
        (["--negres-evidence", "not-there", "a.py"], ["--negres-evidence", "not-there", "a.py"]),
        (["--negres-evidence=there", "there"], ["--negres-evidence=there", "there"]),
        (["-k", "there"], ["-k", "there"]),
        (["--negres-evidence"], ["--negres-evidence"]),
        (["--negres-evidence", "long " * 100], ["--negres-evidence", "long " * 100]),
        (["--negres-evidence", "nul\0"], ["--negres-evidence", "nul\0"]),
    ],
)
def test_a_value_is_joined_to_its_option_if_it_exists_as_a_path(tmp_path, monkeypatch, arguments, expected):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there").mkdir()
    assert joined(arguments, options=OPTIONS) == expected


@pytest.mark.parametrize("way", ["a space", "an equals sign", "the environment"])
def test_a_second_session_has_the_same_root_ledger_and_ids_however_the_folder_is_written(
    session, pytester, quick_engine, tmp_path_factory, monkeypatch, way
):
    folder = tmp_path_factory.mktemp("elsewhere") / "my evidence"
    pytester.makeini("[pytest]\nnegres_ledger = mine.jsonl")
    options = {"a space": ["--negres-evidence", str(folder)], "an equals sign": [f"--negres-evidence={folder}"]}
    if way == "the environment":
        monkeypatch.setenv("PYTEST_ADDOPTS", f"--negres-evidence '{folder}'")
    arguments = options.get(way, [])
    session(SUPPORTED, "--negres-register", *arguments)
    for run in range(2):
        result = session(SUPPORTED, *arguments)
        assert result.ret == pytest.ExitCode.OK
        result.stdout.fnmatch_lines([f"rootdir: {pytester.path}", "configfile: tox.ini", "*as registered*"])
        evidence = evidence_in(folder)
        assert evidence.hypothesis == "test_mine.py::test_longer_is_better[mine]"
        assert evidence.timings.trained == (0 if run else 8)


def test_a_reason_that_is_also_a_folder_is_a_reason(session, pytester):
    (pytester.path / "docs").mkdir()
    result = session(SUPPORTED, "--negres-reason", "docs")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines([f"rootdir: {pytester.path}"])
