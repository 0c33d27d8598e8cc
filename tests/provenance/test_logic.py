from __future__ import annotations

import ast
import shutil
import subprocess
from pathlib import Path

import pytest

import negres_core.provenance.logic
from negres_core.provenance.logic import logic_of, statements_of

PLAIN = """
RATE = 0.5

def check(run, *, most=3):
    if run > most:
        raise InputError("too large", received=run, remedy="Take less.")
    return Finding(passed=run < RATE, found="much", threshold="little", remedy="Take less.")
"""


def logic(source):
    return logic_of(ast.parse(source))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("RATE = 0.5", "RATE = 0.5\n'''The rate.'''"),
        ("RATE = 0.5", "RATE = .50  # the rate"),
        ("most=3):", "most=3):\n    '''Check it.'''"),
        ("run > most", "(run) > (most)"),
        ('"too large"', '"The run is too large."'),
        ('"Take less."', '"Choose a smaller run."'),
        ('found="much"', 'found=f"{run} is much"'),
        ('threshold="little"', 'threshold="at most a little"'),
    ],
)
def test_prose_and_layout_do_not_count(old, new):
    assert old in PLAIN
    assert logic(PLAIN.replace(old, new)) == logic(PLAIN)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("0.5", "0.6"),
        ("most=3", "most=4"),
        ("run > most", "run >= most"),
        ("check(", "test("),
        ("InputError", "ValueError"),
        ("passed=run < RATE", "passed=True"),
        ("RATE = 0.5", "RATE = '0.5'"),
        ("RATE = 0.5", "RATE = 0.5\nOTHER = 'text'"),
    ],
)
def test_code_counts(old, new):
    assert old in PLAIN
    assert logic(PLAIN.replace(old, new)) != logic(PLAIN)


def test_the_wording_of_other_calls_counts():
    assert logic("note(found='much')") != logic("note(found='little')")


def test_statements_leave_out_docstrings_and_imports_of_the_package():
    tree = ast.parse("'''Text.'''\nimport math\nfrom own.place import name\nimport own.place\nX = 1")

    assert statements_of(tree, package="own") == [logic_of(node) for node in ast.parse("import math\nX = 1").body]


def test_an_import_under_another_name_counts():
    def statements(source):
        return statements_of(ast.parse(source), package="own")

    assert statements("from own import one as two") != statements("from own import other as two")
    assert statements("from own.a import one as two") == statements("from own.b import one as two")


@pytest.mark.parametrize("version", ["3.12", "3.13", "3.14"])
def test_other_versions_of_python_give_the_same_text(version):
    """A ledger that was written on one version is read on another."""
    python = shutil.which(f"python{version}")
    if python is None:
        pytest.skip(f"Python {version} is not installed")
    path = Path(negres_core.provenance.logic.__file__)
    script = f"import ast; exec(open({str(path)!r}).read()); print(logic_of(ast.parse(open({str(path)!r}).read())))"

    printed = subprocess.run([python, "-c", script], capture_output=True, text=True, check=True).stdout

    assert printed == logic(path.read_text()) + "\n"
