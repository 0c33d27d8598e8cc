"""What is registered is what the analysis does: not its wording, and not the place of its modules."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

import negres_core
from negres_core.provenance.analysis import ANALYSIS, digest_analysis


@pytest.fixture
def package(tmp_path):
    """A copy of the package's source."""
    source = Path(negres_core.__file__).parent
    return shutil.copytree(source, tmp_path / "negres_core", ignore=shutil.ignore_patterns("__pycache__"))


def edit(path, old, new):
    text = path.read_text()
    assert old in text, f"{old!r} is not in {path}"
    path.write_text(text.replace(old, new))


def test_the_digest_is_that_of_the_running_package(package):
    assert digest_analysis(package) == digest_analysis()


@pytest.mark.parametrize(
    "name",
    [
        "claim.py",
        "controls/finite.py",
        "design.py",
        "experiment/decision.py",
        "metrics.py",
        "run.py",
        "seeds.py",
        "statistics/estimate.py",
        "thresholds.py",
        "verdict.py",
    ],
)
def test_new_code_in_a_module_of_the_analysis_changes_it(package, name):
    before = digest_analysis(package)
    path = package / name
    path.write_text(path.read_text() + "\nEXTRA = 1\n")

    assert digest_analysis(package) != before


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("statistics/resampled_t.py", "1.0 / cell_count", "2.0 / cell_count"),
        ("experiment/decision.py", "ALPHA = 0.05", "ALPHA = 0.06"),
        ("verdict.py", '"refuted", "worse"', '"supported", "worse"'),
    ],
)
def test_a_changed_constant_or_rule_changes_it(package, name, old, new):
    before = digest_analysis(package)
    edit(package / name, old, new)

    assert digest_analysis(package) != before


def test_docstrings_comments_layout_and_the_wording_of_findings_do_not_change_it(package):
    before = digest_analysis(package)
    for pattern in ANALYSIS:
        for path in package.glob(pattern):
            text = path.read_text()
            text = re.sub(r'^"""', '"""Reworded: ', text, count=1)
            text = text.replace("\n\n\ndef ", "\n\n\n\n# A comment.\ndef ")
            path.write_text(text + "\n# The end.\n")
    edit(package / "controls/finite.py", 'threshold="', 'threshold="Reworded: ')
    edit(
        package / "claim.py",
        '"A claim cannot have a negative margin',
        '"Reworded: a claim cannot have a negative margin',
    )

    assert digest_analysis(package) == before


def test_the_place_of_a_module_does_not_change_it(package, monkeypatch):
    before = digest_analysis(package)
    (package / "rules").mkdir()
    (package / "verdict.py").rename(package / "rules/verdict.py")
    for path in package.rglob("*.py"):
        path.write_text(path.read_text().replace("negres_core.verdict", "negres_core.rules.verdict"))
    patterns = tuple(pattern.replace("verdict.py", "rules/verdict.py") for pattern in ANALYSIS)
    monkeypatch.setattr("negres_core.provenance.analysis.ANALYSIS", patterns)

    assert digest_analysis(package) == before


def test_a_function_may_move_from_one_module_of_the_analysis_to_another(package):
    before = digest_analysis(package)
    text = (package / "seeds.py").read_text()
    (package / "seeds.py").write_text("")
    (package / "controls/seeds.py").write_text(text)

    assert digest_analysis(package) == before


def test_other_code_is_not_part_of_the_analysis(package):
    before = digest_analysis(package)
    (package / "plugin.py").write_text("")

    assert digest_analysis(package) == before


def test_a_pattern_that_matches_no_file_is_an_error(package):
    (package / "verdict.py").unlink()

    with pytest.raises(FileNotFoundError, match=r"'verdict\.py' of the analysis matches no file"):
        digest_analysis(package)
