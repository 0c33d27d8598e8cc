"""The digest of the analysis depends on what the analysis does, not on its wording or on the place of its modules."""

from __future__ import annotations

import ast
import re
import shutil
from collections import defaultdict
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
        "arrays.py",
        "claim/claim.py",
        "controls/finite.py",
        "design/k_folds.py",
        "discovery.py",
        "experiment/decision.py",
        "metrics/registry.py",
        "run/run.py",
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
        ("statistics/standard_error.py", "1.0 / cell_count", "2.0 / cell_count"),
        ("experiment/decision.py", "ALPHA = 0.05", "ALPHA = 0.06"),
        ("verdict.py", '"refuted", "worse"', '"supported", "worse"'),
        ("thresholds.py", "DEAD_SHARE = 0.9", "DEAD_SHARE = 0.8"),
        # Other controls run before training, and for fits, too.
        ("controls/finite.py", 'WHEN = "after"', 'WHEN = "before"'),
        ("controls/finite.py", "FITS = True\n", ""),
        ("controls/gradients.py", 'WHEN = "after"', 'WHEN = "after"\nFITS = True'),
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
        package / "claim/claim.py",
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


def test_constants_that_two_modules_exchange_change_it(package):
    before = digest_analysis(package)
    edit(package / "controls/saturation.py", "INSPECTED_ROWS = 512", "INSPECTED_ROWS = 4096")
    edit(package / "controls/target_range.py", "INSPECTED_ROWS = 4_096", "INSPECTED_ROWS = 512")

    assert digest_analysis(package) != before


def test_a_function_may_move_from_one_module_of_the_analysis_to_another(package):
    before = digest_analysis(package)
    text = (package / "seeds.py").read_text()
    (package / "seeds.py").write_text("")
    (package / "controls/seeds.py").write_text(text)

    assert digest_analysis(package) == before


def test_a_module_may_be_split_with_the_names_that_each_part_imports(package):
    before = digest_analysis(package)
    module, line = package / "run/run.py", "from collections.abc import Iterator, Mapping, Sequence\n"
    edit(module, line, line.replace("Iterator, ", ""))
    (package / "run/part.py").write_text("from collections.abc import Iterator\n")

    assert digest_analysis(package) == before


def test_other_code_is_not_part_of_the_analysis(package):
    before = digest_analysis(package)
    (package / "plugin.py").write_text("")

    assert digest_analysis(package) == before


def test_a_pattern_that_matches_no_file_is_an_error(package):
    (package / "verdict.py").unlink()

    with pytest.raises(FileNotFoundError, match=r"'verdict\.py' of the analysis matches no file"):
        digest_analysis(package)


def test_a_name_that_a_module_imports_is_defined_in_one_module_of_the_analysis(package):
    """The digest leaves out imports within the package, so that importing from another module has to be an error."""
    definitions, imports = defaultdict(set), set()
    for path in (path for pattern in ANALYSIS for path in package.glob(pattern)):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                definitions[node.name].add(path)
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                    for each in ast.walk(target):
                        definitions[getattr(each, "id", "")].add(path)
            elif isinstance(node, ast.ImportFrom) and node.module.startswith("negres_core"):
                imports |= {alias.name for alias in node.names}

    assert {"Run", "spread_rows", "corrected_resampled_t"} <= imports
    assert {name: definitions[name] for name in imports if len(definitions[name]) > 1} == {}
